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


KEYS = {
    PUBLIC_KEY: Keys(PRIVATE_KEY),
    "emulator-temporary-public-key": Keys("emulator-temporary-private-key", "emulator-security-token"),
}


@dataclass(frozen=True)
class Project:
    id: str
    name: str
    default: bool = False


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
