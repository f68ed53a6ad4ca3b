"""The metadata server: what a running host may read of itself at http://100.80.80.80/, and nobody else may.

The address is on no interface. The machine's firewall hands what a host sends there to this server and tells the hosts
apart by interface and address (firewall.py); to anything else on the machine the server's port is closed.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

VERSIONS = ("latest", "v1")
"""UCloud's pages read below both; they are the same here."""
PATIENCE = 10
"""Seconds that a host gets to send its request."""

Tree = Mapping[str, object]


@dataclass(frozen=True)
class OwnData:
    """What one host may read."""

    metadata: Tree
    user_data: bytes

    def __repr__(self) -> str:
        return "OwnData(…)"

    def answer(self, path: str) -> bytes | None:
        """The answer to GET `path`; None where there is no such thing."""
        if path == "/user-data":
            return self.user_data
        if path == "/vendor-data":
            return b""
        if path in ("/meta-data", *(f"/meta-data/{version}.json" for version in VERSIONS)):
            return json.dumps(self.metadata, ensure_ascii=False).encode()
        first, _, rest = path.removeprefix("/").partition("/")
        if first != "meta-data":
            return None
        found = _walk(dict.fromkeys(VERSIONS, self.metadata), [part for part in rest.split("/") if part])
        return None if found is None else _text(found).encode()


def _walk(node: object, parts: Sequence[str]) -> object | None:
    for part in parts:
        if isinstance(node, Mapping) and part in node:
            node = node[part]
        elif isinstance(node, Sequence) and not isinstance(node, str) and part.isdecimal() and int(part) < len(node):
            node = node[int(part)]
        else:
            return None
    return node


def _text(node: object) -> str:
    """A value as it is; of what has values below it their names, one a line, as UCloud lists them."""
    if isinstance(node, Mapping):
        return "".join(f"/{name}\n" for name in sorted(node))
    if isinstance(node, Sequence) and not isinstance(node, str):
        return "".join(f"/{number}\n" for number in range(len(node)))
    if isinstance(node, bool):
        return "true" if node else "false"
    return str(node)


class MetadataServer:
    """Serves from the start until close(). `data_of` says what the host with this address may read; None: no host."""

    def __init__(self, address: str, data_of: Callable[[str], OwnData | None]) -> None:
        class Handler(BaseHTTPRequestHandler):
            timeout = PATIENCE
            server_version = "metadata"
            sys_version = ""

            def do_GET(self) -> None:
                data = data_of(str(self.client_address[0]))
                body = data.answer(self.path.partition("?")[0]) if data else None
                self.send_response(404 if body is None else 200)
                self.send_header("Content-Type", "text/plain; charset=utf-8")
                self.send_header("Content-Length", str(len(body or b"")))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body or b"")

            do_HEAD = do_GET

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing: what hosts ask is no concern of the machine's log."""

        self._server = ThreadingHTTPServer((address, 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, name="metadata", daemon=True).start()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
