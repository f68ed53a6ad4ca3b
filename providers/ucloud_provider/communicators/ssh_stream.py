"""The input and output of a command on the host, as a file: what transfers are made of."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from io import RawIOBase
from typing import Any

import paramiko

from ucloud_provider.communicators.login_shell import under_sh
from ucloud_provider.communicators.ssh_exec import PIECE, STALLED_AFTER, close, exit_code, open_channel, stop
from ucloud_provider.communicators.ssh_transport import BROKEN, broke
from ucloud_provider.errors import CommunicatorError, Disconnected, HostFull
from ucloud_provider.run import Cancel

WINDOW = 4 * 1024 * 1024
"""How much the host may send before it must wait for us: enough for 100 Mbit/s at 300 ms."""

NO_TAR = 91
"""What our commands exit with where the host has no tar."""


@contextlib.contextmanager
def local_errors(what: str) -> Iterator[None]:
    """Says of an error of this machine's that it is one."""
    try:
        yield
    except CommunicatorError:
        raise
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        raise CommunicatorError(f"{what}: {where}{error.strerror or error} (on this machine)") from error


class NoTar(Exception):
    """The host has not what a stream of an archive needs."""


class Stream(RawIOBase):
    """The input and output of a command on the host, as a file. `finish` says how the command ended."""

    def __init__(self, transport: paramiko.Transport, command: str, cancel: Cancel, what: str) -> None:
        super().__init__()
        self.what = what
        self._transport = transport
        self._cancel = cancel
        self._channel = open_channel(transport, under_sh(command), cancel, window=WINDOW)
        self._registration = cancel.on_cancel(lambda: stop(self._channel))

    def writable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int:
        view = memoryview(data)
        at = 0
        moved = time.monotonic()
        while at < len(view):
            self._cancel.raise_if_set()
            try:
                sent = self._channel.send(bytes(view[at : at + PIECE]))
            except TimeoutError:
                self._stalled(moved)
                continue
            except BROKEN:
                sent = 0
            if sent == 0:  # the command has ended, and why is in its error output; or the connection broke
                self.finish()
                raise CommunicatorError(f"{self.what}: the host ended it early")
            at += sent
            moved = time.monotonic()
        return len(view)

    def read(self, size: int = -1, /) -> bytes:
        moved = time.monotonic()
        while True:
            self._cancel.raise_if_set()
            try:
                return self._channel.recv(size if size > 0 else WINDOW)
            except TimeoutError:
                self._stalled(moved)
            except BROKEN:
                return b""  # `finish` says why

    def _stalled(self, moved: float) -> None:
        if not self._transport.is_active():
            raise Disconnected(f"{self.what}: {broke(self._transport)}")
        if time.monotonic() - moved > STALLED_AFTER:
            stop(self._channel)
            raise CommunicatorError(f"{self.what}: not one byte moved for {STALLED_AFTER:g} s")

    def finish(self) -> None:
        """Close the input, wait for the end, and raise unless the command did what it should."""
        with contextlib.suppress(*BROKEN):
            self._channel.shutdown_write()
        said = b""
        waited = time.monotonic()
        while not self._channel.exit_status_ready() and not self._channel.closed:
            self._cancel.raise_if_set()
            self._channel.status_event.wait(0.2)
            if time.monotonic() - waited > STALLED_AFTER:
                stop(self._channel)
                raise CommunicatorError(f"{self.what}: the host did not end it within {STALLED_AFTER:g} s")
        self._cancel.raise_if_set()
        with contextlib.suppress(*BROKEN):
            while data := self._channel.recv_stderr(64 * 1024):
                said += data
                if len(said) > 64 * 1024:
                    break
        try:
            code = exit_code(self._transport, self._channel)
        except Disconnected as error:
            raise Disconnected(f"{self.what}: {broke(self._transport)}") from error
        if code == NO_TAR:
            raise NoTar
        if code:
            reason = said.decode(errors="replace").strip().replace("\n", "; ") or f"exit code {code}"
            raise (HostFull if HostFull.SAID in reason else CommunicatorError)(f"{self.what}: {reason}")

    def close(self) -> None:
        if not self.closed:
            self._registration.__exit__()
            stop(self._channel) if not self._channel.exit_status_ready() else close(self._channel)
        super().close()
