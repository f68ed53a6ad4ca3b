"""An image of one stack, used by a host of another, each on a machine of its own: replaced, destroyed, named.

They share a backend, as StackReference needs; the state folders, where journals are, are two.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.stack import Stack
from tests.support.emulator import Emulator

IMAGE = """
import pulumi
from ucloud_image import CustomImage, CustomImageArgs

image = CustomImage(
    "web",
    CustomImageArgs(
        availability_zone="cn-bj2-02",
        instance_type="n-basic-2",
        source_image_id="uimage-f1chxn",
        image_name="{name}",
        communicator="none",
    ),
)
pulumi.export("image_id", image.image_id)
"""
HOST = """
import pulumi
from ucloud_image import UHost, UHostArgs

images = pulumi.StackReference("organization/images/test")
host = UHost(
    "host",
    UHostArgs(
        availability_zone="cn-bj2-02",
        instance_type="n-basic-2",
        image_id=images.require_output("image_id"),
        password="Correct-horse-7",
    ),
)
pulumi.export("host_id", host.id)
pulumi.export("image_id", host.image_id)
"""


@pytest.fixture
def stacks(tmp_path: Path, paper_cloud: Emulator) -> tuple[Stack, Stack]:
    """The stack of the image, and that of the host."""
    paper_cloud.reset()
    images, hosts = Stack(tmp_path / "images"), Stack(tmp_path / "hosts")
    for each in (images, hosts):
        each.folder.mkdir()
        backend = images.environ()["PULUMI_BACKEND_URL"]
        each.environment = {**paper_cloud.environment(), "PULUMI_BACKEND_URL": backend}
    images.create(IMAGE.format(name="first"), project="images")
    images.up().succeeded()
    hosts.create(HOST, project="hosts")
    hosts.up().succeeded()
    return images, hosts


def open_rows(cloud: Emulator, kind: str) -> list[str]:
    return [row["id"] for row in cloud.ledger(open_only=True) if row["kind"] == kind]


def test_a_replaced_image_replaces_the_host_of_the_other_stack_at_its_next_up(
    stacks: tuple[Stack, Stack], paper_cloud: Emulator
) -> None:
    images, hosts = stacks
    first, host = images.outputs()["image_id"], hosts.outputs()["host_id"]
    hosts.preview("--expect-no-changes").succeeded()
    images.write(IMAGE.format(name="second"))
    images.up().succeeded()
    second = images.outputs()["image_id"]
    # The old image is gone while a host made of it runs; that host goes on, as UCloud lets it.
    assert first != second
    assert open_rows(paper_cloud, "image") == [second]
    assert open_rows(paper_cloud, "uhost") == [host]
    shown = hosts.preview("--diff").succeeded().output
    assert second in shown
    assert "replace" in shown
    hosts.up().succeeded()
    assert hosts.outputs()["image_id"] == second
    assert open_rows(paper_cloud, "uhost") == [hosts.outputs()["host_id"]] != [host]
    hosts.destroy().succeeded()
    images.destroy().succeeded()
    assert paper_cloud.ledger(open_only=True) == []


def test_an_image_that_its_stack_destroyed_leaves_the_host_and_its_stack_working(
    stacks: tuple[Stack, Stack], paper_cloud: Emulator
) -> None:
    images, hosts = stacks
    image, host = images.outputs()["image_id"], hosts.outputs()["host_id"]
    images.destroy().succeeded()
    assert open_rows(paper_cloud, "uhost") == [host]
    assert image not in open_rows(paper_cloud, "image")
    # The reference has no output any more: Pulumi says which, before anything of the host is touched.
    assert "image_id" in hosts.preview().failed().output
    hosts.run("refresh", "--yes", "--skip-preview")
    assert open_rows(paper_cloud, "uhost") == [host]
    images.up().succeeded()
    hosts.up().succeeded()
    assert hosts.outputs()["image_id"] == images.outputs()["image_id"] != image
    assert len(open_rows(paper_cloud, "uhost")) == 1
    hosts.destroy().succeeded()
    images.destroy().succeeded()
    assert paper_cloud.ledger(open_only=True) == []


def test_the_hosts_stack_can_be_destroyed_when_the_image_is_gone(
    stacks: tuple[Stack, Stack], paper_cloud: Emulator
) -> None:
    images, hosts = stacks
    images.destroy().succeeded()
    hosts.destroy().succeeded()
    assert paper_cloud.ledger(open_only=True) == []
