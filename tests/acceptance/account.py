"""What the account lists of the kinds that a build makes: after a run it must be what it was before."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ucloud_provider.cloud import hosts, images, keypairs, network, paging
from ucloud_provider.cloud.client import Api


@dataclass(frozen=True)
class Thing:
    kind: str
    id: str
    name: str
    region: str

    def __str__(self) -> str:
        return f"{self.kind} {self.id} ({self.name}) in {self.region}"


def everything(api: Api, regions: Iterable[str]) -> frozenset[Thing]:
    """Hosts, disks, EIPs, firewalls, key pairs and custom images of the project in these regions."""
    return frozenset(thing for region in regions for thing in _in_region(api.at(region=region)))


def _in_region(api: Api) -> list[Thing]:
    region = api.region or ""
    disks = paging.every(api, "DescribeUDisk", "DataSet")
    return [
        *(Thing("host", each.id, each.name, region) for each in hosts.find(api)),
        *(Thing("disk", str(each.get("UDiskId")), str(each.get("Name")), region) for each in disks),
        *(Thing("EIP", each.id, each.tag, region) for each in network.eips(api)),
        *(Thing("firewall", each.id, each.name, region) for each in network.firewalls(api)),
        *(Thing("key pair", each.id, each.name, region) for each in keypairs.find(api)),
        *(Thing("image", each.id, each.name, region) for each in images.find(api)),
    ]
