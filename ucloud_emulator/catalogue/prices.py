"""What things cost, in yuan."""

from __future__ import annotations


def host_price(cpu: int, memory_mb: int) -> float:
    """Yuan an hour: near the list price, and the same on every run."""
    return round(0.06 * cpu + 0.03 * memory_mb / 1024, 4)


def disk_price(size_gb: int) -> float:
    return round(size_gb * 0.0015, 4)


HOURS = {"Dynamic": 1, "Month": 24 * 30, "Year": 24 * 365}
DISCOUNT = {"Dynamic": 1.0, "Month": 0.8, "Year": 0.66}
"""By the kind of charge: the hours that are paid for, the part of the price by the hour that is asked for them."""


def eip_price(bandwidth: int, pay_mode: str) -> float:
    """By bandwidth an EIP costs its bandwidth; by traffic the address alone is counted here."""
    return 0.01 if pay_mode == "Traffic" else round(0.01 + 0.05 * bandwidth, 4)


def image_price(size_gb: int) -> float:
    """Keeping a custom image is counted at the price of a snapshot's space."""
    return round(size_gb * 0.0002, 4)
