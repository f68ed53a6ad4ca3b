"""What was paid: each purchase and upgrade is an order that the account can list."""

from __future__ import annotations

import time

from ucloud_emulator import catalogue
from ucloud_emulator.dispatch import Call
from ucloud_emulator.records import Disk, Host, Order
from ucloud_emulator.store import new_id

ARK = 0.5
"""What a disk's data ark costs, as a part of the disk's price: ours, no page has it."""


def term_price(hourly: float, charge_type: str) -> float:
    """What is paid for a whole term: an hour, a month, a year."""
    kind = charge_type if charge_type in catalogue.HOURS else "Dynamic"
    return round(hourly * catalogue.HOURS[kind] * catalogue.DISCOUNT[kind], 2)


def disk_hourly(size: int, type: str, backup: str) -> float:
    return catalogue.disk_price(size, type) * (1 + ARK if backup == "DATAARK" else 1)


def disk_upgrade(disk: Disk, size: int, backup: str) -> float:
    """What is to be paid for the disk to have this size and backup."""
    more = disk_hourly(size, disk.type, backup) - disk_hourly(disk.size, disk.type, disk.backup)
    return term_price(max(0.0, more), disk.charge_type)


def add_order(call: Call, type: str, amount: float, thing: Host | Disk) -> None:
    call.cloud.store.put(
        Order(
            id=new_id("order"),
            project=call.project,
            region=call.region,
            name=thing.name,
            created=int(time.time()),
            type=type,
            amount=amount,
            charge_type=thing.charge_type,
            resource_type="uhost" if isinstance(thing, Host) else "udisk",
            resource_id=thing.id,
        )
    )
