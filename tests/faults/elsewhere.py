"""A build that is alive on another machine, started hours later than those of the tests: `python -m` with a URL.

For it, UCloud's clock is ahead, so that its lease still runs when that of a dead build has ended. It stays at its
provisioner until it is killed.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from ucloud_provider.build.image import build_image
from ucloud_provider.cloud.client import connect
from ucloud_provider.cloud.credentials import Credentials
from ucloud_provider.provisioners.shell import Shell
from ucloud_provider.run import Cancel, Silent
from ucloud_provider.spec.image import CustomImageArgs

from tests.support.emulator import REPOSITORY, Emulator

LATER = 3 * 3600.0
STARTS_WITHIN = 60.0


class Announced(Silent):
    """Tells whoever started us where the build is."""

    def step(self, text: str) -> None:
        print(text, flush=True)


@contextlib.contextmanager
def live_build(cloud: Emulator, folder: Path) -> Iterator[None]:
    """While the block runs, a build runs elsewhere; it has made all its temporary things by then."""
    folder.mkdir(parents=True)
    log = folder / "steps.log"
    with log.open("wb") as sink:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.elsewhere", cloud.url],
            cwd=REPOSITORY,
            env={
                **os.environ,
                "UCLOUD_IMAGE_STATE": str(folder),
                "PYTHONPATH": f"{REPOSITORY}{os.pathsep}{REPOSITORY}/providers",
            },
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
        )
    try:
        end = time.monotonic() + STARTS_WITHIN
        while "provisioning 1/1" not in log.read_text():
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < end, log.read_text()
            time.sleep(0.05)
        yield
        assert process.poll() is None, f"the build elsewhere ended:\n{log.read_text()}"
    finally:
        process.kill()
        process.wait(30)


def main(url: str) -> None:
    credentials = Credentials(Emulator.public_key, Emulator.private_key, Emulator.project, Emulator.region, url)
    args = CustomImageArgs(
        image_name="elsewhere",
        source_image_id="uimage-f1chxn",
        availability_zone=Emulator.zone,
        instance_type="n-basic-2",
        provisioners=[Shell(inline=["sleep 7200"])],
    )
    api = connect(credentials)
    later = replace(api, clock=lambda: api.clock() + LATER)
    build_image(args, api=later, progress=Announced(), cancel=Cancel(), base_dir=Path())


if __name__ == "__main__":
    main(sys.argv[1])
