"""Security groups: of a VPC, bound to hosts of the O types when these are made, asked in the order of priorities."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.asker import Asker
from tests.support.documents import documented

O_HOST = {
    "MachineType": "O",
    "ImageId": "uimage-debian12",
    "Disks": [{"IsBoot": "True", "Type": "CLOUD_RSSD", "Size": 20}],
}


def rule(port: str = "22", **changed: Any) -> dict[str, Any]:
    wanted = {"Direction": "Ingress", "IPRange": "0.0.0.0/0", "Priority": 1, "ProtocolType": "TCP", "DstPort": port}
    return {**wanted, "RuleAction": "Accept", "Remark": "why", **changed}


@pytest.fixture
def vpc(api: Asker) -> str:
    return str(next(vpc["VPCId"] for vpc in api.ask("DescribeVPC")["DataSet"] if vpc["VPCType"] == "DefaultVPC"))


@pytest.fixture
def group(api: Asker, vpc: str) -> Iterator[str]:
    id = str(api.ask("CreateSecGroup", VPCID=vpc, Name="group")["SecGroupId"])
    yield id
    api.ask("DeleteSecGroup", SecGroupId=[id])


def bound(*ids: str, **more: Any) -> dict[str, Any]:
    groups = [{"Id": id, "Priority": number + 1} for number, id in enumerate(ids)]
    return {**O_HOST, "SecurityMode": "SecGroup", "SecGroupId": groups, **more}


@documented("api/uhost-api/create_uhost_instance.md", "SecurityMode SecGroup with SecGroupId.N.Id and Priority")
@documented("api/uhost-api/describe_uhost_instance.md", "NetFeatureTag says Firewall or SecGroup")
@documented("api/vpc2.0-api/describe_sec_group_resource.md", "The hosts of a security group")
@documented("api/vpc2.0-api/delete_sec_group.md", "Several at once")
def test_a_host_is_bound_to_groups_in_place_of_a_firewall(api: Asker, vpc: str, group: str) -> None:
    host = api.running_host(**bound(group))
    assert (api.host(host)["NetFeatureTag"], api.host(host)["SecGroupInstance"]) == ("SecGroup", True)
    assert api.ask("DescribeFirewall", ResourceId=host, ResourceType="uhost")["DataSet"] == []
    assert [each["ResourceId"] for each in api.ask("DescribeSecGroupResource", SecGroupId=group)["DataSet"]] == [host]
    assert api.refused("DeleteSecGroup", SecGroupId=[group]) == 5024
    web = api.ask("DescribeFirewall")["DataSet"][0]["FWId"]
    assert api.refused("GrantFirewall", FWId=web, ResourceType="uhost", ResourceId=host) == 230
    other = str(api.ask("CreateSecGroup", VPCID=vpc, Name="other")["SecGroupId"])
    api.ask("AssociateSecGroup", ResourceId=[host], PrioritySecGroup=[{"SecGroupId": other, "Priority": 1}])
    assert api.ask("DescribeSecGroupResource", SecGroupId=group)["TotalCount"] == 0
    api.remove_host(host)
    api.ask("DeleteSecGroup", SecGroupId=[other])
    plain = api.create_host()
    assert api.host(plain)["NetFeatureTag"] == "Firewall"
    api.remove_host(plain)


@documented("api/vpc2.0-api/update_sec_group_association.md", "Out of the old groups, into the new; others stay")
@documented("api/vpc2.0-api/describe_resource_sec_group.md", "A host's groups with their priorities")
def test_a_host_goes_from_one_group_to_another(api: Asker, vpc: str, group: str) -> None:
    def groups_of(host: str) -> list[tuple[str, int]]:
        (found,) = api.ask("DescribeResourceSecGroup", ResourceId=[host])["DataSet"]
        return [(each["SecGroupId"], each["Priority"]) for each in found["SecGroupInfo"]]

    other, third = (str(api.ask("CreateSecGroup", VPCID=vpc, Name=name)["SecGroupId"]) for name in ("other", "third"))
    host, plain = api.running_host(**bound(group, third)), api.create_host()
    asked: dict[str, Any] = {"ResourceId": host, "OldSecGroupId": [group]}
    new = [{"SecGroupId": other, "Priority": 1}]
    api.ask("UpdateSecGroupAssociation", **asked, NewPrioritySecGroup=new)
    assert groups_of(host) == [(other, 1), (third, 2)]
    assert groups_of(plain) == []
    for wrong, code in (
        ({"NewPrioritySecGroup": new}, 230),
        ({"OldSecGroupId": [other], "NewPrioritySecGroup": [{"SecGroupId": third, "Priority": 1}]}, 230),
        ({"OldSecGroupId": [other]}, 220),
        ({"OldSecGroupId": [], "NewPrioritySecGroup": new}, 220),
        ({"ResourceId": plain, "NewPrioritySecGroup": new}, 230),
    ):
        assert api.refused("UpdateSecGroupAssociation", **{**asked, **wrong}) == code, wrong
    api.remove_host(host)
    api.remove_host(plain)
    api.ask("DeleteSecGroup", SecGroupId=[other, third])


@documented(
    "vpc/introduction/secgroup.md", "Only for the O types, of the same VPC, at most 5, priorities 1-5 once each"
)
def test_what_a_host_may_not_be_bound_to_is_refused(api: Asker, vpc: str, group: str) -> None:
    elsewhere = api.ask("CreateVPC", Name="elsewhere", Network=["192.168.0.0/16"])["VPCId"]
    foreign = str(api.ask("CreateSecGroup", VPCID=elsewhere, Name="foreign")["SecGroupId"])
    six = [str(api.ask("CreateSecGroup", VPCID=vpc, Name=f"{n}")["SecGroupId"]) for n in range(6)]
    asked: dict[str, Any] = {"Zone": "cn-bj2-02", "LoginMode": "Password", "CPU": 2}
    asked |= {"Password": "UGFzc3dvcmQxMjM=", "ChargeType": "Dynamic", "Memory": 4096, **O_HOST}
    n_host = {"MachineType": "N", "Disks": [{"IsBoot": "True", "Type": "CLOUD_SSD", "Size": 20}]}
    for wrong, code in (
        (bound(), 220),
        (bound(group, **n_host), 230),
        (bound(foreign), 230),
        (bound("secgroup-none"), 230),
        (bound(*six), 230),
        (bound(group, SecurityMode="Firewall"), 230),
        (bound(SecGroupId=[{"Id": group, "Priority": 6}]), 230),
        (bound(SecGroupId=[{"Id": group, "Priority": 1}, {"Id": six[0], "Priority": 1}]), 230),
    ):
        assert api.refused("CreateUHostInstance", **{**asked, **wrong}) == code, wrong
    assert api.refused("DeleteVPC", VPCId=elsewhere) == 5024
    api.ask("DeleteSecGroup", SecGroupId=[foreign, *six])
    api.ask("DeleteVPC", VPCId=elsewhere)


@documented("api/vpc2.0-api/create_sec_group_rule.md", "A rule's fields, all required")
@documented("api/vpc2.0-api/delete_sec_group_rule.md", "Rules go by their ids")
@documented("api/vpc2.0-api/describe_sec_group.md", "A group with its rules; by id or VPC")
@documented("vpc/introduction/secgroup.md", "A rule's priority is 1-200, once in a group")
def test_rules_are_added_described_and_taken_away(api: Asker, vpc: str, group: str) -> None:
    made = api.ask(
        "CreateSecGroupRule", SecGroupId=group, Rule=[rule("80,443"), rule(Direction="Egress", RuleAction="Drop")]
    )["RuleId"]
    (described,) = api.ask("DescribeSecGroup", SecGroupId=[group])["DataSet"]
    assert (described["Name"], described["VPCId"], described["Type"]) == ("group", vpc, "user defined")
    assert described["Rule"][0] == {**rule("80,443"), "RuleId": made[0], "IPVersion": "IPv4"}
    for wrong in ({"Priority": 201}, {"RuleAction": "ACCEPT"}, {"DstPort": "0"}, {"IPRange": "x"}, {"Priority": 1}):
        assert api.refused("CreateSecGroupRule", SecGroupId=group, Rule=[rule(**wrong)]) == 230, wrong
    for missing in rule():
        assert api.refused("CreateSecGroupRule", SecGroupId=group, Rule=[{**rule(), missing: ""}]) == 220, missing
    api.ask("DeleteSecGroupRule", SecGroupId=group, RuleId=[made[0]])
    assert api.refused("DeleteSecGroupRule", SecGroupId=group, RuleId=[made[0]]) == 230
    assert [each["RuleId"] for each in api.ask("DescribeSecGroup", VPCId=vpc)["DataSet"][0]["Rule"]] == [made[1]]


@documented("api/vpc2.0-api/create_sec_group.md", "A name of at most 64 characters")
def test_a_group_s_name_has_at_most_64_characters(api: Asker, vpc: str) -> None:
    assert api.refused("CreateSecGroup", VPCID=vpc, Name="x" * 65) == 230
    api.ask("DeleteSecGroup", SecGroupId=[api.ask("CreateSecGroup", VPCID=vpc, Name="x" * 64)["SecGroupId"]])
