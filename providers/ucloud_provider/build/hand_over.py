"""The step after which the image and its copies are the stack's, no longer the build's."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from ucloud_provider.build import journal, lease
from ucloud_provider.build.copies import copy_thing
from ucloud_provider.build.mark import KIND, TAKEN, mark_only
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

    def __init__(self, accepts: Accepts, settled: Callable[[], None] = lambda: None) -> None:
        """`settled` waits for all else that the build still does: little time must pass between this and the answer."""
        self._accepts = accepts
        self._settled = settled

    def run(self, build: Build) -> None:
        self._settled()
        self._ask(build)
        _hold_lease(build)
        image = [build.made["image"]] if "image" in build.made else []
        results = [*image, *(copy_thing(build, each) for each in build.copies)]
        places = {(each.kind, each.label, each.project_id, each.region) for each in results}
        for each in results:
            release_second(build.undo_api, build.journal.path, each)
        left = [
            each
            for each in journal.outstanding(build.journal.path)
            if each.kind in ("image", "copy") and (each.kind, each.label, each.project_id, each.region) not in places
        ]
        for thing in left:
            build.progress.note(f"not released, will be collected once its lease has ended: {thing}")
        mark_only(build, left)
        self._ask(build)  # once more: with the network down, that may have taken minutes
        build.journal.kept(*results)

    def _ask(self, build: Build) -> None:
        if not self._accepts(bool(build.failed_copies)):
            raise Cancelled("\n".join(build.failed_copies) or "nobody waits for this image any more")


def _hold_lease(build: Build) -> None:
    """Raise where a mark's lease ends: gc, on any machine, may be about to delete the image by then."""
    held = [lease.parse(build.made[slot].label) for slot in (KIND, TAKEN) if slot in build.made]
    ends = min((each.expires for each in held if each is not None), default=build.lease.expires)
    if ends - build.api.clock() < MARGIN:
        raise UnexpectedState(
            f"the build took longer than its lease of {lease.DURATION // 3600} hours, so its image may be collected by "
            "now; give it less to do, such as by building on an image that has the first half"
        )
