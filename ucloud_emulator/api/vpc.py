"""VPCs and subnets: the private networks that hosts are in."""

from __future__ import annotations

import time
from ipaddress import IPv4Network

from ucloud_emulator import catalogue, fields
from ucloud_emulator.dispatch import Call, Reply, action
from ucloud_emulator.records import Host, SecGroup, Subnet, Vpc
from ucloud_emulator.refusals import Refusal, RetCode, bad_parameter, missing_parameter
from ucloud_emulator.store import new_id

PRIVATE = tuple(IPv4Network(network) for network in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"))
RESERVED = 4
"""Addresses of a subnet that no host gets: network, gateway, and the network's own."""


def vpcs(call: Call) -> list[Vpc]:
    return call.cloud.vpcs(call.project, call.region)


def subnets(call: Call) -> list[Subnet]:
    return call.cloud.subnets(call.project, call.region)


def find_vpc(call: Call, id: str) -> Vpc:
    for vpc in vpcs(call):
        if vpc.id == id:
            return vpc
    raise bad_parameter("VPCId", f"VPC [{id}] not found")


def find_subnet(call: Call, id: str) -> Subnet:
    for subnet in subnets(call):
        if subnet.id == id:
            return subnet
    raise bad_parameter("SubnetId", f"Subnet [{id}] not found")


def chosen_network(call: Call) -> tuple[Vpc, Subnet]:
    """The VPC and subnet that VPCId and SubnetId ask for; the default ones, if there are, where they ask for none."""
    vpc_id, subnet_id = call.parameters.text("VPCId"), call.parameters.text("SubnetId")
    if subnet_id:
        subnet = find_subnet(call, subnet_id)
        if vpc_id and subnet.vpc_id != vpc_id:
            raise bad_parameter("SubnetId", f"{subnet_id} is not in {vpc_id}")
        return find_vpc(call, subnet.vpc_id), subnet
    vpc = find_vpc(call, vpc_id) if vpc_id else next((vpc for vpc in vpcs(call) if vpc.default), None)
    if vpc is None:
        raise missing_parameter("VPCId")
    inside = [subnet for subnet in subnets(call) if subnet.vpc_id == vpc.id]
    if not vpc.default or not inside:
        raise missing_parameter("SubnetId")
    return vpc, inside[0]


def hosts_in(call: Call, subnet: Subnet) -> list[Host]:
    return [host for host in call.cloud.store.at(Host, call.project, call.region) if host.subnet_id == subnet.id]


def private_network(name: str, text: str, least: int, most: int) -> IPv4Network:
    try:
        network = IPv4Network(text)
    except ValueError as error:
        raise bad_parameter(name, f"{text!r} is no network") from error
    if not any(network.subnet_of(private) for private in PRIVATE):
        raise bad_parameter(name, f"{text} is not private")
    if not least <= network.prefixlen <= most:
        raise bad_parameter(name, f"{text}: prefix length is not {least}-{most}")
    return network


def _networks(call: Call, taken: tuple[str, ...]) -> tuple[str, ...]:
    texts = call.parameters.texts("Network")
    if not texts:
        raise missing_parameter("Network")
    all_of_it = [IPv4Network(network) for network in taken]
    for text in texts:
        network = private_network("Network", text, 8, 29)
        for service in catalogue.service_networks(call.region):
            if network.overlaps(service):
                raise bad_parameter("Network", f"{text} overlaps {service}, the region's public services")
        if any(network.overlaps(other) for other in all_of_it):
            raise bad_parameter("Network", f"{text} overlaps")
        all_of_it.append(network)
    return tuple(str(network) for network in all_of_it)


def _describe_vpc(call: Call, vpc: Vpc) -> Reply:
    inside = [IPv4Network(subnet.network) for subnet in subnets(call) if subnet.vpc_id == vpc.id]
    has_default = call.cloud.project(call.project).traits.default_vpc
    return {
        "VPCId": vpc.id,
        "Name": vpc.name,
        "Tag": vpc.tag,
        "Network": list(vpc.networks),
        "NetworkInfo": [
            {"Network": text, "SubnetCount": sum(subnet.subnet_of(IPv4Network(text)) for subnet in inside)}
            for text in vpc.networks
        ],
        "SubnetCount": len(inside),
        "CreateTime": vpc.created,
        "UpdateTime": vpc.updated,
        **({"VPCType": "DefaultVPC" if vpc.default else "DefinedVPC"} if has_default else {}),
        "IPv6Network": "",
        "IPv6NetworkInfos": [],
        "OperatorName": "",
    }


@action("DescribeVPC")
def describe_vpc(call: Call) -> Reply:
    call.parameters.required("ProjectId")
    ids, tag = call.parameters.texts("VPCIds"), call.parameters.text("Tag")
    found = [vpc for vpc in vpcs(call) if (not ids or vpc.id in ids) and tag in ("", vpc.tag)]
    page = call.parameters.page(found, limit=100)
    return {"TotalCount": len(found), "DataSet": [_describe_vpc(call, vpc) for vpc in page]}


@action("CreateVPC")
def create_vpc(call: Call) -> Reply:
    now = int(time.time())
    vpc = Vpc(
        id=new_id("uvnet"),
        project=call.project,
        region=call.region,
        name=fields.name(call.parameters, "Name"),
        tag=fields.tag(call.parameters),
        remark=fields.remark(call.parameters),
        created=now,
        updated=now,
        networks=_networks(call, ()),
        default=False,
    )
    with call.cloud.store.lock:
        call.cloud.store.put(vpc)
        call.cloud.ledger.open(vpc.id, "vpc", vpc.name, call.project, call.region)
    return {"VPCId": vpc.id}


@action("AddVPCNetwork")
def add_vpc_network(call: Call) -> Reply:
    with call.cloud.store.lock:
        vpc = find_vpc(call, call.parameters.required("VPCId"))
        networks = _networks(call, vpc.networks)
        call.cloud.store.change(Vpc, vpc.id, networks=networks, updated=int(time.time()))
    return {}


@action("UpdateVPCNetwork")
def update_vpc_network(call: Call) -> Reply:
    """Network is what stays; the others go, unless a subnet is in them."""
    call.parameters.required("ProjectId")
    kept = call.parameters.texts("Network")
    if not kept:
        raise missing_parameter("Network")
    with call.cloud.store.lock:
        vpc = find_vpc(call, call.parameters.required("VPCId"))
        for network in kept:
            if network not in vpc.networks:
                raise bad_parameter("Network", f"{network} is not of {vpc.id}")
        for subnet in subnets(call):
            inside = any(IPv4Network(subnet.network).subnet_of(IPv4Network(network)) for network in kept)
            if subnet.vpc_id == vpc.id and not inside:
                raise Refusal(RetCode.NETWORK_IN_USE, f"Subnet [{subnet.id}] is in a network that would go")
        networks = tuple(network for network in vpc.networks if network in kept)
        call.cloud.store.change(Vpc, vpc.id, networks=networks, updated=int(time.time()))
    return {}


@action("DeleteVPC")
def delete_vpc(call: Call) -> Reply:
    with call.cloud.store.lock:
        vpc = find_vpc(call, call.parameters.required("VPCId"))
        if vpc.default:
            raise Refusal(RetCode.DEFAULT_NETWORK, f"VPC [{vpc.id}] is the default one")
        if any(subnet.vpc_id == vpc.id for subnet in subnets(call)):
            raise Refusal(RetCode.NETWORK_IN_USE, f"VPC [{vpc.id}] still has subnets")
        if any(group.vpc_id == vpc.id for group in call.cloud.store.at(SecGroup, call.project, call.region)):
            raise Refusal(RetCode.NETWORK_IN_USE, f"VPC [{vpc.id}] still has security groups")
        call.cloud.store.remove(vpc)
        call.cloud.ledger.close(vpc.id)
    return {}
