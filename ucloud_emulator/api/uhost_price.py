"""What a UHost would cost, with its disks."""

from __future__ import annotations

from ucloud_emulator import catalogue
from ucloud_emulator.api.image import find_image
from ucloud_emulator.api.uhost_disks import DiskWish, disk_wishes
from ucloud_emulator.api.uhost_order import chosen_offer, cpu_and_memory
from ucloud_emulator.catalogue import Offer
from ucloud_emulator.dispatch import Call, Reply, action
from ucloud_emulator.refusals import Refusal, RetCode, bad_parameter

MAKERS = ("Intel", "Amd")


@action("GetUHostInstancePrice")
def get_uhost_instance_price(call: Call) -> Reply:
    asked = call.parameters
    for name in ("CPU", "Memory"):
        asked.required(name)
    count = asked.required_integer("Count", least=1, most=5)
    offer = _offer(call)
    cpu, memory = cpu_and_memory(
        asked,
        offer.machine.sizes,
        wrong_cpu=RetCode.WRONG_CPU_TO_PRICE,
        wrong_memory=RetCode.WRONG_MEMORY_TO_PRICE,
    )
    asked.one_of("NetCapability", ("Normal", "Super"), "Normal")
    asked.one_of("CpuPlatform", MAKERS, "Intel")
    family = asked.text("UHostFamily")
    if family and family not in {each.name for each in offer.families}:
        raise bad_parameter("UHostFamily", f"{family!r} is no family of {offer.machine.name} here")
    if asked.has("ImageId"):
        find_image(call, asked.text("ImageId"))
    disks = sum(_disk(wish) for wish in disk_wishes(asked))
    asked_types = (
        (asked.one_of("ChargeType", tuple(catalogue.HOURS), "Month"),)
        if asked.has("ChargeType")
        else tuple(catalogue.HOURS)
    )
    quantity = asked.integer("Quantity", 1, least=0, most=100) or 1
    host = catalogue.host_price(cpu, memory, offer.machine.name)
    prices = []
    for charge_type in asked_types:
        times = count * catalogue.HOURS[charge_type] * (1 if charge_type == "Dynamic" else quantity)
        full = {"UHost": round(host * times, 2), "UDisk": round(disks * times, 2), "Snapshot": 0.0, "Volume": 0.0}
        detail = {name: round(price * catalogue.DISCOUNT[charge_type], 2) for name, price in full.items()}
        prices.append(
            {
                "ChargeType": charge_type,
                "Price": round(sum(detail.values()), 2),
                "OriginalPrice": round(sum(full.values()), 2),
                "PriceDetail": detail,
                "OriginalPriceDetail": full,
            }
        )
    return {"PriceSet": prices}


def _offer(call: Call) -> Offer:
    """Where no Zone is given: as the first zone sells it that does."""
    if call.zone:
        return chosen_offer(call.parameters, call.zone)
    where = catalogue.region(call.region)
    name = call.parameters.text("MachineType", "N")
    sold = [zone for zone in (where.zones if where else ()) if catalogue.offer(zone, name)]
    return chosen_offer(call.parameters, (sold or [call.first_zone])[0])


def _disk(wish: DiskWish) -> float:
    kind = catalogue.disk_type(wish.type)
    if not catalogue.LEAST_DISK <= wish.size <= (kind.boot_most if wish.boot else kind.data_most):
        raise Refusal(RetCode.DISK_SIZE_TO_PRICE, f"Disks.{wish.number}.Size [{wish.size}] is no size of {wish.type}")
    return catalogue.disk_price(wish.size, wish.type)
