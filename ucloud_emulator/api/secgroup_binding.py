"""Which security groups a host is in: bound, changed and described. One that has them stays in one at least."""

from __future__ import annotations

from ucloud_emulator.api.secgroup import find_group, groups, hosts_of, in_order
from ucloud_emulator.dispatch import Call, Reply, action
from ucloud_emulator.records import Host
from ucloud_emulator.refusals import bad_parameter, missing_parameter


@action("AssociateSecGroup")
def associate_sec_group(call: Call) -> Reply:
    """Bind groups to hosts that have security groups, in place of those they have."""
    ids, asked = call.parameters.texts("ResourceId"), call.parameters.groups("PrioritySecGroup")
    if not ids:
        raise missing_parameter("ResourceId")
    if len(ids) > 1 and len(asked) > 1:
        raise bad_parameter("ResourceId", "either several resources or several groups")
    with call.cloud.store.lock:
        wanted = []
        for host in map(call.host, ids):
            if not host.sec_groups:
                raise bad_parameter("ResourceId", f"{host.id} has a firewall, not security groups")
            wanted.append((host, in_order(call, asked, "SecGroupId", host.vpc_id)))
        for host, chosen in wanted:
            call.cloud.store.change(Host, host.id, sec_groups=chosen)
    for host, _ in wanted:
        call.cloud.wiring.apply(host.id, rules=True)
    return {}


@action("DescribeSecGroupResource")
def describe_sec_group_resource(call: Call) -> Reply:
    found = hosts_of(call, find_group(call, call.parameters.required("SecGroupId")))
    return {
        "TotalCount": len(found),
        "DataSet": [
            {
                "Zone": 0,
                "Name": host.name,
                "PrivateIp": host.private_ip,
                "ResourceId": host.id,
                "ResourceType": "uhost",
                "SubResourceId": "",
                "SubResourceName": "",
                "SubResourceType": "",
                "Tag": host.tag,
            }
            for host in call.parameters.page(found)
        ],
    }


@action("UpdateSecGroupAssociation")
def update_sec_group_association(call: Call) -> Reply:
    """Take one host out of some groups and put it into others; those that are not named stay."""
    old, asked = call.parameters.texts("OldSecGroupId"), call.parameters.groups("NewPrioritySecGroup")
    if not old:
        raise missing_parameter("OldSecGroupId")
    with call.cloud.store.lock:
        host = call.host(call.parameters.required("ResourceId"))
        if missing := set(old) - set(host.sec_groups):
            raise bad_parameter("OldSecGroupId", f"{host.id} is not in {', '.join(sorted(missing))}")
        new = in_order(call, asked, "SecGroupId", host.vpc_id, "NewPrioritySecGroup")
        kept = tuple(id for id in host.sec_groups if id not in old)
        if set(kept) & set(new):
            raise bad_parameter("NewPrioritySecGroup", f"{host.id} is in one of them already")
        call.cloud.store.change(Host, host.id, sec_groups=(*new, *kept))
    call.cloud.wiring.apply(host.id, rules=True)
    return {}


@action("DescribeResourceSecGroup")
def describe_resource_sec_group(call: Call) -> Reply:
    ids, vpc_id = call.parameters.texts("ResourceId"), call.parameters.text("VPCId")
    call.parameters.one_of("ResourceType", ("uhost",), "uhost")
    every = call.cloud.store.at(Host, call.project, call.region)
    found = [host for host in every if (host.id in ids if ids else vpc_id in ("", host.vpc_id))]
    return {
        "TotalCount": len(found),
        "DataSet": [_describe_host(call, host) for host in (found if ids else call.parameters.page(found))],
    }


def _describe_host(call: Call, host: Host) -> Reply:
    there = {group.id: group for group in groups(call)}
    return {
        "ResourceId": host.id,
        "ResourceName": host.name,
        "Count": len(host.sec_groups),
        "PermitAssociate": bool(host.sec_groups),
        "SecGroupInfo": [
            {"SecGroupId": id, "Name": there[id].name, "VPCId": there[id].vpc_id, "Priority": number}
            for number, id in enumerate(host.sec_groups, 1)
        ],
        "ExInfo": {
            "SuperResourceId": "",
            "SuperResourceName": "",
            "ResourceName": host.name,
            "IP": [host.private_ip],
            "EIP": list(call.cloud.wiring.public_ips(host)),
            "Uni": [],
        },
    }
