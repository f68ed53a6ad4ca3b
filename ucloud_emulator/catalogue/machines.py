"""What is on sale where: machine types, their CPU platforms, families and sizes, and the disks of each zone.

From api uhost-api/uhost_type.md and disk_type.md, uhost introduction/uhost/type_new.md and udisk introduction/limit.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Sizes = Mapping[int, tuple[int, ...]]
"""Cores to GB of memory."""
Status = Literal["Normal", "Beta", "Soldout", "Hidden"]

NORMAL_DATA = 8000
RSSD_DATA = 32000
MOST_BOOT_DISK = 500
LEAST_DISK = 20
BOOT_DISK_STEP = 10
"""GB: cloud boot disks grow in steps of 10 (uhost guide/disk.md, the billing table)."""


@dataclass(frozen=True)
class DiskType:
    """A kind of disk, with the sizes in GB that it may have; 0 where it cannot be such a disk."""

    name: str
    group: str
    """As DescribeAvailableInstanceTypes groups them: cloudDisk, normalLocalDisk, ssdLocalDisk."""
    boot_most: int
    data_most: int
    data_services: tuple[str, ...] = ()

    @property
    def local(self) -> bool:
        """A local boot disk is exactly as large as its image: it grows only later (8316)."""
        return self.group != "cloudDisk"


DISK_TYPES = (
    DiskType("CLOUD_RSSD", "cloudDisk", MOST_BOOT_DISK, RSSD_DATA, ("SNAPSHOT",)),
    DiskType("CLOUD_SSD", "cloudDisk", MOST_BOOT_DISK, NORMAL_DATA, ("SNAPSHOT",)),
    DiskType("CLOUD_NORMAL", "cloudDisk", 0, NORMAL_DATA, ("DATAARK", "SNAPSHOT")),
    DiskType("CLOUD_ESSD", "cloudDisk", 0, NORMAL_DATA),
    DiskType("LOCAL_NORMAL", "normalLocalDisk", 100, 2000, ("DATAARK",)),
    DiskType("LOCAL_SSD", "ssdLocalDisk", 100, 1000),
)


@dataclass(frozen=True)
class MachineFamily:
    """A UHostFamily: a generation of a machine type on one maker's processors."""

    name: str
    platforms: tuple[str, ...]
    everywhere: bool = True


@dataclass(frozen=True)
class MachineType:
    """A machine type as the documents describe it, wherever it is sold."""

    name: str
    title: str
    platforms: tuple[str, ...]
    """Oldest first within a maker: MinimalCpuPlatform takes what is as new or newer."""
    sizes: Sizes
    disks: Mapping[str, tuple[str, ...]]
    """Kind of boot disk to the kinds of data disk that go with it."""
    families: tuple[MachineFamily, ...] = ()

    @property
    def fast(self) -> bool:
        """快杰: boots from RSSD disks alone, and takes only images with RssdAttachable."""
        return "CLOUD_RSSD" in self.disks

    @property
    def hotplug(self) -> bool:
        """Only N and C can be given more cores while they run (uhost introduction/feature/HotPlugFeature.md)."""
        return not self.fast

    @property
    def net_modes(self) -> Mapping[str, tuple[str, ...]]:
        """NetCapability beside Normal, with the image's feature for it (uhost introduction/feature/feature.md)."""
        return {"Ultra": ("NetEnhanced_Ultra",)} if self.fast else {"Super": ("NetEnhanced",)}


@dataclass(frozen=True)
class Offer:
    """A machine type as one zone sells it."""

    machine: MachineType
    status: Status
    platforms: tuple[str, ...]
    families: tuple[MachineFamily, ...]
    disks: Mapping[str, tuple[str, ...]]

    @property
    def buyable(self) -> bool:
        """What is hidden is not advertised, but sold to who asks for it by name."""
        return self.status != "Soldout"


INTEL_OLD = ("Intel/IvyBridge", "Intel/Haswell", "Intel/Broadwell", "Intel/Skylake")
INTEL_FAST = ("Intel/Cascadelake", "Intel/CascadelakeR", "Intel/IceLake")
INTEL_NEW = ("Intel/SapphireRapids", "Intel/EmeraldRapids")
AMD = ("Amd/Epyc2",)
AMPERE = ("Ampere/Altra",)

_FAST_DISKS = {"CLOUD_RSSD": ("CLOUD_RSSD", "CLOUD_SSD", "CLOUD_NORMAL", "CLOUD_ESSD")}
_N_DISKS = {
    "CLOUD_SSD": ("CLOUD_SSD", "CLOUD_NORMAL", "CLOUD_ESSD"),
    "LOCAL_NORMAL": ("LOCAL_NORMAL",),
    "LOCAL_SSD": ("LOCAL_SSD",),
}
_C_DISKS = {"CLOUD_SSD": ("CLOUD_SSD", "CLOUD_ESSD"), "LOCAL_SSD": ("LOCAL_SSD",)}


def _ratios(cores: tuple[int, ...], *ratios: int, most: int = 10**6) -> dict[int, tuple[int, ...]]:
    return {cpu: tuple(cpu * ratio for ratio in ratios if cpu * ratio <= most) for cpu in cores}


_O_SIZES = _ratios((1, 2, 4, 8, 16, 32, 64, 96), 1, 2, 4, 8)
_O_FAMILIES = (
    MachineFamily("o1i", INTEL_FAST),
    MachineFamily("o1a", AMD),
    MachineFamily("o1r", AMPERE, everywhere=False),
    MachineFamily("o2i", INTEL_NEW, everywhere=False),
)

MACHINE_TYPES = (
    MachineType("O", "快杰型", (*INTEL_FAST, *INTEL_NEW, *AMD, *AMPERE), _O_SIZES, _FAST_DISKS, _O_FAMILIES),
    MachineType(
        "OM",
        "快杰共享型",
        (*INTEL_FAST, *INTEL_NEW, *AMD),
        _ratios((1, 2, 4, 8, 16), 1, 2, 4),
        _FAST_DISKS,
        (MachineFamily("om1i", INTEL_FAST), MachineFamily("om2i", INTEL_NEW, everywhere=False)),
    ),
    MachineType(
        "OMEM",
        "快杰内存型",
        AMD,
        {**_ratios((2, 8, 16, 32, 64, 96), 8, 16), 4: (24, 64)},
        _FAST_DISKS,
    ),
    MachineType(
        "OPRO", "快杰PRO增强型", AMD, {**_ratios((2, 4, 8, 16, 32), 1, 2, 4, 8, most=128), 48: (128,)}, _FAST_DISKS
    ),
    MachineType("OPROG", "快杰PRO通用型", AMD, _ratios((2, 4, 8, 16, 32, 64, 96), 2, 4), _FAST_DISKS),
    MachineType("OS", "快杰S型", ("Intel/CascadelakeR",), _ratios((1, 2, 4, 8, 16, 32, 64), 1, 2, 4, 8), _FAST_DISKS),
    MachineType("OMAX", "快杰MAX型", AMD, _ratios((2, 4, 8, 16, 32, 64, 96), 1, 2, 4, 8), _FAST_DISKS),
    MachineType(
        "N",
        "通用型",
        INTEL_OLD,
        {
            1: (1, 2, 4, 8),
            2: (2, 4, 6, 8, 12, 16),
            4: (4, 6, 8, 12, 16, 32),
            8: (8, 12, 16, 24, 32, 48, 64),
            16: (16, 24, 32, 48, 64, 128),
            24: (24, 32, 64, 96, 192),
            32: (32, 64, 96, 128),
        },
        _N_DISKS,
    ),
    MachineType("C", "高主频型", ("Intel/Skylake",), _ratios((1, 2, 4, 8, 16, 32), 1, 2, 4, 8, most=128), _C_DISKS),
)

WITHOUT_RSSD = {
    "cn-bj2-04",
    "cn-sh2-02",
    "cn-sh2-03",
    "hk-01",
    "us-ws-01",
    "sg-01",
    "ge-fra-01",
    "ind-mumbai-01",
}
RSSD_ONLY = {"ph-mnl-01", "cn-guiyang1-01"}
WITHOUT_NORMAL = {
    "cn-wlcb-01",
    "sg-02",
    "jpn-tky-01",
    "ge-fra-01",
    "th-bkk-02",
    "ind-mumbai-01",
    "afr-nigeria-01",
    "uk-london-01",
}
WITH_ESSD = {"kr-seoul-01", "vn-sng-01"}
STILL_OLD = {"cn-bj2-02", "cn-bj2-03", "cn-bj2-05", "cn-sh2-01", "hk-02", "us-ca-01", "tw-tp-01"}
"""Where N and C are still sold beside 快杰, as UCloud's own scenarios and guides order them. Elsewhere they are sold
out: type_new.md says that they are no longer supplied, and no page says where."""
NEWEST = {"cn-bj2-05", "cn-wlcb-01"}
"""Where o2i, om2i and Ampere are sold, and the memory type is on trial. No page says where: these are our choice."""
UNADVERTISED = {"OS", "OMAX"}
"""Merged into O (type_new.md), but still in uhost_type.md."""


def zone_disks(zone: str) -> frozenset[str]:
    """The kinds of disk that a zone has."""
    if zone in RSSD_ONLY:
        return frozenset({"CLOUD_RSSD"})
    disks = {disk.name for disk in DISK_TYPES} - {"CLOUD_ESSD"}
    if zone in WITHOUT_RSSD:
        disks -= {"CLOUD_RSSD"}
    if zone in WITHOUT_NORMAL:
        disks -= {"CLOUD_NORMAL"}
    if zone in WITH_ESSD:
        disks |= {"CLOUD_ESSD"}
    return frozenset(disks)


def _status(machine: MachineType, zone: str) -> Status:
    if machine.name in UNADVERTISED:
        return "Hidden"
    if machine.name == "OMEM":
        return "Beta"
    old = not machine.fast
    return "Soldout" if old and zone not in WITHOUT_RSSD and zone not in STILL_OLD else "Normal"


def offers(zone: str) -> tuple[Offer, ...]:
    """What a zone sells, sold-out and hidden types among it."""
    there = zone_disks(zone)
    found = []
    for machine in MACHINE_TYPES:
        disks = {
            boot: tuple(kind for kind in data if kind in there) for boot, data in machine.disks.items() if boot in there
        }
        if not disks or (machine.name == "OMEM" and zone not in NEWEST):
            continue
        families = tuple(family for family in machine.families if family.everywhere or zone in NEWEST)
        gone = {platform for family in machine.families if family not in families for platform in family.platforms}
        platforms = tuple(platform for platform in machine.platforms if platform not in gone)
        found.append(Offer(machine, _status(machine, zone), platforms, families, disks))
    return tuple(found)


def offer(zone: str, name: str) -> Offer | None:
    return next((offer for offer in offers(zone) if offer.machine.name == name), None)


def disk_type(name: str) -> DiskType:
    return next(kind for kind in DISK_TYPES if kind.name == name)
