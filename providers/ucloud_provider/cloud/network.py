"""VPCs, subnets, firewalls, security groups and EIPs."""

from __future__ import annotations

from collections.abc import Sequence

from ucloud_provider.cloud import gone, paging
from ucloud_provider.cloud.answers import key, listed, new_id
from ucloud_provider.cloud.client import Api
from ucloud_provider.cloud.records import Eip, Firewall, SecGroup, Vpc
from ucloud_provider.errors import CloudError


def vpcs(api: Api) -> list[Vpc]:
    """The VPCs of this project and region."""
    return [Vpc.of(each) for each in paging.every(api, "DescribeVPC", "DataSet")]


def subnets(api: Api, vpc_id: str) -> list[str]:
    """The ids of a VPC's subnets."""
    action = "DescribeSubnet"
    return [key(action, each, "SubnetId") for each in paging.every(api, action, "DataSet", VPCId=vpc_id)]


def subnet_vpc(api: Api, subnet_id: str) -> str | None:
    """The VPC a subnet belongs to, or None where there is no such subnet."""
    action = "DescribeSubnet"
    subnets = paging.by_ids(api, action, "DataSet", parameter="SubnetIds", key="SubnetId", ids=[subnet_id])
    return next((key(action, each, "VPCId") for each in subnets if each.get("SubnetId") == subnet_id), None)


def firewalls(api: Api) -> list[Firewall]:
    return [Firewall.of(each) for each in paging.every(api, "DescribeFirewall", "DataSet")]


def firewall_of(api: Api, host_id: str) -> str | None:
    """The id of the firewall that a host is behind; None where UCloud names none."""
    found = api.read("DescribeFirewall", ResourceType="uhost", ResourceId=host_id)
    return next((Firewall.of(each).id for each in listed("DescribeFirewall", found, "DataSet")), None)


def sec_groups(api: Api) -> list[SecGroup]:
    """The security groups, which stand beside firewalls where an account has them."""
    return [SecGroup.of(each) for each in paging.every(api, "DescribeSecGroup", "DataSet")]


def sec_groups_of(api: Api, host_id: str) -> list[str]:
    """The ids of the security groups that a host is in."""
    action = "DescribeResourceSecGroup"
    found = listed(action, api.read(action, ResourceId=[host_id]), "DataSet")
    mine = (each for each in found if each.get("ResourceId") == host_id)
    return [key(action, group, "SecGroupId") for each in mine for group in listed(action, each, "SecGroupInfo")]


def move_to_sec_group(api: Api, host_id: str, group_id: str) -> None:
    """Put a host that is in security groups into this one alone.

    Content with a refusal where an earlier try, whose answer was lost, has done it: the call names the groups before.
    """
    bound = sec_groups_of(api, host_id)
    if bound == [group_id]:
        return
    new = [{"SecGroupId": group_id, "Priority": 1}]
    try:
        api.change("UpdateSecGroupAssociation", ResourceId=host_id, OldSecGroupId=bound, NewPrioritySecGroup=new)
    except CloudError as error:
        if error.code == 0 or sec_groups_of(api, host_id) != [group_id]:
            raise


def create_firewall(api: Api, *, name: str, rules: Sequence[str], remark: str, tag: str) -> str:
    """Make a firewall; its id. A rule is `TCP|22|203.0.113.7/32|ACCEPT|HIGH|why`."""
    action = "CreateFirewall"
    return new_id(action, api.create(action, Name=name, Rule=list(rules), Remark=remark, Tag=tag), "FWId")


def update_firewall(api: Api, firewall_id: str, rules: Sequence[str]) -> None:
    """Put other rules in place of a firewall's; they hold for new connections."""
    api.change("UpdateFirewall", FWId=firewall_id, Rule=list(rules))


def delete_firewall(api: Api, firewall_id: str) -> bool:
    """Delete a firewall that no host uses; False where it was gone already."""
    return gone.deleted(
        lambda: api.change("DeleteFirewall", FWId=firewall_id),
        lambda: any(each.id == firewall_id for each in firewalls(api)),
    )


def grant_firewall(api: Api, firewall_id: str, host_id: str) -> None:
    """Put a host behind a firewall, in place of the one it has."""
    api.change("GrantFirewall", FWId=firewall_id, ResourceType="uhost", ResourceId=host_id)


def eips(api: Api) -> list[Eip]:
    return [Eip.of(each) for each in paging.every(api, "DescribeEIP", "EIPSet")]


def eip(api: Api, eip_id: str) -> Eip | None:
    """One EIP; None where it is not listed."""
    items = paging.by_ids(api, "DescribeEIP", "EIPSet", parameter="EIPIds", key="EIPId", ids=[eip_id])
    return next((each for each in map(Eip.of, items) if each.id == eip_id), None)


def label_eip(api: Api, eip_id: str, label: str) -> None:
    """Give an EIP a name and a Tag: one that comes with a host has none of its own."""
    api.change("UpdateEIPAttribute", EIPId=eip_id, Name=label, Tag=label)


def release_eip(api: Api, eip_id: str) -> bool:
    """Give back an EIP that no host has; False where it was gone already."""
    return gone.deleted(lambda: api.change("ReleaseEIP", EIPId=eip_id), lambda: eip(api, eip_id) is not None)


def set_bandwidth(api: Api, eip_id: str, bandwidth: int) -> None:
    """Change an EIP's bandwidth, in Mbps."""
    api.change("ModifyEIPBandwidth", EIPId=eip_id, Bandwidth=bandwidth)
