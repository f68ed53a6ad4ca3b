"""A stack whose hosts are in security groups: previews, changes in place, replacements, and what a refresh sees."""

from __future__ import annotations

from typing import Any

import pytest

from tests.e2e.stack import Stack
from tests.support.documents import documented
from tests.support.emulator import Emulator

PROGRAM = """
import pulumi
from ucloud_image import CustomImage, CustomImageArgs, UHost, UHostArgs

WHERE = {{"availability_zone": "cn-bj2-02", "instance_type": "o-standard-2"}}
"""
HOST = """
host = UHost("web", UHostArgs(**WHERE, image_id="uimage-debian12", {more}))
pulumi.export("host", host.id)
"""
IMAGE = """
CustomImage("web", CustomImageArgs(**WHERE, image_name="web", source_image_id="uimage-debian12", {more}))
"""


def host(more: str = "") -> str:
    return (PROGRAM + HOST).format(more=more)


def image(more: str) -> str:
    return (PROGRAM + IMAGE).format(more=more)


@pytest.fixture
def grouped(stack: Stack, paper_cloud: Emulator) -> Stack:
    paper_cloud.reset()
    stack.environment = paper_cloud.environment()
    return stack


def ask(cloud: Emulator, action: str, **params: Any) -> dict[str, Any]:
    reply: dict[str, Any] = cloud.client().invoke(action, params)
    return reply


def make_group(cloud: Emulator, name: str, vpc: str = "") -> str:
    default = next(each for each in ask(cloud, "DescribeVPC")["DataSet"] if each["VPCType"] == "DefaultVPC")
    return str(ask(cloud, "CreateSecGroup", VPCID=vpc or default["VPCId"], Name=name)["SecGroupId"])


def groups_of(cloud: Emulator, host_id: str) -> list[str]:
    (found,) = ask(cloud, "DescribeResourceSecGroup", ResourceId=[host_id])["DataSet"]
    return [each["SecGroupId"] for each in found["SecGroupInfo"]]


@documented("vpc/introduction/secgroup.md", "From a firewall to a group, the rules hold after a migration alone")
def test_from_group_to_group_a_host_changes_in_place_and_from_kind_to_kind_it_is_replaced(
    grouped: Stack, paper_cloud: Emulator
) -> None:
    one, two = make_group(paper_cloud, "one"), make_group(paper_cloud, "two")
    grouped.create(host(f"security_group_id={one!r}"))
    grouped.up().succeeded()
    first = grouped.outputs()["host"]
    grouped.write(host(f"security_group_id={two!r}"))
    assert "1 to update" in grouped.preview().succeeded().output
    grouped.up().succeeded()
    assert grouped.outputs()["host"] == first
    assert groups_of(paper_cloud, first) == [two]
    # somebody moves it in the console
    moved = {"OldSecGroupId": [two], "NewPrioritySecGroup": [{"SecGroupId": one, "Priority": 1}]}
    ask(paper_cloud, "UpdateSecGroupAssociation", ResourceId=first, **moved)
    grouped.run("refresh", "--yes", "--skip-preview").succeeded()
    (seen,) = [each["outputs"]["security_group_id"] for each in grouped.resources("UHost")]
    assert seen == one
    grouped.up().succeeded()
    assert groups_of(paper_cloud, first) == [two]
    grouped.preview("--expect-no-changes").succeeded()
    grouped.write(host())
    told = grouped.preview().succeeded().output
    assert "1 to replace" in told
    grouped.up().succeeded()
    plain = grouped.outputs()["host"]
    assert plain != first
    grouped.write(host(f"security_group_id={one!r}"))
    grouped.up().succeeded()
    assert grouped.outputs()["host"] not in (first, plain)
    grouped.destroy().succeeded()
    assert {row["kind"] for row in paper_cloud.ledger(open_only=True, billable_only=True)} == {"secgroup"}


def test_a_firewall_changed_in_the_console_is_seen_by_a_refresh_and_put_right(
    grouped: Stack, paper_cloud: Emulator
) -> None:
    one, two = (
        ask(paper_cloud, "CreateFirewall", Name=name, Rule=["TCP|22|0.0.0.0/0|ACCEPT|HIGH|"])["FWId"]
        for name in ("one", "two")
    )
    grouped.create(host(f"security_group_id={one!r}"))
    grouped.up().succeeded()
    id = grouped.outputs()["host"]
    ask(paper_cloud, "GrantFirewall", FWId=two, ResourceType="uhost", ResourceId=id)
    grouped.run("refresh", "--yes", "--skip-preview").succeeded()
    grouped.up().succeeded()
    found = ask(paper_cloud, "DescribeFirewall", ResourceType="uhost", ResourceId=id)["DataSet"]
    assert [each["FWId"] for each in found] == [one]
    grouped.destroy().succeeded()


def test_what_is_wrong_with_a_group_is_told_in_preview(grouped: Stack, paper_cloud: Emulator) -> None:
    elsewhere = ask(paper_cloud, "CreateVPC", Name="elsewhere", Network=["192.168.0.0/16"])["VPCId"]
    foreign, mine = make_group(paper_cloud, "foreign", elsewhere), make_group(paper_cloud, "mine")
    grouped.create(image(f"security_group_id={foreign!r}"))
    assert f"is a security group of VPC {elsewhere}, and the host is in" in grouped.preview().failed().output
    grouped.write(host("security_group_id='secgroup-x'"))
    assert "'secgroup-x' is neither a firewall nor a security group" in grouped.preview().failed().output
    grouped.write(host(f"security_group_id={mine!r}").replace("o-standard-2", "n-basic-2"))
    assert f"{mine!r} is a security group, which n-basic-2 cannot be in" in grouped.preview().failed().output
    # the same update may still make the rule, so a preview warns of it; the build then stops at its start
    grouped.write(image(f"security_group_id={mine!r}"))
    told = f"no rule of security group {mine!r} lets TCP port 22 in"
    ask(paper_cloud, "CreateSecGroupRule", SecGroupId=mine, Rule=[RULE])
    assert f"{told}, by which the build logs in; add one, or give another: as it is" in (
        grouped.preview().succeeded().output
    )
    assert told in grouped.up().failed().output
    assert {row["kind"] for row in paper_cloud.ledger(open_only=True, billable_only=True)} == {"secgroup"}


def test_a_host_that_stays_is_asked_about_no_more_than_its_new_group(grouped: Stack, paper_cloud: Emulator) -> None:
    mine = make_group(paper_cloud, "mine")
    grouped.create(host(f"security_group_id={mine!r}"))
    grouped.up().succeeded()
    since = len(paper_cloud.requests())
    grouped.preview("--expect-no-changes").succeeded()
    assert paper_cloud.requests()[since:] == []
    grouped.write(host("security_group_id='secgroup-x'"))
    assert "'secgroup-x' is neither a firewall nor a security group" in grouped.preview().failed().output
    asked = {each["Action"] for each in paper_cloud.requests()[since:]}
    assert asked == {"DescribeFirewall", "DescribeSecGroup"}


RULE = {
    "Direction": "Ingress",
    "IPRange": "0.0.0.0/0",
    "Priority": 1,
    "ProtocolType": "TCP",
    "DstPort": "80",
    "RuleAction": "Accept",
    "Remark": "web",
}
