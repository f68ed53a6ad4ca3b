"""A provider that dies between its last word to the journal and its answer, and an engine that dies some time later.

Whether a state has the result cannot be known then: it is not touched, and it is named, until somebody has seen to it.
"""

from __future__ import annotations

import os
import re
import time
from pathlib import Path

import pytest
from ucloud_provider import hand_over_notes

from tests.e2e.stack import Stack
from tests.faults import aftermath, deaths
from tests.faults.test_gc import gc
from tests.support import processes
from tests.support.emulator import Emulator

HOOK = Path(__file__).with_name("at_the_hand_over")

IMAGE = """
from ucloud_image import CustomImage, CustomImageArgs, ImageCopy
CustomImage("web", CustomImageArgs(
    availability_zone="cn-bj2-02", instance_type="n-basic-2", source_image_id="uimage-f1chxn", image_name="web",
    communicator="none", copies=[ImageCopy(region="cn-sh2")]))
"""
HOST = """
from ucloud_image import UHost, UHostArgs
UHost("web", UHostArgs(
    availability_zone="cn-bj2-02", instance_type="n-basic-2", image_id="uimage-f1chxn", name="web", eip=True))
"""
SLOW = """
from ucloud_image import Shell
CustomImage("slow", CustomImageArgs(
    availability_zone="cn-bj2-02", instance_type="n-basic-2", source_image_id="uimage-f1chxn", image_name="slow",
    provisioners=[Shell(inline=["sleep 60"])]))
"""


def stack_for(folder: Path, cloud: Emulator, program: str) -> Stack:
    cloud.reset()
    stack = Stack(folder, cloud.environment())
    return stack.create(program)


def notes(stack: Stack) -> list[Path]:
    return list((stack.folder / "state").rglob(f"{hand_over_notes.FOLDER}/*.json"))


def open_ids(cloud: Emulator) -> set[str]:
    """Images, and hosts without what goes with them."""
    return {row["id"] for row in aftermath.rows(cloud) if row["kind"] in ("image", "uhost")}


def up_that_dies_at_the_hand_over(stack: Stack) -> None:
    usual = stack.environ()["PYTHONPATH"]
    stack.environment["PYTHONPATH"] = f"{HOOK}{os.pathsep}{usual}"
    stack.up().failed()
    del stack.environment["PYTHONPATH"]
    processes.wait_until_gone(stack.folder, deaths.GONE_WITHIN)


@pytest.mark.parametrize(("program", "things"), [(IMAGE, 2), (HOST, 1)], ids=["image and copy", "host"])
def test_what_no_state_has_is_named_and_not_touched_until_it_is_deleted(
    program: str, things: int, paper_cloud: Emulator, tmp_path: Path
) -> None:
    stack = stack_for(tmp_path, paper_cloud, program)
    up_that_dies_at_the_hand_over(stack)
    lost = open_ids(paper_cloud)
    assert len(lost) == things
    assert stack.resources(":CustomImage") + stack.resources(":UHost") == []

    listed = gc(paper_cloud, tmp_path / "state" / "ucloud-image")
    assert listed.returncode == 0
    assert f"0 of {things} can be collected." in listed.stdout
    for line in listed.stdout.splitlines()[1 : things + 1]:
        assert any(each in line for each in lost)
        assert "no: Pulumi's run died as it took it; if no stack has it, delete it" in line
    assert open_ids(paper_cloud) == lost

    told = stack.up().succeeded().output
    for each in lost:
        assert re.search(
            f"{each} in .*: an earlier run died as it handed it to Pulumi; if no stack has it, delete", told
        )
    assert open_ids(paper_cloud) > lost

    delete(paper_cloud, lost)
    empty = gc(paper_cloud, tmp_path / "state" / "ucloud-image")
    assert empty.stdout == "Nothing is left of any build.\n"
    aftermath.check_destroy(stack, paper_cloud)


def delete(cloud: Emulator, ids: set[str]) -> None:
    """What a user does in the console about what no stack has."""
    for row in aftermath.rows(cloud):
        client = cloud.client(region=row["region"]).uhost()
        if row["id"] in ids and row["kind"] == "image":
            client.terminate_custom_image({"ImageId": row["id"]})
        elif row["id"] in ids:
            client.poweroff_uhost_instance({"UHostId": row["id"]})
            wait_stopped(cloud, row["id"])
            client.terminate_uhost_instance({"UHostId": row["id"], "ReleaseEIP": True})


def wait_stopped(cloud: Emulator, host_id: str) -> None:
    end = time.monotonic() + 60
    while cloud.client().uhost().describe_uhost_instance({"UHostIds": [host_id]})["UHostSet"][0]["State"] != "Stopped":
        assert time.monotonic() < end
        time.sleep(0.1)


def test_what_the_state_has_is_confirmed_by_the_next_up_and_not_named(cloud: Emulator, tmp_path: Path) -> None:
    """The engine dies long after the answer, while it waits for another resource."""
    stack = stack_for(tmp_path, cloud, IMAGE + SLOW)
    running = stack.start_up()
    running.until(lambda output: "made in" in output)
    end = time.monotonic() + 30
    while not stack.resources(":CustomImage"):
        assert time.monotonic() < end
        time.sleep(0.1)
    deaths.strike(running, stack.folder, "machine gone")
    running.ended()
    processes.wait_until_gone(stack.folder, deaths.GONE_WITHIN)
    aftermath.unlock(stack)
    kept = aftermath.images_in(stack)
    assert len(notes(stack)) == 1

    stack.write(IMAGE)
    told = stack.up().succeeded().output
    assert "an earlier run died" not in told
    assert notes(stack) == []
    assert aftermath.images_in(stack) == kept
    aftermath.check_destroy(stack, cloud)


def test_a_run_that_ends_properly_leaves_no_note(paper_cloud: Emulator, tmp_path: Path) -> None:
    stack = stack_for(tmp_path, paper_cloud, IMAGE)
    stack.up().succeeded()
    assert notes(stack) == []
    stack.write(IMAGE.replace("cn-sh2", "hk"))
    stack.up().succeeded()
    assert notes(stack) == []
    stack.write(IMAGE.replace('image_name="web"', 'image_name="web-2"') + HOST)
    stack.up().succeeded()
    assert notes(stack) == []
    aftermath.check_destroy(stack, paper_cloud)
