"""What the arguments of a `UHost` do in its order to the cloud, and what only the cloud knows to be wrong with them."""

from __future__ import annotations

from typing import Any

import pytest
from ucloud_provider.build import lasting_host, launch
from ucloud_provider.build.mark import nobodys_key
from ucloud_provider.cloud import hosts, keypairs
from ucloud_provider.cloud.records import Host
from ucloud_provider.errors import InvalidSpec
from ucloud_provider.spec.uhost import DataDisk, UHostArgs

from tests.emulator.build.conftest import DEBIAN, Builds
from tests.support.emulator import Emulator

WITH_CLOUD_INIT = "uimage-debian12-ci"


def create(builds: Builds, where: dict[str, str] | None = None, **given: Any) -> Host:
    values: dict[str, Any] = {"availability_zone": Emulator.zone, "instance_type": "n-basic-2", "image_id": DEBIAN}
    args = UHostArgs(**{**values, **given})
    return lasting_host.create(args, "web", api=builds.api(**(where or {})), progress=builds.progress, mask=str)


def test_the_order_is_as_the_arguments_say(paper_builds: Builds) -> None:
    api = paper_builds.api()
    vpc = api.read("DescribeVPC")["DataSet"][0]["VPCId"]
    subnet = api.read("DescribeSubnet", VPCId=vpc)["DataSet"][0]["SubnetId"]
    firewall = api.create("CreateFirewall", Name="mine", Rule=["TCP|22|0.0.0.0/0|ACCEPT|HIGH|"])["FWId"]
    pair = keypairs.import_public(api, "mine", nobodys_key("mine"))
    host = create(
        paper_builds,
        availability_zone="cn-bj2-03",
        instance_type="o-standard-4",
        image_id=WITH_CLOUD_INIT,
        name="web-1",
        boot_disk_type="cloud_rssd",
        boot_disk_size=60,
        data_disks=[DataDisk(size=20), DataDisk(size=30, type="cloud_rssd")],
        min_cpu_platform="Amd/Auto",
        vpc_id=vpc,
        subnet_id=subnet,
        security_group_id=firewall,
        eip_bandwidth=3,
        eip_charge_mode="bandwidth",
        key_pair_id=pair,
        user_data="#!/bin/sh\n",
        charge_type="month",
    )
    order = paper_builds.requests("CreateUHostInstance")[0]["params"]
    wanted = {
        "Zone": "cn-bj2-03",
        "MachineType": "O",
        "CPU": "4",
        "Memory": "16384",
        "Name": "web-1",
        "Disks.0.Type": "CLOUD_RSSD",
        "Disks.0.Size": "60",
        "Disks.1.IsBoot": "False",
        "Disks.1.Type": "CLOUD_SSD",
        "Disks.1.Size": "20",
        "Disks.2.Type": "CLOUD_RSSD",
        "MinimalCpuPlatform": "Amd/Auto",
        "VPCId": vpc,
        "SubnetId": subnet,
        "SecurityGroupId": firewall,
        "NetworkInterface.0.EIP.Bandwidth": "3",
        "NetworkInterface.0.EIP.PayMode": "Bandwidth",
        "LoginMode": "KeyPair",
        "KeyPairId": pair,
        "UserData": "<secret>",
        "ChargeType": "Month",
    }
    assert {name: order.get(name) for name in wanted} == wanted
    assert (host.state, host.name, host.image_id) == ("Running", "web-1", WITH_CLOUD_INIT)
    assert host.private_ip
    assert host.public_ip


def test_without_arguments_it_has_a_name_an_eip_a_web_firewall_and_a_password(paper_builds: Builds) -> None:
    host = create(paper_builds)
    order = paper_builds.requests("CreateUHostInstance")[0]["params"]
    assert host.name.startswith("web-")
    assert (order["LoginMode"], order["Password"], order["ChargeType"]) == ("Password", "<secret>", "Dynamic")
    firewalls = paper_builds.api().read("DescribeFirewall")["DataSet"]
    assert [each["Type"] for each in firewalls if each["FWId"] == order["SecurityGroupId"]] == ["recommend web"]
    assert (order["NetworkInterface.0.EIP.Bandwidth"], order["NetworkInterface.0.EIP.PayMode"]) == ("10", "Traffic")


def test_without_an_eip_there_is_none(paper_builds: Builds) -> None:
    host = create(paper_builds, eip=False)
    assert (host.public_ip, host.eip_id) == ("", "")
    assert {row["kind"] for row in paper_builds.left()} == {"uhost", "udisk"}


def test_removing_it_takes_its_eip_and_disks_along_and_waits_until_it_is_gone(paper_builds: Builds) -> None:
    host = create(paper_builds, data_disks=[DataDisk(size=20)])
    assert sorted(row["kind"] for row in paper_builds.left()) == ["eip", "udisk", "udisk", "uhost"]
    launch.remove(paper_builds.api(), host.id)
    assert hosts.describe(paper_builds.api(), [host.id]) == {}
    assert paper_builds.left() == []


def test_all_that_only_the_cloud_knows_to_be_wrong_is_told_at_once_and_nothing_is_made(paper_builds: Builds) -> None:
    with pytest.raises(InvalidSpec) as caught:
        create(
            paper_builds,
            availability_zone="hk-02",
            image_id="uimage-nowhere",
            vpc_id="uvnet-nowhere",
            subnet_id="subnet-nowhere",
            security_group_id="firewall-nowhere",
            key_pair_id="uhostkey-nowhere",
        )
    names = ("availability_zone", "image_id", "vpc_id", "subnet_id", "security_group_id", "key_pair_id")
    assert [problem.partition(":")[0] for problem in caught.value.problems] == list(names)
    remedies = ("look it up", "one of", "There is")
    assert all(any(each in problem for each in remedies) for problem in caught.value.problems)
    assert paper_builds.left() == []


@pytest.mark.parametrize(
    ("where", "problem"),
    [
        ({"region": "mars"}, "region: 'mars' is not a region; one of afr-nigeria, "),
        ({"project_id": "org-nobody"}, "project_id: 'org-nobody' is not a project of this account; one of "),
    ],
)
def test_a_place_that_is_not_there_is_one_problem_not_many(
    paper_builds: Builds, where: dict[str, str], problem: str
) -> None:
    with pytest.raises(InvalidSpec) as caught:
        create(paper_builds, where, image_id="uimage-nowhere", vpc_id="uvnet-x", subnet_id="subnet-x")
    (said,) = caught.value.problems
    assert said.startswith(problem)


def test_what_the_image_does_not_allow_is_told(paper_builds: Builds) -> None:
    large = paper_builds.build(communicator="none", boot_disk_size=40).image_id
    with pytest.raises(InvalidSpec, match=r"^boot_disk_size: 20 GB is below the image's 40 GB; give at least that, or"):
        create(paper_builds, image_id=large, boot_disk_size=20)
    with pytest.raises(InvalidSpec) as caught:
        create(paper_builds, image_id=large, boot_disk_size=20, user_data="#!/bin/sh")
    assert sorted(each.split(":")[0] for each in caught.value.problems) == ["boot_disk_size", "user_data"]
    with pytest.raises(InvalidSpec, match=r"^user_data: image 'uimage-f1chxn' has no CloudInit to run it; leave"):
        create(paper_builds, user_data="#!/bin/sh")
