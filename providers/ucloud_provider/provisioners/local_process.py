"""Runs one command on the machine that builds: ended with all it started, and never waited for without limit."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from ucloud_provider import processes
from ucloud_provider.communicators.lines import LineSplitter, heard_out
from ucloud_provider.run import Cancel

GRACE = 5.0
"""Seconds between asking a cancelled command to end and ending it, with all of its group."""

TICK = 0.25
"""How often a waiting loop looks whether it should stop."""

SOON = 0.02
"""The same, where what is waited for takes no time: that a group is gone whose leader is."""

# The kernel can end one process with its parent, not those that it started in turn; so a shell waits for the end of a
# pipe that the build alone holds. It is told the group, and later that all is well; where the pipe ends before, the
# build's process was killed.
_GUARD = f"""\
read -r group || exit 0
read -r over && exit 0
kill -s TERM -- "-$group" || exit 0
for second in {" ".join(map(str, range(1, int(GRACE) + 1)))}; do
    sleep 1
    kill -s 0 -- "-$group" || exit 0
done
kill -s KILL -- "-$group"
"""


def run(
    command: Sequence[str],
    *,
    folder: Path,
    environment: Mapping[str, str],
    on_line: Callable[[str], None],
    cancel: Cancel,
) -> int:
    """Run it in a process group of its own and return its exit code, -n where signal n ended it.

    What it leaves running in the background may live on. Where the build is cancelled, all of the group is ended
    before this returns, with `Cancelled`; where the build's process is killed, soon after, but not on Windows.
    """
    cancel.raise_if_set()
    with _guard() as told:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            bufsize=0,
            start_new_session=True,
            creationflags=processes.APART,
        )
        told(str(process.pid))
        family = processes.family(process.pid)
        assert process.stdout is not None

        def ask() -> None:
            family.terminate()

        try:
            with contextlib.closing(processes.output(process.stdout)) as output, cancel.on_cancel(ask):
                _converse(process, family, output, on_line, cancel)
        finally:
            if process.poll() is None:
                family.kill()
                with contextlib.suppress(subprocess.TimeoutExpired):  # stuck in the kernel, or not ours to end
                    process.wait(GRACE)
        cancel.raise_if_set()
        return process.returncode


def _converse(
    process: subprocess.Popen[bytes],
    family: processes.Family,
    output: processes.Output,
    on_line: Callable[[str], None],
    cancel: Cancel,
) -> None:
    """Pass the output on until the command has ended, or has been ended."""
    lines = LineSplitter()
    heard = time.monotonic()
    exited = asked = 0.0
    ended = False
    while True:
        if ended:
            _wait(process, SOON if exited else TICK)
        elif (data := output.read(TICK)) is not None:
            heard = time.monotonic()
            ended = not data
            for line in lines.feed(data):
                on_line(line)
        now = time.monotonic()
        if process.poll() is not None and not exited:
            exited = now
        if cancel.is_set():
            asked = asked or now
            if exited and not family.is_there():
                break
            if now - asked > GRACE:
                family.kill()
                break
        elif exited and (heard_out(exited, heard, now) or ended):
            break
    for line in lines.end():
        on_line(line)


def _wait(process: subprocess.Popen[bytes], seconds: float) -> None:
    if process.poll() is not None:
        time.sleep(seconds)
        return
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(seconds)


@contextlib.contextmanager
def _guard() -> Iterator[Callable[[str], None]]:
    """Has a process look after a command; it is to be told the command's group. Not on Windows, which has no shell."""
    if sys.platform == "win32":
        yield lambda _text: None
        return
    guard = subprocess.Popen(
        ["/bin/sh", "-c", _GUARD],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        env={"PATH": os.defpath},
        start_new_session=True,  # what is sent to the build's own group is not meant for it
        bufsize=0,
    )

    def tell(text: str) -> None:
        assert guard.stdin is not None
        with contextlib.suppress(OSError):  # somebody killed it
            guard.stdin.write(f"{text}\n".encode())

    try:
        yield tell
    finally:
        # Twice: where the command could not even be started, the first is taken for its group.
        tell("over")
        tell("over")
        assert guard.stdin is not None
        guard.stdin.close()
        guard.wait()
