"""Where things may stand: regions and their zones."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Region:
    name: str
    id: int
    title: str
    zones: tuple[str, ...]
    default: bool = False


def _region(name: str, id: int, title: str, first: int, last: int, default: bool = False) -> Region:
    return Region(name, id, title, tuple(f"{name}-{number:02}" for number in range(first, last + 1)), default)


REGIONS = (
    _region("cn-bj2", 1000001, "北京二", 2, 5, default=True),
    _region("cn-sh2", 1000009, "上海二", 1, 3),
    _region("cn-gd", 1000007, "广州", 1, 2),
    _region("hk", 1000003, "香港", 1, 2),
    _region("us-ca", 1000004, "洛杉矶", 1, 1),
    _region("sg", 1000010, "新加坡", 1, 1),
)


def region(name: str) -> Region | None:
    return next((region for region in REGIONS if region.name == name), None)
