"""Finds what builds left in the cloud, from the cloud alone: by the labels it carries. No journal is needed.

A thing whose lease has ended is collected. One whose lease runs may belong to a build on another machine and is left
alone, unless a journal here says that its build is dead. Images carry no lease: they are left behind where the mark of
their build is (`mark.py`). What carries no label of ours is never touched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from ucloud_provider.build import lease, mark, recover
from ucloud_provider.build.journal import Thing
from ucloud_provider.build.lease import Lease
from ucloud_provider.build.release import release
from ucloud_provider.cloud import account, keypairs, network, paging
from ucloud_provider.cloud.answers import listed
from ucloud_provider.cloud.client import Api
from ucloud_provider.cloud.records import Host, Image
from ucloud_provider.errors import CloudError, UCloudImageError


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
    collectable: bool = False
    why: str = ""

    @property
    def cost(self) -> float | None:
        """What it has cost so far, in yuan, by its price of an hour."""
        return None if self.price is None else self.price * self.age / 3600


def find(apis: Sequence[Api], now: float) -> list[Leftover]:
    """What is left in these projects and regions, in the order in which it must go.

    `now` is in seconds since 1970, by UCloud's clock. Images are looked for wherever the account has any: a build that
    left its mark here may have left a copy elsewhere. A project or region that cannot be listed raises its
    `CloudError`.
    """
    if not apis:
        return []
    dead = {str(each.start.get("build")) for each in recover.dead_builds(apis[0].credentials.account)}
    with ThreadPoolExecutor(max_workers=8, thread_name_prefix="collect") as pool:
        found = [each for listed in pool.map(lambda api: list(_labelled(api, now)), apis) for each in listed]
        marks = [each.thing for each in found if each.thing.kind == mark.KIND]
        if marks:
            imaged = pool.map(lambda api: list(_images(api, marks, now)), _everywhere(apis[0]))
            found += [each for listed in imaged for each in listed]
    unique = {(each.thing.kind, each.thing.id): each for each in found}.values()
    return sorted(
        (_judged(each, now, dead) for each in unique),
        key=lambda each: (recover.ORDER.get(each.thing.kind, 9), each.thing.region, each.thing.id),
    )


def remove(api: Api, leftovers: Sequence[Leftover], told: Callable[[Leftover, str], None]) -> list[str]:
    """Give back what is collectable, telling of each; what could not be given back, in words.

    A build's mark stays as long as anything else of it does: nobody could tell any more that it was left behind.
    """
    failed: list[str] = []
    unfinished: set[str] = set()
    for each in leftovers:
        if not each.collectable:
            continue
        try:
            if each.thing.kind == mark.KIND and each.lease.build_id in unfinished:
                raise UCloudImageError("it marks what is left of the build")
            release(api, each.thing)
        except UCloudImageError as error:
            unfinished.add(each.lease.build_id)
            failed.append(f"{each.thing}: {error}")
            told(each, f"not released: {error}")
        else:
            told(each, "released")
    return failed


def _judged(found: Leftover, now: float, dead: set[str]) -> Leftover:
    if found.lease.has_ended(now):
        return replace(found, collectable=True, why="its lease has ended")
    if found.lease.build_id in dead:
        return replace(found, collectable=True, why="its build is dead, says the journal of this machine")
    minutes = (found.lease.expires - now) / 60
    return replace(found, why=f"its lease runs for {minutes:.0f} more minutes")


def _labelled(api: Api, now: float) -> Iterator[Leftover]:
    """Everything in one project and region that carries a label with a lease."""
    project, region = api.project_id or "", api.region or ""

    def left(kind: str, held: Lease, id: str, age: float, price: float | None) -> Leftover:
        return Leftover(Thing(kind, held.label, project, region, id), held, max(0.0, age), price)

    for host in map(Host.of, paging.every(api, "DescribeUHostInstance", "UHostSet")):
        if held := lease.parse(host.tag) or lease.parse(host.name):
            yield left("host", held, host.id, now - host.created, _price(api, host))
    for pair in keypairs.find(api):
        if marked := lease.parse_mark(pair.name):
            held, _ = marked
            since = pair.created or held.expires - lease.DURATION
            thing = Thing(mark.KIND, pair.name, project, region, pair.id)
            yield Leftover(thing, held, max(0.0, now - since), 0.0)
    for firewall in network.firewalls(api):
        if held := lease.parse(firewall.name):
            yield left("firewall", held, firewall.id, now - (held.expires - lease.DURATION), 0.0)


def _images(api: Api, marks: Sequence[Thing], now: float) -> Iterator[Leftover]:
    """Images of builds whose mark is still there and is for this place: nobody was told of them."""
    here: dict[str, Lease] = {}
    for thing in marks:
        if marked := lease.parse_mark(thing.label):
            held, region = marked
            if not region or (thing.project_id, region) == (api.project_id, api.region):
                here[held.build_id] = held
    if not here:
        return
    for image in map(Image.of, paging.every(api, "DescribeImage", "ImageSet", ImageType="Custom")):
        found = here.get(lease.parse_origin(image.tag) or "")
        if found is not None:
            thing = Thing("image", image.tag, api.project_id or "", api.region or "", image.id)
            yield Leftover(thing, found, max(0.0, now - image.created), None)


def _everywhere(api: Api) -> list[Api]:
    """Every project and region of the account."""
    places = [(project, region) for project in sorted(account.projects(api)) for region in sorted(account.zones(api))]
    return [api.at(project_id=project, region=region) for project, region in places]


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
        prices = listed("GetUHostInstancePrice", answer, "PriceSet")
    except CloudError:
        return None
    found = next((each.get("Price") for each in prices if each.get("ChargeType") == "Dynamic"), None)
    return float(found) if isinstance(found, int | float) else None
