"""What a UHost would cost."""

from __future__ import annotations

from ucloud_emulator import catalogue
from ucloud_emulator.api.image import find_image
from ucloud_emulator.api.uhost_create import MACHINE_TYPES, cpu_and_memory, disk_wishes
from ucloud_emulator.dispatch import Call, Reply, action


@action("GetUHostInstancePrice")
def get_uhost_instance_price(call: Call) -> Reply:
    asked = call.parameters
    for name in ("CPU", "Memory"):
        asked.required(name)
    cpu, memory = cpu_and_memory(asked, 4, 8192)
    count = asked.required_integer("Count", least=1, most=5)
    asked.one_of("MachineType", MACHINE_TYPES, "N")
    if asked.has("ImageId"):
        find_image(call, asked.text("ImageId"))
    disks = sum(catalogue.disk_price(wish.size) for wish in disk_wishes(asked)) if asked.groups("Disks") else 0.0
    asked_types = (
        (asked.one_of("ChargeType", tuple(catalogue.HOURS), "Month"),)
        if asked.has("ChargeType")
        else tuple(catalogue.HOURS)
    )
    quantity = asked.integer("Quantity", 1, least=0, most=100) or 1
    host = catalogue.host_price(cpu, memory)
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
