"""What a fault does to a call: each is seen by the client as it would be on a bad day."""

from __future__ import annotations

import http.client
import json
import threading
import time
import urllib.parse
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import uvicorn

from tests.support.emulator import Emulator
from ucloud_emulator.cloud import EmulatedCloud, Ranges
from ucloud_emulator.faults import Fault, Faults
from ucloud_emulator.latency import Latency
from ucloud_emulator.paper import PAPER_EIPS, PAPER_PRIVATE, PaperMachines
from ucloud_emulator.records import Vpc
from ucloud_emulator.server import application
from ucloud_emulator.signature import sign


class OneFault(Faults):
    """The same fault for every call."""

    fault: Fault | None = None

    def next(self, values: Mapping[str, str], project: str) -> Fault | None:
        return self.fault


class Target:
    def __init__(self, state: Path) -> None:
        machines = PaperMachines(state / "paper.json")
        self.cloud = EmulatedCloud(state, machines, Ranges(PAPER_EIPS, PAPER_PRIVATE), Latency())
        self.faults = self.cloud.faults = OneFault()
        self.server = uvicorn.Server(uvicorn.Config(application(self.cloud), port=0, log_level="critical"))
        self.thread = threading.Thread(target=self.server.run)
        self.thread.start()
        while not self.server.started:
            time.sleep(0.01)
        self.port = self.server.servers[0].sockets[0].getsockname()[1]

    def create_vpc(self, name: str) -> http.client.HTTPResponse:
        values = {"Action": "CreateVPC", "Region": "hk", "Name": name, "Network.0": "192.168.0.0/16"}
        values["PublicKey"] = Emulator.public_key
        values["Signature"] = sign(values, Emulator.private_key)
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        connection.request("POST", "/", urllib.parse.urlencode(values))
        return connection.getresponse()

    def made(self, name: str) -> bool:
        return bool(self.cloud.store.all(Vpc, lambda vpc: vpc.name == name))

    def close(self) -> None:
        self.server.should_exit = True
        self.thread.join(20)
        self.cloud.close()


@pytest.fixture
def target(tmp_path: Path) -> Iterator[Target]:
    target = Target(tmp_path)
    yield target
    target.close()


def test_a_ret_code_is_answered_without_the_effect(target: Target) -> None:
    target.faults.fault = Fault(ret_code=5001)
    assert json.load(target.create_vpc("a"))["RetCode"] == 5001
    assert not target.made("a")


def test_an_http_status_is_answered_without_the_effect(target: Target) -> None:
    target.faults.fault = Fault(http_status=503)
    assert target.create_vpc("a").status == 503
    assert not target.made("a")


def test_a_connection_can_break_before_the_effect(target: Target) -> None:
    target.faults.fault = Fault(reset_before=True)
    with pytest.raises((ConnectionError, http.client.HTTPException)):
        target.create_vpc("a")
    assert not target.made("a")


def test_a_connection_can_break_after_the_effect(target: Target) -> None:
    target.faults.fault = Fault(reset_after=True)
    with pytest.raises(ConnectionResetError):
        target.create_vpc("a")
    assert target.made("a")


def test_an_answer_can_be_cut_off(target: Target) -> None:
    target.faults.fault = Fault(truncate=True)
    with pytest.raises(http.client.IncompleteRead):
        target.create_vpc("a").read()
    assert target.made("a")


@pytest.mark.parametrize("kind", ["html", "garbage", "empty"])
@pytest.mark.parametrize("when", ["not_json_before", "not_json_after"])
def test_an_answer_can_be_no_json(target: Target, kind: str, when: str) -> None:
    target.faults.fault = Fault.model_validate({when: kind})
    answer = target.create_vpc("a")
    assert answer.status == 200
    with pytest.raises(ValueError):  # noqa: PT011  (whatever is no JSON)
        json.loads(answer.read())
    assert target.made("a") == (when == "not_json_after")


def test_an_answer_can_be_lost_behind_a_gateway(target: Target) -> None:
    target.faults.fault = Fault(status_after=502)
    answer = target.create_vpc("a")
    assert answer.status == 502
    assert b"RetCode" not in answer.read()
    assert target.made("a")


def test_the_effect_of_a_slow_answer_comes_late_or_is_there_already(target: Target) -> None:
    for name, fault, early in (("a", Fault(delay=1), False), ("b", Fault(delay_after=1), True)):
        target.faults.fault = fault
        asked = threading.Thread(target=target.create_vpc, args=(name,))
        asked.start()
        time.sleep(0.5)
        assert target.made(name) == early
        asked.join(20)
        assert target.made(name)


def test_a_fault_can_be_slow_too(target: Target) -> None:
    target.faults.fault = Fault(delay=0.3, delay_after=0.1, reset_after=True)
    began = time.monotonic()
    with pytest.raises((ConnectionError, http.client.HTTPException)):
        target.create_vpc("a")
    assert time.monotonic() - began >= 0.4
    assert target.made("a")


def test_an_answer_can_be_late(target: Target) -> None:
    target.faults.fault = Fault(delay=0.3)
    began = time.monotonic()
    assert target.create_vpc("a").status == 200
    assert time.monotonic() - began >= 0.3


def test_without_a_fault_a_call_is_answered(target: Target) -> None:
    assert json.load(target.create_vpc("a"))["RetCode"] == 0
    assert target.made("a")
