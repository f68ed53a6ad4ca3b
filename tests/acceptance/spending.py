"""What a run on a real account may cost and has cost at most, in yuan; it stops before the ceiling would be passed."""

from __future__ import annotations

from dataclasses import dataclass, field

from ucloud_provider.cloud.answers import listed
from ucloud_provider.cloud.client import Api


class CeilingReached(Exception):
    """The next step could cost more than is left; it was not begun."""


@dataclass
class Spending:
    """Hosts and EIPs are counted by the hour that UCloud bills, however short they were there."""

    ceiling: float
    an_hour: float
    """What a build's host with its disk and EIP costs."""
    spent: float = 0.0
    lines: list[str] = field(default_factory=list)

    def expect(self, what: str, hosts: int) -> float:
        """What a step with so many hosts costs at most. Raises `CeilingReached`."""
        cost = hosts * self.an_hour
        if self.spent + cost > self.ceiling:
            left = self.ceiling - self.spent
            raise CeilingReached(f"{what} may cost ¥{cost:.2f}, and ¥{left:.2f} of the ceiling are left: not begun")
        return cost

    def add(self, what: str, cost: float) -> None:
        self.spent += cost
        self.lines.append(f"{what}: at most ¥{cost:.2f}")


def price_of_an_hour(
    api: Api, *, zone: str, image_id: str, cpu: int, memory: int, machine_type: str, disk: str
) -> float:
    """A host of this kind with a boot disk of 20 GB and an EIP of 10 Mbps by traffic, by UCloud's own price calls."""
    boot = {"IsBoot": "True", "Type": disk, "Size": 20}
    host = _price(
        api,
        "GetUHostInstancePrice",
        Zone=zone,
        ImageId=image_id,
        CPU=cpu,
        Memory=memory,
        MachineType=machine_type,
        Count=1,
        Disks=[boot],
    )
    line = "Bgp" if (api.region or "").startswith("cn-") else "International"
    return host + _price(api, "GetEIPPrice", OperatorName=line, Bandwidth=10, PayMode="Traffic")


def _price(api: Api, action: str, **params: object) -> float:
    prices = listed(action, api.read(action, ChargeType="Dynamic", **params), "PriceSet")
    return sum(float(each["Price"]) for each in prices if each.get("ChargeType") == "Dynamic")
