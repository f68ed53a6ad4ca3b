"""A build that is alive on another machine, started hours later than those of the tests: `python -m` with a URL,
and the file whose existence tells it to finish.

For it, UCloud's clock is ahead, so that its lease still runs when that of a dead build has ended. It stays at its
provisioner until it is told to finish, or killed.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from ucloud_provider.build.image import build_image
from ucloud_provider.cloud.client import connect
from ucloud_provider.cloud.credentials import Credentials
from ucloud_provider.provisioners.shell_local import ShellLocal
from ucloud_provider.run import Cancel, Silent
from ucloud_provider.spec.image import CustomImageArgs

from tests.support.emulator import REPOSITORY, Emulator

LATER = 3 * 3600.0
STARTS_WITHIN = 60.0
FINISHES_WITHIN = 120.0


class Announced(Silent):
    """Tells whoever started us where the build is."""

    def step(self, text: str) -> None:
        print(text, flush=True)


@dataclass
class Live:
    """A build that runs in a process of its own."""

    process: subprocess.Popen[bytes]
    log: Path
    go: Path
    finished: bool = False

    def finish(self) -> None:
        """Let it go on from its provisioner to its end, which must be a good one."""
        self.finished = True
        self.go.touch()
        code = self.process.wait(FINISHES_WITHIN)
        assert code == 0, f"the build elsewhere failed:\n{self.log.read_text()}"


@contextlib.contextmanager
def live_build(cloud: Emulator, folder: Path) -> Iterator[Live]:
    """While the block runs, a build runs elsewhere; it has made all its temporary things by then.

    Its journal is in `folder`, which others may use as well.
    """
    folder.mkdir(parents=True, exist_ok=True)
    go = folder / "go"
    log = folder / "steps.log"
    with log.open("wb") as sink:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.elsewhere", cloud.url, str(go)],
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
        live = Live(process, log, go)
        yield live
        assert live.finished or process.poll() is None, f"the build elsewhere ended:\n{log.read_text()}"
    finally:
        process.kill()
        process.wait(30)


def main(url: str, go: str) -> None:
    credentials = Credentials(Emulator.public_key, Emulator.private_key, Emulator.project, Emulator.region, url)
    args = CustomImageArgs(
        image_name="elsewhere",
        source_image_id="uimage-f1chxn",
        availability_zone=Emulator.zone,
        instance_type="n-basic-2",
        # On this machine, and over with this process however that ends.
        provisioners=[ShellLocal(inline=[f"until [ -e '{go}' ]; do kill -0 {os.getpid()}; sleep 0.1; done"])],
    )
    api = connect(credentials)
    later = replace(api, clock=lambda: api.clock() + LATER)
    build_image(args, api=later, progress=Announced(), cancel=Cancel(), base_dir=Path())


if __name__ == "__main__":
    main(*sys.argv[1:3])
