"""What things cost, in yuan."""

from __future__ import annotations

HOURS_A_MONTH = 24 * 30
BY_THE_HOUR = 1.5
"""An hour costs about 1.5 times its part of a month's price (uhost buy/charge.md)."""

MACHINE = {"N": 1.0, "C": 1.2, "O": 1.1, "OM": 0.7, "OMEM": 1.3, "OPRO": 1.5, "OPROG": 1.3, "OS": 0.9, "OMAX": 1.2}
"""A machine type's price as a part of N's; which costs more than which is the documents', the figures are ours."""

DISK_A_MONTH = {
    "CLOUD_RSSD": 0.6,
    "CLOUD_SSD": 0.6,
    "CLOUD_NORMAL": 0.3,
    "CLOUD_ESSD": 0.4,
    "LOCAL_SSD": 1.0,
    "LOCAL_NORMAL": 0.4,
}
"""A GB a month, in China (uhost introduction/disk.md; CLOUD_ESSD is ours)."""

IMAGE_A_MONTH = 0.2
"""A GB a month, copies too (uhost introduction/image/Regarding_CustomImage_Charge.md)."""

HOURS = {"Dynamic": 1, "Month": HOURS_A_MONTH, "Year": HOURS_A_MONTH * 12}
DISCOUNT = {"Dynamic": 1.0, "Month": 1 / BY_THE_HOUR, "Year": 10 / 12 / BY_THE_HOUR}
"""By the kind of charge: the hours that are paid for, the part of the price by the hour that is asked for them.

A year costs ten months.
"""


def host_price(cpu: int, memory_mb: int, machine_type: str = "N") -> float:
    """An hour: near the list price, and the same on every run."""
    return round((0.06 * cpu + 0.03 * memory_mb / 1024) * MACHINE[machine_type], 4)


def disk_price(size_gb: int, kind: str = "CLOUD_SSD") -> float:
    """An hour."""
    return round(size_gb * DISK_A_MONTH[kind] * BY_THE_HOUR / HOURS_A_MONTH, 4)


def eip_price(bandwidth: int, pay_mode: str) -> float:
    """An hour: by bandwidth an EIP costs its bandwidth; by traffic the address alone is counted here."""
    return 0.01 if pay_mode in ("Traffic", "Free") else round(0.01 + 0.05 * bandwidth, 4)


def image_price(size_gb: int) -> float:
    """An hour. Images are paid by what is used, so an hour is its part of a month."""
    return round(size_gb * IMAGE_A_MONTH / HOURS_A_MONTH, 4)
