"""How a call of the engine ends: clean text, partial state, cancellation; and stock behaviour where those cannot be."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pulumi.runtime.proto import provider_pb2, status_pb2
from ucloud_provider.engine import Call, PartlyMade, calls, deadline
from ucloud_provider.errors import Cancelled, UCloudImageError
from ucloud_provider.run import Cancel


class Aborted(Exception):
    pass


class Context:
    """A gRPC context, as far as a call needs one."""

    def __init__(self) -> None:
        self.text = ""
        self.metadata: tuple[tuple[str, bytes], ...] = ()
        self.active = True
        self.callbacks: list[Callable[[], None]] = []

    def abort(self, _code: object, text: str) -> None:
        self.text = text
        raise Aborted

    def add_callback(self, callback: Callable[[], None]) -> bool:
        self.callbacks.append(callback)
        return self.active

    def is_active(self) -> bool:
        return self.active

    def set_trailing_metadata(self, metadata: tuple[tuple[str, bytes], ...]) -> None:
        self.metadata = metadata


class Sealed:
    """A context that takes no attribute."""

    __slots__ = ()

    def abort(self, _code: object, text: str) -> None:
        raise Aborted(text)


def create(body: Callable[[Call], None], context: Any, request: Any = None) -> None:
    class Host:
        def Create(self, request: Any, context: Any) -> None:
            try:
                with Call() as call:
                    body(call)
            except Exception:
                context.abort("UNKNOWN", "Traceback (most recent call last): …")

    Host().Create(request or provider_pb2.CreateRequest(urn="urn:pulumi:s::p::t::web"), context)


def raising(error: Exception) -> Callable[[Call], None]:
    def body(_call: Call) -> None:
        raise error

    return body


def test_a_foreseen_error_is_answered_with_its_text_alone() -> None:
    context = Context()
    with pytest.raises(Aborted):
        create(raising(UCloudImageError("no such zone\ngive another")), context)
    assert context.text == "no such zone\ngive another"


def test_an_unforeseen_error_is_a_line_that_names_the_file_with_its_traceback(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    context = Context()

    def body(call: Call) -> None:
        call.hide("s3cret", None)
        raise ValueError("s3cret\nsecond line")

    with pytest.raises(Aborted):
        create(body, context)
    line, _, file = context.text.partition("; its traceback is in ")
    assert line == "unexpected ValueError: ***"
    assert "Traceback" in Path(file).read_text()
    assert "s3cret" not in Path(file).read_text()


def test_without_a_call_of_the_engine_the_error_is_raised_with_its_text() -> None:
    with pytest.raises(RuntimeError, match="no such zone"), Call():
        raise UCloudImageError("no such zone")


def test_a_context_that_cannot_be_changed_gets_the_text_in_a_traceback() -> None:
    seen: list[str] = []

    class Host:
        def Create(self, request: Any, context: Any) -> None:
            try:
                with Call():
                    raise UCloudImageError("no such zone")
            except Exception as error:
                seen.append(str(error))

    Host().Create(provider_pb2.CreateRequest(), Sealed())
    assert seen == ["no such zone"]


def test_what_was_partly_made_reaches_the_engine_with_id_outputs_and_provider() -> None:
    request = provider_pb2.CreateRequest(urn="u")
    request.properties.fields["__provider"].string_value = "pickled"
    context = Context()
    with pytest.raises(Aborted):
        create(raising(PartlyMade("uimage-1", {"size": 20}, ["copy failed"])), context, request)
    ((name, encoded),) = context.metadata
    assert name == "grpc-status-details-bin"
    status = status_pb2.Status.FromString(encoded)
    detail = provider_pb2.ErrorResourceInitFailed()
    assert status.details[0].Unpack(detail)
    assert (detail.id, list(detail.reasons)) == ("uimage-1", ["copy failed"])
    assert detail.properties.fields["size"].number_value == 20
    assert detail.properties.fields["__provider"].string_value == "pickled"


def test_without_a_provider_in_the_request_nothing_can_be_partial() -> None:
    context = Context()
    told: list[bool] = []

    def body(call: Call) -> None:
        told.append(call.can_be_partial)
        raise PartlyMade("uimage-1", {}, ["copy failed"])

    with pytest.raises(Aborted):
        create(body, context)
    assert told == [False]
    assert (context.text, context.metadata) == ("copy failed", ())


def test_cancel_reaches_the_calls_that_run_and_no_later_one() -> None:
    def body(call: Call) -> None:
        calls.cancel_all("cancelled")
        call.cancel.sleep(60)

    context = Context()
    with pytest.raises(Aborted):
        create(body, context)
    assert context.text == "cancelled"
    calls.cancel_all("at the normal end of an update")
    with Call() as later:
        assert not later.cancel.is_set()


def test_a_call_that_the_engine_dropped_is_cancelled_and_abandoned() -> None:
    context = Context()
    abandoned: list[bool] = []

    def body(call: Call) -> None:
        abandoned.append(call.abandoned)
        call.when_dropped(lambda: abandoned.append(call.cancel.is_set()))
        context.active = False
        for callback in context.callbacks:
            callback()
        abandoned.append(call.abandoned)
        with pytest.raises(Cancelled):
            call.cancel.sleep(60)

    create(body, context)
    assert abandoned == [False, False, True], "who wants to know is told before anything is undone"


def test_the_end_of_a_call_cancels_nothing() -> None:
    context = Context()
    seen: list[Call] = []
    create(seen.append, context)
    for callback in context.callbacks:
        callback()
    assert not seen[0].cancel.is_set()


def test_one_can_wait_until_no_call_runs() -> None:
    release = threading.Event()
    running = threading.Event()

    def run() -> None:
        with Call():
            running.set()
            release.wait(60)

    thread = threading.Thread(target=run)
    thread.start()
    assert running.wait(60)
    assert calls.wait_until_none(0.01) is False
    release.set()
    assert calls.wait_until_none(60) is True
    thread.join()


def test_old_inputs_are_those_of_the_request_or_unknown() -> None:
    request = provider_pb2.DiffRequest(urn="u")
    request.old_inputs.fields["size"].number_value = 20
    found: list[dict[str, Any] | None] = []
    create(lambda call: found.append(call.old_inputs()), Context(), request)
    create(lambda call: found.append(call.old_inputs()), Context(), provider_pb2.CreateRequest())
    assert found == [{"size": 20}, None]


def test_a_call_whose_custom_timeout_is_over_is_cancelled_and_says_which() -> None:
    request = provider_pb2.CreateRequest(urn="urn:pulumi:s::p::t::web", timeout=0.05)
    context = Context()
    with pytest.raises(Aborted):
        create(lambda call: call.cancel.sleep(60), context, request)
    assert context.text == "custom_timeouts gives create 0.05 s, which are over; give it more, or less to do"


def test_a_call_without_a_custom_timeout_has_as_long_as_it_takes() -> None:
    create(lambda call: call.cancel.raise_if_set(), Context())
    assert deadline.watch(provider_pb2.CreateRequest(), "Create", Cancel()) is None


def test_a_custom_timeout_ends_with_its_call() -> None:
    request = provider_pb2.CreateRequest(urn="urn:pulumi:s::p::t::web", timeout=3600)
    before = set(threading.enumerate())
    create(lambda _call: None, Context(), request)
    for left in set(threading.enumerate()) - before:
        left.join(10)
    assert set(threading.enumerate()) <= before


def test_whatever_ends_a_call_sooner_than_its_custom_timeout_comes_first() -> None:
    cancel = Cancel()
    cancel.set("build_timeout is over")
    timer = deadline.watch(provider_pb2.CreateRequest(timeout=0.01), "Create", cancel)
    assert timer is not None
    timer.join(10)
    with pytest.raises(Cancelled, match="build_timeout is over"):
        cancel.raise_if_set()


def test_what_is_not_to_be_printed_is_a_secret_to_pulumi() -> None:
    import asyncio

    from pulumi.runtime import rpc

    loop = asyncio.new_event_loop()
    try:
        sent = loop.run_until_complete(rpc.serialize_properties({"file_list": calls.unprinted("long")}, {}))
    finally:
        loop.close()
    assert rpc.is_rpc_secret(rpc.deserialize_properties(sent)["file_list"])
