"""The base images, the same in every region and project. All Linux ones stand in for what they are called."""

from __future__ import annotations

from dataclasses import dataclass


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
    os_type: str = "Linux"
    user: str = "root"
    """Who logs in by the password or the key pair that the API was given."""
    minimal_cpu: str = ""


ENHANCED = ("NetEnhanced",)
OLD_KERNEL = (*ENHANCED, "HotPlug")
NEW_KERNEL = (*ENHANCED, "NetEnhanced_Ultra", "HotPlug", "RssdAttachable", "IPv6")
"""Of Linux 4.19 and newer: for 快杰 too (uhost introduction/image/introduction.md)."""
WINDOWS = ("RssdAttachable",)


def _centos(id: str, name: str, features: tuple[str, ...], minimal_cpu: str = "") -> BaseImage:
    cloud_init = "CloudInit" in features
    return BaseImage(
        id,
        name,
        name,
        f"Stands in for {name}: a Debian 12 whose yum maps to apt-get{', with cloud-init' if cloud_init else ''}.",
        ("base", "cloudinit", "yum") if cloud_init else ("base", "yum"),
        features,
        minimal_cpu=minimal_cpu,
    )


def _windows(id: str, name: str) -> BaseImage:
    description = f"{name} by API alone: hosts of it have no guest."
    return BaseImage(id, name, name, description, ("windows",), WINDOWS, 40, "Windows", "administrator")


BASE_IMAGES = (
    BaseImage(
        "uimage-f1chxn",
        "CentOS 7.4 64位",
        "CentOS 7.4 64位 (emulator: Debian 12, yum maps to apt)",
        "Stands in for the guide's CentOS: a Debian 12 whose yum maps to apt-get.",
        ("base", "yum"),
        OLD_KERNEL,
        minimal_cpu="Broadwell",
    ),
    BaseImage(
        "uimage-debian12-ci",
        "Debian 12.0 64位 CloudInit",
        "Debian 12.0 64位",
        "Debian 12 with cloud-init.",
        ("base", "cloudinit"),
        (*NEW_KERNEL, "CloudInit"),
    ),
    BaseImage(
        "uimage-debian12",
        "Debian 12.0 64位",
        "Debian 12.0 64位",
        "Debian 12 without cloud-init.",
        ("base",),
        NEW_KERNEL,
    ),
    BaseImage(
        "uimage-ubuntu20",
        "Ubuntu 20.04 64位",
        "Ubuntu 20.04 64位",
        "Stands in for Ubuntu 20.04: a Debian 12 with cloud-init whose user ubuntu may sudo; root does not log in.",
        ("base", "cloudinit", "ubuntu"),
        (*NEW_KERNEL, "CloudInit"),
        user="ubuntu",
    ),
    _centos("uimage-centos65", "CentOS 6.5 64位", ENHANCED),
    _centos("uimage-centos70", "CentOS 7.0 64位", OLD_KERNEL),
    _centos("uimage-centos71", "CentOS 7.1 64位", OLD_KERNEL),
    _centos("uimage-centos72", "CentOS 7.2 64位", OLD_KERNEL),
    _centos("uimage-centos76", "CentOS 7.6 64位", (*OLD_KERNEL, "CloudInit")),
    _centos("uimage-centos76-new", "高内核CentOS 7.6 64位", (*NEW_KERNEL, "CloudInit")),
    _centos("uimage-centos82", "CentOS 8.2 64位", (*NEW_KERNEL, "CloudInit")),
    _windows("uimage-win2012", "Windows 2012 64位"),
    _windows("uimage-win2016", "Windows 2016 64位"),
)

IMAGE_QUOTAS = {"cn-bj2": 30, "cn-wlcb": 30, "cn-sh2": 30}
"""Custom images of a project in a region (uhost guide/image/common.md)."""
IMAGE_QUOTA = 10
"""Where the page names no region, and in those that it gives 10."""
REGIONS_WITHOUT_COPIES = ("cn-bj1",)
"""uhost guide/image/copy.md; 8958."""


def image_quota(region: str) -> int:
    return IMAGE_QUOTAS.get(region, IMAGE_QUOTA)
