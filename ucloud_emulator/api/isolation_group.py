"""Isolation groups: hosts of one run on different machines, at most seven of them in a zone."""

from __future__ import annotations

import time
from collections import Counter

from ucloud_emulator import fields
from ucloud_emulator.dispatch import Call, Reply, action
from ucloud_emulator.records import Host, IsolationGroup
from ucloud_emulator.refusals import Refusal, RetCode, bad_parameter
from ucloud_emulator.store import new_id

MOST_IN_A_ZONE = 7
MOST_LISTED = 100


def find_isolation_group(call: Call, id: str) -> IsolationGroup:
    """8037 is what Terraform's provider takes for a group that is not there; the documents say otherwise of it."""
    for group in call.cloud.store.at(IsolationGroup, call.project, call.region):
        if group.id == id:
            return group
    raise Refusal(RetCode.NO_SUCH_ISOLATION_GROUP, f"IsolationGroup [{id}] not found")


def hosts_in(call: Call, group_id: str) -> list[Host]:
    return [host for host in call.cloud.store.at(Host, call.project, call.region) if host.isolation_group == group_id]


def chosen_isolation_group(call: Call, zone: str) -> str:
    """The group a new host is to join, where the call names one and there is room."""
    id = call.parameters.text("IsolationGroup")
    if not id:
        return ""
    group = find_isolation_group(call, id)
    if sum(host.zone == zone for host in hosts_in(call, group.id)) >= MOST_IN_A_ZONE:
        raise bad_parameter("IsolationGroup", f"{id} has {MOST_IN_A_ZONE} hosts in {zone} already")
    return group.id


def _describe(call: Call, group: IsolationGroup) -> Reply:
    spread = Counter(host.zone for host in hosts_in(call, group.id))
    return {
        "GroupId": group.id,
        "GroupName": group.name,
        "Remark": group.remark,
        "SpreadInfoSet": [{"Zone": zone, "UHostCount": count} for zone, count in sorted(spread.items())],
    }


@action("CreateIsolationGroup")
def create_isolation_group(call: Call) -> Reply:
    group = IsolationGroup(
        id=new_id("ig"),
        project=call.project,
        region=call.region,
        name=fields.name(call.parameters, "GroupName"),
        remark=fields.remark(call.parameters),
        created=int(time.time()),
    )
    call.cloud.store.put(group)
    return {"GroupId": group.id}


@action("DescribeIsolationGroup")
def describe_isolation_group(call: Call) -> Reply:
    found = call.cloud.store.at(IsolationGroup, call.project, call.region)
    if call.parameters.has("GroupId"):
        found = [find_isolation_group(call, call.parameters.text("GroupId"))]
    page = call.parameters.page(found)[:MOST_LISTED]
    return {"TotalCount": len(found), "IsolationGroupSet": [_describe(call, group) for group in page]}


@action("DeleteIsolationGroup")
def delete_isolation_group(call: Call) -> Reply:
    """The hosts stay."""
    with call.cloud.store.lock:
        group = find_isolation_group(call, call.parameters.required("GroupId"))
        for host in hosts_in(call, group.id):
            call.cloud.store.change(Host, host.id, isolation_group="")
        call.cloud.store.remove(group)
    return {"GroupId": group.id}


@action("LeaveIsolationGroup")
def leave_isolation_group(call: Call) -> Reply:
    with call.cloud.store.lock:
        group = find_isolation_group(call, call.parameters.required("GroupId"))
        host = call.host(call.parameters.required("UHostId"))
        if host.isolation_group != group.id:
            raise bad_parameter("UHostId", f"{host.id} is not in {group.id}")
        call.cloud.store.change(Host, host.id, isolation_group="")
    return {"UHostId": host.id}
