"""A host through its states, also those of a cloud that refuses, forgets to answer, or fails to set it up."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest
from ucloud.core import exc
from ucloud_provider.build import launch
from ucloud_provider.cloud import waits
from ucloud_provider.cloud.client import Api
from ucloud_provider.errors import CloudError, UnexpectedState, WaitTimeout

from tests.support.documents import documented
from tests.unit.cloud.scripted import Answer, ScriptedSdk, api


class OneHost:
    """A host that goes on to its next state each time it is looked at; None: it is gone.

    A state that only an order ends lasts until then: looks of a poller may be more than its waiter gets to see.
    """

    ENDED_BY: ClassVar = {
        "Running": ("StopUHostInstance", "PoweroffUHostInstance"),
        "Stopped": ("TerminateUHostInstance",),
        "Install Fail": ("TerminateUHostInstance",),
    }

    def __init__(self, *states: str | None, refuse: tuple[str, ...] = (), refusals: int = 99, code: int = 8039) -> None:
        self.states = list(states)
        self.refuse = refuse
        self.refusals = refusals
        self.code = code
        self.eip_after = 0
        self.seen = False
        self.sdk = ScriptedSdk(answer=self._answer)

    def _answer(self, action: str, _params: dict[str, Any]) -> Answer:
        if action != "DescribeUHostInstance":
            if action in self.refuse and self.refusals > 0:
                self.refusals -= 1
                refused: Exception = exc.RetCodeException(action, self.code, "not in this state")
                return refused
            return {"RetCode": 0}
        state = self._next()
        host: dict[str, Any] = {"UHostId": "uhost-1", "State": state, "IPSet": [{"Type": "Private", "IP": "10.0.0.1"}]}
        if state == "Running" and self.eip_after > 0:
            self.eip_after -= 1
            if self.eip_after == 0:
                host["IPSet"].append({"Type": "BGP", "IP": "192.0.2.1", "IPId": "eip-1"})
        return {"UHostSet": [host] if state is not None else []}

    def _next(self) -> str | None:
        enders = self.ENDED_BY.get(str(self.states[0]), ())
        if self.seen and len(self.states) > 1 and (not enders or set(enders) & set(self.sdk.actions)):
            self.states.pop(0)
        self.seen = True
        return self.states[0]

    @property
    def orders(self) -> list[str]:
        return [action for action in self.sdk.actions if action != "DescribeUHostInstance"]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waits, "FASTEST", 0.001)
    monkeypatch.setattr(waits, "SLOWEST", 0.001)
    monkeypatch.setattr(launch, "REFUSAL_PAUSE", 0.01)


@pytest.fixture
def where(request: pytest.FixtureRequest) -> Any:
    return lambda host: api(host.sdk, base_url=f"http://{request.node.name}")


def test_a_host_that_is_listed_late_is_waited_for(where: Any) -> None:
    calls: Api = where(OneHost(None, None, "Initializing", "Starting", "Running"))
    assert launch.wait_running(calls, "uhost-1", 5).private_ip == "10.0.0.1"


def test_an_eip_that_is_listed_later_than_its_host_runs_is_waited_for_where_one_was_ordered(where: Any) -> None:
    host = OneHost("Starting", "Running")
    host.eip_after = 3
    assert launch.wait_running(where(host), "uhost-1", 5).public_ip == ""
    assert launch.wait_running(where(host), "uhost-1", 5, public=True).public_ip == "192.0.2.1"
    with pytest.raises(WaitTimeout, match="host uhost-1 to be Running and have its EIP"):
        launch.wait_running(where(OneHost("Running")), "uhost-1", 0.05, public=True)


@pytest.mark.parametrize("state", ["Install Fail", "Resize Fail"])
def test_a_host_that_cannot_be_set_up_is_told_at_once(where: Any, state: str) -> None:
    with pytest.raises(UnexpectedState, match=state):
        launch.wait_running(where(OneHost("Initializing", state)), "uhost-1", 60)


@pytest.mark.parametrize("states", [("Starting", "Stopped"), ("Initializing", "Stopping", "Stopped"), ("Stopped",)])
def test_a_host_that_is_off_before_it_was_running_is_told_at_once(where: Any, states: tuple[str, ...]) -> None:
    with pytest.raises(UnexpectedState, match="is Stopped: it went off before it was Running"):
        launch.wait_running(where(OneHost(*states)), "uhost-1", 60)
    with pytest.raises(UnexpectedState, match="is Stopped: it went off before it was Running"):
        launch.wait_eip(where(OneHost(*states)), "uhost-1", 60)


def test_a_host_that_is_listed_as_stopped_just_after_it_was_told_to_start_is_waited_for(where: Any) -> None:
    host = OneHost("Stopped", "Starting", "Running")
    host.ENDED_BY = {}  # type: ignore[misc]  # this one's own
    assert launch.start(where(host), "uhost-1", 60).state == "Running"


def test_a_host_that_stays_stopped_when_it_is_told_to_start_is_told_soon(
    where: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waits, "LISTING_LAG", 0.05)
    with pytest.raises(UnexpectedState, match="is Stopped: it went off before it was Running"):
        launch.start(where(OneHost("Stopped")), "uhost-1", 60)


def test_a_host_that_somebody_else_terminated_is_told_at_once(where: Any) -> None:
    with pytest.raises(UnexpectedState, match="somebody else"):
        launch.wait_running(where(OneHost("Starting", None)), "uhost-1", 60)


def test_a_host_that_never_starts_is_told_with_its_last_state(where: Any) -> None:
    with pytest.raises(WaitTimeout, match=r"host uhost-1 to be Running; last seen: Starting"):
        launch.wait_running(where(OneHost("Starting")), "uhost-1", 0.1)


def test_a_stopped_host_is_not_stopped_again(where: Any) -> None:
    host = OneHost("Stopped")
    launch.stop(where(host), "uhost-1")
    assert host.orders == []


def test_a_refused_stop_of_a_host_that_stops_already_is_no_failure(where: Any) -> None:
    host = OneHost("Running", "Stopping", "Stopped", refuse=("StopUHostInstance",))
    assert launch.stop(where(host), "uhost-1").state == "Stopped"


def test_a_refused_stop_of_a_host_that_runs_on_is_a_failure(where: Any) -> None:
    with pytest.raises(CloudError, match="not in this state"):
        launch.stop(where(OneHost("Running", refuse=("StopUHostInstance",))), "uhost-1")


@pytest.mark.parametrize(
    ("states", "orders"),
    [
        (("Running", "Stopped", None), ["PoweroffUHostInstance", "TerminateUHostInstance"]),
        (("Stopped", None), ["TerminateUHostInstance"]),
        (("Install Fail", None), ["TerminateUHostInstance"]),
        (("Initializing", "Install Fail", None), ["TerminateUHostInstance"]),
        (("Starting", "Running", "Stopped", None), ["PoweroffUHostInstance", "TerminateUHostInstance"]),
        (("Stopping", "Stopped", None), ["TerminateUHostInstance"]),
        (("Starting", None), []),
        ((None,), []),
    ],
)
def test_a_host_is_removed_from_any_state(where: Any, states: tuple[str | None, ...], orders: list[str]) -> None:
    host = OneHost(*states)
    launch.remove(where(host), "uhost-1")
    assert host.orders == orders


def test_a_removal_that_is_refused_for_a_while_is_asked_for_again(where: Any) -> None:
    host = OneHost("Stopped", refuse=("TerminateUHostInstance",), refusals=2)
    host_gone = host.sdk._answer

    def answer(action: str, params: dict[str, Any]) -> Answer:
        assert host_gone is not None
        if action == "TerminateUHostInstance" and host.refusals == 0:
            host.states = [None]
        return host_gone(action, params)

    host.sdk._answer = answer
    launch.remove(where(host), "uhost-1")
    assert host.orders == ["TerminateUHostInstance"] * 3


def test_a_removal_that_is_always_refused_is_told(where: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launch, "GONE_TIMEOUT", 0.05)
    said = r"waited 0.05 s for host uhost-1 to be one that can be terminated; last seen: Term.* \(RetCode 8039\)"
    with pytest.raises(WaitTimeout, match=said):
        launch.remove(where(OneHost("Stopped", refuse=("TerminateUHostInstance",))), "uhost-1")


def test_a_removal_that_the_gateway_refuses_is_not_asked_for_again(where: Any) -> None:
    host = OneHost("Stopped", refuse=("TerminateUHostInstance",), code=171)
    with pytest.raises(CloudError, match=r"TerminateUHostInstance failed: .*\(RetCode 171\)"):
        launch.remove(where(host), "uhost-1")
    assert host.orders == ["TerminateUHostInstance"]


@pytest.mark.parametrize("code", [230, 8022, 8037, 8039, 8058, 54002])
def test_a_host_that_is_gone_when_its_removal_is_refused_is_content(
    where: Any, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    monkeypatch.setattr(launch, "REFUSAL_PAUSE", 60.0)  # however busy the machine, the list is read before it is over
    host = OneHost("Stopped", None, refuse=("TerminateUHostInstance",), code=code)
    assert launch.remove(where(host).using(patience=0), "uhost-1") is True
    assert host.orders == ["TerminateUHostInstance"]


class Hung(OneHost):
    """A host that stays in a state until its power is cut, which is refused at first."""

    def __init__(self, state: str, refusals: int = 0, code: int = 8905) -> None:
        super().__init__(state, "Stopped", None, refuse=("PoweroffUHostInstance", "StopUHostInstance"), code=code)
        self.refusals = refusals
        self.state = state
        self.ENDED_BY = {  # type: ignore[misc]  # this one's own
            state: ("cut",),
            "Stopped": ("TerminateUHostInstance",),
        }

    def _answer(self, action: str, params: dict[str, Any]) -> Answer:
        answer = super()._answer(action, params)
        if action == "PoweroffUHostInstance" and not isinstance(answer, Exception):
            self.sdk.calls.append(("cut", {}))
        return answer

    @property
    def orders(self) -> list[str]:
        return [action for action in super().orders if action != "cut"]


@documented("uhost/guide/common.md", "Where a stop or a reboot has no effect, a power-off does")
@pytest.mark.parametrize("state", ["Starting", "Stopping", "Rebooting", ""])
def test_a_host_that_hangs_in_a_state_is_powered_off_after_its_time_and_removed(
    where: Any, monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    monkeypatch.setattr(launch, "SETTLE_TIMEOUT", 0.05)
    host = Hung(state)
    said: list[str] = []
    assert launch.remove(where(host).using(notice=said.append), "uhost-1")
    assert host.orders == ["PoweroffUHostInstance", "TerminateUHostInstance"]
    assert said == [f"host uhost-1 hangs ({state or 'state unknown'}): its power is cut"]


def test_a_power_off_that_is_refused_for_now_is_asked_for_again(where: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launch, "SETTLE_TIMEOUT", 0.05)
    host = Hung("Starting", refusals=4)
    assert launch.remove(where(host), "uhost-1")
    assert host.orders[:5] == [*["PoweroffUHostInstance", "StopUHostInstance"] * 2, "PoweroffUHostInstance"]


def test_a_power_off_that_is_always_refused_is_told(where: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launch, "SETTLE_TIMEOUT", 0.05)
    monkeypatch.setattr(launch, "STOP_TIMEOUT", 0.1)
    with pytest.raises(WaitTimeout, match=r"host uhost-1 to be one that can be powered off; last seen: .*RetCode 8905"):
        launch.remove(where(Hung("Starting", refusals=99999)), "uhost-1")
    with pytest.raises(CloudError, match="RetCode 230"):
        launch.remove(where(Hung("Starting", refusals=99999, code=230)), "uhost-1")


def test_a_stop_that_hangs_is_no_reason_to_cut_the_power_of_what_is_to_stay(
    where: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launch, "STOP_TIMEOUT", 0.05)
    host = Hung("Running")
    with pytest.raises(WaitTimeout, match=r"only a proper stop leaves its disk whole"):
        launch.stop(where(host), "uhost-1")
    assert host.orders == ["StopUHostInstance"]
