"""The API over HTTP: reads form POSTs, answers JSON, lets faults happen; beside it the admin endpoints for tests."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from ucloud_emulator import api  # noqa: F401  (registers the actions)
from ucloud_emulator.dispatch import Reply, dispatch
from ucloud_emulator.faults import Fault

if TYPE_CHECKING:
    from ucloud_emulator.cloud import EmulatedCloud

MOST_BYTES = 1 << 20
MOST_FIELDS = 2000
LOOPBACK = ("127.0.0.1", "::1")


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


class Api:
    """UCloud's one endpoint, as plain ASGI: a fault may have to break the connection itself."""

    def __init__(self, cloud: EmulatedCloud) -> None:
        self._cloud = cloud

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            values = await self._read(request)
        except MalformedRequest as error:
            response = _reply({"RetCode": 230, "Message": error.message}, error.status)
            response.headers["Connection"] = "close"  # what is left of the body is not read
            await response(scope, receive, send)
            return
        fault = self._cloud.faults.next(values)
        if fault.delay:
            await asyncio.sleep(fault.delay)
        if fault.reset_before:
            _break_connection(send)
            return
        reply = await run_in_threadpool(self._answer, values, fault)
        if fault.reset_after:
            _break_connection(send)
            return
        response = _reply(reply, fault.http_status or 200)
        if fault.truncate:
            await _send_half(response, send)
            return
        await response(scope, receive, send)

    async def _read(self, request: Request) -> Mapping[str, str]:
        if request.method == "GET":
            return parse_form(request.url.query.encode())
        if request.method != "POST":
            raise MalformedRequest(405, "GET or POST")
        return parse_form(await _body(request))

    def _answer(self, values: Mapping[str, str], fault: Fault) -> Reply:
        began = time.monotonic()
        if fault.http_status or fault.ret_code:
            code = fault.ret_code or 150
            reply: Reply = {"RetCode": code, "Action": f"{values.get('Action')}Response", "Message": "fault injected"}
        else:
            reply = dispatch(self._cloud, values)
        self._cloud.requests.add(values, reply["RetCode"], time.monotonic() - began)
        return reply


def _reply(content: Mapping[str, Any], status: int = 200) -> Response:
    return JSONResponse(content, status, {"X-UCLOUD-REQUEST-UUID": str(uuid.uuid4())})


def _break_connection(send: Send) -> None:
    """A TCP reset. ASGI has no word for it: uvicorn's send belongs to an object that has the transport."""
    send.__self__.transport.abort()  # type: ignore[attr-defined]


async def _send_half(response: Response, send: Send) -> None:
    """Promise the whole body, send half of it, and break off."""
    body = bytes(response.body)
    await send({"type": "http.response.start", "status": response.status_code, "headers": response.raw_headers})
    await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
    send.__self__.transport.close()  # type: ignore[attr-defined]


def _admin(cloud: EmulatedCloud) -> Starlette:
    def status(request: Request) -> Response:
        return JSONResponse(cloud.status())

    def ledger(request: Request) -> Response:
        open_only = request.query_params.get("open", "") not in ("", "0", "false")
        return JSONResponse([row.to_json() for row in cloud.ledger.rows(open_only=open_only)])

    def requests(request: Request) -> Response:
        return JSONResponse(cloud.requests.last())

    def reset(request: Request) -> Response:
        cloud.reset()
        return JSONResponse(cloud.status())

    return Starlette(
        routes=[
            Route("/_emulator/status", status),
            Route("/_emulator/ledger", ledger),
            Route("/_emulator/requests", requests),
            Route("/_emulator/reset", reset, methods=["POST"]),
        ]
    )


def application(cloud: EmulatedCloud) -> ASGIApp:
    answer, admin = Api(cloud), _admin(cloud)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await admin(scope, receive, send)
        elif not scope["path"].startswith("/_emulator/"):
            await answer(scope, receive, send)
        elif scope["client"] and scope["client"][0] in LOOPBACK:
            await admin(scope, receive, send)
        else:
            await JSONResponse({"error": "only from this machine"}, 403)(scope, receive, send)

    return app
