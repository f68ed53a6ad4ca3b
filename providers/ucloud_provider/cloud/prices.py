"""What things cost, by UCloud's price list: yuan an hour, None where it does not say."""

from __future__ import annotations

from typing import Any

from ucloud_provider.cloud.answers import listed
from ucloud_provider.cloud.client import Api
from ucloud_provider.cloud.records import Eip, Host
from ucloud_provider.errors import CloudError

HOURLY = "Dynamic"


def host(api: Api, host: Host) -> float | None:
    """A host with its disks, which the call requires, without its EIP."""
    disks = [{"IsBoot": str(each.boot), "Type": each.type, "Size": each.size} for each in host.disks]
    machine = {"MachineType": host.machine_type} if host.machine_type else {}
    size = {"CPU": host.cpu, "Memory": host.memory, "Count": 1}
    return _hourly(api, "GetUHostInstancePrice", Zone=host.zone, Disks=disks, **size, **machine)


def eip(api: Api, eip: Eip) -> float | None:
    return _hourly(api, "GetEIPPrice", OperatorName=eip.operator, Bandwidth=eip.bandwidth, PayMode=eip.charge_mode)


def _hourly(api: Api, action: str, **params: Any) -> float | None:
    try:
        prices = listed(action, api.read(action, ChargeType=HOURLY, **params), "PriceSet")
    except CloudError:
        return None
    found = next((each.get("Price") for each in prices if each.get("ChargeType") == HOURLY), None)
    return float(found) if isinstance(found, int | float) else None
