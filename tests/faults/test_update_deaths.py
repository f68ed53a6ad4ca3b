"""Runs that die while they make a host that stays, or while they exchange an image's copies; or lose their network."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path

import pytest

from tests.e2e.stack import Stack
from tests.faults import aftermath, deaths
from tests.faults.deaths import Point
from tests.faults.test_updates import PROGRAM as COPIES
from tests.support import processes
from tests.support.emulator import Emulator
from tests.support.gateway import Gateway

HOST = """
from ucloud_image import UHost, UHostArgs

UHost("web", UHostArgs(availability_zone="cn-bj2-02", instance_type="n-basic-2", image_id="uimage-f1chxn"))
"""
HOST_POINTS = (
    Point("creating", "creating the host", "CreateUHostInstance"),
    Point("after CreateUHostInstance", "creating the host", "CreateUHostInstance", after=True),
    Point("starting", "starting host uhost-", "DescribeUHostInstance", since="CreateUHostInstance"),
    Point("lifting the lease", "starting host uhost-", "ModifyUHostInstanceTag"),
    Point("after ModifyUHostInstanceTag", "starting host uhost-", "ModifyUHostInstanceTag", after=True),
)

COPY_POINTS = (
    Point("marking", "marking the build", "ImportUHostKeyPairs"),
    Point("copying", "copying uimage-", "CopyCustomImage"),
    Point("after CopyCustomImage", "copying uimage-", "CopyCustomImage", after=True),
    Point("waiting for the copy", "copying uimage-", "DescribeImage", since="CopyCustomImage"),
    Point("deleting the old copy", "deleting the copy in hk", "TerminateCustomImage"),
    Point("after TerminateCustomImage", "deleting the copy in hk", "TerminateCustomImage", after=True),
    Point("handing over", "handing over", "DeleteUHostKeyPairs"),
    Point("after DeleteUHostKeyPairs", "handing over", "DeleteUHostKeyPairs", after=True),
)


def stack_of(program: str, folder: Path, gateway: Gateway, cloud: Emulator) -> Stack:
    return Stack(folder, cloud.environment() | {"UCLOUD_BASE_URL": gateway.url}).create(program)


@pytest.mark.parametrize(
    ("point", "way"),
    deaths.cases(
        ("after ModifyUHostInstanceTag", "engine killed"), ("starting", "provider killed"), points=HOST_POINTS
    ),
)
def test_the_next_up_leaves_one_host(point: Point, way: str, paper_cloud: Emulator, tmp_path: Path) -> None:
    paper_cloud.reset()
    with Gateway(paper_cloud.url) as gateway:
        stack = stack_of(HOST, tmp_path, gateway, paper_cloud)
        deaths.die(stack, gateway, point, way)
        aftermath.check_cleared_up(stack, paper_cloud, way)
        aftermath.unlock(stack)
        stack.up().succeeded()
        rows = aftermath.rows(paper_cloud)
        assert Counter(row["kind"] for row in rows) == {"uhost": 1, "udisk": 1, "eip": 1}
        (host,) = stack.resources(":UHost")
        assert host["id"] in {row["id"] for row in rows}
        stack.destroy().succeeded()
        assert aftermath.rows(paper_cloud) == []


@pytest.mark.parametrize(
    ("point", "way"),
    deaths.cases(
        ("after TerminateCustomImage", "provider killed"), ("after CopyCustomImage", "machine gone"), points=COPY_POINTS
    ),
)
def test_the_next_up_leaves_the_image_and_the_new_copy(
    point: Point, way: str, paper_cloud: Emulator, tmp_path: Path
) -> None:
    paper_cloud.reset()
    with Gateway(paper_cloud.url) as gateway:
        stack = stack_of(COPIES.format(regions=["hk"]), tmp_path, gateway, paper_cloud)
        stack.up().succeeded()
        stack.write(COPIES.format(regions=["cn-sh2"]))
        deaths.die(stack, gateway, point, way)
        aftermath.check_cleared_up(stack, paper_cloud, way)
        aftermath.check_comes_right(stack, paper_cloud)


@pytest.mark.full
@pytest.mark.parametrize(
    "name", ["marking", "copying", "waiting for the copy", "deleting the old copy", "handing over"]
)
def test_an_update_waits_out_a_minute_without_network(name: str, paper_cloud: Emulator, tmp_path: Path) -> None:
    paper_cloud.reset()
    (point,) = [each for each in COPY_POINTS if each.name == name]
    with Gateway(paper_cloud.url) as gateway:
        stack = stack_of(COPIES.format(regions=["hk"]), tmp_path, gateway, paper_cloud)
        stack.up().succeeded()
        stack.write(COPIES.format(regions=["cn-sh2"]))
        hold = gateway.hold(point.action, since=point.since)
        running = stack.start_up()
        try:
            assert hold.reached.wait(60), running.output()
            with gateway.network_gone():
                hold.drop()
                time.sleep(65)
            running.ended().succeeded()
        finally:
            processes.kill_all(stack.folder)
        aftermath.check_one_image_and_one_copy(stack, paper_cloud)
        aftermath.check_destroy(stack, paper_cloud)
