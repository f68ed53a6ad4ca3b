"""The end of the engine: the provider's process cleans up and ends as well.

Works around: the host waits for ever for an engine that was killed, and its builds run on, billed. The engine holds the
other end of our standard input, so that the end of it is the engine's end. Where standard input is no open pipe, this
does nothing, and calls still end by themselves when they are dropped.
"""

from __future__ import annotations

import os
import select
import stat
import sys
import threading
from collections.abc import Callable
from typing import Final

from ucloud_provider import hand_over_notes
from ucloud_provider.engine import calls

LONGEST_CLEAN_UP: Final = 1800.0
"""Seconds that running calls get to release what they made."""


def watch_standard_input(fd: int = 0, gone: Callable[[], None] | None = None) -> bool:
    """Call `gone` once the other end of this pipe is closed; False where there is no such pipe to watch."""
    try:
        mode = os.fstat(fd).st_mode
        if not (stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)) or _ended(fd):
            return False
    except OSError:
        return False
    threading.Thread(target=_watch, args=(fd, gone or engine_gone), name="engine's end", daemon=True).start()
    return True


def cancelled() -> None:
    """What the engine's Cancel means: a stop is asked for; or it is done, and has written down all it was answered."""
    if calls.none_runs():
        hand_over_notes.confirm_own()
    calls.cancel_all("cancelled")


def engine_gone() -> None:
    """Cancel all calls, let them clean up, and end this process: there is nobody to answer."""
    try:
        calls.cancel_all("Pulumi's engine has ended")
        calls.wait_until_none(LONGEST_CLEAN_UP)
    finally:
        os._exit(1)  # whatever happens: nobody else ends this process


if sys.platform == "win32":

    def _ended(fd: int) -> bool:
        import _winapi
        import msvcrt

        try:
            _winapi.PeekNamedPipe(msvcrt.get_osfhandle(fd), 0)
        except OSError:
            return True
        return False

else:

    def _ended(fd: int) -> bool:
        poll = select.poll()
        poll.register(fd, select.POLLIN)
        return any(event & (select.POLLHUP | select.POLLERR | select.POLLNVAL) for _fd, event in poll.poll(0))


def _watch(fd: int, gone: Callable[[], None]) -> None:
    try:
        while os.read(fd, 4096):
            pass
    except OSError:
        pass
    gone()
