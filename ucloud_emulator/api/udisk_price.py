"""What a UDisk would cost, and what a larger one would cost more. In fen, a hundredth of a yuan."""

from __future__ import annotations

from ucloud_emulator import catalogue
from ucloud_emulator.api.udisk import MOST, TYPES, find_disk, offered_type
from ucloud_emulator.dispatch import Call, Reply, action
from ucloud_emulator.refusals import bad_parameter

SYSTEM = {name.replace("DataDisk", "SystemDisk"): kind for name, kind in TYPES.items()}
MOST_SYSTEM = {
    "CLOUD_NORMAL": 8000,
    "CLOUD_SSD": 4000,
    "CLOUD_ESSD": 4000,
    "CLOUD_RSSD": 4000,
    "CLOUD_ERSSD": 4000,
    "CLOUD_EFFICIENCY": 500,
}
FEN = 100
ASKED = {"Year": "Year", "Month": "Month", "Dynamic": "Dynamic", "Postpay": "Dynamic", "Trial": "Dynamic"}
"""Which of our prices a ChargeType has."""


def _fen(size: int, kind: str, charge_type: str, quantity: int = 1) -> tuple[int, int]:
    """What is paid, and what it is without the discount of months and years."""
    full = catalogue.disk_price(size, kind) * catalogue.HOURS[ASKED[charge_type]] * quantity * FEN
    return max(1, round(full * catalogue.DISCOUNT[ASKED[charge_type]])), max(1, round(full))


@action("DescribeUDiskPrice")
def describe_udisk_price(call: Call) -> Reply:
    asked = call.parameters
    asked.required("Zone")
    old = asked.one_of("DiskType", (*TYPES, *SYSTEM), "DataDisk")
    kind, most = (TYPES[old], MOST) if old in TYPES else (SYSTEM[old], MOST_SYSTEM)
    size = asked.required_integer("Size", least=1, most=most[kind])
    charge_type = asked.one_of("ChargeType", tuple(ASKED), "Month")
    paid, full = _fen(size, offered_type(call, kind), charge_type, asked.integer("Quantity", 1, least=0) or 1)
    price = {"ChargeType": charge_type, "Price": paid, "OriginalPrice": full, "ListPrice": full}
    return {"DataSet": [{**price, "ChargeName": "UDisk"}]}


@action("DescribeUDiskUpgradePrice")
def describe_udisk_upgrade_price(call: Call) -> Reply:
    asked = call.parameters
    asked.required("Zone")
    disk = find_disk(call, asked.required("SourceId"))
    size = asked.required_integer("Size", least=1, most=(MOST_SYSTEM if disk.boot else MOST)[disk.type])
    if size <= disk.size:
        raise bad_parameter("Size", f"{size} GB is not more than the disk's {disk.size}")
    charge_type = disk.charge_type if disk.charge_type in ASKED else "Dynamic"
    paid, full = _fen(size - disk.size, disk.type, charge_type)
    return {"Price": paid, "OriginalPrice": full}
