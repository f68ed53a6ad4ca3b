"""Accounts that lack something: a build works with what they have, or says what is missing before it makes anything."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from ucloud_provider.build.image import build_image
from ucloud_provider.build.state import BuiltImage, CopyFailed
from ucloud_provider.cloud.client import Api, connect
from ucloud_provider.errors import InvalidSpec
from ucloud_provider.spec.image import ImageCopy

from tests.emulator.build.conftest import Builds
from tests.support.documents import documented

SUB_ACCOUNT = ("emulator-sub-account-public-key", "emulator-sub-account-private-key")


class Account:
    """Builds on hosts of paper in a project that lacks something."""

    def __init__(self, builds: Builds, project: str) -> None:
        self.builds = builds
        self.project = project

    @property
    def api(self) -> Api:
        return self.builds.api(project_id=self.project)

    def build(self, **given: Any) -> BuiltImage:
        return build_image(
            self.builds.args(communicator="none", **given),
            api=self.api,
            progress=self.builds.progress,
            cancel=self.builds.cancel,
            base_dir=self.builds.base_dir,
        )

    def problems(self, **given: Any) -> list[str]:
        """What a build says is missing; it has asked and made nothing."""
        self.builds.forget()
        with pytest.raises(InvalidSpec) as caught:
            self.build(**given)
        asked = {each["Action"] for each in self.builds.requests()}
        assert all(action.startswith(("Get", "Describe", "Check")) for action in asked), asked
        return list(caught.value.problems)

    def left(self) -> list[str]:
        """What is in the project now, but for what a test made for it."""
        return sorted(row["kind"] for row in self.builds.emulator.ledger(open_only=True, project=self.project))


@documented(
    "vpc/introduction/subnet.md", "A default VPC is no longer provided: hosts are made in a subnet of one's own"
)
def test_without_a_default_vpc_the_ones_there_are_named_and_one_of_them_is_built_in(paper_builds: Builds) -> None:
    account = Account(paper_builds, "org-no-vpc")
    assert account.problems() == [
        "vpc_id: cn-bj2 has no default VPC; give vpc_id and subnet_id. There is none in org-no-vpc: create one, with a "
        "subnet, in the console"
    ]
    network = paper_builds.emulator.client(project="org-no-vpc").vpc()
    vpc = network.create_vpc({"Name": "mine", "Network": ["10.99.0.0/16"]})["VPCId"]
    subnet = network.create_subnet({"VPCId": vpc, "Subnet": "10.99.0.0", "Netmask": 24})["SubnetId"]
    (problem,) = account.problems()
    assert problem.endswith(f"There is {vpc} (mine) with {subnet}")
    account.build(vpc_id=vpc, subnet_id=subnet)
    assert account.left() == ["image", "subnet", "vpc"]


@documented("uhost/guide/image/copy.md", "Copies need region-level image service, which is opened by a ticket")
def test_without_permission_to_copy_the_image_is_made_and_the_refused_copy_is_named(paper_builds: Builds) -> None:
    account = Account(paper_builds, "org-no-copies")
    with pytest.raises(CopyFailed) as caught:
        account.build(copies=[ImageCopy(region="cn-sh2")])
    assert account.left() == ["image"]
    assert "cn-sh2" in str(caught.value)
    assert any("region-level image service, which a ticket opens" in each for each in caught.value.failures)
    account.build()


@documented("uhost/guide/image/common.md", "A region holds a number of custom images")
def test_at_the_quota_of_images_a_build_makes_nothing_and_says_what_to_do(paper_builds: Builds) -> None:
    account = Account(paper_builds, "org-full")
    (problem,) = account.problems()
    assert problem.startswith("image_name: cn-bj2 holds 30 of 30 custom images in org-full; delete one there, or have")
    full_at_its_place = Account(paper_builds, paper_builds.emulator.project)
    (problem,) = full_at_its_place.problems(copies=[ImageCopy(project_id="org-full")])
    assert problem.startswith("copies[0]: cn-bj2 holds 30 of 30 custom images in org-full; ")


def test_without_images_with_cloud_init_a_build_works_on_one_without(paper_builds: Builds) -> None:
    account = Account(paper_builds, "org-no-cloudinit")
    (problem,) = account.problems(source_image_id="uimage-debian12-ci")
    assert problem.startswith("source_image_id: 'uimage-debian12-ci' is no image of cn-bj2 in org-no-cloudinit; ")
    (problem,) = account.problems(user_data="#!/bin/sh")
    assert problem.startswith("user_data: image 'uimage-f1chxn' has no CloudInit to run it; ")
    account.build()
    assert account.left() == ["image"]


@documented("api/summary/public.md", "A sub-account names its ProjectId in every call")
def test_a_sub_account_builds_where_its_project_is_named(paper_builds: Builds) -> None:
    standard = paper_builds.api()
    public, private = SUB_ACCOUNT
    credentials = dataclasses.replace(standard.credentials, public_key=public, private_key=private)
    account = Account(paper_builds, standard.project_id or "")

    class SubAccount(Account):
        @property
        def api(self) -> Api:
            return connect(credentials)

    SubAccount(paper_builds, account.project).build(copies=[ImageCopy(region="cn-sh2")])
    assert account.left() == ["image", "image"]
    assert {each["params"].get("ProjectId") for each in paper_builds.requests()} == {account.project}
    assert {each["params"].get("PublicKey") for each in paper_builds.requests()} <= {public, None}
