"""The processes of one stack: found by what their environment names, whoever their parent is by now."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path


def of(folder: Path) -> dict[int, str]:
    """Those whose environment names this folder: process id → command line."""
    named = os.fsencode(folder)
    found: dict[int, str] = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        with contextlib.suppress(OSError):
            if named in (entry / "environ").read_bytes():
                found[int(entry.name)] = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    return found


def provider(folder: Path) -> int | None:
    """The process that runs the dynamic providers, started by the engine; None where there is none."""
    return next((pid for pid, command in of(folder).items() if " -m pulumi.dynamic " in command), None)


def kill_all(folder: Path, seconds: float = 10) -> None:
    """End all of them at once, as a machine that loses its power does."""
    end = time.monotonic() + seconds
    while found := of(folder):
        for pid in found:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        assert time.monotonic() < end, f"not ended by SIGKILL: {found}"


def wait_until_gone(folder: Path, seconds: float) -> None:
    """Wait until none is left; says which linger.

    Pulumi's own language host outlives an engine that was killed. It holds nothing of ours; it is ended here.
    """
    end = time.monotonic() + seconds
    while found := of(folder):
        ours = {pid: command for pid, command in found.items() if "/pulumi-language-python " not in command}
        if not ours:
            kill_all(folder)
            return
        assert time.monotonic() < end, f"still running after {seconds:g} s: {ours}"
        time.sleep(0.05)
