"""What this UCloud offers: projects, regions and zones, base images, and what things cost an hour."""

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
    image_quota: int | None = None
    """Custom images a region may hold; None: what the documents say of the region."""
    cloud_init_images: bool = True
    """Whether base images with CloudInit are offered."""


STANDARD = Traits()


@dataclass(frozen=True)
class Project:
    id: str
    name: str
    default: bool = False
    traits: Traits = STANDARD


@dataclass(frozen=True)
class Region:
    name: str
    id: int
    title: str
    zones: tuple[str, ...]
    default: bool = False


@dataclass(frozen=True)
class BaseImage:
    """A standard image, the same in every region and project."""

    id: str
    name: str
    os_name: str
    description: str
    layers: tuple[str, ...]
    features: tuple[str, ...] = ()
    size_gb: int = 20


PROJECTS = (
    Project("org-emulator", "Emulator", default=True),
    Project("org-second", "Second"),
    Project("org-third", "Third"),
    Project("org-no-vpc", "Without a default VPC", traits=Traits(default_vpc=False)),
    Project("org-no-hourly", "Without hourly billing", traits=Traits(hourly_billing=False)),
    Project("org-no-copies", "Without permission to copy images", traits=Traits(image_copies=False)),
    Project("org-full", "At its quota of custom images", traits=Traits(image_quota=0)),
    Project("org-no-cloudinit", "Without CloudInit images", traits=Traits(cloud_init_images=False)),
)
DEFAULT_PROJECT = next(project.id for project in PROJECTS if project.default)
MOST_MORE_PROJECTS = 40


def more_projects(count: int) -> tuple[Project, ...]:
    """Projects beside the usual ones, for tests that work side by side: org-case-01, org-case-02, …"""
    return tuple(Project(f"org-case-{number:02}", f"Case {number}") for number in range(1, count + 1))


def _region(name: str, id: int, title: str, first: int, last: int, default: bool = False) -> Region:
    return Region(name, id, title, tuple(f"{name}-{number:02}" for number in range(first, last + 1)), default)


REGIONS = (
    _region("cn-bj2", 1000001, "北京二", 2, 5, default=True),
    _region("cn-sh2", 1000009, "上海二", 1, 3),
    _region("cn-gd", 1000007, "广州", 1, 2),
    _region("hk", 1000003, "香港", 1, 2),
    _region("us-ca", 1000004, "洛杉矶", 1, 1),
    _region("sg", 1000010, "新加坡", 1, 1),
)

BASE_IMAGES = (
    BaseImage(
        "uimage-f1chxn",
        "CentOS 7.4 64位",
        "CentOS 7.4 64位 (emulator: Debian 12, yum maps to apt)",
        "Stands in for the guide's CentOS: a Debian 12 whose yum maps to apt-get.",
        ("base", "yum"),
    ),
    BaseImage(
        "uimage-debian12-ci",
        "Debian 12.0 64位 CloudInit",
        "Debian 12.0 64位",
        "Debian 12 with cloud-init.",
        ("base", "cloudinit"),
        ("CloudInit",),
    ),
    BaseImage("uimage-debian12", "Debian 12.0 64位", "Debian 12.0 64位", "Debian 12 without cloud-init.", ("base",)),
)


def region(name: str) -> Region | None:
    return next((region for region in REGIONS if region.name == name), None)


def host_price(cpu: int, memory_mb: int) -> float:
    """Yuan an hour: near the list price, and the same on every run."""
    return round(0.06 * cpu + 0.03 * memory_mb / 1024, 4)


def disk_price(size_gb: int) -> float:
    return round(size_gb * 0.0015, 4)


HOURS = {"Dynamic": 1, "Month": 24 * 30, "Year": 24 * 365}
DISCOUNT = {"Dynamic": 1.0, "Month": 0.8, "Year": 0.66}
"""By the kind of charge: the hours that are paid for, the part of the price by the hour that is asked for them."""


def eip_price(bandwidth: int, pay_mode: str) -> float:
    """By bandwidth an EIP costs its bandwidth; by traffic the address alone is counted here."""
    return 0.01 if pay_mode == "Traffic" else round(0.01 + 0.05 * bandwidth, 4)


def image_price(size_gb: int) -> float:
    """Keeping a custom image is counted at the price of a snapshot's space."""
    return round(size_gb * 0.0002, 4)
