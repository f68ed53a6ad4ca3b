"""Updates that fail half-way: the state tells of every copy that exists, and the next update does the rest."""

from __future__ import annotations

from typing import Any

import pytest

from tests.e2e.stack import Stack
from tests.faults import aftermath, deaths
from tests.support import processes
from tests.support.emulator import Emulator

PROGRAM = """
import pulumi
from ucloud_image import CustomImage, CustomImageArgs, ImageCopy

image = CustomImage(
    "web",
    CustomImageArgs(
        availability_zone="cn-bj2-02",
        instance_type="n-basic-2",
        source_image_id="uimage-f1chxn",
        image_name="web",
        communicator="none",
        copies=[ImageCopy(region=region) for region in {regions!r}],
    ),
)
pulumi.export("image_ids", image.image_ids)
"""


@pytest.fixture
def paper(stack: Stack, paper_cloud: Emulator) -> Stack:
    paper_cloud.reset()
    stack.environment = paper_cloud.environment()
    return stack


def images(cloud: Emulator) -> dict[str, str]:
    return {row["region"]: row["id"] for row in cloud.ledger(open_only=True) if row["kind"] == "image"}


def in_state(stack: Stack) -> dict[str, Any]:
    (resource,) = stack.resources("CustomImage")
    found: dict[str, Any] = resource["outputs"]["image_ids"]
    return found


def check_known(stack: Stack, cloud: Emulator, regions: set[str]) -> None:
    """The image and its copies are in these regions, and the state names just them."""
    assert set(images(cloud)) == regions
    assert in_state(stack) == images(cloud)


def check_destroyed(stack: Stack, cloud: Emulator) -> None:
    stack.destroy().succeeded()
    assert cloud.ledger(open_only=True) == []


def test_a_copy_that_cannot_be_deleted_hides_no_new_one(paper: Stack, paper_cloud: Emulator) -> None:
    paper.create(PROGRAM.format(regions=["hk"])).up().succeeded()
    paper_cloud.fault(action="TerminateCustomImage", region="hk", ret_code=9999, message="not now", times=1)
    paper.write(PROGRAM.format(regions=["sg"]))
    said = paper.up().failed().output
    assert "in hk was not deleted: TerminateCustomImage failed: not now (RetCode 9999)" in said
    check_known(paper, paper_cloud, {"cn-bj2", "hk", "sg"})
    paper.up().succeeded()
    check_known(paper, paper_cloud, {"cn-bj2", "sg"})
    check_destroyed(paper, paper_cloud)


def test_a_copy_that_is_deleted_leaves_the_state_though_the_new_ones_are_not_handed_over(
    paper: Stack, paper_cloud: Emulator
) -> None:
    paper.create(PROGRAM.format(regions=["hk"])).up().succeeded()
    paper_cloud.fault(action="DeleteUHostKeyPairs", ret_code=9999, message="not now", times=1)
    paper.write(PROGRAM.format(regions=["sg"]))
    said = paper.up().failed().output
    assert "DeleteUHostKeyPairs failed: not now (RetCode 9999)" in said
    check_known(paper, paper_cloud, {"cn-bj2"})
    paper.up().succeeded()
    check_known(paper, paper_cloud, {"cn-bj2", "sg"})
    check_destroyed(paper, paper_cloud)


def test_where_one_of_five_copies_fails_the_next_update_makes_only_that_one(
    paper: Stack, paper_cloud: Emulator
) -> None:
    regions = ["cn-gd", "cn-sh2", "hk", "sg", "us-ca"]
    paper_cloud.fault(transition="copy", region="hk", outcome="fail", times=1)
    paper.create(PROGRAM.format(regions=regions))
    said = paper.up().failed().output
    assert "1 of its copies failed" in said or "hk (org-emulator)" in said
    there = images(paper_cloud)
    assert set(there) == {"cn-bj2", *regions} - {"hk"}
    assert in_state(paper) == there
    paper.up().succeeded()
    assert {region: id for region, id in images(paper_cloud).items() if region != "hk"} == there
    assert in_state(paper) == images(paper_cloud)
    made = [row for row in paper_cloud.ledger() if row["kind"] == "image"]
    assert len(made) == 7, "an image, five copies, and one more for the one that failed"
    check_destroyed(paper, paper_cloud)


def test_the_old_copy_is_deleted_before_the_new_one_is_handed_over(paper: Stack, paper_cloud: Emulator) -> None:
    """Between its hand-over and the answer to Pulumi nobody but this process knows of a new copy."""
    paper.create(PROGRAM.format(regions=["hk"])).up().succeeded()
    seen = len(paper_cloud.requests())
    paper.write(PROGRAM.format(regions=["sg"]))
    paper.up().succeeded()
    order = [each["Action"] for each in paper_cloud.requests()[seen:]]
    assert order.index("TerminateCustomImage") < order.index("DeleteUHostKeyPairs")


def test_a_destroy_gives_back_what_a_dead_build_left(paper: Stack, paper_cloud: Emulator) -> None:
    paper.create(PROGRAM.format(regions=[])).up().succeeded()
    paper_cloud.fault(transition="start", outcome="never", times=0)
    paper.write(PROGRAM.format(regions=[]) + PROGRAM.format(regions=[]).replace('"web"', '"other"'))
    running = paper.start_up()
    running.until(lambda output: "starting host" in output)
    deaths.strike(running, paper.folder, "machine gone")
    processes.wait_until_gone(paper.folder, 60)
    paper_cloud.clear_faults()
    assert {"uhost", "keypair", "firewall"} <= {row["kind"] for row in paper_cloud.ledger(open_only=True)}
    aftermath.unlock(paper)
    check_destroyed(paper, paper_cloud)
