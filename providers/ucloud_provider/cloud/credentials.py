"""Where the keys come from: stack config, then the environment, then the shared credentials file."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ucloud_provider.errors import CredentialsMissing

DEFAULT_BASE_URL = "https://api.ucloud.cn"
DEFAULT_FILE = "~/.ucloud/credential.json"


@dataclass(frozen=True)
class Credentials:
    """The keys, and what they are used with by default. Its repr shows neither key."""

    public_key: str = field(repr=False)
    private_key: str = field(repr=False)
    project_id: str | None = None
    region: str | None = None
    base_url: str = DEFAULT_BASE_URL

    @property
    def account(self) -> str:
        """Tells accounts apart where no key may stand, such as in a journal."""
        return hashlib.sha256(f"{self.base_url} {self.public_key}".encode()).hexdigest()[:16]

    def secrets(self) -> tuple[str, ...]:
        """What must never be shown."""
        return (self.private_key, self.public_key)


def resolve(
    config: Callable[[str], str | None], environ: Mapping[str, str] = os.environ, home: Path | None = None
) -> Credentials:
    """Find the credentials; for each value the first place that has it wins.

    1. stack config: `ucloud:publicKey`, `ucloud:privateKey`, `ucloud:projectId`, `ucloud:region`, `ucloud:baseUrl`,
       `ucloud:profile`, `ucloud:sharedCredentialsFile`
    2. the environment: UCLOUD_PUBLIC_KEY, UCLOUD_PRIVATE_KEY, UCLOUD_PROJECT_ID, UCLOUD_REGION, UCLOUD_BASE_URL,
       UCLOUD_PROFILE, UCLOUD_SHARED_CREDENTIAL_FILE (Packer's names)
    3. a profile of the shared credentials file, `~/.ucloud/credential.json`: a list of
       {profile, public_key, private_key, …}, as UCloud's command line writes it

    Raises `CredentialsMissing`, naming every place that was looked at.
    """

    def first(key: str, variable: str) -> str | None:
        return config(f"ucloud:{key}") or environ.get(variable) or None

    profile_name = first("profile", "UCLOUD_PROFILE")
    file = first("sharedCredentialsFile", "UCLOUD_SHARED_CREDENTIAL_FILE")
    public = first("publicKey", "UCLOUD_PUBLIC_KEY")
    private = first("privateKey", "UCLOUD_PRIVATE_KEY")
    profile: Mapping[str, Any] = {}
    path = _expand(file or DEFAULT_FILE, home)
    if not (public and private) or profile_name:
        profile = _profile(path, profile_name, required=bool(file or profile_name))
    public = public or profile.get("public_key")
    private = private or profile.get("private_key")
    missing = [name for name, value in (("public", public), ("private", private)) if not value]
    if not public or not private:
        keys = " and ".join(missing)
        config_keys = ", ".join(f"ucloud:{name}Key" for name in missing)
        variables = ", ".join(f"UCLOUD_{name.upper()}_KEY" for name in missing)
        raise CredentialsMissing(
            f"no {keys} key: looked at the stack config ({config_keys}), the environment ({variables}) and the shared "
            f"credentials file ({path}); set it with `pulumi config set --secret ucloud:{missing[-1]}Key`"
        )
    return Credentials(
        public_key=public,
        private_key=private,
        project_id=first("projectId", "UCLOUD_PROJECT_ID") or profile.get("project_id"),
        region=first("region", "UCLOUD_REGION") or profile.get("region"),
        base_url=first("baseUrl", "UCLOUD_BASE_URL") or profile.get("base_url") or DEFAULT_BASE_URL,
    )


def _expand(path: str, home: Path | None) -> Path:
    return Path(path.replace("~", str(home), 1)) if home and path.startswith("~") else Path(path).expanduser()


def _profile(path: Path, name: str | None, *, required: bool) -> Mapping[str, Any]:
    """The named profile of the file, else its active one, else its first."""
    if not path.is_file():
        if required:
            raise CredentialsMissing(f"the shared credentials file {path} does not exist; correct its path or profile")
        return {}
    try:
        entries = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise CredentialsMissing(f"the shared credentials file {path} cannot be read: {type(error).__name__}") from None
    profiles: list[dict[str, Any]] = [e for e in entries if isinstance(e, dict)] if isinstance(entries, list) else []
    if name:
        for each in profiles:
            if each.get("profile") == name:
                return each
        raise CredentialsMissing(f"the shared credentials file {path} has no profile {name!r}")
    active = [each for each in profiles if each.get("active")]
    return next(iter(active + profiles), {})
