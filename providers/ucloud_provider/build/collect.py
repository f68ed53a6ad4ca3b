"""Finds what builds left in the cloud, from the cloud alone: by the labels it carries. No journal is needed.

A thing whose lease has ended is collected. One whose lease runs may belong to a build on another machine and is left
alone, unless a journal here says that its build is dead. What carries no label of ours is never touched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from ucloud_provider.build import lease, recover
from ucloud_provider.build.journal import Thing
from ucloud_provider.build.lease import Lease
from ucloud_provider.build.release import release
from ucloud_provider.cloud import keypairs, network, paging
from ucloud_provider.cloud.client import Api
from ucloud_provider.cloud.records import Host, Image
from ucloud_provider.errors import CloudError, UCloudImageError

UNFINISHED = ("Making", "Copying", "Unavailable")


@dataclass(frozen=True)
class Leftover:
    """Something a build made for a while and that is still there.

    `age` is in seconds; `price` in yuan an hour, None where UCloud does not tell; `why` says why it is, or is not,
    collected now.
    """

    thing: Thing
    lease: Lease
    age: float
    price: float | None
    collectable: bool
    why: str

    @property
    def cost(self) -> float | None:
        """What it has cost so far, in yuan, by its price of an hour."""
        return None if self.price is None else self.price * self.age / 3600


def find(apis: Sequence[Api], now: float) -> list[Leftover]:
    """What is left in these projects and regions; hosts first, as they must go first.

    `now` is in seconds since 1970. A project or region that cannot be listed raises its `CloudError`.
    """
    if not apis:
        return []
    dead = {str(each.start.get("build")) for each in recover.dead_builds(apis[0].credentials.account)}
    with ThreadPoolExecutor(max_workers=8, thread_name_prefix="collect") as pool:
        found = [each for listed in pool.map(lambda api: list(_labelled(api, now)), apis) for each in listed]
    unique = {(each[0].kind, each[0].id): each for each in found}.values()
    return sorted(
        (_judged(*each, now=now, dead=dead) for each in unique),
        key=lambda each: (recover.ORDER.get(each.thing.kind, 9), each.thing.region, each.thing.id),
    )


def remove(api: Api, leftovers: Sequence[Leftover], told: Callable[[Leftover, str], None]) -> list[str]:
    """Give back what is collectable, telling of each; what could not be given back, in words."""
    failed: list[str] = []
    for each in leftovers:
        if not each.collectable:
            continue
        try:
            release(api, each.thing)
        except UCloudImageError as error:
            failed.append(f"{each.thing}: {error}")
            told(each, f"not released: {error}")
        else:
            told(each, "released")
    return failed


def _judged(thing: Thing, held: Lease, age: float, price: float | None, *, now: float, dead: set[str]) -> Leftover:
    if held.has_ended(now):
        return Leftover(thing, held, age, price, True, "its lease has ended")
    if held.build_id in dead:
        return Leftover(thing, held, age, price, True, "its build is dead, says the journal of this machine")
    minutes = (held.expires - now) / 60
    return Leftover(thing, held, age, price, False, f"its lease runs for {minutes:.0f} more minutes")


def _labelled(api: Api, now: float) -> Iterator[tuple[Thing, Lease, float, float | None]]:
    """Everything in one project and region that carries a label with a lease, and half-made images of ours."""
    project, region = api.project_id or "", api.region or ""

    def thing(kind: str, label: str, id: str) -> Thing:
        return Thing(kind, label, project, region, id)

    for host in map(Host.of, paging.every(api, "DescribeUHostInstance", "UHostSet")):
        if held := lease.parse(host.tag) or lease.parse(host.name):
            yield thing("host", held.label, host.id), held, now - host.created, _price(api, host)
    for image in map(Image.of, paging.every(api, "DescribeImage", "ImageSet", ImageType="Custom")):
        if image.state in UNFINISHED and (build_id := lease.parse_origin(image.tag)):
            # Half-made images carry no lease of their own: theirs is as long as a build's, from when they were begun.
            held = Lease(build_id, int(image.created + lease.DURATION))
            yield thing("image", image.tag, image.id), held, now - image.created, None
    for pair in keypairs.find(api):
        if held := lease.parse(pair.name):
            yield thing("key pair", pair.name, pair.id), held, now - (pair.created or now), 0.0
    for firewall in network.firewalls(api):
        if held := lease.parse(firewall.name):
            yield thing("firewall", firewall.name, firewall.id), held, now - (held.expires - lease.DURATION), 0.0


def _price(api: Api, host: Host) -> float | None:
    """What an hour of a host costs, by UCloud's price list."""
    try:
        answer = api.read(
            "GetUHostInstancePrice",
            Zone=host.zone,
            ImageId=host.image_id,
            CPU=host.cpu,
            Memory=host.memory,
            Count=1,
            ChargeType="Dynamic",
        )
    except CloudError:
        return None
    prices = [each.get("Price") for each in answer.get("PriceSet") or () if each.get("ChargeType") == "Dynamic"]
    return float(prices[0]) if prices and prices[0] is not None else None
