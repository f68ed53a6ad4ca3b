"""Profiles as UCloud's command line writes them: settings in config.json, keys in credential.json, joined by name.

Packer's list of one file is such a credential.json with the settings in it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ucloud_provider.errors import CredentialsMissing

KEYS_FILE = "credential.json"
SETTINGS_FILE = "config.json"
CLOUD_SHELL = "CLOUD_SHELL"
DEFAULT = "default"
"""The profile that the command line and Packer make first, and Cloud Shell's."""

Profile = Mapping[str, Any]


def find(path: Path, name: str | None, *, required: bool) -> Profile:
    """The named profile, else the active one, else `default`, else the only one; empty where there is none.

    Raises `CredentialsMissing` where it cannot be told which one, or one is named, or a file, that is not there.
    """
    profiles = joined(path)
    if profiles is None:
        if required:
            raise CredentialsMissing(f"the shared credentials file {path} does not exist; correct its path or profile")
        return {}
    if name:
        return _named(profiles, name) or _missing(path, name)
    active = [each for each in profiles if each.get("active") is True]
    if len(active) > 1:
        names = ", ".join(str(each.get("profile")) for each in active)
        raise CredentialsMissing(
            f"{path.parent} has {len(active)} active profiles, {names}; leave one active, or name one by "
            "ucloud:profile or UCLOUD_PROFILE"
        )
    if active:
        return active[0]
    if len(profiles) > 1 and _named(profiles, DEFAULT) is None:
        raise CredentialsMissing(
            f"no profile of {path.parent} is active, and none is called {DEFAULT!r}; name one by ucloud:profile or "
            "UCLOUD_PROFILE"
        )
    return _named(profiles, DEFAULT) or next(iter(profiles), {})


def cloud_shell(path: Path) -> Profile:
    """What Cloud Shell has written into the file for the user who is logged in."""
    profile = _named(joined(path) or [], DEFAULT)
    if profile is not None and all(has(profile, part) for part in ("cookie", "csrf_token")):
        return profile
    raise CredentialsMissing(
        f"{CLOUD_SHELL} is true, but {path} has no profile {DEFAULT!r} with cookie and csrf_token; "
        "open the Cloud Shell anew, or set UCLOUD_PUBLIC_KEY and UCLOUD_PRIVATE_KEY"
    )


def without_keys(path: Path, profile: Profile) -> str:
    """Why a profile has no keys, where it logs in otherwise; empty where it simply lacks them."""
    if profile.get("auth_mode") == "oauth" or has(profile, "access_token"):
        how = "logs in by OAuth in a browser, with a token that is renewed every now and then"
    elif has(profile, "cookie"):
        how = "has the session of a Cloud Shell"
    else:
        return ""
    return (
        f"profile {profile.get('profile')!r} of {path} {how}, and a build may run longer: give a profile with keys "
        "(`ucloud config add --profile NAME --public-key … --private-key …`) by ucloud:profile or UCLOUD_PROFILE, or "
        "set UCLOUD_PUBLIC_KEY and UCLOUD_PRIVATE_KEY"
    )


def joined(path: Path) -> list[Profile] | None:
    """The profiles of the file, with what config.json beside it says of each; None where there is neither."""
    settings = path.with_name(SETTINGS_FILE) if path.name == KEYS_FILE else None
    found = _is_file(path)
    beside = settings is not None and _is_file(settings)
    if not found and not beside:
        return None
    keys = _read(path, "the shared credentials file") if found else []
    more = _read(settings, "the configuration file") if settings is not None and beside else []
    order = list(dict.fromkeys(str(each.get("profile")) for each in (*keys, *more)))
    telling = more if any("active" in each for each in more) else keys
    return [_join(name, keys, more, telling) for name in order]


def _join(name: str, keys: Sequence[Profile], more: Sequence[Profile], telling: Sequence[Profile]) -> Profile:
    """Both files' profile of a name, as one; what is empty in one is taken from the other."""
    given = {key: value for key, value in (_named(keys, name) or {}).items() if value not in (None, "")}
    active = (_named(telling, name) or {}).get("active")
    return {**(_named(more, name) or {}), **given, "active": active is True or active == "true"}


def _named(profiles: Sequence[Profile], name: str) -> Profile | None:
    return next((each for each in profiles if str(each.get("profile")) == name), None)


def _missing(path: Path, name: str) -> Profile:
    raise CredentialsMissing(f"the shared credentials file {path} has no profile {name!r}")


def has(profile: Profile, name: str) -> bool:
    """Whether a profile has a text of this name."""
    return isinstance(profile.get(name), str) and bool(profile[name])


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a name too long, or with a zero byte
        return False


def _read(path: Path, what: str) -> list[Profile]:
    try:
        entries = json.loads(path.read_text())
    except (OSError, ValueError, RecursionError) as error:
        raise CredentialsMissing(f"{what} {path} cannot be read: {type(error).__name__}") from None
    return [each for each in entries if isinstance(each, dict)] if isinstance(entries, list) else []
