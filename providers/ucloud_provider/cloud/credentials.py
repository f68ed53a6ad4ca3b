"""Whose account, which project and region: from stack config, the environment, or the shared credentials file."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ucloud_provider.errors import CredentialsMissing

DEFAULT_BASE_URL = "https://api.ucloud.cn"
DEFAULT_CREDENTIAL_FILE = "~/.ucloud/credential.json"

_PLACES = (
    # argument, stack config key, environment variable
    ("public_key", "publicKey", "UCLOUD_PUBLIC_KEY"),
    ("private_key", "privateKey", "UCLOUD_PRIVATE_KEY"),
    ("project_id", "projectId", "UCLOUD_PROJECT_ID"),
    ("region", "region", "UCLOUD_REGION"),
    ("base_url", "baseUrl", "UCLOUD_BASE_URL"),
    ("security_token", "securityToken", "UCLOUD_SECURITY_TOKEN"),
)


@dataclass(frozen=True)
class Credentials:
    """What signs the calls, and where they go by default. Its repr holds no secret."""

    public_key: str = field(repr=False)
    private_key: str = field(repr=False)
    project_id: str = ""
    region: str = ""
    base_url: str = DEFAULT_BASE_URL
    security_token: str = field(default="", repr=False)

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must never be written anywhere."""
        return tuple(each for each in (self.public_key, self.private_key, self.security_token) if each)

    @classmethod
    def resolve(cls, config: Callable[[str], str | None], env: Mapping[str, str]) -> Credentials:
        """Look in stack config (`config("publicKey")` is `ucloud:publicKey`), then the environment, then the file.

        Each value is taken from the first place that has it, but a pair of keys is never mixed from two places.
        Raises CredentialsMissing naming every place that was looked at.
        """
        from_config = {name: config(key) or "" for name, key, _ in _PLACES}
        from_env = {name: env.get(variable, "") for name, _, variable in _PLACES}
        file = Path(env.get("UCLOUD_SHARED_CREDENTIAL_FILE") or DEFAULT_CREDENTIAL_FILE).expanduser()
        profile = env.get("UCLOUD_PROFILE", "")
        sources = [from_config, from_env]
        problem = ""
        if not any(each["public_key"] and each["private_key"] for each in sources) or profile:
            from_file, problem = _from_file(file, profile)
            sources.append(from_file)
        keys = next((each for each in sources if each.get("public_key") and each.get("private_key")), None)
        if keys is None:
            half = [
                f"{where} has {has} but not {lacks}"
                for where, source in (("stack config", from_config), ("the environment", from_env))
                for has, lacks in (("public_key", "private_key"), ("private_key", "public_key"))
                if source[has] and not source[lacks]
            ]
            raise CredentialsMissing(
                "no UCloud API keys found. Looked at: stack config (ucloud:publicKey, ucloud:privateKey); environment "
                f"(UCLOUD_PUBLIC_KEY, UCLOUD_PRIVATE_KEY); shared credentials file {file} ({problem}). "
                + "".join(f"{each}. " for each in half)
                + "Set them with `pulumi config set ucloud:publicKey …` and "
                "`pulumi config set --secret ucloud:privateKey …`; a key pair is made in UCloud's console under API keys."
            )
        merged = {name: next((each[name] for each in sources if each.get(name)), "") for name, _, _ in _PLACES}
        return cls(
            public_key=keys["public_key"],
            private_key=keys["private_key"],
            project_id=merged["project_id"],
            region=merged["region"],
            base_url=merged["base_url"] or DEFAULT_BASE_URL,
            security_token=keys.get("security_token", ""),
        )


def _from_file(file: Path, profile: str) -> tuple[dict[str, str], str]:
    """The values of a profile, and where there are none, why."""
    try:
        listed: Any = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}, "does not exist"
    except (OSError, ValueError) as error:
        return {}, f"cannot be read: {type(error).__name__}"
    entries = [each for each in (listed if isinstance(listed, list) else [listed]) if isinstance(each, dict)]
    wanted = [each for each in entries if each.get("profile", "") == (profile or "default")]
    if not wanted and not profile:
        wanted = [each for each in entries if each.get("active")] or entries[:1]
    if not wanted:
        return {}, f"has no profile {profile or 'default'!r}"
    entry = wanted[0]
    values = {name: str(entry.get(name) or "") for name, _, _ in _PLACES}
    values["base_url"] = ""  # the UCloud CLI keeps it in another file; a stale one here must not redirect the keys
    if not (values["public_key"] and values["private_key"]):
        return values, f"profile {entry.get('profile', '')!r} has no pair of keys"
    return values, "found"
