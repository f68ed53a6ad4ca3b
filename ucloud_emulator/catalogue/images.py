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
