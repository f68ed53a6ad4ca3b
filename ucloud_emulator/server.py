"""The API over HTTP: reads form POSTs, answers JSON, and has the admin endpoints that tests use."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ucloud_emulator import api  # noqa: F401  (registers the actions)
from ucloud_emulator.dispatch import dispatch

if TYPE_CHECKING:
    from ucloud_emulator.cloud import EmulatedCloud

MOST_BYTES = 1 << 20
MOST_FIELDS = 2000


class MalformedRequest(Exception):
    """The body is no form: answered with an HTTP error before any action is looked at."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


async def _body(request: Request) -> bytes:
    """The body, never more than the limit in memory."""
    declared = request.headers.get("content-length", "0")
    if not declared.isdigit():
        raise MalformedRequest(400, "bad Content-Length")
    if int(declared) > MOST_BYTES:
        raise MalformedRequest(413, f"body of more than {MOST_BYTES} bytes")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            raise MalformedRequest(413, f"body of more than {MOST_BYTES} bytes")
    return bytes(body)


def parse_form(body: bytes) -> Mapping[str, str]:
    try:
        pairs = parse_qsl(
            body.decode(), keep_blank_values=True, strict_parsing=True, errors="strict", max_num_fields=MOST_FIELDS
        )
    except ValueError as error:
        if not body:
            return {}
        raise MalformedRequest(400, "the body is not a form") from error
    values = dict(pairs)
    if len(values) != len(pairs):
        raise MalformedRequest(400, "a parameter is given twice")
    return values


def application(cloud: EmulatedCloud) -> Starlette:
    async def answer(request: Request) -> Response:
        headers = {"X-UCLOUD-REQUEST-UUID": str(uuid.uuid4())}
        try:
            if request.method == "GET":
                values = parse_form(request.url.query.encode())
            else:
                values = parse_form(await _body(request))
        except MalformedRequest as error:
            return JSONResponse({"RetCode": 230, "Message": error.message}, error.status, headers)
        return JSONResponse(await run_in_threadpool(dispatch, cloud, values), headers=headers)

    return Starlette(routes=[Route("/", answer, methods=["GET", "POST"])])
