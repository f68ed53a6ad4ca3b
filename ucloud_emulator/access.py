"""Who may operate the emulator: somebody on this machine, and no page of another site in their browser."""

from __future__ import annotations

import socket
from functools import cache
from urllib.parse import urlsplit

from starlette.requests import Request

LOOPBACK = ("127.0.0.1", "::1")


def refused(request: Request) -> str:
    """Why the admin endpoints do not answer a request; "" where they do.

    A name that leads to this machine without being one of its own is how a page of another site reaches it (DNS
    rebinding); a foreign Origin is such a page asking openly.
    """
    if request.client is None or request.client.host not in LOOPBACK:
        return "only from this machine"
    host = request.headers.get("host")  # a browser always sends it
    if host is not None and _host(f"//{host}") not in _own_names():
        return "the Host header names another machine"
    origin = request.headers.get("origin")
    if origin is not None and _host(origin) not in _own_names():
        return "the Origin is another site"
    return ""


def _host(url: str) -> str:
    """The host of an address, without port; "" where there is none."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


@cache
def _own_names() -> frozenset[str]:
    return frozenset({*LOOPBACK, "localhost", socket.gethostname().lower(), socket.getfqdn().lower()})
