"""Where the keys come from: stack config, then the environment, then the shared credentials file or Cloud Shell's."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from ucloud_provider.cloud import profiles
from ucloud_provider.cloud.profiles import CLOUD_SHELL
from ucloud_provider.errors import CredentialsMissing, NoKeys

DEFAULT_BASE_URL = "https://api.ucloud.cn"
DEFAULT_FILE = "~/.ucloud/credential.json"
PUBLIC_HOSTS = ("api.ucloud.cn", "api.service.ucloud.cn")
"""UCloud's one API, from anywhere and from inside a VPC."""


@dataclass(frozen=True)
class Credentials:
    """The keys, and what they are used with by default. Its repr shows none of them.

    `security_token` goes with temporary keys, as STS hands them out. In Cloud Shell there are no keys: there `cookie`
    and `csrf_token` stand for the user who is logged in.
    """

    public_key: str = field(repr=False)
    private_key: str = field(repr=False)
    project_id: str | None = None
    region: str | None = None
    base_url: str = DEFAULT_BASE_URL
    security_token: str = field(default="", repr=False)
    cookie: str = field(default="", repr=False)
    csrf_token: str = field(default="", repr=False)
    image_quota: int | None = None
    """How many custom images a region holds, where UCloud has raised that for this account."""

    @property
    def account(self) -> str:
        """Tells accounts apart where no key may stand, such as in a journal."""
        who = self.public_key or CLOUD_SHELL  # a Cloud Shell is one user's
        cloud = DEFAULT_BASE_URL if _host(self.base_url) in PUBLIC_HOSTS else self.base_url
        return hashlib.sha256(f"{cloud} {who}".encode()).hexdigest()[:16]

    def secrets(self) -> tuple[str, ...]:
        """What must never be shown."""
        kept = (self.private_key, self.public_key, self.security_token, self.cookie, self.csrf_token)
        return tuple(each for each in kept if each)


def resolve(
    config: Callable[[str], str | None], environ: Mapping[str, str] = os.environ, home: Path | None = None
) -> Credentials:
    """Find the credentials; for each value the first place that has it wins.

    1. stack config: `ucloud:publicKey`, `ucloud:privateKey`, `ucloud:securityToken`, `ucloud:projectId`,
       `ucloud:region`, `ucloud:baseUrl`, `ucloud:imageQuota`, `ucloud:profile`, `ucloud:sharedCredentialsFile`
    2. the environment: UCLOUD_PUBLIC_KEY, UCLOUD_PRIVATE_KEY, UCLOUD_SECURITY_TOKEN, UCLOUD_PROJECT_ID,
       UCLOUD_REGION, UCLOUD_BASE_URL, UCLOUD_PROFILE, UCLOUD_SHARED_CREDENTIAL_FILE (Packer's names)
    3. a profile of the shared credentials file, `~/.ucloud/credential.json`, with what `config.json` beside it says of
       it, as UCloud's command line writes them: keys, project, region, base_url. Its zone, timeout and max_retry_times
       are the command line's own: its 15 s are less than UCloud's gateway takes to give up a call.
    4. in UCloud's Cloud Shell (CLOUD_SHELL=true), where no keys and no profile are given: the cookie and csrf_token of
       the file's profile `default`

    Raises `CredentialsMissing`, naming every place that was looked at.
    """

    def first(key: str, variable: str) -> str | None:
        return config(f"ucloud:{key}") or environ.get(variable) or None

    def of_profile(name: str) -> str | None:
        value = profile.get(name)
        return value if isinstance(value, str) and value else None

    profile_name = first("profile", "UCLOUD_PROFILE")
    file = first("sharedCredentialsFile", "UCLOUD_SHARED_CREDENTIAL_FILE")
    public = first("publicKey", "UCLOUD_PUBLIC_KEY")
    private = first("privateKey", "UCLOUD_PRIVATE_KEY")
    profile: profiles.Profile = {}
    path = _expand(file or DEFAULT_FILE, home)
    token = first("securityToken", "UCLOUD_SECURITY_TOKEN")
    cookie = csrf_token = ""
    if not (public or private or profile_name) and environ.get(CLOUD_SHELL) == "true":
        profile = profiles.cloud_shell(path)
        cookie, csrf_token = profile["cookie"], profile["csrf_token"]
        public = private = token = ""
    elif not (public and private) or profile_name:
        profile = profiles.find(path, profile_name, required=bool(file or profile_name))
        if not private:
            token = token or of_profile("security_token")
        public = public or of_profile("public_key")
        private = private or of_profile("private_key")
    missing = [name for name, value in (("public", public), ("private", private)) if not value]
    if missing and not cookie:
        keys = " and ".join(missing)
        if len(missing) == 2 and (why := profiles.without_keys(path, profile)):
            raise CredentialsMissing(why)
        config_keys = ", ".join(f"ucloud:{name}Key" for name in missing)
        variables = ", ".join(f"UCLOUD_{name.upper()}_KEY" for name in missing)
        kind = CredentialsMissing if public or private or profile_name or file else NoKeys
        raise kind(
            f"no {keys} key: looked at the stack config ({config_keys}), the environment ({variables}) and the shared "
            f"credentials file ({path}); set it with `pulumi config set --secret ucloud:{missing[-1]}Key`"
        )
    return Credentials(
        public_key=public or "",
        private_key=private or "",
        project_id=first("projectId", "UCLOUD_PROJECT_ID") or of_profile("project_id"),
        region=first("region", "UCLOUD_REGION") or of_profile("region"),
        base_url=_without_slash(first("baseUrl", "UCLOUD_BASE_URL") or of_profile("base_url") or DEFAULT_BASE_URL),
        security_token=token or "",
        cookie=cookie,
        csrf_token=csrf_token,
        image_quota=_quota(config("ucloud:imageQuota")),
    )


def place(
    config: Callable[[str], str | None], environ: Mapping[str, str] = os.environ
) -> tuple[str | None, str | None]:
    """Project and region as config and environment name them: what is known of them without any keys."""
    project = config("ucloud:projectId") or environ.get("UCLOUD_PROJECT_ID")
    return project or None, config("ucloud:region") or environ.get("UCLOUD_REGION") or None


def _quota(text: str | None) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) < 7):
        raise CredentialsMissing(f"ucloud:imageQuota is {text!r}, which is no number of images; give such as 50")
    return int(text)


def _without_slash(url: str) -> str:
    """As the command line writes it, the address ends in a slash."""
    return url if url.endswith("//") else url.removesuffix("/")


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _expand(path: str, home: Path | None) -> Path:
    if home and path.startswith("~/"):
        return home / path[2:]
    try:
        return Path(path).expanduser()
    except RuntimeError:  # the home of a user that does not exist
        return Path(path)
