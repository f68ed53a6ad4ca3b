"""A build in a process of its own that dies with -9 at the step a test names: `python -m tests.faults.victim`.

Arguments: the emulator's URL, the step's first words, a copy's region or "", and "detached" to leave a sweeper behind.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from ucloud_provider.build import sweeper
from ucloud_provider.build.image import build_image
from ucloud_provider.cloud.client import Api, connect
from ucloud_provider.cloud.credentials import Credentials
from ucloud_provider.provisioners.shell import Shell
from ucloud_provider.run import Cancel
from ucloud_provider.spec.image import CustomImageArgs, ImageCopy

from tests.support.emulator import Emulator

DIGEST = "0123"


class Fatal:
    """A Progress that ends the process when a step begins."""

    def __init__(self, step: str) -> None:
        self._step = step
        self.notes: list[str] = []

    def step(self, text: str) -> None:
        print(text, flush=True)
        if self._step and text.startswith(self._step):
            os.kill(os.getpid(), signal.SIGKILL)

    def line(self, text: str) -> None: ...

    def note(self, text: str) -> None:
        self.notes.append(text)


def api(url: str) -> Api:
    """The emulator's API, as a build uses it."""
    return connect(Credentials(Emulator.public_key, Emulator.private_key, Emulator.project, Emulator.region, url))


def build(
    url: str, step: str, region: str, detached: str = "", *, progress: Fatal | None = None
) -> tuple[str, list[str]]:
    """Build an image; its id, and what was noted."""
    if detached:
        sweeper.detach(api(url))
    progress = progress or Fatal(step)
    args = CustomImageArgs(
        image_name="survivor",
        source_image_id="uimage-f1chxn",
        availability_zone=Emulator.zone,
        instance_type="n-basic-2",
        provisioners=[Shell(inline=["echo provisioned"])],
        copies=[ImageCopy(region=region)] if region else [],
    )
    made = build_image(args, api=api(url), progress=progress, cancel=Cancel(), base_dir=Path(), digest=DIGEST)
    return made.image_id, progress.notes


if __name__ == "__main__":
    build(*sys.argv[1:5])
