"""Results that were handed to Pulumi by a process that died as it did: named, and never touched (see `unconfirmed`)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ucloud_provider import unconfirmed
from ucloud_provider.build import dead_builds, journal
from ucloud_provider.build.journal import Journal, JournalFailed, Thing
from ucloud_provider.cloud import hosts, images
from ucloud_provider.cloud.client import Api
from ucloud_provider.cloud.records import Host, Image

WHY = "Pulumi's run died as it took it; delete it if no stack has it"


@dataclass(frozen=True)
class HandedOver:
    """Something that is there, and that a state may have or not; `build_id` and `expires` are of its build's lease."""

    thing: Thing
    seen: Host | Image
    build_id: str
    expires: float
    note: Path


def hand_over(journal: Journal, *things: Thing) -> None:
    """Write down that these are the build's result and about to be told of. Raises `JournalFailed`: then nobody may be.

    All or none of them.
    """
    folder = journal.path.parent
    try:
        unconfirmed.write(folder, [each.__dict__ for each in things])
    except OSError as error:
        raise JournalFailed(folder / unconfirmed.FILE, error) from error
    try:
        journal.kept(*things)
    except JournalFailed:
        unconfirmed.withdraw(folder)
        raise


def find(api: Api) -> Iterator[HandedOver]:
    """What processes of this machine that are gone handed over, in the API's account, and is still there.

    A note of what is gone from the cloud is removed. Raises `CloudError`.
    """
    for note in unconfirmed.of_the_dead():
        path = note.path.with_name(journal.FILE)
        begun = dead_builds.start(path)
        if not journal.is_understood(begun) or not dead_builds.is_ours(begun, api):
            continue
        left = {each.key for each in journal.outstanding(path)}  # it died before: a dead build's, like all others
        there = False
        for thing in map(Thing.of, note.things):
            seen = None if thing.key in left else _look(api, thing)
            there = there or thing.key in left or seen is not None
            if seen is not None:
                expires = dead_builds.lease_end(begun)
                yield HandedOver(thing, seen, str(begun.get("build")), expires, note.path)
        if not there:
            unconfirmed.withdraw(note.path.parent)


def told(found: HandedOver) -> str:
    """In words, for whoever runs Pulumi on this machine next."""
    remedy = "delete it, or take it in by `adopt_image_id`" if found.thing.kind == "image" else "delete it"
    return (
        f"{found.thing}, {found.seen.name!r}: an earlier run died as it handed it to Pulumi; "
        f"if no stack has it, {remedy}"
    )


def _look(api: Api, thing: Thing) -> Host | Image | None:
    api = api.at(project_id=thing.project_id, region=thing.region)
    if thing.kind == "host":
        return hosts.describe(api, [thing.id]).get(thing.id)
    return images.get(api, thing.id) if thing.is_image else None
