"""What a region's zones have on sale, by instance family, and whether there is room for a host right now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ucloud_provider.cloud.answers import listed, number, text
from ucloud_provider.cloud.client import Api
from ucloud_provider.cloud.hosts import Disk, disk_parameters
from ucloud_provider.spec.rules import InstanceType

ACTION = "DescribeAvailableInstanceTypes"
SOLD_OUT = "Soldout"

UNKNOWN_CAPACITY = ("OMEM", "OPROG")
"""Machine types that CheckUHostResourceCapacity does not know."""


@dataclass(frozen=True)
class DiskOffer:
    """A kind of disk that a family takes, such as `cloud_rssd`; sizes in GB, 0 where UCloud does not say."""

    type: str
    least: int
    most: int


@dataclass(frozen=True)
class Offer:
    """What one zone has of one family. An empty zone stands for all of the region.

    `sizes` maps cores and memory (in MB) to the CPU platforms that have this size; none listed: all of `platforms`.
    """

    zone: str
    machine_type: str
    status: str
    platforms: tuple[str, ...]
    boot_disks: tuple[DiskOffer, ...]
    data_disks: tuple[DiskOffer, ...]
    sizes: Mapping[tuple[int, int], tuple[str, ...]]


def offers(api: Api) -> tuple[Offer, ...]:
    """What the region's zones have on sale or have sold out, for hosts that are paid for in full."""
    found = listed(ACTION, api.read(ACTION), "AvailableInstanceTypes")
    return tuple(_offer(each) for each in found if text(each, "InstanceType") != "spot" and text(each, "Name"))


def enough(
    api: Api,
    *,
    zone: str,
    image_id: str,
    instance_type: InstanceType,
    boot_disk: Disk,
    data_disks: Sequence[Disk],
    cpu_platform: str,
    charge_type: str,
) -> bool | None:
    """Whether there is room for such a host now; None where UCloud does not say."""
    if instance_type.machine_type in UNKNOWN_CAPACITY:
        return None
    answer = api.read(
        "CheckUHostResourceCapacity",
        Zone=zone,
        ImageId=image_id,
        MachineType=instance_type.machine_type,
        CPU=instance_type.cpu,
        Memory=instance_type.memory,
        MinimalCpuPlatform=cpu_platform,
        Disks=disk_parameters(boot_disk, data_disks),
        ChargeType=charge_type,
    )
    said = answer.get("ResourceEnough")
    return said if isinstance(said, bool) else None


def _offer(item: Mapping[str, Any]) -> Offer:
    platforms = item.get("CpuPlatforms")
    by_maker = platforms.values() if isinstance(platforms, Mapping) else ()
    disks = listed(ACTION, item, "Disks")
    return Offer(
        zone=text(item, "Zone"),
        machine_type=text(item, "Name"),
        status=text(item, "Status"),
        platforms=tuple(each for some in by_maker for each in _texts(some)),
        boot_disks=tuple(_disk(each) for some in disks for each in listed(ACTION, some, "BootDisk")),
        data_disks=tuple(_disk(each) for some in disks for each in listed(ACTION, some, "DataDisk")),
        sizes=_sizes(item),
    )


def _disk(item: Mapping[str, Any]) -> DiskOffer:
    return DiskOffer(text(item, "Name").lower(), number(item, "MinimalSize"), number(item, "MaximalSize"))


def _sizes(item: Mapping[str, Any]) -> dict[tuple[int, int], tuple[str, ...]]:
    """Cores and memory without a GPU. The page names no unit: no machine has a TB for its least, so that is MB."""
    without_gpu = [each for each in listed(ACTION, item, "MachineSizes") if not number(each, "Gpu")]
    collections = [each for some in without_gpu for each in listed(ACTION, some, "Collection")]
    memories = [size for each in collections for size in _numbers(each.get("Memory"))]
    unit = 1 if memories and min(memories) >= 1024 else 1024
    return {
        (number(each, "Cpu"), size * unit): _texts(each.get("MinimalCpuPlatform"))
        for each in collections
        for size in _numbers(each.get("Memory"))
    }


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(each for each in value if isinstance(each, str)) if isinstance(value, list) else ()


def _numbers(value: Any) -> tuple[int, ...]:
    return tuple(int(each) for each in value if isinstance(each, int | float)) if isinstance(value, list) else ()
