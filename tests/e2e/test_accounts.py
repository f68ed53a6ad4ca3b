"""A run each in accounts that lack something: each builds, or preview says exactly what is missing; then it builds."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.e2e.stack import Stack
from tests.support.documents import documented
from tests.support.emulator import Emulator

PROGRAM = """
import pulumi
from ucloud_image import CustomImage, CustomImageArgs, ImageCopy, Shell, UHost, UHostArgs

image = CustomImage(
    "web",
    CustomImageArgs(
        availability_zone="cn-bj2-02",
        instance_type="n-basic-2",
        source_image_id="uimage-f1chxn",
        image_name="web",
        {image}
    ),
)
host = UHost(
    "host",
    UHostArgs(availability_zone="cn-bj2-02", instance_type="n-basic-2", image_id=image.image_id, {host}),
)
pulumi.export("image_ids", image.image_ids)
pulumi.export("state", host.state)
"""
ON_PAPER = 'communicator="none",'
COPIED = 'copies=[ImageCopy(region="cn-sh2")],'


class Account:
    """A stack in a project that lacks something."""

    def __init__(self, stack: Stack, cloud: Emulator, project: str) -> None:
        self.stack, self.cloud, self.project = stack, cloud, project
        stack.environment = {**cloud.environment(), "UCLOUD_PROJECT_ID": project}

    def program(self, image: str, host: str = "") -> None:
        text = PROGRAM.format(image=image, host=host)
        if self.stack.project.exists():
            self.stack.write(text)
        else:
            self.stack.create(text)

    def changes(self) -> list[str]:
        """The calls so far that change something."""
        asked = [each["Action"] for each in self.cloud.requests()]
        return [each for each in asked if not each.startswith(("Get", "Describe", "Check"))]

    def previewed(self) -> str:
        """What a preview says that fails; it makes nothing."""
        before = self.changes()
        output = self.stack.preview().failed().output
        assert self.changes() == before
        assert "Traceback" not in output
        return output

    def builds(self, regions: set[str]) -> None:
        """It goes up, previews as unchanged, and down again with nothing left of it."""
        before = self.open_rows()
        self.stack.up().succeeded()
        outputs = self.stack.outputs()
        assert (set(outputs["image_ids"]), outputs["state"]) == (regions, "Running")
        self.stack.preview("--expect-no-changes").succeeded()
        self.stack.destroy().succeeded()
        assert self.open_rows() == before

    def open_rows(self) -> list[str]:
        return sorted(row["id"] for row in self.cloud.ledger(open_only=True))


@pytest.fixture
def account(stack: Stack, paper_cloud: Emulator) -> Iterator[Callable[[str], Account]]:
    paper_cloud.reset()
    yield lambda project: Account(stack, paper_cloud, project)
    paper_cloud.reset()


@documented(
    "vpc/introduction/subnet.md", "A default VPC is no longer provided: hosts are made in a subnet of one's own"
)
def test_without_a_default_vpc_preview_lists_those_there_are_and_one_of_them_is_built_in(
    account: Callable[[str], Account],
) -> None:
    without = account("org-no-vpc")
    without.program(ON_PAPER)
    output = without.previewed()
    assert "vpc_id: cn-bj2 has no default VPC; give vpc_id and subnet_id. There is none in org-no-vpc: create" in output
    network = without.cloud.client(project=without.project).vpc()
    vpc = network.create_vpc({"Name": "mine", "Network": ["10.99.0.0/16"]})["VPCId"]
    subnet = network.create_subnet({"VPCId": vpc, "Subnet": "10.99.0.0", "Netmask": 24})["SubnetId"]
    assert f"There is {vpc} (mine) with {subnet}" in without.stack.preview().output
    given = f'vpc_id="{vpc}", subnet_id="{subnet}",'
    without.program(ON_PAPER + given, given)
    without.builds({"cn-bj2"})


@documented("api/uhost-api/error_code.md", "8116: hourly billing needs a permission")
def test_without_hourly_billing_it_is_said_before_anything_is_made_and_by_the_month_it_builds(
    account: Callable[[str], Account],
) -> None:
    without = account("org-no-hourly")
    without.program(ON_PAPER)
    assert "hourly billing is not open to this account" in without.previewed()
    output = without.stack.up().failed().output
    assert "hourly billing is not open to this account" in output
    assert "`charge_type`" in output
    assert without.open_rows() == []
    by_the_month = 'charge_type="month",'
    without.program(ON_PAPER + by_the_month, by_the_month)
    without.builds({"cn-bj2"})


@documented("uhost/guide/image/copy.md", "Copies need region-level image service, which is opened by a ticket")
def test_without_permission_to_copy_preview_says_what_is_needed_and_without_copies_it_builds(
    account: Callable[[str], Account],
) -> None:
    without = account("org-no-copies")
    without.program(ON_PAPER + COPIED)
    needed = "copies need UCloud's region-level image service, which a ticket opens"
    assert needed in without.stack.preview().succeeded().output
    output = without.stack.up().failed().output
    assert needed in output
    (image,) = without.stack.resources("CustomImage")
    assert image["id"] in without.open_rows(), "the image is made and in the state"
    built = without.changes().count("CreateCustomImage")
    without.program(ON_PAPER)
    without.stack.up().succeeded()
    assert without.stack.resources("CustomImage")[0]["id"] == image["id"]
    assert without.changes().count("CreateCustomImage") == built == 1, "what was built for an hour is not built again"
    without.stack.destroy().succeeded()
    assert without.open_rows() == []
    without.builds({"cn-bj2"})


@documented("uhost/guide/image/common.md", "A region holds a number of custom images")
def test_at_the_quota_of_images_preview_says_where_and_what_to_do_and_with_one_less_it_builds(
    account: Callable[[str], Account],
) -> None:
    full = account("org-full")
    full.program(ON_PAPER)
    output = full.previewed()
    assert "image_name: cn-bj2 holds 30 of 30 custom images in org-full; delete one there, or have UCloud" in output
    uhost = full.cloud.client(project=full.project).uhost()
    there = uhost.describe_image({"ImageType": "Custom", "Limit": 100})["ImageSet"]
    uhost.terminate_custom_image({"ImageId": there[0]["ImageId"]})
    full.builds({"cn-bj2"})

    full.program(ON_PAPER + COPIED)
    assert "copies[0]: cn-sh2 holds 30 of 30 custom images in org-full; " in full.previewed()


@documented("api/summary/public.md", "A sub-account names its ProjectId in every call")
def test_a_sub_account_builds_in_the_project_that_is_named_or_else_its_default(
    account: Callable[[str], Account], paper_cloud: Emulator
) -> None:
    sub = account(paper_cloud.project)
    sub.stack.environment |= {
        "UCLOUD_PUBLIC_KEY": "emulator-sub-account-public-key",
        "UCLOUD_PRIVATE_KEY": "emulator-sub-account-private-key",
    }
    sub.program(ON_PAPER + COPIED)
    sub.builds({"cn-bj2", "cn-sh2"})
    del sub.stack.environment["UCLOUD_PROJECT_ID"]
    sub.builds({"cn-bj2", "cn-sh2"})
    codes = {each["RetCode"] for each in paper_cloud.requests()}
    assert 299 not in codes


def test_without_images_with_cloud_init_it_builds_by_password_and_preview_says_what_needs_one(
    stack: Stack, cloud: Emulator
) -> None:
    """Hosts are real here: the build logs in, and so does what comes after it."""
    without = Account(stack, cloud, "org-no-cloudinit")
    runs = 'provisioners=[Shell(inline=["command -v cloud-init && exit 1; echo done > /etc/done"])],'
    without.program(runs + 'user_data="#!/bin/sh",')
    assert "user_data: image 'uimage-f1chxn' has no CloudInit to run it; " in without.previewed()
    without.program(runs)
    without.builds({"cn-bj2"})
