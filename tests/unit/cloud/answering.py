"""A UCloud of one answer, over real HTTP on loopback: for answers that no SDK, and no emulator, would make."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from ucloud_provider.cloud.client import Api, connect
from ucloud_provider.cloud.credentials import Credentials

PUBLIC_KEY = "pl4nted-9xQ7vKr2Lm5Ws8Tb"
PRIVATE_KEY = "pl4nted-7wZ4hNc6Jd9Fg3Yq"

Body = Callable[[bytes], bytes]
"""What is answered to a request's body."""


@contextmanager
def answering(body: Body, status: int = 200, headers: Mapping[str, str] | None = None) -> Iterator[str]:
    """The address of a server that answers every request with this."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            answer = body(self.rfile.read(int(self.headers.get("Content-Length") or 0)))
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def api_at(url: str) -> Api:
    return connect(Credentials(PUBLIC_KEY, PRIVATE_KEY, "org-x", "cn-bj2", url))
