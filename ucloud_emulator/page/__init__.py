"""The page at `/`: what the emulator has, as it changes, by server-sent events; beside it what the page itself asks."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from ucloud_emulator.dispatch import ACTIONS
from ucloud_emulator.faultrules import OUTCOMES
from ucloud_emulator.records import Eip, Host, Image

if TYPE_CHECKING:
    from ucloud_emulator.cloud import EmulatedCloud

FOLDER = Path(__file__).parent
FILES = ("page.css", "page.js")
SHOWN_REQUESTS = 60
PAUSE = 0.5
"""Seconds between two looks at what has changed."""
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; img-src data:; frame-ancestors 'none'; base-uri 'none'",
    "Cache-Control": "no-store",
}


def wanted(request: Request) -> bool:
    """Whether a browser asks for the page, not a client for the API."""
    return (
        request.method == "GET"
        and request.scope["path"] == "/"
        and not request.scope["query_string"]
        and "text/html" in request.headers.get("accept", "")
    )


def index() -> Response:
    return FileResponse(FOLDER / "index.html", headers=HEADERS)


def routes(cloud: EmulatedCloud) -> list[Route]:
    """What the page asks for, below /_emulator/."""

    async def events(request: Request) -> Response:
        return StreamingResponse(_changes(cloud, request), media_type="text/event-stream", headers=HEADERS)

    def offered(request: Request) -> Response:
        projects = [project.id for project in cloud.projects]
        return JSONResponse({"actions": sorted(ACTIONS), "projects": projects, "outcomes": OUTCOMES})

    def file(request: Request) -> Response:
        name = request.path_params["name"]
        if name not in FILES:
            return JSONResponse({"error": f"there is no {name[:80]!r}"}, 404)
        return FileResponse(FOLDER / name, headers=HEADERS)

    return [
        Route("/_emulator/events", events),
        Route("/_emulator/offered", offered),
        Route("/_emulator/page/{name}", file),
    ]


async def _changes(cloud: EmulatedCloud, request: Request) -> AsyncIterator[str]:
    """What there is, once and again whenever it has changed."""
    before: Any = None
    while not cloud.ending.is_set() and not await request.is_disconnected():
        now = await run_in_threadpool(snapshot, cloud)
        # What a thing has cost so far changes all the time: the page goes on counting by itself.
        told = {**now, "ledger": [{**row, "cost": 0} for row in now["ledger"]]}
        if told != before:
            before = told
            yield f"data: {json.dumps(now, ensure_ascii=False)}\n\n"
        await asyncio.sleep(PAUSE)


def snapshot(cloud: EmulatedCloud) -> dict[str, Any]:
    """Everything that the page shows, newest last; requests newest first."""
    eips = {eip.host_id: eip.ip for eip in cloud.store.all(Eip) if eip.host_id}
    return {
        "hosts": [_host(host, eips.get(host.id, "")) for host in cloud.store.all(Host)],
        "images": [_image(image) for image in cloud.store.all(Image)],
        "ledger": [row.to_json() for row in cloud.ledger.rows()],
        "faults": cloud.faults.rules(),
        "requests": cloud.requests.last()[: -SHOWN_REQUESTS - 1 : -1],
    }


def _host(host: Host, eip: str) -> dict[str, Any]:
    return {
        "id": host.id,
        "name": host.name,
        "state": "Terminating" if host.terminating else host.state,
        "boot_disk": host.boot_disk_state,
        "zone": host.zone,
        "type": f"{host.machine_type} {host.cpu} cores {host.memory // 1024} GB",
        "image": host.image_id,
        "private_ip": host.private_ip,
        "eip": eip,
        "project": host.project,
    }


def _image(image: Image) -> dict[str, Any]:
    return {
        "id": image.id,
        "name": image.name,
        "state": image.state,
        "size": image.size,
        "region": image.region,
        "project": image.project,
        "tag": image.tag,
    }
