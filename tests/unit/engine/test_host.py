"""Reaching into Pulumi's dynamic host, and leaving alone what is built differently from what we know."""

from __future__ import annotations

import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import pytest
from ucloud_provider.engine import host


class _Context:
    def abort(self, *_args: Any) -> None: ...


class _Servicer:
    def Create(self, request: object, context: object) -> host.Rpc | None:
        return host.current()

    def Configure(self, request: object, context: object) -> host.Rpc | None:
        return host.current()


def test_the_call_is_found_on_the_stack() -> None:
    servicer, request, context = _Servicer(), object(), _Context()
    found = servicer.Create(request, context)
    assert found is not None
    assert (found.servicer, found.request, found.context, found.method) == (servicer, request, context, "Create")


def test_a_context_of_another_kind_is_not_taken_for_the_call() -> None:
    assert _Servicer().Create(object(), object()) is None
    assert _Servicer().Configure(object(), _Context()) is None
    assert host.current() is None


def test_more_calls_run_at_once_after_the_limit_was_raised() -> None:
    with ThreadPoolExecutor(max_workers=2) as pool:
        assert pool.submit(host.raise_worker_limit, 9).result() is True
        together = threading.Barrier(9, timeout=30)
        waits = [pool.submit(together.wait) for _ in range(9)]
        assert sorted(each.result() for each in waits) == list(range(9))


def test_a_limit_above_ours_stays() -> None:
    with ThreadPoolExecutor(max_workers=20) as pool:
        assert pool.submit(host.raise_worker_limit, 9).result() is True
        assert pool._max_workers == 20


def test_outside_of_a_thread_pool_no_limit_is_raised() -> None:
    assert host.raise_worker_limit() is False


def test_a_worker_of_another_kind_is_left_alone() -> None:
    def _worker(executor_reference: Any) -> bool:
        return host.raise_worker_limit()

    assert _worker(lambda: SimpleNamespace(_max_workers=4)) is False


def test_cancel_is_heard_through_a_method_that_was_bound_before_and_does_what_it_did() -> None:
    class Servicer:
        def Cancel(self, request: object, context: object) -> str:
            return f"cancelled {request}"

    servicer = Servicer()
    registered = servicer.Cancel
    heard: list[str] = []
    assert host.hear_cancel(servicer, lambda: heard.append("cancel")) is True
    assert registered("it", None) == "cancelled it"
    assert heard == ["cancel"]
    assert host.hear_cancel(servicer, lambda: heard.append("twice")) is True
    registered("it", None)
    assert heard == ["cancel", "cancel"]


def test_a_cancel_that_is_built_differently_is_left_alone() -> None:
    outer = "closed over"

    class Closure:
        def Cancel(self, request: object, context: object) -> str:
            return outer

    class Signature:
        def Cancel(self, request: object) -> str:
            return "other"

    class Nothing:
        pass

    assert host.hear_cancel(Closure(), lambda: None) is False
    assert Closure().Cancel(None, None) == "closed over"
    assert host.hear_cancel(Signature(), lambda: None) is False
    assert Signature().Cancel(None) == "other"
    assert host.hear_cancel(Nothing(), lambda: None) is False


@pytest.mark.parametrize(
    ("name", "argv", "address"),
    [
        ("pulumi.dynamic.__main__", ["host", "127.0.0.1:4711"], "127.0.0.1:4711"),
        ("pulumi.dynamic.__main__", ["host"], None),
        ("pulumi.dynamic.__main__", ["host", "--help"], None),
        ("pytest.__main__", ["host", "127.0.0.1:4711"], None),
    ],
)
def test_the_engine_is_only_where_the_dynamic_host_was_told(
    monkeypatch: pytest.MonkeyPatch, name: str, argv: list[str], address: str | None
) -> None:
    monkeypatch.setitem(sys.modules, "__main__", SimpleNamespace(__spec__=SimpleNamespace(name=name)))
    monkeypatch.setattr(sys, "argv", argv)
    assert host.engine_address() == address


def test_a_main_module_without_a_spec_is_no_host(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "__main__", SimpleNamespace(__spec__=None))
    assert host.engine_address() is None
