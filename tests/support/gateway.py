"""A relay between a program and the emulator: it can hold a call at an exact moment, and be a network that is gone.

So a test stops the program right before a call has its effect, or between the effect and its answer, with nothing
changed in the program or in the cloud.
"""

from __future__ import annotations

import contextlib
import http.client
import http.server
import socket
import socketserver
import threading
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import TracebackType

LONGEST = 120.0
"""Seconds that a call is held at most: a test that forgets one still ends."""


@dataclass
class Hold:
    """Stops the first call of an action: before its effect, or `after` it, its answer still to be sent.

    `since` names an action that must have been answered before this hold counts.
    """

    action: str
    after: bool = False
    since: str = ""
    armed: threading.Event = field(default_factory=threading.Event)
    reached: threading.Event = field(default_factory=threading.Event)
    ended: threading.Event = field(default_factory=threading.Event)
    dropped: bool = False

    def release(self) -> None:
        """Let the call go on."""
        self.ended.set()

    def drop(self) -> None:
        """Break its connection: what was not sent on yet never will be."""
        self.dropped = True
        self.ended.set()


class Gateway:
    """Listens on a port of its own and passes every call on. A context manager."""

    def __init__(self, upstream: str) -> None:
        self._upstream = urllib.parse.urlsplit(upstream).netloc
        self._lock = threading.Lock()
        self._holds: list[Hold] = []
        self._connections: set[socket.socket] = set()
        self._gone = False
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.gateway = self
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Gateway:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), name="gateway", daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for hold in self._holds:
            hold.drop()
        self._server.shutdown()
        self._server.server_close()

    def hold(self, action: str, *, after: bool = False, since: str = "") -> Hold:
        """Stop the next call of this action."""
        hold = Hold(action, after, since)
        if not since:
            hold.armed.set()
        with self._lock:
            self._holds.append(hold)
        return hold

    @contextlib.contextmanager
    def network_gone(self) -> Iterator[None]:
        """Break every connection, and each new one as soon as it is made."""
        with self._lock:
            self._gone = True
            broken = list(self._connections)
        for connection in broken:
            _reset(connection)
        try:
            yield
        finally:
            self._gone = False

    def stop_here(self, action: str, *, after: bool) -> None:
        """Called for each call, twice; returns when it may go on. Raises `ConnectionAbortedError` where it may not."""
        with self._lock:
            found = next((each for each in self._holds if _is_meant(each, action, after)), None)
            if found is not None:
                found.reached.set()
        if found is not None:
            found.ended.wait(LONGEST)
        if self._gone or (found is not None and found.dropped):
            raise ConnectionAbortedError
        if after:
            with self._lock:
                for each in self._holds:
                    if each.since == action:
                        each.armed.set()

    def forward(self, command: str, path: str, headers: dict[str, str], body: bytes) -> tuple[int, str, bytes]:
        upstream = http.client.HTTPConnection(self._upstream, timeout=LONGEST)
        try:
            upstream.request(command, path, body or None, headers)
            answer = upstream.getresponse()
            return answer.status, answer.getheader("Content-Type", ""), answer.read()
        finally:
            upstream.close()

    def connected(self, connection: socket.socket) -> bool:
        """Remember a connection; False where there is no network."""
        with self._lock:
            if self._gone:
                return False
            self._connections.add(connection)
            return True

    def disconnected(self, connection: socket.socket) -> None:
        with self._lock:
            self._connections.discard(connection)


def _is_meant(hold: Hold, action: str, after: bool) -> bool:
    fresh = hold.armed.is_set() and not hold.reached.is_set() and not hold.ended.is_set()
    return fresh and hold.action == action and hold.after == after


def _reset(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


class _Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    gateway: Gateway

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that is gone is nothing to tell of."""


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def handle(self) -> None:
        gateway = self.server.gateway
        if not gateway.connected(self.connection):
            return
        try:
            super().handle()
        finally:
            gateway.disconnected(self.connection)

    def do_POST(self) -> None:
        gateway = self.server.gateway
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        action = dict(urllib.parse.parse_qsl(body.decode())).get("Action", "")
        try:
            gateway.stop_here(action, after=False)
            headers = {"Content-Type": self.headers.get("Content-Type", "")}
            status, content_type, answer = gateway.forward(self.command, self.path, headers, body)
            gateway.stop_here(action, after=True)
        except (ConnectionAbortedError, OSError):
            self.close_connection = True
            _reset(self.connection)
            return
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_GET = do_POST

    def log_message(self, format: str, *args: object) -> None:
        """Quiet: the emulator keeps the log of requests."""
