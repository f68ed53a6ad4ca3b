"""The step after which the image and its copies are the stack's, no longer the build's."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from ucloud_provider.build.copies import copy_thing
from ucloud_provider.build.pipeline import Step
from ucloud_provider.build.state import Build
from ucloud_provider.errors import Cancelled

Accepts = Callable[[bool], bool]
"""Says whether anybody takes the result: True for one of which copies are missing, False for a complete one."""


class HandOver(Step):
    """Writes down that the result is meant to stay; fails, so that it is given back, where nobody would know of it."""

    name: ClassVar[str] = "handing over"
    stoppable: ClassVar[bool] = False

    def __init__(self, accepts: Accepts) -> None:
        self._accepts = accepts

    def run(self, build: Build) -> None:
        if not self._accepts(bool(build.failed_copies)):
            raise Cancelled("\n".join(build.failed_copies) or "nobody waits for this image any more")
        image = [build.made["image"]] if "image" in build.made else []
        build.journal.kept(*image, *(copy_thing(build, each) for each in build.copies))
