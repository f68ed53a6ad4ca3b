"""Waiting: one poller for all who wait in one place, whatever goes wrong in between."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any

import pytest
from ucloud.core import exc
from ucloud_provider.cloud import waits
from ucloud_provider.cloud.client import Api
from ucloud_provider.cloud.records import Host
from ucloud_provider.errors import Cancelled, CloudError, UCloudImageError, WaitTimeout
from ucloud_provider.run import Cancel

from tests.unit.cloud.scripted import Answer, ScriptedSdk, api

numbers = count()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(waits, "FASTEST", 0.01)
    monkeypatch.setattr(waits, "SLOWEST", 0.02)
    yield
    for thread in threading.enumerate():
        if thread.name == "ucloud-poller":
            thread.join(5)
            assert not thread.is_alive(), "a poller outlives those who wait"


def place(sdk: ScriptedSdk, **given: Any) -> Api:
    """A place of the test's own: pollers are shared by all who wait in one."""
    return api(sdk, base_url=f"http://place-{next(numbers)}", **given)


def hosts(*states: tuple[str, str]) -> Answer:
    return {"RetCode": 0, "UHostSet": [{"UHostId": id, "State": state, "IPSet": []} for id, state in states]}


def running(host: Host | None) -> bool:
    return host is not None and host.state == "Running"


def wait(where: Api, id: str = "uhost-1", timeout: float = 5) -> Host | None:
    return waits.host(where, id, awaited=f"host {id} to be Running", until=running, timeout=timeout)


def test_a_wait_ends_when_what_was_waited_for_is_there() -> None:
    sdk = ScriptedSdk(hosts(("uhost-1", "Starting")), hosts(), hosts(("uhost-1", "Running")))
    found = wait(place(sdk))
    assert found is not None
    assert found.state == "Running"
    assert len(sdk.calls) >= 3  # the poller may look once more before it hears that nobody waits


def test_a_wait_can_be_for_the_end_of_a_thing() -> None:
    sdk = ScriptedSdk(hosts(("uhost-1", "Stopped")), hosts())
    assert waits.host(place(sdk), "uhost-1", awaited="gone", until=lambda host: host is None, timeout=5) is None


def test_a_time_out_says_what_was_waited_for_how_long_and_what_was_seen_last() -> None:
    with pytest.raises(WaitTimeout, match=r"waited 0.1 s for host uhost-1 to be Running; last seen: Starting"):
        wait(place(ScriptedSdk(hosts(("uhost-1", "Starting")))), timeout=0.1)


def test_a_cancelled_wait_ends_at_once() -> None:
    where = place(ScriptedSdk(hosts(("uhost-1", "Starting"))))
    threading.Timer(0.05, where.cancel.set, ["Ctrl-C"]).start()
    with pytest.raises(Cancelled, match="Ctrl-C"):
        wait(where, timeout=60)


def test_one_cancelled_wait_does_not_end_another() -> None:
    going = threading.Event()
    sdk = ScriptedSdk(answer=lambda *_: hosts(("uhost-1", "Running" if going.is_set() else "Starting")))
    first = place(sdk)
    second = first.using(cancel=Cancel())
    with ThreadPoolExecutor() as pool:
        one, other = pool.submit(wait, first), pool.submit(wait, second)
        first.cancel.set("Ctrl-C")
        with pytest.raises(Cancelled):
            one.result(5)
        going.set()
        assert running(other.result(5))


def test_all_who_wait_in_one_place_are_served_by_the_same_calls() -> None:
    everybody = threading.Event()
    names = [f"uhost-{n}" for n in range(16)]

    def answer(_action: str, params: dict[str, Any]) -> Answer:
        if set(params["UHostIds"]) == set(names):
            everybody.set()
        return hosts(*((name, "Running" if everybody.is_set() else "Starting") for name in params["UHostIds"]))

    sdk = ScriptedSdk(answer=answer)
    where = place(sdk)
    with ThreadPoolExecutor(16) as pool:
        assert all(running(each) for each in pool.map(lambda name: wait(where, name), names))
    asked = [len(params["UHostIds"]) for _, params in sdk.calls]
    assert max(asked) == 16


def test_another_region_is_asked_for_itself() -> None:
    sdk = ScriptedSdk(answer=lambda _action, params: hosts(*((id, "Running") for id in params["UHostIds"])))
    where = place(sdk)
    wait(where)
    wait(where.at(region="cn-sh2"))
    assert [params["Region"] for _, params in sdk.calls] == ["cn-bj2", "cn-sh2"]


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_wait_outlives_a_time_without_answers(status: int) -> None:
    sdk = ScriptedSdk(*[exc.HTTPStatusException(status)] * 30, hosts(("uhost-1", "Running")))
    assert running(wait(place(sdk)))


def test_a_refusal_ends_the_wait() -> None:
    with pytest.raises(CloudError, match="RetCode 171"):
        wait(place(ScriptedSdk(exc.RetCodeException("DescribeUHostInstance", 171, "Signature VerifyAC Error"))))


def test_a_refusal_for_the_sake_of_one_ends_no_wait_of_the_others() -> None:
    both = threading.Event()

    def answer(_action: str, params: dict[str, Any]) -> Answer:
        ids = params.get("UHostIds", ["uhost-odd"])
        if len(ids) == 2:
            both.set()
        if "uhost-odd" in ids:
            refused: Exception = exc.RetCodeException("DescribeUHostInstance", 8039, "uhost-odd cannot be described")
            return refused
        return hosts(*((id, "Running" if both.is_set() else "Starting") for id in ids))

    sdk = ScriptedSdk(answer=answer)
    where = place(sdk)
    with ThreadPoolExecutor(2) as pool:
        fine = pool.submit(wait, where)
        while not sdk.calls:
            threading.Event().wait(0.001)
        odd = pool.submit(wait, where, "uhost-odd")
        assert running(fine.result(5))
        with pytest.raises(CloudError, match="uhost-odd cannot be described"):
            odd.result(5)


def test_an_unforeseen_answer_ends_the_wait_and_does_not_hang() -> None:
    with pytest.raises(CloudError, match="UCloud lists something without UHostId"):
        wait(place(ScriptedSdk({"RetCode": 0, "UHostSet": [{"no": "id"}]})))
    with pytest.raises(UCloudImageError, match="polling failed: ZeroDivisionError"):
        wait(place(ScriptedSdk(ZeroDivisionError())))


def test_a_dead_end_that_the_one_who_waits_sees_ends_the_wait() -> None:
    def until(host: Host | None) -> bool:
        raise ValueError("Install Fail")

    with pytest.raises(ValueError, match="Install Fail"):
        waits.host(place(ScriptedSdk(hosts())), "uhost-1", awaited="x", until=until, timeout=5)


def test_each_answer_is_in_the_log_of_the_one_who_waits() -> None:
    log: list[str] = []
    states = [hosts(("uhost-1", state)) for state in ("Initializing", "Starting", "Starting", "Running")]
    wait(place(ScriptedSdk(*states), log=log))
    said = ("Initializing", "Starting", "Starting", "Running")
    assert log == [f"api < DescribeUHostInstance (shared): uhost-1 {state}" for state in said]
