"""Builds and hosts in security groups: what is ordered, what lets the login in, and what cannot be had."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ucloud_provider.build import lasting_host
from ucloud_provider.cloud import network
from ucloud_provider.cloud.records import Host
from ucloud_provider.errors import InvalidSpec, StepFailed
from ucloud_provider.spec.uhost import UHostArgs

from tests.emulator.build.conftest import Builds, Run
from tests.support.asker import Asker
from tests.support.documents import documented

FAST: dict[str, Any] = {"instance_type": "o-standard-2", "source_image_id": "uimage-debian12"}
SSH = {"Direction": "Ingress", "IPRange": "0.0.0.0/0", "ProtocolType": "TCP", "DstPort": "22", "RuleAction": "Accept"}


def make_group(builds: Builds, *rules: dict[str, Any], vpc: str = "") -> str:
    api = Asker(builds.emulator, builds.emulator.client())
    vpc = vpc or str(api.ask("DescribeVPC")["DataSet"][0]["VPCId"])
    id = str(api.ask("CreateSecGroup", VPCID=vpc, Name="mine")["SecGroupId"])
    for number, rule in enumerate(rules, 1):
        api.ask("CreateSecGroupRule", SecGroupId=id, Rule=[{**SSH, "Priority": number, "Remark": "why", **rule}])
    return id


def order(builds: Builds) -> dict[str, Any]:
    params: dict[str, Any] = builds.requests("CreateUHostInstance")[-1]["params"]
    return params


def lasting(builds: Builds, **given: Any) -> Host:
    args = UHostArgs(**{**UHOST, **given})
    return lasting_host.create(args, "web", api=builds.api(), progress=builds.progress, mask=str)


UHOST: dict[str, Any] = {
    "availability_zone": "cn-bj2-02",
    "instance_type": "o-standard-2",
    "image_id": "uimage-debian12",
}


@documented("vpc/introduction/secgroup.md", "For 快杰 hosts, in place of a firewall")
def test_a_build_logs_in_to_a_host_of_a_security_group_that_opens_its_port(builds: Builds) -> None:
    group = make_group(builds, {})
    built = builds.build(**FAST, security_group_id=group, provisioners=[Run(command="true")])
    assert built.image_id in builds.images()
    sent = order(builds)
    assert (sent["SecurityMode"], sent["SecGroupId.0.Id"], sent["SecGroupId.0.Priority"]) == ("SecGroup", group, "1")
    assert "SecurityGroupId" not in sent
    assert builds.requests("CreateFirewall") == []
    assert [row["kind"] for row in builds.left()] == ["secgroup"]


def test_a_group_that_lets_others_alone_in_is_named_when_nobody_could_log_in(builds: Builds) -> None:
    group = make_group(builds, {"IPRange": "203.0.113.0/24"})
    with pytest.raises(StepFailed, match="no SSH login as") as caught:
        builds.build(**FAST, security_group_id=group, ssh_timeout=6)
    assert f"do the rules of security group {group!r} let TCP port 22 in from this machine?" in str(caught.value)
    assert [row["kind"] for row in builds.left()] == ["secgroup"]


@documented("vpc/introduction/secgroup.md", "What no rule lets in does not come in")
@pytest.mark.parametrize(
    "rule", [{"DstPort": "80,2200-2299"}, {"ProtocolType": "UDP"}, {"RuleAction": "Drop"}, {"Direction": "Egress"}]
)
def test_a_group_that_opens_the_port_to_nobody_stops_the_build_before_anything_is_made(
    paper_builds: Builds, rule: dict[str, Any]
) -> None:
    group = make_group(paper_builds, rule)
    before = paper_builds.left()
    with pytest.raises(InvalidSpec) as caught:
        paper_builds.build(**FAST, security_group_id=group)
    assert list(caught.value.problems) == [
        f"security_group_id: no rule of security group {group!r} lets TCP port 22 in, by which the build logs in; "
        "add one, or give another"
    ]
    assert paper_builds.left() == before


def test_so_does_a_firewall_and_where_nobody_logs_in_no_port_is_asked_for(paper_builds: Builds) -> None:
    api = Asker(paper_builds.emulator, paper_builds.emulator.client())
    mine = str(api.ask("CreateFirewall", Name="mine", Rule=["TCP|80|0.0.0.0/0|ACCEPT|HIGH|x"])["FWId"])
    with pytest.raises(InvalidSpec, match=rf"no rule of firewall {mine!r} lets TCP port 22 in"):
        paper_builds.build(security_group_id=mine)
    assert paper_builds.build(security_group_id=mine, communicator="none").image_id
    group = make_group(paper_builds)
    assert paper_builds.build(**FAST, security_group_id=group, communicator="none").image_id


def test_a_host_that_stays_is_in_the_group_and_moves_to_another(paper_builds: Builds) -> None:
    first, second = make_group(paper_builds), make_group(paper_builds)
    host = lasting(paper_builds, security_group_id=first)
    api = paper_builds.api()
    assert network.sec_groups_of(api, host.id) == [first]
    args = UHostArgs(**UHOST, security_group_id=second)
    for _again in range(2):  # as if the first answer had been lost
        lasting_host.change({"security_group_id": first}, args, host.id, api=api, progress=paper_builds.progress)
        assert network.sec_groups_of(api, host.id) == [second]
    assert len(paper_builds.requests("UpdateSecGroupAssociation")) == 1


@documented("vpc/introduction/secgroup.md", "A group's hosts are of its VPC")
@pytest.mark.parametrize("make", [Builds.build, lasting], ids=["image", "host"])
def test_a_group_of_another_vpc_is_told_with_both(paper_builds: Builds, make: Callable[..., object]) -> None:
    api = Asker(paper_builds.emulator, paper_builds.emulator.client())
    elsewhere = str(api.ask("CreateVPC", Name="elsewhere", Network=["192.168.0.0/16"])["VPCId"])
    group = make_group(paper_builds, {}, vpc=elsewhere)
    given = FAST if make is Builds.build else {}
    with pytest.raises(InvalidSpec, match=f"of VPC {elsewhere}, and the host is in uvnet-.*; give a group of that VPC"):
        make(paper_builds, **given, security_group_id=group)
    assert paper_builds.requests("CreateUHostInstance") == []


@documented("vpc/introduction/secgroup.md", "No other family than 快杰 can be in a group")
def test_a_family_that_has_no_groups_and_a_group_that_is_not_there_are_told(paper_builds: Builds) -> None:
    group = make_group(paper_builds, {})
    with pytest.raises(InvalidSpec, match=f"{group!r} is a security group, which n-basic-2 cannot be in; give a firew"):
        paper_builds.build(security_group_id=group)
    with pytest.raises(InvalidSpec, match="'secgroup-x' is neither a firewall nor a security group of cn-bj2; look it"):
        paper_builds.build(**FAST, security_group_id="secgroup-x")


def test_where_groups_may_not_be_listed_one_that_is_no_firewall_by_its_id_is_ordered_all_the_same(
    paper_builds: Builds,
) -> None:
    group = make_group(paper_builds, {})
    paper_builds.emulator.fault(action="DescribeSecGroup", ret_code=299, message="no permission", times=0)
    assert paper_builds.build(**FAST, security_group_id=group, communicator="none").image_id
    assert order(paper_builds)["SecGroupId.0.Id"] == group
    with pytest.raises(InvalidSpec, match="'firewall-x' is neither"):
        paper_builds.build(**FAST, security_group_id="firewall-x")
    paper_builds.emulator.reset()
