"""The engine's calls that run now: each with its progress, its cancellation, and how it ends.

Works around, for the time of one call:
- the host answers an exception with its traceback: `Call` answers with our text alone. Where the host's abort cannot be
  replaced, the text stands at the end of a traceback as before;
- a provider cannot say that a resource exists but is not complete: `PartlyMade` becomes the engine's
  ErrorResourceInitFailed, so that the state gets the id and the outputs, and the next update completes it;
- a call that the engine has dropped (second Ctrl-C, a killed engine) would run on unseen: it is cancelled;
- the host ignores `custom_timeouts`: a call whose time is over is cancelled (`deadline`).
"""

from __future__ import annotations

import asyncio
import os
import threading
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from ucloud_provider import hand_over_notes, places
from ucloud_provider.engine import deadline, host, progress
from ucloud_provider.errors import UCloudImageError
from ucloud_provider.masking import Masker
from ucloud_provider.run import Cancel

_SECRET = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}
"""How Pulumi's RPC and states mark a secret."""

_changed = threading.Condition()
_running: set[Call] = set()


class PartlyMade(UCloudImageError):
    """The resource exists, with these outputs, but something of it is missing; the next update is to complete it."""

    def __init__(self, id_: str, outputs: Mapping[str, Any], reasons: Sequence[str]) -> None:
        self.id = id_
        self.outputs = dict(outputs)
        self.reasons = tuple(reasons)
        super().__init__("\n".join(self.reasons))


class Call:
    """One call of the engine, from its start to its answer. A context manager, used around a provider's method.

    Example:
        with Call() as call:
            call.progress.step("starting the host")
            call.cancel.sleep(3)
    """

    def __init__(self) -> None:
        self._rpc = host.current()
        self.masked = Masker()
        """Takes out of a text what `hide` was told."""
        self.urn: str = str(getattr(self.request, "urn", ""))
        self.progress = progress.for_resource(self.urn, self.masked)
        self.cancel = Cancel()
        self._when_dropped: list[Callable[[], None]] = []
        self._deadline: threading.Timer | None = None

    @property
    def request(self) -> Any:
        """The engine's request as it came in; None where it cannot be found."""
        return self._rpc.request if self._rpc else None

    @property
    def name(self) -> str:
        """The resource's name in the program."""
        return self.urn.rpartition("::")[2]

    @property
    def abandoned(self) -> bool:
        """Whether nobody hears the answer any more, so that what was made would be known to nobody."""
        return self._rpc is not None and hasattr(self._rpc.context, "is_active") and not self._rpc.context.is_active()

    @property
    def can_be_partial(self) -> bool:
        """Whether `PartlyMade` reaches the state; otherwise it is an error like others."""
        return self._status(PartlyMade("", {}, ())) is not None

    def old_inputs(self) -> dict[str, Any] | None:
        """The inputs of the last update, which the host does not hand on; None where it was not told them."""
        found = getattr(self.request, "old_inputs", None)
        if found is None or not found.fields:
            return None
        from pulumi.runtime import rpc

        return dict(rpc.deserialize_properties(found, True))

    def ignored(self) -> list[str]:
        """What the program's `ignore_changes` names, where this call is told it: Diff alone."""
        return [str(each) for each in getattr(self.request, "ignoreChanges", ())]

    def hide(self, *secrets: str | None) -> None:
        """Keep these values out of every text that leaves this call."""
        self.masked.add(*secrets)

    def when_dropped(self, told: Callable[[], None]) -> None:
        """Have this called first where the engine gives the call up: a few seconds later this process is killed."""
        self._when_dropped.append(told)

    def __enter__(self) -> Self:
        with _changed:
            _running.add(self)
        if self._rpc is not None:
            self._deadline = deadline.watch(self._rpc.request, self._rpc.method, self.cancel)
        if self._rpc is not None and hasattr(self._rpc.context, "add_callback"):
            alive = self._rpc.context.add_callback(self._dropped)
            if alive is False:
                self._dropped()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        self.progress.close()
        if self.abandoned:
            hand_over_notes.unheard()
        with _changed:
            _running.discard(self)
            _changed.notify_all()
        if isinstance(error, Exception):
            self._answer(error)

    def _dropped(self) -> None:
        """Runs when the call is over, one way or another; in time only where the engine gave it up."""
        with _changed:
            running = self in _running
        if running:
            for told in self._when_dropped:
                told()
            self.cancel.set("the engine no longer waits for this resource")

    def _answer(self, error: Exception) -> None:
        """End the call with the error's text, and nothing else."""
        status = self._status(error) if isinstance(error, PartlyMade) else None
        text = self.masked(str(error)) if isinstance(error, UCloudImageError) else self._unforeseen(error)
        if self._rpc is None:
            raise RuntimeError(text) from None
        import grpc  # type: ignore[import-untyped]

        context = self._rpc.context
        stock = context.abort
        try:
            # The host catches what abort raises and calls it again, with the traceback.
            context.abort = lambda *_args: stock(grpc.StatusCode.UNKNOWN, text)
            if status is not None:
                context.set_trailing_metadata((("grpc-status-details-bin", status),))
        except (AttributeError, TypeError):
            raise RuntimeError(text) from None
        context.abort()

    def _status(self, error: PartlyMade) -> bytes | None:
        """The google.rpc.Status that tells the engine of a partly made resource, where all that takes is there."""
        try:
            from google.protobuf.any_pb2 import Any as AnyMessage  # type: ignore[import-untyped]
            from pulumi.runtime import rpc
            from pulumi.runtime.proto import provider_pb2, status_pb2

            given = getattr(self.request, "news", None) or getattr(self.request, "properties", None)
            if given is None or "__provider" not in given.fields:
                return None
            loop = asyncio.new_event_loop()
            try:
                outputs = loop.run_until_complete(rpc.serialize_properties(dict(error.outputs), {}))
            finally:
                loop.close()
            outputs.fields["__provider"].CopyFrom(given.fields["__provider"])
            detail = AnyMessage()
            detail.Pack(
                provider_pb2.ErrorResourceInitFailed(
                    id=error.id, properties=outputs, reasons=[self.masked(reason) for reason in error.reasons]
                )
            )
            message: Any = status_pb2.Status
            encoded: bytes = message(code=2, message="not complete", details=[detail]).SerializeToString()
        except (ImportError, AttributeError, TypeError, ValueError):
            return None
        return encoded

    def _unforeseen(self, error: Exception) -> str:
        """One line for an error that nobody foresaw; its traceback goes to a file."""
        first = (self.masked(str(error)).splitlines() or [""])[0][:300]
        what = f"unexpected {type(error).__name__}: {first}" if first else f"unexpected {type(error).__name__}"
        try:
            file = error_log()
            file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            file.touch(mode=0o600)
            file.write_text(self.masked("".join(traceback.format_exception(error))), encoding="utf-8")
        except OSError as refused:
            return f"{what} (its traceback could not be written: {refused})"
        return f"{what}; its traceback is in {file}"


def error_log() -> Path:
    """A new file for the traceback of an unforeseen error."""
    stamp = time.strftime("%Y%m%d-%H%M%S")
    return places.state_dir() / "errors" / f"{stamp}-{os.getpid()}-{threading.get_native_id()}.log"


def unprinted(value: str) -> dict[str, str]:
    """A text in a call's answer as a secret, so that the engine prints none of it."""
    return {**_SECRET, "value": value}


def cancel_all(reason: str) -> None:
    """Ask every running call to stop. The engine's Cancel also comes when it is done: then none is running."""
    with _changed:
        running = list(_running)
    for call in running:
        call.cancel.set(reason)


def none_runs() -> bool:
    """Whether no call runs now."""
    with _changed:
        return not _running


def wait_until_none(seconds: float) -> bool:
    """Wait until no call runs any more; False when time is up."""
    with _changed:
        return _changed.wait_for(lambda: not _running, seconds)
