"""What a running build says, sent to the engine: live in the status column of `pulumi up`.

Works around: dynamic providers are given no way to log. The engine's Log call shows a message beside the resource; an
ephemeral one is replaced by the next and gone at the end. Where the engine cannot be found, nothing is shown.
"""

from __future__ import annotations

import os
import re
import threading
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Final

import psutil

from ucloud_provider.engine import host

SCREEN_INTERVAL: Final = 0.2
"""Seconds between two lines of output where the next replaces the last on a screen."""
LOG_INTERVAL: Final = 5.0
"""Seconds between two lines of output where each stays, as with --non-interactive."""

_LONGEST: Final = 200
_CONTROL: Final = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[@-_]|[\x00-\x08\x0b-\x1f\x7f]")

Send = Callable[[str, bool], None]
"""Shows a text; True for one that the next replaces."""


class EngineProgress:
    """A `run.Progress` for one resource.

    Lines that come faster than `interval` are dropped, but never the last one before a silence.
    """

    def __init__(self, send: Send, interval: float, mask: Callable[[str], str] = lambda text: text) -> None:
        self._send = send
        self._mask = mask
        self._interval = interval
        self._lock = threading.Lock()
        self._step = ""
        self._pending: str | None = None
        self._shown_at = 0.0
        self._timer: threading.Timer | None = None
        self._closed = False

    def step(self, text: str) -> None:
        with self._lock:
            self._step = _one_line(self._mask(text))
            self._pending = None
            self._shown_at = time.monotonic()
        self._send(self._step, True)

    def line(self, text: str) -> None:
        shown = _one_line(self._mask(text))
        if not shown:
            return
        with self._lock:
            if self._closed:
                return
            self._pending = shown
            wait = self._shown_at + self._interval - time.monotonic()
            if wait > 0:
                if self._timer is None:
                    self._timer = threading.Timer(wait, self._flush)
                    self._timer.daemon = True
                    self._timer.start()
                return
        self._flush()

    def note(self, text: str) -> None:
        self._send(self._mask(text), False)

    def close(self) -> None:
        """Show nothing more."""
        with self._lock:
            self._closed = True
            self._pending = None
            if self._timer is not None:
                self._timer.cancel()

    def _flush(self) -> None:
        with self._lock:
            self._timer = None
            text, self._pending = self._pending, None
            if text is None or self._closed:
                return
            self._shown_at = time.monotonic()
            step = self._step
        self._send(f"{step}: {text}" if step else text, True)


def for_resource(urn: str, mask: Callable[[str], str]) -> EngineProgress:
    """Progress beside the resource with this URN; every text passes `mask` first."""
    address = host.engine_address()
    if address is None or not urn:
        return EngineProgress(lambda _text, _ephemeral: None, LOG_INTERVAL)
    return EngineProgress(_sender(address, urn), SCREEN_INTERVAL if on_a_screen() else LOG_INTERVAL, mask)


def _sender(address: str, urn: str) -> Send:
    from grpc import RpcError  # type: ignore[import-untyped]
    from pulumi.runtime.proto import engine_pb2

    engine = _engine(address)

    def send(text: str, ephemeral: bool) -> None:
        request = engine_pb2.LogRequest(severity=engine_pb2.INFO, message=text, urn=urn, ephemeral=ephemeral)
        try:
            engine.Log(request, timeout=5)
        except (RpcError, ValueError):  # progress must not fail a build; ValueError: the channel is closed
            return

    return send


@cache
def _engine(address: str) -> Any:
    import grpc
    from pulumi.runtime.proto import engine_pb2_grpc

    stub: Any = engine_pb2_grpc.EngineStub
    return stub(grpc.insecure_channel(address))


@cache
def on_a_screen() -> bool:
    """Whether the `pulumi` that runs us redraws its lines. The engine does not say, so its process is looked at.

    Where that cannot be found out, as on macOS and Windows, no: too few lines are better than a log full of them.
    """
    if os.environ.get("CI"):
        return False
    try:
        for each in psutil.Process().parents()[:8]:
            command = each.cmdline()
            if command and Path(command[0]).name in ("pulumi", "pulumi.exe"):
                output = str(Path(f"/proc/{each.pid}/fd/1").readlink())  # on Linux; psutil does not tell
                return "--non-interactive" not in command and output.startswith(("/dev/pts/", "/dev/tty"))
    except (OSError, psutil.Error):
        return False
    return False


def _one_line(text: str) -> str:
    """The last thing a terminal would show of the text: no control characters, no earlier carriage returns."""
    last = text.rstrip("\r\n").rpartition("\r")[2]
    return _CONTROL.sub("", last.replace("\n", " ").replace("\t", " ")).strip()[:_LONGEST]
