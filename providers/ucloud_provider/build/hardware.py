"""Which hardware a host gets: disk and CPU platform by family and zone, as UCloud offers them. Pure functions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ucloud_provider.cloud.hosts import Disk
from ucloud_provider.cloud.offers import SOLD_OUT, Offer
from ucloud_provider.cloud.records import Image
from ucloud_provider.spec.rules import InstanceType, parse_instance_type

BOOT_DISKS = ("cloud_ssd", "cloud_rssd", "local_ssd", "local_normal")
"""Kinds of boot disk, those first that are taken where nobody says which."""
DATA_DISKS = ("cloud_ssd", "cloud_rssd", "cloud_normal")

NEW_FAMILIES = ("O", "OM", "OMEM", "OPRO", "OPROG")
"""Machine types of the 快杰 series: they need images for RSSD disks, and take security groups."""
AMD_FAMILIES = ("OPRO", "OPROG")

RSSD, ARM = "RssdAttachable", "Aarch64_Type"
VGPU = ("Vgpu_AMD", "Vgpu_NVIDIA")
NEW_KERNEL = "高内核"
"""In the name of an image that only the 快杰 series may start."""

DISK_STEP, LEAST_DISK = 10, 20
"""GB of cloud disks."""


@dataclass(frozen=True)
class Wanted:
    """What arguments say of a host's hardware; None where they leave it open."""

    image_argument: str
    boot_disk_type: str | None = None
    boot_disk_size: int | None = None
    data_disks: tuple[tuple[int, str | None], ...] = ()
    cpu_platform: str | None = None
    security_group: str | None = None
    """The security group that the host is to be in, where it is one and no firewall."""


@dataclass(frozen=True)
class Place:
    """An instance type in a zone, each with the argument that names it."""

    type_argument: str
    kind: str
    zone_argument: str
    zone: str

    def __str__(self) -> str:
        return f"{self.kind} in {self.zone}"


@dataclass(frozen=True)
class Choice:
    """A host's hardware, in full."""

    place: Place
    instance_type: InstanceType
    boot_disk: Disk
    data_disks: tuple[Disk, ...]
    cpu_platform: str

    @property
    def zone(self) -> str:
        return self.place.zone


def choose(place: Place, wanted: Wanted, offers: Sequence[Offer] | None, image: Image | None) -> Choice | list[str]:
    """The hardware for a place, or what is wrong with it there; `offers` and `image` None where they are not known."""
    kind = parse_instance_type(place.kind)
    here = None if offers is None else [each for each in offers if each.zone in ("", place.zone)]
    mine = [each for each in here or () if each.machine_type == kind.machine_type]
    offer = next((each for each in mine if each.status != SOLD_OUT), None)
    if here and offer is None:
        return [_not_on_sale(place, kind, here, offers or (), sold_out=bool(mine))]
    problems: list[str] = []
    platform = _platform(wanted, kind, offer, image)
    boot = _boot_disk_type(wanted, kind, offer)
    size = _boot_disk_size(wanted, boot, image)
    data = tuple(Disk(each, type_ or _data_disk_type(kind, offer)) for each, type_ in wanted.data_disks)
    if offer is not None:
        problems += _size_problems(place, kind, offer)
        problems += _offer_problems(place, wanted, offer, boot, size, data)
    problems += _boot_disk_problems(wanted, boot, image)
    if image is not None:
        problems += _image_problems(place, wanted, kind, platform, image)
    if wanted.security_group and kind.machine_type not in NEW_FAMILIES:
        problems.append(
            f"security_group_id: {wanted.security_group!r} is a security group, which {place.kind} cannot be in; give "
            "a firewall, or an instance type such as o-standard-2"
        )
    return problems or Choice(place, kind, Disk(size, boot), data, platform)


def _not_on_sale(
    place: Place, kind: InstanceType, here: Sequence[Offer], offers: Sequence[Offer], *, sold_out: bool
) -> str:
    zones = sorted({o.zone for o in offers if o.zone and o.machine_type == kind.machine_type and o.status != SOLD_OUT})
    families = sorted({each.machine_type.lower() for each in here if each.status != SOLD_OUT})
    state = "sold out" if sold_out else "not on sale"
    elsewhere = f", or one of {', '.join(zones)}" if zones else ""
    others = f"there it is one of {', '.join(families)}" if families else "nothing is on sale there"
    return (
        f"{place.type_argument}: {place.kind!r} is {state} in {place.zone}; give another family ({others}){elsewhere}"
    )


def _platform(wanted: Wanted, kind: InstanceType, offer: Offer | None, image: Image | None) -> str:
    if wanted.cpu_platform is not None:
        return wanted.cpu_platform
    if image is not None and ARM in image.features:
        return "Ampere/Auto"
    offered = () if offer is None else offer.sizes.get((kind.cpu, kind.memory), ()) or offer.platforms
    makers = {each.partition("/")[0].lower() for each in offered}
    if not makers:
        return "Amd/Auto" if kind.machine_type in AMD_FAMILIES else "Intel/Auto"
    return next((f"{maker}/Auto" for maker in ("Intel", "Amd", "Ampere") if maker.lower() in makers), "Intel/Auto")


def _boot_disk_type(wanted: Wanted, kind: InstanceType, offer: Offer | None) -> str:
    if wanted.boot_disk_type is not None:
        return wanted.boot_disk_type
    offered = {each.type for each in offer.boot_disks} if offer else set()
    unknown = "cloud_rssd" if kind.machine_type in NEW_FAMILIES else "cloud_ssd"
    return next((each for each in BOOT_DISKS if each in offered), unknown)


def _data_disk_type(kind: InstanceType, offer: Offer | None) -> str:
    offered = {each.type for each in offer.data_disks} if offer else set()
    unknown = "cloud_rssd" if kind.machine_type in NEW_FAMILIES else "cloud_ssd"
    return next((each for each in DATA_DISKS if each in offered), unknown)


def _boot_disk_size(wanted: Wanted, boot: str, image: Image | None) -> int:
    if wanted.boot_disk_size is not None:
        return wanted.boot_disk_size
    least = image.size if image is not None else LEAST_DISK
    if boot.startswith("local_"):
        return least
    return max(LEAST_DISK, -(-least // DISK_STEP) * DISK_STEP)


def _size_problems(place: Place, kind: InstanceType, offer: Offer) -> Iterator[str]:
    if not offer.sizes or (kind.cpu, kind.memory) in offer.sizes:
        return
    memories = sorted(memory // 1024 for cpu, memory in offer.sizes if cpu == kind.cpu)
    family = kind.machine_type.lower()
    if memories:
        fitting = f"with {kind.cpu} cores it takes {', '.join(map(str, memories))} GB"
        example = f"{family}-customized-{kind.cpu}-{memories[0]}"
    else:
        cores = sorted({cpu for cpu, _ in offer.sizes})
        fitting = f"it has {', '.join(map(str, cores))} cores"
        example = f"{family}-customized-{cores[0]}-{min(m for c, m in offer.sizes if c == cores[0]) // 1024}"
    yield f"{place.type_argument}: {place.kind!r} is no size of {family} in {place.zone}: {fitting}; give {example}"


def _offer_problems(
    place: Place, wanted: Wanted, offer: Offer, boot: str, size: int, data: Sequence[Disk]
) -> Iterator[str]:
    boots = {each.type: each for each in offer.boot_disks}
    if boots and boot not in boots:
        usable = [each for each in BOOT_DISKS if each in boots]
        yield f"boot_disk_type: {boot!r} cannot be had with {place}; give one of {', '.join(usable)}, or leave it out"
    elif boots and boots[boot].most and size > boots[boot].most:
        yield f"boot_disk_size: {size} GB is above the {boots[boot].most} GB of {boot} with {place}; give less"
    datas = {each.type: each for each in offer.data_disks}
    for index, disk in enumerate(data):
        if datas and disk.type not in datas:
            usable = [each for each in DATA_DISKS if each in datas]
            given = f"{disk.type!r} cannot be had with {place}; give one of {', '.join(usable)}, or leave it out"
            yield f"data_disks[{index}].type: {given}"
        elif datas and not datas[disk.type].least <= disk.size <= (datas[disk.type].most or disk.size):
            limits = f"{datas[disk.type].least} to {datas[disk.type].most} GB"
            yield f"data_disks[{index}].size: {disk.size} GB is no size of {disk.type} with {place}; give {limits}"
    makers = {each.partition("/")[0].lower() for each in offer.platforms}
    if wanted.cpu_platform and makers and wanted.cpu_platform.partition("/")[0].lower() not in makers:
        offered = ", ".join(offer.platforms)
        yield f"min_cpu_platform: {wanted.cpu_platform!r} is not there with {place}; leave it out, or give of {offered}"


def _boot_disk_problems(wanted: Wanted, boot: str, image: Image | None) -> Iterator[str]:
    size = wanted.boot_disk_size
    if size is None:
        return
    local = boot.startswith("local_")
    if image is not None and local and size != image.size:
        yield (
            f"boot_disk_size: {size} GB, but a {boot} boot disk has the image's size to the GB, {image.size}; leave it "
            "out, or take a cloud disk"
        )
    elif image is not None and size < image.size:
        yield f"boot_disk_size: {size} GB is below the image's {image.size} GB; give at least that, or leave it out"
    elif not local and size % DISK_STEP:
        up = -(-size // DISK_STEP) * DISK_STEP
        yield f"boot_disk_size: {size} GB is between two steps of {DISK_STEP} GB, which cloud disks have; give {up}"


def _image_problems(place: Place, wanted: Wanted, kind: InstanceType, platform: str, image: Image) -> Iterator[str]:
    """What a family asks of an image. An image made of another inherits what that one can do."""
    name = f"{wanted.image_argument}: {image.id!r}"
    arm = platform.startswith("Ampere/")
    if kind.machine_type in NEW_FAMILIES and image.os_type != "Windows" and RSSD not in image.features:
        yield (
            f"{name} lacks {RSSD}, so {place.kind} cannot start it; choose an image that has it ({NEW_KERNEL} in its "
            "name, or a newer system), or a family that needs none, such as n where it is on sale"
        )
    if kind.machine_type not in NEW_FAMILIES and NEW_KERNEL in image.name:
        yield f"{name} ({image.name}) is for o-… types alone; choose another image, or a type such as o-standard-2"
    if ARM in image.features and not arm:
        yield f"min_cpu_platform: {platform!r} cannot run {image.id!r}, which is for ARM; give 'Ampere/Auto'"
    if arm and ARM not in image.features:
        yield f"min_cpu_platform: {platform!r} is ARM, and {image.id!r} is not; give another platform, or an ARM image"
    if any(each in image.features for each in VGPU):
        yield f"{name} is for hosts with a GPU, which are not made here; choose another image"
    if image.os_type == "Windows" and kind.cpu == 1:
        yield f"{place.type_argument}: {place.kind!r} has one core, and Windows needs two; give a type with more"
