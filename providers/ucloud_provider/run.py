"""What a running build shares with whoever started it: where progress goes, and whether to stop."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from ucloud_provider.errors import Cancelled

if TYPE_CHECKING:
    import tenacity


class Progress(Protocol):
    """Where a build tells what it is doing.

    Implemented by the Pulumi engine's status column; `Silent` is for callers that do not care.
    """

    def step(self, text: str) -> None:
        """Say which step runs now. Replaces the last step or line on the screen."""

    def line(self, text: str) -> None:
        """Show a line of a provisioner's output. May be dropped when lines come faster than a screen."""

    def note(self, text: str) -> None:
        """Say something that must still be readable after the build has ended."""


class Silent:
    """A `Progress` that shows nothing."""

    def step(self, text: str) -> None: ...

    def line(self, text: str) -> None: ...

    def note(self, text: str) -> None: ...


class Cancel:
    """Whether a build has been asked to stop, and a way to be told at once.

    Thread-safe. Waiting code uses `wait` in place of `time.sleep`; blocking code registers a callback that unblocks it.

    Example:
        cancel = Cancel()
        with cancel.on_cancel(channel.close):
            channel.recv(1)
        cancel.raise_if_set()
    """

    def __init__(self) -> None:
        self._event = threading.Event()
        self._lock = threading.Lock()
        self._callbacks: dict[int, Callable[[], None]] = {}
        self._next = 0
        self._reason = ""

    def set(self, reason: str = "cancelled") -> None:
        """Ask for the stop; runs each registered callback once, in the caller's thread.

        A callback that fails keeps no other from running, nor the caller from going on: it only unblocks somebody, and
        what it closes may be closed already by whoever has seen the stop first.
        """
        with self._lock:
            if self._event.is_set():
                return
            self._reason = reason
            self._event.set()
            callbacks = list(self._callbacks.values())
            self._callbacks.clear()
        for callback in callbacks:
            with contextlib.suppress(Exception):
                callback()

    def is_set(self) -> bool:
        return self._event.is_set()

    def wait(self, seconds: float) -> bool:
        """Sleep up to `seconds`; True as soon as the stop is asked for."""
        return self._event.wait(seconds)

    def raise_if_set(self) -> None:
        """Raise `Cancelled` when the stop has been asked for."""
        if self._event.is_set():
            raise Cancelled(self._reason)

    def sleep(self, seconds: float) -> None:
        """Sleep up to `seconds`, or raise `Cancelled` as soon as the stop is asked for."""
        self._event.wait(seconds)
        self.raise_if_set()

    def on_cancel(self, callback: Callable[[], None]) -> _Registration:
        """Call `callback` when the stop is asked for; at once if it already was. Use as a context manager."""
        with self._lock:
            if not self._event.is_set():
                self._next += 1
                self._callbacks[self._next] = callback
                return _Registration(self, self._next)
        callback()
        return _Registration(self, 0)

    def _forget(self, key: int) -> None:
        with self._lock:
            self._callbacks.pop(key, None)


class _Registration:
    """Ends a callback's registration when left."""

    def __init__(self, cancel: Cancel, key: int) -> None:
        self._cancel = cancel
        self._key = key

    def __enter__(self) -> _Registration:
        return self

    def __exit__(self, *_exc: object) -> None:
        self._cancel._forget(self._key)


def trying_again(state: tenacity.RetryCallState) -> str:
    """What is told of a retry: the error, and how long the pause is."""
    error = state.outcome.exception() if state.outcome else None
    pause = state.next_action.sleep if state.next_action else 0
    return f"{error}; trying again in {pause:.1f} s"
