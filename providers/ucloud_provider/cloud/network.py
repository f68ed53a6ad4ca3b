"""VPCs, subnets, firewalls and EIPs."""

from __future__ import annotations

from collections.abc import Sequence

from ucloud_provider.cloud import gone, paging
from ucloud_provider.cloud.answers import key, new_id
from ucloud_provider.cloud.client import Api
from ucloud_provider.cloud.records import Eip, Firewall, Vpc


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


def sec_groups(api: Api) -> list[str]:
    """The ids of the security groups, which stand beside firewalls where an account has them."""
    action = "DescribeSecGroup"
    return [key(action, each, "SecGroupId") for each in paging.every(api, action, "DataSet")]


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
