"""What the steps of one build share, typed: what was asked for, what is known so far, what was made."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ucloud_provider.build.hardware import Choice
from ucloud_provider.build.journal import Journal, Thing
from ucloud_provider.build.lease import Lease
from ucloud_provider.build.log import BuildLog
from ucloud_provider.cloud import retry
from ucloud_provider.cloud.client import Api
from ucloud_provider.cloud.records import Host, Image
from ucloud_provider.errors import UCloudImageError
from ucloud_provider.masking import Masker
from ucloud_provider.run import Cancel, Progress
from ucloud_provider.spec.image import CustomImageArgs, ImageCopy

if TYPE_CHECKING:
    from ucloud_provider.communicators.base import Communicator
    from ucloud_provider.communicators.ssh_keys import KeyPair


@dataclass(frozen=True)
class MadeCopy:
    """A copy that exists: what was asked for, and where it is."""

    copy: ImageCopy
    project_id: str
    region: str
    image_id: str


@dataclass(frozen=True)
class BuiltImage:
    """The result of a build. `size` is in GB, `created` in seconds since 1970, `build_seconds` what it took."""

    image_id: str
    name: str
    size: int
    created: int
    build_seconds: float
    copies: tuple[MadeCopy, ...] = ()


class CopyFailed(UCloudImageError):
    """The image was made, and some of its copies were not. `made` is what exists."""

    def __init__(self, made: BuiltImage, failures: tuple[str, ...], log_file: str = "") -> None:
        self.made = made
        self.failures = failures
        text = f"image {made.image_id} exists, but {len(failures)} of its copies failed:"
        lines = [text, *(f"  {each}" for each in failures), "run `pulumi up` again to make only these"]
        if log_file:
            lines.append(f"full log: {log_file}")
        super().__init__("\n".join(lines))


@dataclass
class Login:
    """How to log in to the temporary host. Never shown, never written down."""

    username: str = "root"
    pair: KeyPair | None = field(default=None, repr=False)
    private_key: str | None = field(default=None, repr=False)
    public_key: str | None = None
    by_user_data: bool = False
    """Whether user data lets the build's own key in: it may be on its way when the host first answers."""
    password: str | None = field(default=None, repr=False)
    key_pair_id: str | None = None
    host_key: str | None = None
    """The public key that the host must show; None: the first one seen is trusted."""


@dataclass
class Build:
    """One build. The first block is given; the steps fill in the second."""

    args: CustomImageArgs
    api: Api
    lease: Lease
    base_dir: Path
    journal: Journal
    log: BuildLog
    progress: Progress
    cancel: Cancel
    masker: Masker = field(default_factory=Masker)
    started: float = field(default_factory=time.monotonic)

    source: Image | None = None
    choices: tuple[Choice, ...] = ()
    """Where to order the host, and of which hardware, in this order."""
    security_group: bool = False
    """Whether `security_group_id` names a security group, and not a firewall."""
    login: Login = field(default_factory=Login)
    user_data: bytes | None = field(default=None, repr=False)
    marked: bool = False
    """Whether the user data holds parts of ours, which carry `lease.origin`."""
    firewall_id: str | None = None
    let_in: str = ""
    """The one address that the temporary firewall was narrowed to."""
    made: dict[str, Thing] = field(default_factory=dict)
    host: Host | None = None
    communicator: Communicator | None = None
    out_of_sight: str = ""
    """Why nobody can look at the host any more; empty: somebody can."""
    image: Image | None = None
    copies: list[MadeCopy] = field(default_factory=list)
    failed_copies: list[str] = field(default_factory=list)
    tail: list[str] = field(default_factory=list)

    @property
    def id(self) -> str:
        return self.lease.build_id

    @property
    def undo_api(self) -> Api:
        """The API for giving things back: it works on when the build was cancelled, and does not give up soon."""
        return self.api.using(cancel=Cancel(), patience=retry.PATIENCE)

    def thing(self, kind: str) -> Thing:
        """A temporary thing of this build, before it is made."""
        return Thing(kind, self.lease.label, self.api.project_id or "", self.api.region or "")

    @property
    def address(self) -> str:
        """Where the host is connected to."""
        args, host = self.args, self.the_host()
        return args.ssh_host or (host.private_ip if args.use_ssh_private_ip else host.public_ip)

    def the_source(self) -> Image:
        if self.source is None:
            raise AssertionError("the source image is looked at first")
        return self.source

    def the_host(self) -> Host:
        if self.host is None:
            raise AssertionError("the host is made first")
        return self.host

    def the_image(self) -> Image:
        if self.image is None:
            raise AssertionError("the image is made first")
        return self.image


def copy_api(api: Api, copy: ImageCopy) -> Api:
    """The API where a copy goes."""
    return api.at(project_id=copy.project_id, region=copy.region)
