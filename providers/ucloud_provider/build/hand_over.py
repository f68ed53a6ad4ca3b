"""The step after which the image and its copies are the stack's, no longer the build's."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from ucloud_provider.build.copies import copy_thing
from ucloud_provider.build.mark import KIND
from ucloud_provider.build.pipeline import Step
from ucloud_provider.build.release import release_made
from ucloud_provider.build.state import Build
from ucloud_provider.errors import Cancelled

Accepts = Callable[[bool], bool]
"""Says whether anybody takes the result: True for one of which copies are missing, False for a complete one."""


class HandOver(Step):
    """Takes off the build's mark, and writes down that the result is meant to stay: the last act before the answer.

    Fails, so that the result is given back, where nobody would know of it, and where the mark stays on: gc would take
    an image from under its stack once the lease has ended. `settled` waits for all else that the build still does, so
    that as little time as can be lies between this and the answer.
    """

    name: ClassVar[str] = "handing over"
    stoppable: ClassVar[bool] = False

    def __init__(self, accepts: Accepts, settled: Callable[[], None] = lambda: None) -> None:
        self._accepts = accepts
        self._settled = settled

    def run(self, build: Build) -> None:
        self._settled()
        release_made(build, KIND)
        if not self._accepts(bool(build.failed_copies)):
            raise Cancelled("\n".join(build.failed_copies) or "nobody waits for this image any more")
        image = [build.made["image"]] if "image" in build.made else []
        build.journal.kept(*image, *(copy_thing(build, each) for each in build.copies))
