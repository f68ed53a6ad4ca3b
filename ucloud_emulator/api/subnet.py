"""Subnets of a VPC."""

from __future__ import annotations

import time
from ipaddress import IPv4Network

from ucloud_emulator import fields
from ucloud_emulator.api.vpc import RESERVED, find_subnet, find_vpc, hosts_in, private_network, subnets
from ucloud_emulator.dispatch import Call, Reply, action
from ucloud_emulator.records import Subnet
from ucloud_emulator.refusals import Refusal, RetCode, bad_parameter, missing_parameter
from ucloud_emulator.store import new_id


def _describe(call: Call, subnet: Subnet) -> Reply:
    network = IPv4Network(subnet.network)
    reply: Reply = {
        "SubnetId": subnet.id,
        "SubnetName": subnet.name,
        "SubnetType": 2,
        "Subnet": str(network.network_address),
        "Netmask": str(network.prefixlen),
        "Gateway": str(network[1]),
        "VPCId": subnet.vpc_id,
        "VPCName": find_vpc(call, subnet.vpc_id).name,
        "Zone": "",
        "Tag": subnet.tag,
        "Remark": subnet.remark,
        "CreateTime": subnet.created,
        "RouteTableId": "",
        "HasNATGW": False,
        "IPv6Network": "",
        "AvailableIPv6Count": 0,
    }
    if call.parameters.boolean("ShowAvailableIPs"):
        reply["AvailableIPs"] = network.num_addresses - RESERVED - 2 - len(hosts_in(call, subnet))
    return reply


@action("DescribeSubnet")
def describe_subnet(call: Call) -> Reply:
    asked = call.parameters
    ids = asked.texts("SubnetIds")
    if asked.has("SubnetId"):
        ids = (*ids, asked.text("SubnetId"))
    vpc_id, tag = asked.text("VPCId"), asked.text("Tag")
    found = [
        subnet
        for subnet in subnets(call)
        if (not ids or subnet.id in ids) and vpc_id in ("", subnet.vpc_id) and tag in ("", subnet.tag)
    ]
    return {"TotalCount": len(found), "DataSet": [_describe(call, subnet) for subnet in asked.page(found)]}


@action("CreateSubnet")
def create_subnet(call: Call) -> Reply:
    asked = call.parameters
    vpc_id, address = asked.required("VPCId"), asked.required("Subnet")
    network = private_network("Subnet", f"{address}/{asked.integer('Netmask', 24, least=8, most=29)}", 8, 29)
    with call.cloud.store.lock:
        vpc = find_vpc(call, vpc_id)
        if not any(network.subnet_of(IPv4Network(of_vpc)) for of_vpc in vpc.networks):
            raise bad_parameter("Subnet", f"{network} is not in the networks of {vpc_id}")
        if any(s.vpc_id == vpc_id and network.overlaps(IPv4Network(s.network)) for s in subnets(call)):
            raise bad_parameter("Subnet", f"{network} overlaps another subnet")
        subnet = Subnet(
            id=new_id("subnet"),
            project=call.project,
            region=call.region,
            name=fields.name(asked, "SubnetName", "Subnet"),
            tag=fields.tag(asked),
            remark=fields.remark(asked),
            created=int(time.time()),
            vpc_id=vpc_id,
            network=str(network),
            default=False,
        )
        call.cloud.store.put(subnet)
        call.cloud.ledger.open(subnet.id, "subnet", subnet.name, call.project, call.region)
    return {"SubnetId": subnet.id, "IPv6Network": ""}


@action("UpdateSubnetAttribute")
def update_subnet_attribute(call: Call) -> Reply:
    asked = call.parameters
    subnet = find_subnet(call, asked.required("SubnetId"))
    if not (asked.has("Name") or asked.has("Tag")):
        raise missing_parameter("Name")
    name, tag = fields.name(asked, "Name", subnet.name), fields.name(asked, "Tag", subnet.tag)
    call.cloud.store.change(Subnet, subnet.id, name=name, tag=tag)
    call.cloud.ledger.rename(subnet.id, name)
    return {}


@action("DescribeSubnetResource")
def describe_subnet_resource(call: Call) -> Reply:
    subnet = find_subnet(call, call.parameters.required("SubnetId"))
    wanted = call.parameters.text("ResourceType", "UHOST")
    found = hosts_in(call, subnet) if wanted == "UHOST" else []
    resources = [
        {
            "ResourceId": host.id,
            "ResourceType": "UHOST",
            "Name": host.name,
            "IP": host.private_ip,
            "IPv6Address": "",
            "SubResourceId": "",
            "SubResourceName": "",
            "SubResourceType": "",
        }
        for host in found
    ]
    return {"TotalCount": len(resources), "DataSet": list(call.parameters.page(resources))}


@action("DeleteSubnet")
def delete_subnet(call: Call) -> Reply:
    with call.cloud.store.lock:
        subnet = find_subnet(call, call.parameters.required("SubnetId"))
        if subnet.default:
            raise Refusal(RetCode.DEFAULT_NETWORK, f"Subnet [{subnet.id}] is the default one")
        if hosts_in(call, subnet) or call.cloud.lifecycle.still_in_use(subnet.id):
            raise Refusal(RetCode.NETWORK_IN_USE, f"Subnet [{subnet.id}] still has resources")
        call.cloud.store.remove(subnet)
        call.cloud.ledger.close(subnet.id)
    return {}
