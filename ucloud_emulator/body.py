"""Reading a request's body: never more than the limit in memory, and a form only if it is one."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect, Request

MOST_BYTES = 1 << 20
MOST_FIELDS = 2000


class MalformedRequest(Exception):
    """The body is no form: answered with an HTTP error before any action is looked at."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


async def read_body(request: Request) -> bytes:
    """The body, never more than the limit in memory."""
    declared = request.headers.get("content-length", "0")
    if not declared.isdecimal() or not declared.isascii() or len(declared) > 18:
        raise MalformedRequest(400, "bad Content-Length")
    if int(declared) > MOST_BYTES:
        raise MalformedRequest(413, f"body of more than {MOST_BYTES} bytes")
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > MOST_BYTES:
                raise MalformedRequest(413, f"body of more than {MOST_BYTES} bytes")
    except ClientDisconnect:
        raise MalformedRequest(400, "the body breaks off") from None
    return bytes(body)


def parse_form(body: bytes) -> Mapping[str, str]:
    if not body:
        return {}
    try:
        pairs = parse_qsl(
            body.decode(), keep_blank_values=True, strict_parsing=True, errors="strict", max_num_fields=MOST_FIELDS
        )
    except ValueError as error:
        raise MalformedRequest(400, "the body is not a form") from error
    values = dict(pairs)
    if len(values) != len(pairs):
        raise MalformedRequest(400, "a parameter is given twice")
    return values
