"""The process that runs dynamic providers, `pulumi.dynamic.__main__`, as far as we must reach into it.

Written against pulumi 3.272.0. Each function looks whether the host is still built that way and otherwise changes
nothing, so that a future version falls back to its own behaviour:
- `current`: a provider's methods are not told which resource they work for, nor given the gRPC context;
- `raise_worker_limit`: the host serves 4 calls at once, and a Cancel call waits behind them;
- `hear_cancel`: the host ignores the Cancel call, so Ctrl-C waits until a build has run to its end.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from types import FrameType, FunctionType
from typing import Any, Final

WORKERS: Final = 512
"""More calls at once than an engine makes; a thread exists only once a call needs it."""

_METHODS: Final = frozenset({"Check", "Diff", "Create", "Read", "Update", "Delete"})


@dataclass(frozen=True)
class Rpc:
    """The call that the engine made, which a provider's method is now answering."""

    servicer: Any
    request: Any
    context: Any
    method: str


def current() -> Rpc | None:
    """The engine's call on this thread's stack; None outside of one, or where the host is built differently."""
    for frame in _frames():
        if frame.f_code.co_name in _METHODS:
            local = frame.f_locals
            context = local.get("context")
            if "self" in local and "request" in local and hasattr(context, "abort"):
                return Rpc(local["self"], local["request"], context, frame.f_code.co_name)
    return None


def raise_worker_limit(limit: int = WORKERS) -> bool:
    """Let the host's thread pool grow; called on one of its threads. False where there is no such pool."""
    for frame in _frames():
        if frame.f_code.co_name == "_worker" and "executor_reference" in frame.f_locals:
            pool = frame.f_locals["executor_reference"]()
            workers = getattr(pool, "_max_workers", None)
            if isinstance(pool, ThreadPoolExecutor) and isinstance(workers, int):
                pool._max_workers = max(workers, limit)
                return True
    return False


_on_cancel: list[Callable[[], None]] = []
_stock_cancel: dict[type, FunctionType] = {}


def hear_cancel(servicer: object, listener: Callable[[], None]) -> bool:
    """Have `listener` called on the engine's Cancel call, then what the host does itself.

    gRPC holds the bound method already, so a new method on the class would never be called; its code can be replaced,
    as long as it closes over nothing.
    """
    kind = type(servicer)
    if kind in _stock_cancel:
        return True
    method = getattr(kind, "Cancel", None)
    if not isinstance(method, FunctionType) or method.__code__.co_freevars or method.__code__.co_argcount != 3:
        return False
    _on_cancel.append(listener)
    _stock_cancel[kind] = FunctionType(method.__code__, method.__globals__, "Cancel", method.__defaults__)
    method.__code__ = _heard.__code__
    return True


def _heard(self: Any, request: Any, context: Any) -> Any:
    # Runs with the host's globals, hence the import.
    from ucloud_provider.engine.host import cancelled

    return cancelled(self, request, context)


def cancelled(servicer: object, request: object, context: object) -> object:
    """What the host's Cancel has become."""
    for listener in _on_cancel:
        listener()
    return _stock_cancel[type(servicer)](servicer, request, context)


def engine_address() -> str | None:
    """Where the engine that started this process listens; None where the process was not started that way."""
    spec = getattr(sys.modules.get("__main__"), "__spec__", None)
    is_host = getattr(spec, "name", "") in ("pulumi.dynamic.__main__", "pulumi.dynamic")
    if not is_host or len(sys.argv) < 2:
        return None
    _, colon, port = sys.argv[1].rpartition(":")
    return sys.argv[1] if colon and port.isdigit() else None


def _frames() -> Iterator[FrameType]:
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        yield frame
        frame = frame.f_back
