"""The admin endpoints for tests and the command line: status, ledger, requests, reset, faults."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ucloud_emulator import catalogue, page
from ucloud_emulator.body import MalformedRequest, read_body
from ucloud_emulator.dispatch import ACTIONS
from ucloud_emulator.faultrules import BadRule, Fault, Rule, parse_rule
from ucloud_emulator.faults import TooManyRules
from ucloud_emulator.hosts.errors import HostError
from ucloud_emulator.hosts.mishaps import MISHAPS
from ucloud_emulator.records import Host

if TYPE_CHECKING:
    from ucloud_emulator.cloud import EmulatedCloud

KINDS = ("power_loss", "terminate", *MISHAPS)
"""What can happen to a host."""
HOST_ID = re.compile(r"uhost-[a-z0-9]{10}")


class _Wrong(Exception):
    """Answered with this status and message."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def admin(cloud: EmulatedCloud) -> Starlette:
    """The endpoints of a cloud, below /_emulator/."""

    def status(request: Request) -> Response:
        return JSONResponse(cloud.status())

    def ledger(request: Request) -> Response:
        open_only = request.query_params.get("open", "") not in ("", "0", "false")
        project = request.query_params.get("project", "")
        rows = cloud.ledger.rows(open_only=open_only)
        return JSONResponse([row.to_json() for row in rows if project in ("", row.project)])

    def requests(request: Request) -> Response:
        return JSONResponse(cloud.requests.last())

    def reset(request: Request) -> Response:
        cloud.reset()
        return JSONResponse(cloud.status())

    def list_faults(request: Request) -> Response:
        return JSONResponse(cloud.faults.rules())

    async def set_fault(request: Request) -> Response:
        rule = _checked(cloud, await _json(request))
        return JSONResponse({"id": cloud.faults.add(rule)})

    def clear_faults(request: Request) -> Response:
        return JSONResponse({"cleared": cloud.faults.clear()})

    def clear_fault(request: Request) -> Response:
        id = request.path_params["id"]
        if not cloud.faults.clear(id):
            raise _Wrong(404, f"no fault {id!r} is set")
        return JSONResponse({"cleared": 1})

    async def host_fault(request: Request) -> Response:
        given = await _json(request)
        return await run_in_threadpool(_strike, cloud, request.path_params["id"], given)

    app = Starlette(
        routes=[
            Route("/_emulator/status", status),
            Route("/_emulator/ledger", ledger),
            Route("/_emulator/requests", requests),
            Route("/_emulator/reset", reset, methods=["POST"]),
            Route("/_emulator/faults", list_faults),
            Route("/_emulator/faults", set_fault, methods=["POST"]),
            Route("/_emulator/faults", clear_faults, methods=["DELETE"]),
            Route("/_emulator/faults/{id}", clear_fault, methods=["DELETE"]),
            Route("/_emulator/hosts/{id}/fault", host_fault, methods=["POST"]),
            *page.routes(cloud),
        ],
        exception_handlers={
            _Wrong: _say_wrong,
            BadRule: _say_wrong,
            TooManyRules: _say_wrong,
            HostError: _say_wrong,
            MalformedRequest: _say_malformed,
        },
    )
    # It would put the request's Host and query together into an address, whatever they are, and raise.
    app.router.redirect_slashes = False
    return app


def _say_wrong(request: Request, error: Exception) -> Response:
    return JSONResponse({"error": str(error)}, getattr(error, "status", 400))


def _say_malformed(request: Request, error: Exception) -> Response:
    return JSONResponse({"error": str(error)}, getattr(error, "status", 400), {"Connection": "close"})


async def _json(request: Request) -> object:
    body = await read_body(request)
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise _Wrong(400, "the body is not JSON") from None


def _checked(cloud: EmulatedCloud, given: object) -> Rule:
    """The rule, if it can ever hit anything here."""
    rule = parse_rule(given)
    wrong = []
    if isinstance(rule, Fault) and rule.action != "*" and rule.action not in ACTIONS:
        wrong.append(f"action: there is no action {rule.action!r}")
    if rule.project and not cloud.has_project(rule.project):
        wrong.append(f"project: {rule.project!r} is none of {', '.join(each.id for each in cloud.projects)}")
    if rule.region and catalogue.region(rule.region) is None:
        wrong.append(f"region: {rule.region!r} is none of {', '.join(each.name for each in catalogue.REGIONS)}")
    if wrong:
        raise BadRule("\n".join(wrong))
    return rule


def _strike(cloud: EmulatedCloud, id: str, given: object) -> Response:
    """Let a fault happen to a host, now."""
    host = cloud.store.get(Host, id) if HOST_ID.fullmatch(id) else None
    if host is None:
        raise _Wrong(404, f"there is no host {id[:80]!r}")
    if not isinstance(given, dict) or not isinstance(given.get("kind"), str):
        raise _Wrong(400, f"a fault of a host is a JSON object with a kind: one of {', '.join(KINDS)}")
    kind, keep_eip = given["kind"], given.get("keep_eip", False)
    if set(given) - {"kind", "keep_eip"} or not isinstance(keep_eip, bool) or (keep_eip and kind != "terminate"):
        raise _Wrong(400, "beside kind there is only keep_eip, true or false, for terminate")
    if kind not in KINDS:
        raise _Wrong(400, f"kind: {kind[:80]!r} is none of {', '.join(KINDS)}")
    if kind == "power_loss":
        cloud.machines.lose_power(id)
    elif kind == "terminate":
        cloud.lifecycle.vanish(id, keep_eip=keep_eip)
    else:
        cloud.machines.mishap(id, kind)
    return JSONResponse({"id": id, "kind": kind})
