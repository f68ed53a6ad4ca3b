"""Firewalls: rules for what comes in by an EIP, shared by the hosts they are granted to."""

from __future__ import annotations

import time

from ucloud_emulator import fields
from ucloud_emulator.dispatch import Call, Reply, action
from ucloud_emulator.records import Firewall, Host
from ucloud_emulator.refusals import Refusal, RetCode, bad_parameter, missing_parameter
from ucloud_emulator.store import new_id
from ucloud_emulator.wiring import parse_rule

USER_DEFINED = "user defined"
DEFAULT = "recommend web"
MOST_RULES = 1000


def firewalls(call: Call) -> list[Firewall]:
    return call.cloud.firewalls(call.project, call.region)


def find_firewall(call: Call, id: str) -> Firewall:
    for firewall in firewalls(call):
        if id in (firewall.id, group_id(firewall)):
            return firewall
    raise Refusal(RetCode.NO_SUCH_FIREWALL, f"Firewall [{id}] not found")


def default_firewall(call: Call) -> Firewall:
    return next(firewall for firewall in firewalls(call) if firewall.type == DEFAULT)


def group_id(firewall: Firewall) -> str:
    """The old name of a firewall, which some clients still pass: a number."""
    return str(int.from_bytes(firewall.id.encode()[-4:], "big"))


def hosts_behind(call: Call, firewall: Firewall) -> list[Host]:
    return [host for host in call.cloud.store.at(Host, call.project, call.region) if host.firewall_id == firewall.id]


def _rules(call: Call) -> tuple[str, ...]:
    rules = call.parameters.texts("Rule")
    if not rules:
        raise missing_parameter("Rule")
    if len(rules) > MOST_RULES:
        raise Refusal(RetCode.TOO_MANY_RULES, f"more than {MOST_RULES} rules")
    seen: set[tuple[str, str, str, str]] = set()
    for text in rules:
        for rule in parse_rule(text):
            same = (rule.protocol, rule.port, rule.source, rule.action)
            if same in seen:
                raise bad_parameter("Rule", f"{text[:80]!r} repeats the protocol, port, source and action of another")
            seen.add(same)
    return rules


def _free_name(call: Call, name: str, but: str = "") -> str:
    if any(firewall.name == name and firewall.id != but for firewall in firewalls(call)):
        raise Refusal(RetCode.FIREWALL_NAME_TAKEN, f"Firewall name [{name}] is taken")
    return name


def _describe_rule(rule: str) -> Reply:
    protocol, port, source, act, priority, *remark = rule.split("|", 5)
    return {
        "ProtocolType": protocol,
        "DstPort": port,
        "SrcIP": source,
        "RuleAction": act,
        "Priority": priority,
        "Remark": remark[0] if remark else "",
    }


def _describe(call: Call, firewall: Firewall) -> Reply:
    return {
        "FWId": firewall.id,
        "GroupId": group_id(firewall),
        "Name": firewall.name,
        "Tag": firewall.tag,
        "Remark": firewall.remark,
        "Type": firewall.type,
        "CreateTime": firewall.created,
        "ResourceCount": len(hosts_behind(call, firewall)),
        "Rule": [_describe_rule(rule) for rule in firewall.rules],
    }


@action("DescribeFirewall")
def describe_firewall(call: Call) -> Reply:
    found = firewalls(call)
    if id := call.parameters.text("FWId"):
        found = [firewall for firewall in found if id in (firewall.id, group_id(firewall))]
        if not found:
            # No document has this code. Packer and Terraform know by it, and by nothing else, that a firewall is gone
            # (packer-plugin-ucloud, ucloud/common/client.go; terraform-provider-ucloud, ucloud/service_ucloud_unet.go).
            raise Refusal(RetCode.NO_SUCH_NETWORK_THING, f"Firewall [{id}] not found")
    if call.parameters.has("ResourceId"):
        call.parameters.required("ResourceType")
        host = call.cloud.store.get(Host, call.parameters.text("ResourceId"))
        found = [firewall for firewall in found if host is not None and firewall.id == host.firewall_id]
    page = call.parameters.page(found)
    return {"TotalCount": len(found), "DataSet": [_describe(call, firewall) for firewall in page]}


@action("CreateFirewall")
def create_firewall(call: Call) -> Reply:
    with call.cloud.store.lock:
        firewall = Firewall(
            id=new_id("firewall"),
            project=call.project,
            region=call.region,
            name=_free_name(call, fields.name(call.parameters, "Name")),
            tag=fields.tag(call.parameters),
            remark=fields.remark(call.parameters),
            created=int(time.time()),
            type=USER_DEFINED,
            rules=_rules(call),
        )
        call.cloud.store.put(firewall)
        call.cloud.ledger.open(firewall.id, "firewall", firewall.name, call.project, call.region)
    return {"FWId": firewall.id}


def _own_firewall(call: Call) -> Firewall:
    firewall = find_firewall(call, call.parameters.required("FWId"))
    if firewall.type != USER_DEFINED:
        raise bad_parameter("FWId", f"{firewall.id} is a default firewall and stays as it is")
    return firewall


@action("UpdateFirewall")
def update_firewall(call: Call) -> Reply:
    firewall = _own_firewall(call)
    call.cloud.store.change(Firewall, firewall.id, rules=_rules(call))
    for host in hosts_behind(call, firewall):
        call.cloud.wiring.apply(host.id, rules=True)
    return {"FWId": firewall.id}


@action("UpdateFirewallAttribute")
def update_firewall_attribute(call: Call) -> Reply:
    firewall = _own_firewall(call)
    asked = call.parameters
    if not (asked.has("Name") or asked.has("Tag") or asked.has("Remark")):
        raise missing_parameter("Name")
    name = _free_name(call, fields.name(asked, "Name", firewall.name), but=firewall.id)
    call.cloud.store.change(
        Firewall,
        firewall.id,
        name=name,
        tag=fields.name(asked, "Tag", firewall.tag),
        remark=fields.remark(asked) or firewall.remark,
    )
    call.cloud.ledger.rename(firewall.id, name)
    return {}


@action("DeleteFirewall")
def delete_firewall(call: Call) -> Reply:
    with call.cloud.store.lock:
        firewall = find_firewall(call, call.parameters.required("FWId"))
        if firewall.type != USER_DEFINED:
            raise Refusal(RetCode.DEFAULT_FIREWALL, f"Firewall [{firewall.id}] is a recommended one and stays")
        if hosts_behind(call, firewall) or call.cloud.lifecycle.still_in_use(firewall.id):
            raise Refusal(RetCode.FIREWALL_IN_USE, f"Firewall [{firewall.id}] is in use")
        call.cloud.store.remove(firewall)
        call.cloud.ledger.close(firewall.id)
    return {}


@action("GrantFirewall")
def grant_firewall(call: Call) -> Reply:
    firewall = find_firewall(call, call.parameters.required("FWId"))
    id = call.parameters.required("ResourceId")
    if call.parameters.required("ResourceType").lower() != "uhost":
        raise bad_parameter("ResourceType", "only uhost is offered here")
    if call.host(id).sec_groups:
        raise bad_parameter("ResourceId", f"{id} has security groups, not a firewall")
    call.cloud.store.change(Host, id, firewall_id=firewall.id)
    call.cloud.wiring.apply(id, rules=True)
    return {}


@action("DescribeFirewallResource")
def describe_firewall_resource(call: Call) -> Reply:
    firewall = find_firewall(call, call.parameters.required("FWId"))
    found = hosts_behind(call, firewall)
    return {
        "TotalCount": len(found),
        "ResourceSet": [
            {
                "Zone": 0,
                "Name": host.name,
                "PrivateIP": host.private_ip,
                "Remark": host.remark,
                "ResourceID": host.id,
                "ResourceType": "uhost",
                "SubResourceId": "",
                "SubResourceName": "",
                "SubResourceType": "",
                "Status": 1,
                "Tag": host.tag,
            }
            for host in call.parameters.page(found, most=1000)
        ],
    }
