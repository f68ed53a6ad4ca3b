"""The step after which the image and its copies are the stack's, no longer the build's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import ClassVar

from ucloud_provider.build import dead_builds, handed_over, journal, lease
from ucloud_provider.build.copies import copy_thing
from ucloud_provider.build.journal import Thing
from ucloud_provider.build.mark import TAKEN, leases, mark_only
from ucloud_provider.build.pipeline import Step
from ucloud_provider.build.release import release_second
from ucloud_provider.build.state import Build
from ucloud_provider.errors import Cancelled, UnexpectedState

Accepts = Callable[[bool], bool]
"""Says whether anybody takes the result: True for one of which copies are missing, False for a complete one."""


MARGIN = 300.0
"""Seconds that the lease must still run: nobody who is about to collect what it covers may have begun yet."""


class HandOver(Step):
    """Takes the build's mark off the result, and writes down that it is meant to stay: the last act before the answer.

    Fails, so that the result is given back, where nobody would know of it, and where the mark stays on it: gc would
    take an image from under its stack once the lease has ended.
    """

    name: ClassVar[str] = "handing over"
    stoppable: ClassVar[bool] = False

    def __init__(self, accepts: Accepts, settled: Callable[[], None]) -> None:
        """`settled` waits for all else that the build still does: little time must pass between this and the answer."""
        self._accepts = accepts
        self._settled = settled

    def run(self, build: Build) -> None:
        self._settled()
        handed_over.tell(build.undo_api, build.progress.note)
        self._ask(build)
        ends = lease_end(build)
        _check_lease(build, ends - MARGIN)
        image = [build.made["image"]] if "image" in build.made else []
        results = [*image, *(copy_thing(build, each) for each in build.copies)]
        for each in results:
            release_second(build.undo_api, build.journal.path, each)
        left = _left_behind(build, results)
        for thing in left:
            build.progress.note(f"not released, will be collected once its lease has ended: {thing}")
        mark_only(build, left)
        # Both once more: with the network down, that may have taken minutes.
        self._ask(build)
        _check_lease(build, ends)
        handed_over.keep(build.journal, build.id, *results)

    def _ask(self, build: Build) -> None:
        if not self._accepts(bool(build.failed_copies)):
            raise Cancelled("\n".join(build.failed_copies) or "nobody waits for this image any more")


def _left_behind(build: Build, results: Sequence[Thing]) -> list[Thing]:
    """Images and copies that carry a mark of this build and are not its result.

    Copies of a dead build whose image was taken over stand in that build's journal. They are written into this one as
    well: with its mark, which goes only when they are gone.
    """
    keys = {each.key for each in results}

    def left(path: Path) -> list[Thing]:
        return [each for each in journal.outstanding(path) if each.is_image and each.key not in keys]

    if TAKEN in build.made:
        origins = {each.origin for each in leases(build)}
        for path in dead_builds.journals():
            for thing in left(path) if path != build.journal.path else ():
                if thing.label in origins:
                    build.journal.intend(thing)
    return left(build.journal.path)


def lease_end(build: Build) -> float:
    """When the first of the result's marks has its lease end."""
    return min((each.expires for each in leases(build)), default=build.lease.expires)


def _check_lease(build: Build, until: float) -> None:
    """Raise after that time: gc, on any machine, may be about to delete the image."""
    if build.api.clock() >= until:
        raise UnexpectedState(
            f"the build took longer than its lease of {lease.DURATION // 3600} hours, so its image may be collected by "
            "now; give it less to do, such as by building on an image that has the first half"
        )
