"""A command on this machine and all it started, on every system: apart from our own process, heard, ended as one.

On POSIX they are a process group, which outlives its leader. Windows knows no such thing: there they are a tree, the
command's process and what comes of it, as far as parents still tell.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import sys
import threading
from queue import Empty, SimpleQueue
from typing import IO, Final, Protocol

import psutil

if sys.platform == "win32":
    APART: Final = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW
else:
    APART: Final = 0
"""`creationflags` for `Popen`: what `start_new_session`, given beside it, does on the other systems."""

PIECE: Final = 64 * 1024


class Family(Protocol):
    """A process that was started apart, and all that it started."""

    def terminate(self) -> bool:
        """Ask it to end; on Windows, where none can be asked, end it. Whether anything of it was there."""

    def kill(self) -> bool:
        """End it. Whether anything of it was there."""

    def is_there(self) -> bool:
        """Whether anything of it is there."""


class Output(Protocol):
    """What a process says, as it comes."""

    def read(self, seconds: float) -> bytes | None:
        """The next piece; nothing, b"", at its end; None where there was none within these seconds."""

    def close(self) -> None:
        """Listen no more."""


class Tree:
    """A `Family` by who started whom."""

    def __init__(self, pid: int) -> None:
        self._known: list[psutil.Process] = []
        with contextlib.suppress(psutil.Error):
            self._known.append(psutil.Process(pid))

    def terminate(self) -> bool:
        return self.kill() if sys.platform == "win32" else self._end(ask=True)

    def kill(self) -> bool:
        return self._end(ask=False)

    def is_there(self) -> bool:
        return bool(self._alive())

    def _end(self, *, ask: bool) -> bool:
        found = self._alive()
        for each in found:
            with contextlib.suppress(psutil.Error):
                each.terminate() if ask else each.kill()
        return bool(found)

    def _alive(self) -> list[psutil.Process]:
        for each in list(self._known):  # a child is remembered, as it cannot be found once its parent is gone
            with contextlib.suppress(psutil.Error):
                self._known += [child for child in each.children(recursive=True) if child not in self._known]
        return [each for each in self._known if _runs(each)]


class Pumped:
    """An `Output` read by a thread of its own, for systems that cannot wait for a pipe for a while."""

    def __init__(self, pipe: IO[bytes]) -> None:
        self._pieces: SimpleQueue[bytes] = SimpleQueue()
        threading.Thread(target=self._pump, args=(pipe,), name="command's output", daemon=True).start()

    def read(self, seconds: float) -> bytes | None:
        with contextlib.suppress(Empty):
            return self._pieces.get(timeout=seconds)
        return None

    def close(self) -> None:
        """Nothing: the thread closes the pipe once whoever writes to it has ended."""

    def _pump(self, pipe: IO[bytes]) -> None:
        with pipe, contextlib.suppress(OSError):
            while piece := pipe.read(PIECE):
                self._pieces.put(piece)
        self._pieces.put(b"")


if sys.platform == "win32":

    def family(pid: int) -> Family:
        """The family of a process that was started apart."""
        return Tree(pid)

    def output(pipe: IO[bytes]) -> Output:
        """What is said into this pipe, which is ours to read and close. It must not be buffered."""
        return Pumped(pipe)

else:

    class Group:
        """A `Family` by its process group."""

        def __init__(self, pid: int) -> None:
            self._id = pid

        def terminate(self) -> bool:
            return self._signal(signal.SIGTERM)

        def kill(self) -> bool:
            return self._signal(signal.SIGKILL)

        def is_there(self) -> bool:
            return self._signal(0)

        def _signal(self, number: int) -> bool:
            try:
                os.killpg(self._id, number)
            except ProcessLookupError:
                return False
            except PermissionError:  # somebody else's by now, as where it is a setuid program
                return True
            return True

    class Selected:
        """An `Output` without a thread."""

        def __init__(self, pipe: IO[bytes]) -> None:
            self._pipe = pipe
            self._selector = selectors.DefaultSelector()
            self._selector.register(pipe, selectors.EVENT_READ)

        def read(self, seconds: float) -> bytes | None:
            return self._pipe.read(PIECE) if self._selector.select(seconds) else None

        def close(self) -> None:
            self._selector.close()
            self._pipe.close()

    def family(pid: int) -> Family:
        """The family of a process that was started apart."""
        return Group(pid)

    def output(pipe: IO[bytes]) -> Output:
        """What is said into this pipe, which is ours to read and close. It must not be buffered."""
        return Selected(pipe)


def _runs(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False
