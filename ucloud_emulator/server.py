"""The API over HTTP: reads forms and JSON, answers JSON, lets faults happen; beside it the admin endpoints."""

from __future__ import annotations

import asyncio
import socket
import struct
import time
import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from ucloud_emulator import api, catalogue, page  # noqa: F401  (api registers the actions)
from ucloud_emulator.access import refused
from ucloud_emulator.admin import admin
from ucloud_emulator.authentication import Session, is_authentic
from ucloud_emulator.body import Asked, MalformedRequest, form, parse_json, read_body
from ucloud_emulator.dispatch import Reply, dispatch
from ucloud_emulator.faultrules import Fault
from ucloud_emulator.refusals import RetCode

if TYPE_CHECKING:
    from ucloud_emulator.cloud import EmulatedCloud

NO_FAULT = Fault.model_construct()
NO_ANSWER = -1
"""What the request log has for a RetCode where the call was never looked at."""


class Api:
    """UCloud's one endpoint, as plain ASGI: a fault may have to break the connection itself."""

    def __init__(self, cloud: EmulatedCloud) -> None:
        self._cloud = cloud

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            asked = await self._read(request)
        except MalformedRequest as error:
            response = _reply({"RetCode": 230, "Message": error.message}, error.status)
            response.headers["Connection"] = "close"  # what is left of the body is not read
            await response(scope, receive, send)
            return
        values, session = asked.values, Session.of(request.headers)
        fault = self._fault(asked, session)
        await asyncio.sleep(fault.delay)
        if fault.reset_before:
            self._cloud.requests.add(values, NO_ANSWER, 0.0, fault.effects)
            _break_connection(send)
            return
        reply = await run_in_threadpool(self._answer, asked, session, fault)
        await asyncio.sleep(fault.delay_after)
        if fault.reset_after:
            _break_connection(send)
        elif fault.truncate:
            await _send_half(_reply(reply), send)
        else:
            await _response(reply, fault)(scope, receive, send)

    def _fault(self, asked: Asked, session: Session) -> Fault:
        """What is to go wrong. Only with calls of the account: nobody else uses a fault up."""
        if not is_authentic(asked, session):
            return NO_FAULT
        project = asked.values.get("ProjectId") or catalogue.DEFAULT_PROJECT
        return self._cloud.faults.next(asked.values, project) or NO_FAULT

    async def _read(self, request: Request) -> Asked:
        if request.method == "GET":
            return form(request.scope["query_string"])
        if request.method != "POST":
            raise MalformedRequest(405, "GET or POST")
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        return (parse_json if kind == "application/json" else form)(await read_body(request))

    def _answer(self, asked: Asked, session: Session, fault: Fault) -> Reply:
        began, values = time.monotonic(), asked.values
        if fault.refuses:
            code = fault.ret_code or RetCode.SERVICE_UNAVAILABLE
            reply: Reply = {"RetCode": int(code), "Action": f"{values.get('Action')}Response", "Message": fault.message}
        else:
            reply = dispatch(self._cloud, asked, session)
        self._cloud.requests.add(values, reply["RetCode"], time.monotonic() - began, fault.effects)
        return reply


def _response(reply: Reply, fault: Fault) -> Response:
    """The answer, or what a fault makes of it."""
    if fault.http_status:
        return _reply(reply, fault.http_status)
    if fault.status_after:
        return HTMLResponse(f"<html><h1>{fault.status_after}</h1></html>", fault.status_after)
    match fault.not_json_before or fault.not_json_after:
        case "html":
            return HTMLResponse("<html><h1>Service temporarily unavailable</h1></html>")
        case "garbage":
            return Response(b'\x00\xff{"RetCode": 0,,', media_type="application/json")
        case "empty":
            return Response(b"", media_type="application/json")
    return _reply(reply)


def _reply(content: Mapping[str, Any], status: int = 200) -> Response:
    return JSONResponse(content, status, {"X-UCLOUD-REQUEST-UUID": str(uuid.uuid4())})


def _break_connection(send: Send) -> None:
    """A TCP reset. ASGI has no word for it: uvicorn's send belongs to an object that has the transport."""
    transport = send.__self__.transport  # type: ignore[attr-defined]
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


async def _send_half(response: Response, send: Send) -> None:
    """Promise the whole body, send half of it, and break off."""
    body = bytes(response.body)
    await send({"type": "http.response.start", "status": response.status_code, "headers": response.raw_headers})
    await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
    send.__self__.transport.close()  # type: ignore[attr-defined]


def application(cloud: EmulatedCloud) -> ASGIApp:
    answer, operate = Api(cloud), admin(cloud)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await operate(scope, receive, send)
            return
        request = Request(scope)
        shows_page = page.wanted(request)
        if not shows_page and not scope["path"].startswith("/_emulator/"):
            await answer(scope, receive, send)
        elif reason := refused(request):
            await JSONResponse({"error": reason}, 403)(scope, receive, send)
        elif shows_page:
            await page.index()(scope, receive, send)
        else:
            await operate(scope, receive, send)

    return app
