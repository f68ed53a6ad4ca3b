"""VPCs, subnets, firewalls and EIPs."""

from __future__ import annotations

from collections.abc import Sequence

from ucloud_provider.cloud import paging
from ucloud_provider.cloud.answers import key, listed, new_id
from ucloud_provider.cloud.client import Api
from ucloud_provider.cloud.records import Eip, Firewall, Vpc
from ucloud_provider.errors import CloudError

FIREWALL_NOT_FOUND = 54002
EIP_NOT_FOUND = 54002


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
    try:
        answer = api.read(action, SubnetIds=[subnet_id])
    except CloudError as error:
        if error.code:
            return None
        raise
    subnets = (each for each in listed(action, answer, "DataSet") if each.get("SubnetId") == subnet_id)
    return next((key(action, each, "VPCId") for each in subnets), None)


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


def delete_firewall(api: Api, firewall_id: str) -> None:
    """Delete a firewall that no host uses. Content where it is gone already."""
    try:
        api.change("DeleteFirewall", FWId=firewall_id)
    except CloudError as error:
        if error.code != FIREWALL_NOT_FOUND:
            raise


def grant_firewall(api: Api, firewall_id: str, host_id: str) -> None:
    """Put a host behind a firewall, in place of the one it has."""
    api.change("GrantFirewall", FWId=firewall_id, ResourceType="uhost", ResourceId=host_id)


def eips(api: Api) -> list[Eip]:
    return [Eip.of(each) for each in paging.every(api, "DescribeEIP", "EIPSet")]


def label_eip(api: Api, eip_id: str, label: str) -> None:
    """Give an EIP a name and a Tag: one that comes with a host has none of its own."""
    api.change("UpdateEIPAttribute", EIPId=eip_id, Name=label, Tag=label)


def release_eip(api: Api, eip_id: str) -> None:
    """Give back an EIP that no host has. Content where it is gone already."""
    try:
        api.change("ReleaseEIP", EIPId=eip_id)
    except CloudError as error:
        if error.code != EIP_NOT_FOUND:
            raise


def set_bandwidth(api: Api, eip_id: str, bandwidth: int) -> None:
    """Change an EIP's bandwidth, in Mbps."""
    api.change("ModifyEIPBandwidth", EIPId=eip_id, Bandwidth=bandwidth)
