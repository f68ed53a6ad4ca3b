"""The base images, the same in every region and project."""

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


OLD_KERNEL = ("NetEnhanced", "HotPlug")
NEW_KERNEL = ("NetEnhanced", "NetEnhanced_Ultra", "HotPlug", "RssdAttachable", "IPv6")
"""Of Linux 4.19 and newer: for 快杰 too (uhost introduction/image/introduction.md)."""

BASE_IMAGES = (
    BaseImage(
        "uimage-f1chxn",
        "CentOS 7.4 64位",
        "CentOS 7.4 64位 (emulator: Debian 12, yum maps to apt)",
        "Stands in for the guide's CentOS: a Debian 12 whose yum maps to apt-get.",
        ("base", "yum"),
        OLD_KERNEL,
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
)
