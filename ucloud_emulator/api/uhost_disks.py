"""The disks that a host is ordered with: what goes together, how large each may be, and what the image needs."""

from __future__ import annotations

from dataclasses import dataclass

from ucloud_emulator import catalogue
from ucloud_emulator.catalogue import Offer
from ucloud_emulator.parameters import Parameters
from ucloud_emulator.records import Image
from ucloud_emulator.refusals import Refusal, RetCode, bad_parameter, missing_parameter

KINDS = tuple(kind.name for kind in catalogue.DISK_TYPES)
MOST_LOCAL_BOOT = 100
OLD_LEAST = 10
"""What DiskSpace of an old order may be at least: UCloud's tests (867) send 10."""
MOST_CLOUD_DATA = 26


@dataclass(frozen=True)
class DiskWish:
    boot: bool
    type: str
    size: int
    number: int = 0
    """The N of Disks.N."""
    backup: str = "NONE"
    least: int = catalogue.LEAST_DISK

    @property
    def in_cloud(self) -> bool:
        return self.type.startswith("CLOUD")


def disk_wishes(asked: Parameters) -> tuple[DiskWish, ...]:
    """Disks.N, the boot disk first: exactly one of them. True and False may be in lower case, as clients send them."""
    wishes = []
    for number, disk in enumerate(asked.groups("Disks")):
        disk.required("IsBoot")
        boot = disk.boolean("IsBoot")
        disk.required("Type")
        type = disk.one_of("Type", KINDS, "")
        size = disk.required_integer("Size", least=1)
        backup = disk.one_of("BackupType", ("NONE", "DATAARK", "SNAPSHOT"), "NONE")
        wishes.append(DiskWish(boot, type, size, number, backup))
    wishes = wishes or _old_wishes(asked)
    if not wishes:
        raise missing_parameter("Disks")
    if sum(wish.boot for wish in wishes) != 1:
        raise bad_parameter("Disks", "exactly one disk has IsBoot True")
    return tuple(sorted(wishes, key=lambda wish: not wish.boot))


def _old_wishes(asked: Parameters) -> list[DiskWish]:
    """StorageType, BootDiskSpace, DiskSpace and TimemachineFeature, which the first version had instead of Disks.N."""
    if not any(asked.has(name) for name in ("StorageType", "BootDiskSpace", "DiskSpace")):
        return []
    storage = asked.one_of("StorageType", ("LocalDisk", "UDisk"), "LocalDisk")
    type = "LOCAL_NORMAL" if storage == "LocalDisk" else "CLOUD_NORMAL"
    ark = asked.one_of("TimemachineFeature", ("Yes", "No", "yes", "no"), "No").lower() == "yes"
    if ark and storage != "LocalDisk":
        raise bad_parameter("TimemachineFeature", "only with StorageType LocalDisk")
    backup = "DATAARK" if ark else "NONE"
    # CLOUD_NORMAL boots nothing, so a host of StorageType UDisk boots from an SSD cloud disk.
    boot_type = type if storage == "LocalDisk" else "CLOUD_SSD"
    boot = DiskWish(True, boot_type, asked.integer("BootDiskSpace", 20, least=1), 0, backup)
    space = asked.integer("DiskSpace", 0, least=0)
    return [boot, *([DiskWish(False, type, space, 1, backup, OLD_LEAST)] if space else [])]


def check_disks(wishes: tuple[DiskWish, ...], offer: Offer, image: Image | None) -> None:
    boot, *data = wishes
    if boot.type not in offer.disks:
        known = ", ".join(offer.disks)
        raise bad_parameter(
            f"Disks.{boot.number}.Type", f"{offer.machine.name} does not boot from {boot.type} here; one of {known}"
        )
    _check_boot_size(boot, image)
    for wish in data:
        if wish.type not in offer.disks[boot.type]:
            raise bad_parameter(
                f"Disks.{wish.number}.Type", f"{wish.type} does not go with {boot.type} in {offer.machine.name} here"
            )
        _check_data_size(wish)
    if sum(not wish.in_cloud for wish in data) > 1:
        raise bad_parameter("Disks", "one local data disk at most")
    if sum(wish.in_cloud for wish in data) > MOST_CLOUD_DATA:
        raise bad_parameter("Disks", f"{MOST_CLOUD_DATA} cloud disks at most")


def _check_boot_size(boot: DiskWish, image: Image | None) -> None:
    kind, name = catalogue.disk_type(boot.type), f"Disks.{boot.number}.Size"
    if image is not None and boot.size < image.size:
        message = f"{name} [{boot.size}] is less than the {image.size} GB of image [{image.id}]"
        raise Refusal(RetCode.BOOT_DISK_BELOW_IMAGE, message)
    if kind.local:
        if boot.size > MOST_LOCAL_BOOT:
            raise Refusal(RetCode.BOOT_DISK_TOO_LARGE, f"{name} [{boot.size}]: no local boot disk is over 100 GB")
        if image is not None and boot.size != image.size:
            message = f"{name} [{boot.size}] has to be the {image.size} GB of image [{image.id}]: it is a local disk"
            raise Refusal(RetCode.BOOT_DISK_NOT_IMAGE, message)
    elif not catalogue.LEAST_DISK <= boot.size <= kind.boot_most or boot.size % catalogue.BOOT_DISK_STEP:
        raise bad_parameter(name, f"{boot.size} is not {catalogue.LEAST_DISK} to {kind.boot_most} in steps of 10")


def _check_data_size(wish: DiskWish) -> None:
    most, name = catalogue.disk_type(wish.type).data_most, f"Disks.{wish.number}.Size"
    if wish.in_cloud and wish.size > most:
        raise Refusal(RetCode.DATA_DISK_SIZE, f"{name} [{wish.size}]: {wish.type} has {most} GB at most")
    if not wish.least <= wish.size <= most:
        raise bad_parameter(name, f"{wish.size} is not {wish.least} to {most}")
