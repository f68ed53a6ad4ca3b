"""A relay in front of a host's SSH port: it can keep back what the host says, and break the connection."""

from __future__ import annotations

import contextlib
import socket
import threading
from types import TracebackType

LONGEST = 60.0
"""Seconds that an answer is kept back at most: a test that forgets one still ends."""


class Relay:
    """Passes connections to 127.0.0.1 on to a host. A context manager."""

    def __init__(self, host: str, port: int = 22) -> None:
        self._upstream = (host, port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._sockets: list[socket.socket] = []
        self._passing = threading.Event()
        self._passing.set()

    def keep_back(self) -> None:
        """From now on what the host says does not arrive, until `pass_on`."""
        self._passing.clear()

    def pass_on(self) -> None:
        self._passing.set()

    def cut(self) -> None:
        """Break every connection; what was kept back never arrives. New ones pass."""
        cut, self._sockets = self._sockets, []
        for each in cut:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        self._passing.set()

    def __enter__(self) -> Relay:
        threading.Thread(target=self._serve, name="relay", daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _address = self._listener.accept()
                far = socket.create_connection(self._upstream, 10)
                far.settimeout(None)
                self._sockets += [near, far]
                threading.Thread(target=self._pump, args=(near, far, False), daemon=True).start()
                threading.Thread(target=self._pump, args=(far, near, True), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket, kept_back: bool) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(64 * 1024):
                if kept_back:
                    self._passing.wait(LONGEST)
                sink.sendall(data)
        for each in (source, sink):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
