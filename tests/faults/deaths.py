"""Every step of a build at which a run of Pulumi can die, every way in which it can, and how a test brings it about.

The product is not touched for that. At most steps the gateway holds the call that the step makes, so that the build
stands there while the signal comes; at the others the step is made to last. What the engine prints tells that the step
was reached.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
import zlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from _pytest.mark import ParameterSet

from tests.e2e.stack import Running, Stack
from tests.support import processes
from tests.support.emulator import Emulator
from tests.support.gateway import Gateway, Hold

GONE_WITHIN = 90.0
"""Seconds that what is left of a run may clean up for. Bounded, not measured: hosts here stop within one."""

HEARD = 0.3
"""Seconds between a signal and what follows, so that it is heard where the build stands."""


@dataclass(frozen=True)
class Point:
    """Where the run dies: once the engine shows `said`, and the call `action` is held where one is named.

    `after` holds the call's answer rather than the call; `since` is the call it must come after. `command` is what the
    provisioner runs.
    """

    name: str
    said: str
    action: str = ""
    after: bool = False
    since: str = ""
    command: str = "echo provisioned"

    def is_at(self, step: str) -> bool:
        """Whether the run dies in the step of this name. What the engine shows may have more in it, or be shortened."""
        return any(words.startswith(step) or step.startswith(words) for words in (self.name, self.said))


SLOW_SYNC = "printf '#!/bin/sh\\nsleep 1\\n' > /usr/local/bin/sync && chmod 755 /usr/local/bin/sync"
"""Sealing ends by having everything written to the disk: with a slow disk it lasts."""

STEPS = (
    Point("checking", "checking the arguments", "DescribeImage"),
    Point("preparing", "preparing the login"),
    Point("preparing the user data", "preparing the user data"),
    Point("marking", "marking the build", "ImportUHostKeyPairs"),
    Point("opening", "opening the communicator's port", "CreateFirewall"),
    Point("creating", "creating the host", "CreateUHostInstance"),
    Point("starting", "starting host uhost-", "DescribeUHostInstance", since="CreateUHostInstance"),
    Point("connecting", "connecting to "),
    Point("narrowing", "narrowing the firewall", "UpdateFirewall"),
    Point("provisioning", "provisioning 1/1: shell", command="sleep 5"),
    Point("sealing", "sealing", command=SLOW_SYNC),
    Point("stopping", "stopping the host", "StopUHostInstance"),
    Point("making the image", "making the image", "CreateCustomImage"),
    Point("making image", "making image uimage-", "DescribeImage", since="CreateCustomImage"),
    Point("copying", "copying uimage-", "CopyCustomImage"),
    # The host is off by then: the first look at it after its image was asked for is the release's.
    Point("releasing", "releasing the host", "DescribeUHostInstance", since="CreateCustomImage"),
    Point("copied", "copied to cn-sh2", "TerminateUHostInstance"),
    Point("handing over", "handing over", "DeleteUHostKeyPairs"),
)
"""The steps of a build, by the words they begin with. `tests/unit/test_death_moments.py` holds that none is missing."""

EFFECTS = tuple(
    Point(f"after {action}", said, action, after=True)
    for action, said in (
        ("ImportUHostKeyPairs", "marking the build"),
        ("CreateFirewall", "opening the communicator's port"),
        ("CreateUHostInstance", "creating the host"),
        ("UpdateEIPAttribute", "starting host uhost-"),
        ("UpdateFirewall", "narrowing the firewall"),
        ("StopUHostInstance", "stopping the host"),
        ("CreateCustomImage", "making the image"),
        ("CopyCustomImage", "copying uimage-"),
        ("TerminateUHostInstance", "releasing the host"),
        ("DeleteFirewall", "releasing the host"),
        ("DeleteUHostKeyPairs", "handing over"),
    )
)
"""Between the effect of a call that makes, changes or ends something, and its answer.

`test_killed_builds.py` holds that no such call of a build is missing.
"""

POINTS = STEPS + EFFECTS

TAKE_OVER = (
    # The image has the mark of the build that died; the one that takes it over makes its own first.
    Point("taking an image over", "marking the build", "ImportUHostKeyPairs"),
    Point("after ImportUHostKeyPairs", "marking the build", "ImportUHostKeyPairs", after=True),
    Point("copying", "copying uimage-", "CopyCustomImage"),
    Point("after CopyCustomImage", "copying uimage-", "CopyCustomImage", after=True),
    Point("handing over", "handing over", "DeleteUHostKeyPairs"),
    Point("after DeleteUHostKeyPairs", "handing over", "DeleteUHostKeyPairs", after=True),
)
"""The moments of a build that takes over the image which an earlier one had done when it died."""

WAYS = ("engine killed", "provider killed", "machine gone", "Ctrl-C", "Ctrl-C twice", "SIGTERM", "terminal closed")
NOBODY_LIVES_ON = ("provider killed", "machine gone")
"""The ways that leave nobody who could clear up: what was made stays until the next up, or gc."""


def cases(
    *fast: tuple[str, str], but: Collection[tuple[str, str]] = (), points: Sequence[Point] = POINTS
) -> list[ParameterSet]:
    """Every point × every way, `but` some; those that `fast` names run in each `make test`, all in `make faults`."""
    names = {(point.name, way) for point in points for way in WAYS}
    assert names.issuperset([*fast, *but]), "there is no such case"
    return [
        pytest.param(
            point,
            way,
            id=f"{way} {point.name if point.after else f'at {point.name}'}".replace(" ", "-"),
            marks=() if (point.name, way) in fast else pytest.mark.full,
        )
        for point in points
        for way in WAYS
        if (point.name, way) not in but
    ]


PROGRAM = """
from ucloud_image import CustomImage, CustomImageArgs, ImageCopy, Shell

CustomImage(
    "web",
    CustomImageArgs(
        availability_zone="cn-bj2-02",
        instance_type="n-basic-2",
        source_image_id={source!r},
        image_name="web",
        pause_before_connecting={pause!r},
        provisioners=[Shell(inline=[{command!r}])],
        copies=[ImageCopy(region="cn-sh2")],
    ),
)
"""


def program(source: str, pause: str = "0s", command: str = "echo provisioned") -> str:
    return PROGRAM.format(source=source, pause=pause, command=command)


PLAIN = "uimage-f1chxn"
WITH_CLOUD_INIT = "uimage-debian12-ci"
"""On this one, a host is given user data, its SSH host key and a dead man's switch."""


def source_of(point: Point, way: str) -> str:
    """The base image that a case builds on: half of them have CloudInit, always the same ones."""
    return WITH_CLOUD_INIT if zlib.crc32(f"{way} at {point.name}".encode()) % 2 else PLAIN


def stack_for(folder: Path, point: Point, cloud: Emulator, gateway: Gateway, source: str = PLAIN) -> Stack:
    """A stack with one image and one copy of it, whose calls go through the gateway."""
    environment = cloud.environment() | {"UCLOUD_BASE_URL": gateway.url}
    pause = "1s" if point.name == "connecting" else "0s"
    return Stack(folder, environment).create(program(source, pause, point.command))


def die(stack: Stack, gateway: Gateway, point: Point, way: str) -> str:
    """Run `pulumi up` until the point and have it die there; its output. Returns once none of its processes is left."""
    hold = gateway.hold(point.action, after=point.after, since=point.since) if point.action else None
    running = stack.start_up()
    try:
        running.until(lambda output: point.said in output)
        if hold is not None:
            assert hold.reached.wait(60), f"{point.action} was not called:\n{running.output()}"
        strike(running, stack.folder, way, hold)
        processes.wait_until_gone(stack.folder, GONE_WITHIN)
    except BaseException:
        processes.kill_all(stack.folder)
        raise
    finally:
        if hold is not None:
            hold.drop()
    assert running.process.wait(10) != 0, f"it did not die:\n{running.output()}"
    return running.output()


def strike(running: Running, folder: Path, way: str, hold: Hold | None = None) -> None:
    """Have a run die; a call that is `held` goes on where its caller lives on. Content where the run is over."""
    with contextlib.suppress(ProcessLookupError):
        _signal(running, folder, way)
    if hold is None:
        return
    time.sleep(HEARD)
    if processes.provider(folder) is not None:
        hold.release()
    else:
        hold.drop()


def _signal(running: Running, folder: Path, way: str) -> None:
    if way == "engine killed":
        running.send(signal.SIGKILL)
    elif way == "provider killed":
        provider = processes.provider(folder)
        if provider is not None:
            os.kill(provider, signal.SIGKILL)
    elif way == "machine gone":
        processes.kill_all(folder)
    elif way == "SIGTERM":
        running.send(signal.SIGTERM)
    elif way == "terminal closed":
        # What the kernel sends to the processes in the foreground of a terminal that is gone.
        os.killpg(running.process.pid, signal.SIGHUP)
    else:
        os.killpg(running.process.pid, signal.SIGINT)
    if way == "Ctrl-C twice":
        time.sleep(HEARD)
        os.killpg(running.process.pid, signal.SIGINT)
        # A held call stays held: the clean-up does not fit into the seconds that the engine grants.
        running.ended(60)
