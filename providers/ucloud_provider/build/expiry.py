"""Ends a build that runs into the end of its lease, while there is still time to give everything back."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator

from ucloud_provider.build import lease
from ucloud_provider.build.hand_over import MARGIN, lease_end
from ucloud_provider.build.state import Build

LOOK = 1.0
"""Seconds between looks at UCloud's clock: one long wait would be longer by what this machine slept."""


@contextlib.contextmanager
def watched(build: Build) -> Iterator[Callable[[], None]]:
    """Cancel the build `MARGIN` before its lease ends. What is yielded ends the watch, as handing over looks itself."""
    over = threading.Event()

    def watch() -> None:
        while not over.wait(LOOK):
            if build.api.clock() >= lease_end(build) - MARGIN:
                build.cancel.set(
                    "the build has too much to do, give it less, such as by building on an image that has the first "
                    f"half: it was ended {MARGIN / 60:g} minutes before the end of its lease of "
                    f"{lease.DURATION // 3600} hours,"
                )
                return

    thread = threading.Thread(target=watch, name="lease", daemon=True)
    thread.start()
    try:
        yield over.set
    finally:
        over.set()
        thread.join()
