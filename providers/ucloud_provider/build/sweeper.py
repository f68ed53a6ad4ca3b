"""A small process that outlives this one and gives back what its builds leave: for when they get no time to do so.

After a second Ctrl-C the engine kills the provider within seconds, in the middle of whatever it is releasing. `detach`
starts a process in a session of its own; it waits until its parent is gone, reads the journals that died with it, and
gives back what they name. An image that is done is left, with its mark, for the next build to take over.

The keys go over a pipe, never into arguments or the environment; the pipe's end is also how it hears of the parent's.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from ucloud_provider import places
from ucloud_provider.build import dead_builds, recover
from ucloud_provider.build.journal import JournalFailed
from ucloud_provider.build.log import FILE as LOG
from ucloud_provider.build.log import BuildLog
from ucloud_provider.cloud import retry
from ucloud_provider.cloud.client import Api, connect
from ucloud_provider.cloud.credentials import Credentials
from ucloud_provider.errors import UCloudImageError
from ucloud_provider.masking import Masker
from ucloud_provider.processes import APART

LONGEST_WAIT: Final = 3600.0
"""Seconds that the parent may go on: it clears up itself then, or its builds run on."""

LONGEST_END: Final = 60.0
"""Seconds that the parent may take from the end of the pipe to that of its last lock."""

ATTEMPTS: Final = 5
"""The engine sends SIGINT to our process group just as it gives a call up: it also ends a process that is not quite
started, and has no session of its own yet.
"""

_started: dict[str, subprocess.Popen[bytes]] = {}
"""By account. Holding the process object keeps our end of its pipe open until this process ends, however it does."""
_lock = threading.Lock()


def detach(api: Api) -> None:
    """Start the process for this account, once. One that cannot be started is no error: the next build collects."""
    with _lock:
        if api.credentials.account in _started:
            return
        # The user's own variables may hold keys: they are given over the pipe alone.
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("UCLOUD_", "PULUMI_"))}
        environ = {**inherited, "PYTHONPATH": os.pathsep.join(each for each in sys.path if each)}
        environ[places.VARIABLE] = str(places.state_dir())
        given = {**dataclasses.asdict(api.credentials), "region": api.region, "project_id": api.project_id}
        told = json.dumps([os.getpid(), given]).encode() + b"\n"
        for _ in range(ATTEMPTS):
            try:
                _started[api.credentials.account] = _start(told, environ)
                return
            except OSError as error:
                api.log(f"no process could be started to clear up after this one: {error}")


def _start(told: bytes, environ: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """Start the process and tell it what it needs. Raises `OSError` where it is gone before it was told."""
    process = subprocess.Popen(
        [sys.executable, "-m", "ucloud_provider.build.sweeper"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        env=environ,
        start_new_session=True,
        creationflags=APART,
    )
    assert process.stdin is not None
    process.stdin.write(told)
    process.stdin.flush()
    return process


def main() -> int:
    """What the process does; its exit code."""
    parent, given = json.loads(sys.stdin.buffer.readline())
    credentials = Credentials(**given)
    if _is_gone():
        _await_locks(parent)
        sweep(connect(credentials).using(patience=retry.PATIENCE))
    return 0


def sweep(api: Api) -> None:
    """Give back what dead builds left, but for images that are done."""
    mask = Masker(api.credentials.secrets())
    for dead in dead_builds.find(api, api.clock()):
        with _logged(api, dead.journal.path.parent / LOG, mask) as logged:
            try:
                with contextlib.suppress(JournalFailed):  # a hint for who waits, no more
                    dead.journal.event("sweep")
                recover.give_back_one(logged, dead, unless=recover.to_take_over(logged, dead))
            except UCloudImageError as error:
                logged.log(f"sweeping ended early: {error}")


@contextlib.contextmanager
def _logged(api: Api, path: Path, mask: Masker) -> Iterator[Api]:
    """The API with a log; without one where the disk is full, which must not keep what costs money."""
    try:
        log = BuildLog(path, mask)
    except UCloudImageError:
        yield api
        return
    with contextlib.closing(log):
        yield api.using(log=log)


def _is_gone() -> bool:
    """Wait for the end of the pipe; False where it does not come."""
    ended = threading.Event()

    def read() -> None:  # a thread: not every system can wait for a pipe for a while
        with contextlib.suppress(OSError):
            while os.read(sys.stdin.fileno(), 4096):
                pass
        ended.set()

    threading.Thread(target=read, name="parent's end", daemon=True).start()
    return ended.wait(LONGEST_WAIT)


def _await_locks(parent: int) -> None:
    """Wait until the parent has let go of its journals: until then its builds would be taken for live ones.

    A process that is killed closes its files one by one, on a busy machine long after it has another parent itself.
    """
    deadline = time.monotonic() + LONGEST_END
    for path in dead_builds.journals():
        if dead_builds.start(path).get("pid") == parent:
            while dead_builds.is_alive(path) and time.monotonic() < deadline:
                time.sleep(0.01)


if __name__ == "__main__":
    sys.exit(main())
