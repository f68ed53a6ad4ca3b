"""Security groups: rules of a VPC for the hosts that are bound to them, in place of a firewall.

Here they guard what comes in by an EIP, as a firewall does; what goes between private addresses they let pass.
"""

from __future__ import annotations

import ipaddress
import re
import time

from ucloud_emulator import fields
from ucloud_emulator.api.vpc import find_vpc
from ucloud_emulator.dispatch import Call, Reply, action
from ucloud_emulator.parameters import Parameters
from ucloud_emulator.records import Host, SecGroup, Vpc
from ucloud_emulator.refusals import Refusal, RetCode, bad_parameter, missing_parameter
from ucloud_emulator.store import new_id

MOST_GROUPS = 50
MOST_OF_A_HOST = 5
MOST_RULES = 50
"""Of each direction."""
LONGEST_NAME = 64
DIRECTIONS = ("Ingress", "Egress")
PROTOCOLS = ("TCP", "UDP", "ICMP", "ICMPv6", "ALL")
_PORTS = re.compile(r"([0-9]{1,5})(?:-([0-9]{1,5}))?")


def groups(call: Call) -> list[SecGroup]:
    return call.cloud.store.at(SecGroup, call.project, call.region)


def find_group(call: Call, id: str) -> SecGroup:
    for group in groups(call):
        if group.id == id:
            return group
    raise bad_parameter("SecGroupId", f"SecGroup [{id}] not found")


def hosts_of(call: Call, group: SecGroup) -> list[Host]:
    return [host for host in call.cloud.store.at(Host, call.project, call.region) if group.id in host.sec_groups]


def chosen_groups(call: Call, vpc: Vpc, machine_type: str) -> tuple[str, ...]:
    """The groups that CreateUHostInstance asks for, the first to be asked at the front; none in firewall mode."""
    asked = call.parameters.groups("SecGroupId")
    if call.parameters.one_of("SecurityMode", ("Firewall", "SecGroup"), "Firewall") == "Firewall":
        if asked:
            raise bad_parameter("SecGroupId", "is for SecurityMode SecGroup")
        return ()
    if not machine_type.startswith("O"):
        raise bad_parameter("SecurityMode", f"security groups are for the O types, not for {machine_type}")
    return in_order(call, asked, "Id", vpc.id)


def in_order(
    call: Call, asked: tuple[Parameters, ...], id_name: str, vpc_id: str, name: str = "SecGroupId"
) -> tuple[str, ...]:
    """The groups that a call names, the first to be asked at the front."""
    if not asked:
        raise missing_parameter(f"{name}.0.{id_name}")
    if len(asked) > MOST_OF_A_HOST:
        raise bad_parameter("SecGroupId", f"a host has at most {MOST_OF_A_HOST}")
    by_priority: dict[int, str] = {}
    for number, each in enumerate(asked):
        group = find_group(call, each.required(id_name))
        if group.vpc_id != vpc_id:
            raise bad_parameter("SecGroupId", f"{group.id} is of {group.vpc_id}, the host in {vpc_id}")
        priority = each.integer("Priority", number + 1, least=1, most=MOST_OF_A_HOST)
        if priority in by_priority or group.id in by_priority.values():
            raise bad_parameter("SecGroupId", "a group or a priority is given twice")
        by_priority[priority] = group.id
    return tuple(by_priority[priority] for priority in sorted(by_priority))


def _describe_rule(text: str) -> Reply:
    id, direction, sources, priority, protocol, ports, act, remark = text.split("|", 7)
    return {
        "RuleId": id,
        "Direction": direction,
        "IPRange": sources,
        "Priority": int(priority),
        "ProtocolType": protocol,
        "DstPort": ports,
        "RuleAction": act,
        "Remark": remark,
        "IPVersion": "IPv4",
    }


@action("DescribeSecGroup")
def describe_sec_group(call: Call) -> Reply:
    ids, vpc_id = call.parameters.texts("SecGroupId"), call.parameters.text("VPCId")
    found = [group for group in groups(call) if (not ids or group.id in ids) and vpc_id in ("", group.vpc_id)]
    return {
        "DataSet": [
            {
                "SecGroupId": group.id,
                "Name": group.name,
                "VPCId": group.vpc_id,
                "Account": 1,
                "Tag": group.tag,
                "Remark": group.remark,
                "Type": "user defined",
                "CreateTime": group.created,
                "Rule": [_describe_rule(rule) for rule in group.rules],
            }
            for group in (found if ids else call.parameters.page(found))
        ]
    }


@action("CreateSecGroup")
def create_sec_group(call: Call) -> Reply:
    name = call.parameters.required("Name")
    if len(name) > LONGEST_NAME:
        raise bad_parameter("Name", f"longer than {LONGEST_NAME} characters")
    with call.cloud.store.lock:
        vpc = find_vpc(call, call.parameters.required("VPCID"))
        if len(call.cloud.store.all(SecGroup)) >= MOST_GROUPS:
            raise bad_parameter("Name", f"an account has at most {MOST_GROUPS} security groups")
        group = SecGroup(
            id=new_id("secgroup"),
            project=call.project,
            region=call.region,
            name=name,
            created=int(time.time()),
            vpc_id=vpc.id,
        )
        call.cloud.store.put(group)
        call.cloud.ledger.open(group.id, "secgroup", group.name, call.project, call.region)
    return {"SecGroupId": group.id}


@action("DeleteSecGroup")
def delete_sec_group(call: Call) -> Reply:
    ids = call.parameters.texts("SecGroupId")
    if not ids:
        raise missing_parameter("SecGroupId")
    with call.cloud.store.lock:
        found = [find_group(call, id) for id in ids]
        for group in found:
            if hosts_of(call, group):
                raise Refusal(RetCode.NETWORK_IN_USE, f"SecGroup [{group.id}] is in use")
        for group in found:
            call.cloud.store.remove(group)
            call.cloud.ledger.close(group.id)
    return {}


@action("CreateSecGroupRule")
def create_sec_group_rule(call: Call) -> Reply:
    with call.cloud.store.lock:
        group = find_group(call, call.parameters.required("SecGroupId"))
        asked = call.parameters.groups("Rule")
        if not asked:
            raise missing_parameter("Rule")
        made = [_rule(each) for each in asked]
        rules = (*group.rules, *made)
        for direction in DIRECTIONS:
            priorities = [text.split("|")[3] for text in rules if text.split("|")[1] == direction]
            if len(priorities) > MOST_RULES:
                raise bad_parameter("Rule", f"more than {MOST_RULES} for {direction}")
            if len(set(priorities)) < len(priorities):
                raise bad_parameter("Rule", f"a priority is given twice for {direction}")
        _change(call, group, rules)
    return {"RuleId": [text.partition("|")[0] for text in made]}


def _rule(asked: Parameters) -> str:
    for name in ("Direction", "IPRange", "Priority", "ProtocolType", "DstPort", "RuleAction", "Remark"):
        asked.required(name)
    direction = asked.one_of("Direction", DIRECTIONS, "")
    protocol = asked.one_of("ProtocolType", PROTOCOLS, "")
    try:
        sources = [str(ipaddress.IPv4Network(each, strict=False)) for each in asked.text("IPRange").split(",")]
    except ValueError as error:
        raise bad_parameter("IPRange", "no IPv4 addresses or networks") from error
    ports = asked.text("DstPort")
    for port in ports.split(",") if protocol in ("TCP", "UDP") else ():
        match = _PORTS.fullmatch(port)
        if not match or not 1 <= int(match[1]) <= int(match[2] or match[1]) <= 65535:
            raise bad_parameter("DstPort", f"{port[:20]!r} is neither 1-65535 nor a range")
    return "|".join(
        (
            new_id("rule"),
            direction,
            ",".join(sources),
            str(asked.integer("Priority", 0, least=1, most=200)),
            protocol,
            "-" if "|" in ports else ports,
            asked.one_of("RuleAction", ("Accept", "Drop"), ""),
            fields.remark(asked),
        )
    )


@action("DeleteSecGroupRule")
def delete_sec_group_rule(call: Call) -> Reply:
    ids = call.parameters.texts("RuleId")
    if not ids:
        raise missing_parameter("RuleId")
    with call.cloud.store.lock:
        group = find_group(call, call.parameters.required("SecGroupId"))
        if missing := set(ids) - {text.partition("|")[0] for text in group.rules}:
            raise bad_parameter("RuleId", f"{', '.join(sorted(missing))} not found")
        _change(call, group, tuple(text for text in group.rules if text.partition("|")[0] not in ids))
    return {}


def _change(call: Call, group: SecGroup, rules: tuple[str, ...]) -> None:
    call.cloud.store.change(SecGroup, group.id, rules=rules)
    for host in hosts_of(call, group):
        call.cloud.wiring.apply(host.id, rules=True)
