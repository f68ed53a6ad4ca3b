"""What a request says of who asks, as it arrives over HTTP: keys, a token with them, or Cloud Shell's cookie."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

import pytest
from ucloud_provider.cloud import account
from ucloud_provider.cloud.client import connect
from ucloud_provider.cloud.credentials import Credentials


class Listener(ThreadingHTTPServer):
    """Answers every call with success, and keeps what was asked: parameters and headers."""

    def __init__(self) -> None:
        self.asked: list[tuple[dict[str, str], dict[str, str]]] = []
        super().__init__(("127.0.0.1", 0), Answer)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Answer(BaseHTTPRequestHandler):
    server: Listener

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.server.asked.append((dict(parse_qsl(body)), {key.lower(): value for key, value in self.headers.items()}))
        answer = b'{"RetCode": 0, "ProjectSet": []}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_arguments: Any) -> None:
        pass


@pytest.fixture
def listener() -> Iterator[Listener]:
    with Listener() as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def ask(listener: Listener, credentials: Credentials) -> tuple[dict[str, str], dict[str, str], list[str]]:
    log: list[str] = []
    account.projects(connect(credentials).using(log=log.append))
    parameters, headers = listener.asked[-1]
    return parameters, headers, log


def signed(parameters: dict[str, str], private_key: str) -> str:
    text = "".join(f"{name}{parameters[name]}" for name in sorted(parameters) if name != "Signature")
    return hashlib.sha1((text + private_key).encode()).hexdigest()


def test_keys_sign_the_request(listener: Listener) -> None:
    parameters, headers, _log = ask(listener, Credentials("public", "private", "org-x", "hk", listener.url))
    assert parameters["PublicKey"] == "public"
    assert parameters["Signature"] == signed(parameters, "private")
    assert "SecurityToken" not in parameters
    assert not {"cookie", "csrf-token"} & set(headers)


def test_the_token_of_temporary_keys_goes_along_and_is_signed(listener: Listener) -> None:
    credentials = Credentials("public", "private", "org-x", "hk", listener.url, security_token="planted-token")
    parameters, _headers, log = ask(listener, credentials)
    assert parameters["SecurityToken"] == "planted-token"
    assert parameters["Signature"] == signed(parameters, "private")
    assert "planted" not in "\n".join(log)


def test_in_cloud_shell_headers_say_who_asks_and_no_key_is_named(listener: Listener) -> None:
    credentials = Credentials("", "", "org-x", "hk", listener.url, cookie="U_JWT=planted", csrf_token="planted-csrf")
    parameters, headers, log = ask(listener, credentials)
    assert (headers["cookie"], headers["csrf-token"]) == ("U_JWT=planted", "planted-csrf")
    assert "PublicKey" not in parameters
    assert parameters["Signature"] == signed(parameters, "")
    assert "planted" not in "\n".join(log)
