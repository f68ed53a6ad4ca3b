"""Running the emulator as a process: one for a state directory, until a signal ends it, its hosts with it."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import signal
import socket
import threading
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from types import FrameType

import uvicorn

from ucloud_emulator.cloud import EmulatedCloud, Ranges
from ucloud_emulator.guestless import WithGuestless
from ucloud_emulator.hosts.base import CACHE, ensure_bases
from ucloud_emulator.hosts.machines import Machines
from ucloud_emulator.hosts.network import Network
from ucloud_emulator.latency import Latency
from ucloud_emulator.metadata import metadata
from ucloud_emulator.paper import PAPER_EIPS, PAPER_PRIVATE, PaperMachines
from ucloud_emulator.server import application

RECORD = "emulator.json"
PATIENCE = 3
"""Seconds that open requests get at the end."""


class AlreadyRunning(Exception):
    """Another emulator works on this state directory."""


class _Server(uvicorn.Server):
    """uvicorn, except that the signals are ours: it would raise them again and cut the cleaning up short."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


def serve(
    state: Path,
    *,
    host: str,
    port: int,
    latency: Latency,
    paper: bool = False,
    cache: Path = CACHE,
    more_projects: int = 0,
    say: Callable[[str], None] = print,
) -> None:
    """Serve until SIGTERM or SIGINT. Says "listening on http://…" once requests are answered."""
    state.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _only_one(state), contextlib.ExitStack() as stack:
        record = state / RECORD
        stack.callback(record.unlink, missing_ok=True)  # the last thing: `stop` waits for it
        machines, ranges = _paper(state) if paper else _real(state, cache, stack, say)
        listening = socket.create_server((host, port), backlog=512)
        stack.callback(listening.close)
        cloud = EmulatedCloud(state, machines, ranges, latency, more_projects=more_projects)
        stack.callback(cloud.close)
        machines.describe_by(lambda id: metadata(cloud.store, id))
        server = _Server(uvicorn.Config(_app(cloud), log_level="warning", timeout_graceful_shutdown=PATIENCE))
        _end_on_signals(server, cloud)
        url = f"http://{host}:{listening.getsockname()[1]}"
        threading.Thread(target=_announce, args=(server, record, url, say), daemon=True).start()
        server.run(sockets=[listening])
        say("ending: hosts are powered off")


def _app(cloud: EmulatedCloud) -> Callable[..., object]:
    return application(cloud)


@contextlib.contextmanager
def _only_one(state: Path) -> Iterator[None]:
    with (state / "emulator.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise AlreadyRunning(
                f"an emulator is running on {state} already: end it with `ucloud-emulator stop --state {state}`, "
                "or give another --state"
            ) from error
        yield


def _paper(state: Path) -> tuple[Machines, Ranges]:
    return PaperMachines(state / "paper.json"), Ranges(PAPER_EIPS, PAPER_PRIVATE)


def _real(state: Path, cache: Path, stack: contextlib.ExitStack, say: Callable[[str], None]) -> tuple[Machines, Ranges]:
    ensure_bases(cache, say)
    network = Network.allocate(state)
    stack.callback(network.release)
    machines = WithGuestless(Machines(state, network, cache), PaperMachines(state / "paper.json"))
    stack.callback(machines.close)
    return machines, Ranges(network.eip_range, network.private_range)


def _end_on_signals(server: uvicorn.Server, cloud: EmulatedCloud) -> None:
    def end(number: int, frame: FrameType | None) -> None:
        cloud.ending.set()
        server.should_exit = True

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)


def _announce(server: uvicorn.Server, record: Path, url: str, say: Callable[[str], None]) -> None:
    pause = threading.Event()
    while not server.started:
        if server.should_exit:
            return
        pause.wait(0.01)
    unfinished = record.with_suffix(".new")
    unfinished.write_text(json.dumps({"url": url, "pid": os.getpid()}))
    unfinished.rename(record)
    say(f"listening on {url}")
