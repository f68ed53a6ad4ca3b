"""The admin endpoints answer somebody on this machine, and no page of another site in their browser."""

from __future__ import annotations

import socket
import urllib.error
import urllib.request

import pytest

from tests.support.emulator import Emulator


def ask(emulator: Emulator, method: str = "GET", path: str = "status", **headers: str) -> tuple[int, str]:
    request = urllib.request.Request(f"{emulator.url}/_emulator/{path}", headers=headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "[::1]", "LOCALHOST", socket.gethostname()])
def test_names_of_this_machine_are_answered(paper_emulator: Emulator, name: str) -> None:
    port = paper_emulator.url.rpartition(":")[2]
    assert ask(paper_emulator, Host=f"{name}:{port}")[0] == 200
    assert ask(paper_emulator, Host=name, Origin=f"http://{name}:{port}")[0] == 200


@pytest.mark.parametrize("name", ["example.com", "127.0.0.1.example.com", "localhost.example.com", "", "[", "a b"])
def test_a_foreign_host_name_is_refused(paper_emulator: Emulator, name: str) -> None:
    status, said = ask(paper_emulator, Host=name)
    assert (status, "Host" in said) == (403, True)


@pytest.mark.parametrize(
    "origin", ["http://example.com", "https://127.0.0.1.example.com", "null", "file://", "http://["]
)
@pytest.mark.parametrize(("method", "path"), [("GET", "ledger"), ("POST", "reset"), ("DELETE", "faults")])
def test_a_foreign_origin_is_refused(paper_emulator: Emulator, origin: str, method: str, path: str) -> None:
    status, said = ask(paper_emulator, method, path, Origin=origin)
    assert (status, "Origin" in said) == (403, True)
