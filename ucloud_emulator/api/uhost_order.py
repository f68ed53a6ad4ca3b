"""What a call orders of a UHost: machine type, size, platform, disks. Refused where the zone does not sell it so."""

from __future__ import annotations

from dataclasses import dataclass

from ucloud_emulator import catalogue
from ucloud_emulator.api.uhost_disks import DiskWish, check_disks, disk_wishes
from ucloud_emulator.catalogue import Offer
from ucloud_emulator.dispatch import Call
from ucloud_emulator.parameters import Parameters
from ucloud_emulator.records import Image
from ucloud_emulator.refusals import Refusal, RetCode, bad_parameter

CHARGE_TYPES = ("Year", "Month", "Dynamic", "Postpay", "Spot")
BY_THE_HOUR = ("Dynamic", "Postpay", "Spot")
NET_CAPABILITIES = ("Normal", "Super", "Ultra", "Extreme")
LEAST_CORES_FOR_SUPER = 4
OLD_TYPES = {
    "N1": "N", "N2": "N", "N3": "N", "C1": "C", "I1": "N", "I2": "N",
    "Normal": "N", "SATA_SSD": "N",
}  # fmt: skip
"""UHostType, the first version of the concept (uhost_type.md, create_uhost_instance_old.md)."""


@dataclass(frozen=True)
class Order:
    """A machine with its disks, found to be one that the zone sells and the image fits."""

    offer: Offer
    cpu: int
    memory: int
    platform: str
    family: str
    net_capability: str
    hotplug: bool
    charge_type: str
    disks: tuple[DiskWish, ...]


def order(call: Call, zone: str, image: Image) -> Order:
    asked = call.parameters
    offer = chosen_offer(asked, zone)
    platform, family = _platform(asked, offer)
    cpu, memory = cpu_and_memory(asked, offer.machine.sizes)
    if cpu == 1 and image.os_type == "Windows":
        raise Refusal(RetCode.WINDOWS_NEEDS_CORES, f"Image [{image.id}] is Windows, which needs more than one core")
    _check_image(image, offer, platform)
    disks = disk_wishes(asked)
    check_disks(disks, offer, image)
    charge_type = charge(call)
    if charge_type == "Postpay" and any(not wish.in_cloud for wish in disks):
        raise bad_parameter("ChargeType", "Postpay is for hosts whose disks are all cloud disks")
    return Order(
        offer=offer,
        cpu=cpu,
        memory=memory,
        platform=platform,
        family=family,
        net_capability=_net_capability(asked, offer, image, cpu),
        hotplug=_hotplug(asked, offer, image),
        charge_type=charge_type,
        disks=disks,
    )


def chosen_offer(asked: Parameters, zone: str) -> Offer:
    """MachineType, or the old UHostType where that is all there is; N without either (uhost_type.md)."""
    name = asked.text("MachineType")
    if not name:
        old = asked.one_of("UHostType", tuple(OLD_TYPES), "N2")
        name = OLD_TYPES[old]
    offer = catalogue.offer(zone, name)
    if offer is None:
        sold = ", ".join(offer.machine.name for offer in catalogue.offers(zone))
        raise bad_parameter("MachineType", f"{name!r} is not sold in {zone}; there: {sold}")
    return offer


def _platform(asked: Parameters, offer: Offer) -> tuple[str, str]:
    """MinimalCpuPlatform and UHostFamily, which have to fit each other and the machine type."""
    wanted, family_name = asked.text("MinimalCpuPlatform"), asked.text("UHostFamily")
    family = next((each for each in offer.families if each.name == family_name), None)
    if family_name and family is None:
        known = ", ".join(each.name for each in offer.families) or "none"
        raise bad_parameter("UHostFamily", f"{family_name!r} is no family of {offer.machine.name} here; there: {known}")
    platforms = family.platforms if family else offer.platforms
    if not wanted:
        wanted = f"{platforms[0].partition('/')[0]}/Auto" if family else "Intel/Auto"
    spelled = {platform.lower(): platform for platform in platforms}
    spelled |= {f"{maker}/auto": f"{maker.capitalize()}/Auto" for maker in {each.split("/")[0] for each in spelled}}
    platform = spelled.get(wanted.lower())
    if platform is None:
        raise bad_parameter(
            "MinimalCpuPlatform", f"{wanted!r} is none of {family_name or offer.machine.name}'s: {', '.join(platforms)}"
        )
    return platform, family_name or _family_of(offer, platform)


def _family_of(offer: Offer, platform: str) -> str:
    maker = platform.partition("/")[0]
    for family in offer.families:
        if platform in family.platforms or (platform.endswith("/Auto") and family.platforms[0].startswith(f"{maker}/")):
            return family.name
    return ""


def cpu_and_memory(
    asked: Parameters,
    sizes: catalogue.Sizes,
    cpu_default: int = 4,
    memory_default: int = 8192,
    *,
    wrong_cpu: RetCode = RetCode.WRONG_CPU,
    wrong_memory: RetCode = RetCode.WRONG_MEMORY,
) -> tuple[int, int]:
    """Cores and MB, one of the pairs that the machine type has."""
    cpu = asked.integer("CPU", cpu_default)
    memory = asked.integer("Memory", memory_default)
    if cpu not in sizes:
        known = ", ".join(map(str, sizes))
        raise Refusal(wrong_cpu, f"CPU [{cpu}] is no size of this machine type; one of {known}")
    if memory % 1024 or memory // 1024 not in sizes[cpu]:
        known = ", ".join(str(size * 1024) for size in sizes[cpu])
        raise Refusal(wrong_memory, f"Memory [{memory}] does not go with {cpu} cores; one of {known}")
    return cpu, memory


def _check_image(image: Image, offer: Offer, platform: str) -> None:
    """The machine types an image is for: what an image is made from says so too (uhost introduction/image)."""
    arm = platform.startswith("Ampere/")
    if offer.machine.fast and "RssdAttachable" not in image.features:
        raise bad_parameter("ImageId", f"{image.id} has no RssdAttachable, which {offer.machine.name} needs")
    if arm != ("Aarch64_Type" in image.features):
        raise bad_parameter("ImageId", f"{image.id} is not for the processors of {platform}")
    if not offer.machine.fast and "高内核" in f"{image.name}{image.basic_image_name}":
        raise bad_parameter("ImageId", f"{image.id} is 高内核, which {offer.machine.name} does not take")


def _net_capability(asked: Parameters, offer: Offer, image: Image, cpu: int) -> str:
    wanted = asked.one_of("NetCapability", NET_CAPABILITIES, "Normal")
    if wanted == "Normal":
        return wanted
    needed = offer.machine.net_modes.get(wanted)
    if needed is None:
        raise bad_parameter("NetCapability", f"{offer.machine.name} has no {wanted}")
    if any(feature not in image.features for feature in needed):
        raise bad_parameter("NetCapability", f"image {image.id} has no {', '.join(needed)}")
    if wanted == "Super" and cpu < LEAST_CORES_FOR_SUPER:
        raise Refusal(RetCode.SUPER_NEEDS_CORES, f"NetCapability Super needs {LEAST_CORES_FOR_SUPER} cores or more")
    if wanted == "Ultra" and (cpu == 1 or image.os_type == "Windows"):
        raise bad_parameter("NetCapability", "Ultra is neither for one core nor for Windows")
    return wanted


def _hotplug(asked: Parameters, offer: Offer, image: Image) -> bool:
    wanted = asked.boolean("HotplugFeature")
    if wanted and not (offer.machine.hotplug and "HotPlug" in image.features):
        raise bad_parameter("HotplugFeature", f"not for {offer.machine.name} with image {image.id}")
    return wanted


def charge(call: Call) -> str:
    """ChargeType; by the hour only where the project may."""
    charge_type = call.parameters.one_of("ChargeType", CHARGE_TYPES, "Month")
    if charge_type == "Spot":
        raise bad_parameter("ChargeType", "Spot is being tried inside UCloud only")
    if charge_type in BY_THE_HOUR and not call.cloud.project(call.project).traits.hourly_billing:
        raise Refusal(RetCode.NOT_BY_THE_HOUR, f"ChargeType [{charge_type}]: no permission to be billed by the hour")
    return charge_type
