"""What befalls a build other than a signal: a full disk, no network, a wrong clock, a machine asleep, a stolen host."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ucloud_provider.build import collect
from ucloud_provider.build.lease import DURATION
from ucloud_provider.cloud import account

from tests.e2e.stack import Running, Stack
from tests.faults import aftermath, deaths, victim
from tests.faults.filling import fill
from tests.support import processes
from tests.support.emulator import Emulator
from tests.support.gateway import Gateway, Hold

POINTS = {point.name: point for point in deaths.POINTS}


@contextlib.contextmanager
def until(stack: Stack, gateway: Gateway, name: str) -> Iterator[tuple[Running, Hold | None]]:
    """A run that has come to a point of `deaths`, and stays there as long as the block runs, where it is held."""
    point = POINTS[name]
    hold = gateway.hold(point.action, after=point.after, since=point.since) if point.action else None
    running = stack.start_up()
    try:
        running.until(lambda output: point.said in output)
        assert hold is None or hold.reached.wait(60), running.output()
        yield running, hold
    except BaseException:
        processes.kill_all(stack.folder)
        raise
    finally:
        if hold is not None:
            hold.release()


def test_where_the_journal_cannot_be_written_nothing_is_made(
    cloud: Emulator, gateway: Gateway, small_folder: Path, tmp_path: Path
) -> None:
    stack = deaths.stack_for(tmp_path / "stack", POINTS["creating"], cloud, gateway)
    stack.environment["UCLOUD_IMAGE_STATE"] = str(small_folder)
    filler = fill(small_folder)
    outcome = stack.up().failed()
    assert "No space left on device" in outcome.output
    assert "Traceback" not in outcome.output
    assert not [row for row in cloud.ledger(open_only=False) if row["kind"] != "keypair"]
    assert aftermath.rows(cloud) == []
    filler.unlink()
    aftermath.check_comes_right(stack, cloud)


@pytest.mark.parametrize(
    "name",
    [
        "stopping",
        pytest.param("opening", marks=pytest.mark.full),
        pytest.param("handing over", marks=pytest.mark.full),
    ],
)
def test_a_disk_that_fills_up_in_the_middle_ends_the_build_with_nothing_left(
    name: str, cloud: Emulator, gateway: Gateway, small_folder: Path, tmp_path: Path
) -> None:
    stack = deaths.stack_for(tmp_path / "stack", POINTS[name], cloud, gateway)
    stack.environment["UCLOUD_IMAGE_STATE"] = str(small_folder)
    with until(stack, gateway, name) as (running, _hold):
        filler = fill(small_folder)
    outcome = running.ended().failed()
    assert "No space left on device" in outcome.output
    assert "Traceback" not in outcome.output
    assert aftermath.rows(cloud) == []
    assert stack.resources(":CustomImage") == []
    filler.unlink()
    aftermath.check_comes_right(stack, cloud)


@pytest.mark.full
@pytest.mark.parametrize("name", ["marking", "creating", "starting", "stopping", "making image", "copying", "copied"])
def test_a_minute_without_network_is_waited_out(name: str, cloud: Emulator, gateway: Gateway, tmp_path: Path) -> None:
    stack = deaths.stack_for(tmp_path, POINTS[name], cloud, gateway)
    with until(stack, gateway, name) as (running, hold), gateway.network_gone():
        assert hold is not None
        hold.drop()
        time.sleep(65)
    running.ended().succeeded()
    aftermath.check_one_image_and_one_copy(stack, cloud)
    aftermath.check_destroy(stack, cloud)


@pytest.mark.parametrize("name", ["provisioning", pytest.param("making image", marks=pytest.mark.full)])
def test_a_machine_that_was_asleep_goes_on(name: str, cloud: Emulator, gateway: Gateway, tmp_path: Path) -> None:
    stack = deaths.stack_for(tmp_path, POINTS[name], cloud, gateway)
    with until(stack, gateway, name) as (running, _hold):
        asleep = list(processes.of(stack.folder))
        for pid in asleep:
            os.kill(pid, signal.SIGSTOP)
    time.sleep(8)
    for pid in asleep:
        os.kill(pid, signal.SIGCONT)
    running.ended().succeeded()
    aftermath.check_one_image_and_one_copy(stack, cloud)
    aftermath.check_destroy(stack, cloud)


@pytest.mark.parametrize("hours", [9, -9])
def test_a_clock_that_jumps_changes_nothing(
    hours: int, cloud: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The build's own clock, and that of a machine where somebody collects: leases go by UCloud's."""
    cloud.reset()
    monkeypatch.setenv("UCLOUD_IMAGE_STATE", str(tmp_path / "state"))
    real = time.time
    seen: list[list[collect.Leftover]] = []

    class Jumping(victim.Fatal):
        def step(self, text: str) -> None:
            if text.startswith(("creating the host", "sealing", "copying")):
                monkeypatch.setattr(time, "time", lambda: real() + hours * 3600)
                monkeypatch.setenv("UCLOUD_IMAGE_STATE", str(tmp_path / "another machine"))
                seen.append(collect.find([api], account.now(api)))
                monkeypatch.setenv("UCLOUD_IMAGE_STATE", str(tmp_path / "state"))
            elif text.startswith(("provisioning", "making")):
                monkeypatch.setattr(time, "time", real)

    api = victim.api(cloud.url)
    image_id, _notes = victim.build(cloud.url, "", "cn-sh2", progress=Jumping(""))
    assert [row["kind"] for row in cloud.ledger(open_only=True)] == ["image", "image"]
    assert image_id in {row["id"] for row in cloud.ledger(open_only=True)}
    assert len(seen) >= 3
    for found in seen:
        assert found
        for each in found:
            assert not each.collectable, each.why
            assert abs(each.lease.expires - real() - DURATION) < 300


def stolen(cloud: Emulator, kind: str, **more: Any) -> None:
    """Let something happen to the build's host."""
    (host,) = [row["id"] for row in cloud.ledger(open_only=True) if row["kind"] == "uhost"]
    cloud.host_fault(host, kind, **more)


@pytest.mark.full
@pytest.mark.parametrize(
    ("kind", "more"),
    [
        pytest.param("terminate", {}, id="terminate"),
        pytest.param("terminate", {"keep_eip": True}, id="terminate, its EIP stays"),
        pytest.param("power_loss", {}, id="power_loss"),
        pytest.param("reboot", {}, id="reboot"),
        pytest.param("drop_ssh", {}, id="drop_ssh"),
        pytest.param("stall_ssh", {}, id="stall_ssh"),
    ],
)
def test_a_host_that_somebody_else_takes_away_ends_the_build_with_nothing_left(
    kind: str, more: dict[str, Any], cloud: Emulator, gateway: Gateway, tmp_path: Path
) -> None:
    stack = deaths.stack_for(tmp_path, POINTS["provisioning"], cloud, gateway)
    with until(stack, gateway, "provisioning") as (running, _hold):
        time.sleep(deaths.HEARD)
        stolen(cloud, kind, **more)
    outcome = running.ended().failed()
    assert "Traceback" not in outcome.output
    assert "provisioning failed" in outcome.output
    assert aftermath.rows(cloud) == []
    aftermath.check_comes_right(stack, cloud)


@pytest.mark.full
@pytest.mark.parametrize("name", ["starting", "stopping", "making the image", "making image"])
def test_a_host_that_is_terminated_at_another_step_likewise(
    name: str, cloud: Emulator, gateway: Gateway, tmp_path: Path
) -> None:
    stack = deaths.stack_for(tmp_path, POINTS[name], cloud, gateway)
    with until(stack, gateway, name) as (running, _hold):
        stolen(cloud, "terminate")
    outcome = running.ended()
    assert "Traceback" not in outcome.output
    if outcome.code == 0:
        assert name == "making image", outcome.output
        aftermath.check_one_image_and_one_copy(stack, cloud)
    else:
        assert aftermath.rows(cloud) == []
    aftermath.check_comes_right(stack, cloud)
