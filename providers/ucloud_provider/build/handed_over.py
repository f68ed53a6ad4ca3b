"""Results that were handed to Pulumi by a process that died as it did: named, never touched (`hand_over_notes`)."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ucloud_provider import hand_over_notes, places
from ucloud_provider.build import dead_builds, journal
from ucloud_provider.build.journal import Journal, Thing
from ucloud_provider.build.lease import Lease
from ucloud_provider.cloud import hosts, images
from ucloud_provider.cloud.client import Api
from ucloud_provider.cloud.records import Host, Image
from ucloud_provider.errors import UCloudImageError

WHY = "Pulumi's run died as it took it; if no stack has it, delete it"

_telling = threading.Lock()
_told: set[str] = set()
"""Builds of whose results this process has told."""


@dataclass(frozen=True)
class Unconfirmed:
    """Something that is there, and that a state may have or not; `held` is the lease of its build."""

    thing: Thing
    seen: Host | Image
    held: Lease

    def told(self) -> str:
        """In words, for whoever runs Pulumi on this machine next."""
        remedy = "delete it, or take it in by `adopt_image_id`" if self.thing.kind == "image" else "delete it"
        return (
            f"{self.thing}, {self.seen.name!r}: an earlier run died as it handed it to Pulumi; "
            f"if no stack has it, {remedy}"
        )


def keep(written: Journal, build_id: str, *things: Thing) -> None:
    """Write down that these are the build's result, all or none of them, and about to be told of.

    Raises `JournalFailed`: then nobody may be told.
    """
    # Without a note they are not named where this process dies now. That is no reason to give a finished image back.
    with contextlib.suppress(OSError):
        hand_over_notes.write(build_id, [each.__dict__ for each in things if each.is_image or each.kind == "host"])
    try:
        written.kept(*things)
    except BaseException:
        hand_over_notes.withdraw(build_id)
        raise


def find(api: Api, unlisted: list[str]) -> list[Unconfirmed]:
    """What processes of this machine that are gone handed over, in the API's account, and is still there.

    What cannot be looked for is named in `unlisted`.
    """
    return _look_up(hand_over_notes.of_the_dead(), api, unlisted)


def tell(api: Api, note: Callable[[str], None]) -> None:
    """Name it, once in this process. What cannot be looked for is left for gc to name."""
    # Nothing that is wrong with a note of another build may cost this one its result.
    with contextlib.suppress(OSError):
        untold = [each for each in hand_over_notes.of_the_dead() if _is_first(each)]
        for found in _look_up(untold, api, []):
            if hand_over_notes.exists(found.held.build_id):  # the engine has not asked about it meanwhile
                note(found.told())


def _is_first(note: hand_over_notes.Note) -> bool:
    with _telling:
        first = note.build_id not in _told
        _told.add(note.build_id)
    return first


def _look_up(notes: Iterable[hand_over_notes.Note], api: Api, unlisted: list[str]) -> list[Unconfirmed]:
    found: list[Unconfirmed] = []
    for note in notes:
        try:
            found += _of(note, api)
        except (UCloudImageError, OSError) as error:
            unlisted.append(f"what build {note.build_id} handed over: {error}")
    return found


def _of(note: hand_over_notes.Note, api: Api) -> list[Unconfirmed]:
    path = places.build_path(note.build_id) / journal.FILE
    begun = dead_builds.start(path)
    if not begun or not journal.is_understood(begun) or not dead_builds.is_ours(begun, api):
        return []
    held = dead_builds.lease_of(begun)
    outstanding = {each.key for each in journal.outstanding(path)}
    things = [Thing.of(each) for each in note.things]
    left = [each for each in things if each.key in outstanding]  # it died before: left behind like all others
    looked = [(each, _look(api, each)) for each in things if each not in left]
    found = [Unconfirmed(each, seen, held) for each, seen in looked if seen is not None]
    if not left and not found and held.has_ended(api.clock()):  # until then, a listing that lags is no proof
        hand_over_notes.withdraw(note.build_id)
    return found


def _look(api: Api, thing: Thing) -> Host | Image | None:
    api = api.at(project_id=thing.project_id, region=thing.region)
    return hosts.describe(api, [thing.id]).get(thing.id) if thing.kind == "host" else images.get(api, thing.id)
