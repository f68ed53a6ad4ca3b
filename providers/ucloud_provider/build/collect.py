"""Finds what builds left in the cloud, from the cloud alone: by the labels it carries. No journal is needed.

A thing whose lease has ended is collected. One whose lease runs may belong to a build on another machine and is left
alone, unless a journal here says that its build is dead. Images carry no lease: they are left behind where the mark of
their build is (`mark.py`). What carries no label of ours is never touched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from ucloud_provider.build import dead_builds, handed_over, inspection, journal, lease, mark, recover
from ucloud_provider.build.journal import Thing
from ucloud_provider.build.lease import Lease
from ucloud_provider.build.release import doubt, release
from ucloud_provider.cloud import account, hosts, images, keypairs, network, prices
from ucloud_provider.cloud.client import Api
from ucloud_provider.cloud.records import Host
from ucloud_provider.errors import CloudError, UCloudImageError


@dataclass(frozen=True)
class Leftover:
    """Something a build made for a while and that is still there.

    `age` is in seconds; `price` in yuan an hour, None where UCloud does not tell; `why` says why it is, or is not,
    collected now; `journal` is that of its build, where this machine has it.
    """

    thing: Thing
    lease: Lease
    age: float
    price: float | None
    collectable: bool = False
    why: str = ""
    journal: Path | None = None

    @property
    def cost(self) -> float | None:
        """What it has cost so far, in yuan, by its price of an hour."""
        return None if self.price is None else self.price * self.age / 3600


def find(apis: Sequence[Api], now: float, unlisted: list[str] | None = None) -> list[Leftover]:
    """What is left in these projects and regions, in the order in which it must go.

    `now` is in seconds since 1970, by UCloud's clock. Images are looked for wherever the account has any: a build that
    left its mark here may have left a copy elsewhere. A place that cannot be listed is named in `unlisted`, and the
    rest goes on; without that, its `CloudError` is raised.
    """
    if not apis:
        return []
    dead = list(dead_builds.find(apis[0], now))
    with ThreadPoolExecutor(max_workers=8, thread_name_prefix="collect") as pool:
        found = _gathered(pool, apis, lambda api: _labelled(api, now), unlisted)
        marks = [each.thing for each in found if each.thing.kind == mark.KIND]
        imageless: list[str] | None = None if unlisted is None else []
        if marks:
            found += _gathered(pool, _everywhere(apis[0], imageless), lambda api: _images(api, marks, now), imageless)
        found += _gathered(pool, apis[:1], lambda api: _journaled(api, dead, now), imageless)
    unseen = list(_handed_over(apis[0], now, unlisted))
    if imageless:  # an image may be left there: without its mark, nobody could tell any more
        why = f"it may mark an image that is not listed ({imageless[0]})"
        found = [each if each.thing.kind != mark.KIND else replace(each, why=why) for each in found]
    if unlisted is not None:
        unlisted += [each for each in imageless or () if each not in unlisted]
    journals = {str(each.start.get("build")): each.journal.path for each in dead}
    unique = {each.thing.id: each for each in (*found, *unseen)}.values()
    return sorted(
        (each if each.why else _judged(each, now, journals) for each in unique),
        key=lambda each: (dead_builds.ORDER.get(each.thing.kind, 9), each.thing.region, each.thing.id),
    )


def _gathered(
    pool: Executor, apis: Sequence[Api], look: Callable[[Api], Iterator[Leftover]], unlisted: list[str] | None
) -> list[Leftover]:
    """What is found in each place; where one cannot be listed (to its end), what was found so far."""

    def one(api: Api) -> tuple[list[Leftover], str]:
        found: list[Leftover] = []
        try:
            for each in look(api):
                found.append(each)
        except CloudError as error:
            if unlisted is None:
                raise
            return found, f"{api.region} of {api.project_id}: {error}"
        return found, ""

    everything: list[Leftover] = []
    for found, refused in pool.map(one, apis):
        everything += found
        if refused and unlisted is not None:
            unlisted.append(refused)
    return everything


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
            _release(api, each)
        except UCloudImageError as error:
            unfinished.add(each.lease.build_id)
            failed.append(f"{each.thing}: {error}")
            told(each, f"not released: {error}")
        else:
            told(each, "released")
    return failed


def _release(api: Api, leftover: Leftover) -> None:
    if leftover.journal is None:
        release(api, leftover.thing)
        return
    # A build on this machine may have taken it over since it was found.
    with dead_builds.lock(leftover.journal, api, api.clock()) as dead:
        written = next((each for each in dead.left if _same(leftover.thing, each)), None) if dead else None
        if dead is None or written is None:
            raise UCloudImageError("a build on this machine has taken it over, or gives it back just now")
        release(api, leftover.thing)
        if not doubt(dead.journal.path, written).twice:  # else the second of the two has to go as well
            dead.journal.released(written)
        if not any(each.kind == "host" for each in journal.outstanding(dead.journal.path)):
            inspection.forget(dead.journal.path.parent)


def _same(found: Thing, journaled: Thing) -> bool:
    if found.label != journaled.label:
        return False
    if found.kind == mark.KIND:  # listed in every region alike
        return journaled.kind == mark.KIND
    return (found.project_id, found.region) == (journaled.project_id, journaled.region)


def _judged(found: Leftover, now: float, journals: Mapping[str, Path]) -> Leftover:
    build = found.lease.build_id
    written = journals.get(build)
    if found.lease.has_ended(now):
        return replace(found, collectable=True, why="its lease has ended", journal=written)
    if written is not None:
        why = "its build is dead, says the journal of this machine"
        return replace(found, collectable=True, why=why, journal=written)
    minutes = (found.lease.expires - now) / 60
    return replace(found, why=f"its lease runs for {minutes:.0f} more minutes")


def _labelled(api: Api, now: float) -> Iterator[Leftover]:
    """Everything in one project and region that carries a label with a lease."""
    project, region = api.project_id or "", api.region or ""

    def left(kind: str, held: Lease, id: str, age: float, price: float | None) -> Leftover:
        return Leftover(Thing(kind, held.label, project, region, id), held, max(0.0, age), price)

    for host in hosts.find(api):
        if held := lease.parse(host.tag) or lease.parse(host.name):
            yield left("host", held, host.id, now - host.created, prices.host(api, host))
    for eip in network.eips(api):
        if (held := lease.parse(eip.tag)) and not eip.bound:  # one that a host has goes with it
            yield left("EIP", held, eip.id, now - eip.created, prices.eip(api, eip))
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
    for image in images.find(api):
        found = here.get(lease.parse_origin(image.tag) or "")
        if found is not None:
            thing = Thing("image", image.tag, api.project_id or "", api.region or "", image.id)
            yield Leftover(thing, found, max(0.0, now - image.created), None)


def _journaled(api: Api, dead: Sequence[dead_builds.DeadBuild], now: float) -> Iterator[Leftover]:
    """What only the journals of this machine tell of: images, and hosts that lost their lease, as nobody was told."""
    for build in dead:
        held = build.lease
        for thing in (each for each in build.left if each.kind == "host" and each.id):
            there = api.at(project_id=thing.project_id, region=thing.region)
            host = hosts.describe(there, [thing.id]).get(thing.id)
            if host is not None and host.tag == held.origin:
                yield Leftover(thing, held, max(0.0, now - host.created), prices.host(there, host))
        for thing in (each for each in build.left if each.is_image):
            for image in recover.images_of(api, thing):
                found = Thing("image", thing.label, thing.project_id, thing.region, image.id)
                yield Leftover(found, held, max(0.0, now - image.created), None)


def _handed_over(api: Api, now: float, unlisted: list[str] | None) -> Iterator[Leftover]:
    """What a process of this machine that died may have handed to Pulumi or not: never collectable."""
    for each in handed_over.find(api, [] if unlisted is None else unlisted):
        there = api.at(project_id=each.thing.project_id, region=each.thing.region)
        price = prices.host(there, each.seen) if isinstance(each.seen, Host) else None
        yield Leftover(each.thing, each.held, max(0.0, now - each.seen.created), price, why=handed_over.WHY)


def _everywhere(api: Api, unlisted: list[str] | None) -> list[Api]:
    """Every project and region of the account."""
    try:
        projects, regions = sorted(account.projects(api)), sorted(account.zones(api))
    except CloudError as error:
        if unlisted is None:
            raise
        unlisted.append(str(error))
        return []
    return [api.at(project_id=project, region=region) for project in projects for region in regions]
