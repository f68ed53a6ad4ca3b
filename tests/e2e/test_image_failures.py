"""Builds that fail, are interrupted or lose their engine: said clearly, with nothing left in the cloud."""

from __future__ import annotations

import re
import signal
import time
from pathlib import Path

import pytest

from tests.e2e.stack import Running, Stack
from tests.support.emulator import Emulator

PROGRAM = """
from ucloud_image import CustomImage, CustomImageArgs, Shell

CustomImage(
    "web",
    CustomImageArgs(
        availability_zone="cn-bj2-02",
        instance_type="n-basic-2",
        source_image_id="uimage-f1chxn",
        image_name="web",
        provisioners=[Shell(inline=[{command!r}])],
    ),
)
"""


@pytest.fixture
def cloudy(stack: Stack, cloud: Emulator) -> Stack:
    stack.environment = cloud.environment()
    return stack


def open_rows(cloud: Emulator) -> list[dict[str, object]]:
    return cloud.ledger(open_only=True, billable_only=True)


def provisioning(running: Running) -> None:
    running.until(lambda output: "now it waits" in output)


def test_a_failing_provisioner_is_told_with_its_last_lines_and_the_log(cloudy: Stack, cloud: Emulator) -> None:
    cloudy.create(PROGRAM.format(command="echo about to fail; echo why it failed >&2; exit 7"))
    outcome = cloudy.up().failed()
    diagnostics = outcome.output.partition("Diagnostics:")[2]
    assert "exit code 7" in diagnostics
    assert "about to fail" in diagnostics
    assert "why it failed" in diagnostics
    assert "Traceback" not in outcome.output
    (log,) = re.findall(r"full log: (\S+)", diagnostics)
    assert "why it failed" in Path(log).read_text()
    assert open_rows(cloud) == []
    assert cloudy.resources("CustomImage") == []


def test_interrupt_while_provisioning_ends_the_command_with_nothing_left(cloudy: Stack, cloud: Emulator) -> None:
    cloudy.create(PROGRAM.format(command="echo now it waits; sleep 600"))
    running = cloudy.start_up()
    provisioning(running)
    interrupted = time.monotonic()
    running.send(signal.SIGINT)
    outcome = running.ended(60).failed()
    assert time.monotonic() - interrupted < 30
    assert "cancelled" in outcome.output
    assert "Traceback" not in outcome.output
    assert open_rows(cloud) == []
    assert cloudy.resources("CustomImage") == []
    assert not cloudy.deployment().get("pending_operations")


def test_a_killed_engine_leaves_nothing_in_the_cloud(cloudy: Stack, cloud: Emulator) -> None:
    cloudy.create(PROGRAM.format(command="echo now it waits; sleep 600"))
    running = cloudy.start_up()
    provisioning(running)
    running.send(signal.SIGKILL)
    running.process.wait(30)
    end = time.monotonic() + 60
    while cloud.ledger(open_only=True) and time.monotonic() < end:
        time.sleep(0.1)
    assert cloud.ledger(open_only=True) == [], "nor what costs nothing: the provider must not outlive this cloud"
