"""What things cost, by UCloud's price list: yuan an hour, None where it does not say."""

from __future__ import annotations

from typing import Any

from ucloud_provider.cloud.answers import listed
from ucloud_provider.cloud.client import Api
from ucloud_provider.cloud.records import Eip, Host
from ucloud_provider.errors import CloudError

HOURLY = "Dynamic"
OPERATORS = {"BGP": "Bgp"}
"""How the calls that take a line name it, where those that answer one write it otherwise."""


def host(api: Api, host: Host) -> float | None:
    """A host with its disks, without its EIP. Nothing is said of one whose disks UCloud does not list."""
    if not any(each.boot for each in host.disks):
        return None
    disks = [{"IsBoot": str(each.boot), "Size": each.size, "Type": each.type} for each in host.disks]
    return _hourly(
        api,
        "GetUHostInstancePrice",
        Zone=host.zone,
        MachineType=host.machine_type or None,
        CpuPlatform=host.cpu_maker or None,
        CPU=host.cpu,
        Memory=host.memory,
        Count=1,
        Disks=disks,
    )


def eip(api: Api, eip: Eip) -> float | None:
    operator = OPERATORS.get(eip.operator, eip.operator)
    return _hourly(api, "GetEIPPrice", OperatorName=operator, Bandwidth=eip.bandwidth, PayMode=eip.charge_mode)


def _hourly(api: Api, action: str, **params: Any) -> float | None:
    try:
        prices = listed(action, api.read(action, ChargeType=HOURLY, **params), "PriceSet")
    except CloudError:
        return None
    found = next((each.get("Price") for each in prices if each.get("ChargeType") == HOURLY), None)
    return float(found) if isinstance(found, int | float) else None
