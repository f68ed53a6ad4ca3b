"""Who may call: keys, projects, and the traits in which accounts differ."""

from __future__ import annotations

from dataclasses import dataclass

PUBLIC_KEY = "emulator-public-key"
PRIVATE_KEY = "emulator-private-key"
COOKIE = "U_USER=emulator-session"
CSRF_TOKEN = "emulator-csrf-token"  # noqa: S105  (all of these are known to everybody)


@dataclass(frozen=True)
class Keys:
    """What goes with a public key: the private one, and the token of keys that STS made for a while."""

    private: str
    token: str = ""
    sub_account: bool = False
    """Whether every call has to name its ProjectId (api summary/public.md: 子帐号必须填写)."""


KEYS = {
    PUBLIC_KEY: Keys(PRIVATE_KEY),
    "emulator-temporary-public-key": Keys("emulator-temporary-private-key", "emulator-security-token"),
    "emulator-sub-account-public-key": Keys("emulator-sub-account-private-key", sub_account=True),
}


@dataclass(frozen=True)
class Traits:
    """What differs from account to account on the real UCloud; here it goes by project.

    The defaults are a well-equipped account's. There is no lenient mode: a project lacks one of these, or none.
    """

    default_vpc: bool = True
    """Whether each region has a default VPC. UCloud no longer provides one (vpc introduction/subnet.md)."""
    hourly_billing: bool = True
    """Whether ChargeType Dynamic is permitted: else 8116 for hosts, 17062 for disks."""
    image_copies: bool = True
    """Region-level image service, opened by a ticket (uhost guide/image/copy.md)."""
    image_quota_left: bool = True
    """Whether a region has room for custom images; else it holds as many as it may from the start."""
    cloud_init_images: bool = True
    """Whether base images with CloudInit are offered."""


STANDARD = Traits()


@dataclass(frozen=True)
class Project:
    id: str
    name: str
    default: bool = False
    traits: Traits = STANDARD


PROJECTS = (
    Project("org-emulator", "Emulator", default=True),
    Project("org-second", "Second"),
    Project("org-third", "Third"),
    Project("org-no-vpc", "Without a default VPC", traits=Traits(default_vpc=False)),
    Project("org-no-hourly", "Without hourly billing", traits=Traits(hourly_billing=False)),
    Project("org-no-copies", "Without permission to copy images", traits=Traits(image_copies=False)),
    Project("org-full", "At its quota of custom images", traits=Traits(image_quota_left=False)),
    Project("org-no-cloudinit", "Without CloudInit images", traits=Traits(cloud_init_images=False)),
)
DEFAULT_PROJECT = next(project.id for project in PROJECTS if project.default)
MOST_MORE_PROJECTS = 40


def more_projects(count: int) -> tuple[Project, ...]:
    """Projects beside the usual ones, for tests that work side by side: org-case-01, org-case-02, …"""
    return tuple(Project(f"org-case-{number:02}", f"Case {number}") for number in range(1, count + 1))
