"""UHosts: described, started, stopped, rebooted, changed, terminated. Creating one is in uhost_create.py."""

from __future__ import annotations

import hashlib
import math
import time

from ucloud_emulator import fields
from ucloud_emulator.api.uhost_create import password
from ucloud_emulator.dispatch import Call, Reply, action
from ucloud_emulator.records import Disk, Eip, Host, KeyPair
from ucloud_emulator.refusals import Refusal, RetCode
from ucloud_emulator.store import Store

HOUR = 3600
MONTH = 30 * 24 * HOUR
YEAR = 365 * 24 * HOUR
MOST_LISTED = 100
RESIZE_FAIL = "Resize Fail"
PERMANENT = {"Stopped", "Install Fail", RESIZE_FAIL}


def in_state(host: Host, *states: str, otherwise: RetCode = RetCode.WRONG_HOST_STATE) -> Host:
    """Refuse unless the host is in one of these states and nothing else is being done with it."""
    if host.terminating:
        raise Refusal(RetCode.WRONG_HOST_STATE, f"UHost [{host.id}] is being deleted")
    if host.imaging:
        raise Refusal(RetCode.WRONG_HOST_STATE, f"UHost [{host.id}]: image {host.imaging} is being made of it")
    if host.state not in states:
        raise Refusal(otherwise, f"UHost [{host.id}] must be {' or '.join(states)}, is {host.state}")
    return host


def disks_of(store: Store, host: Host) -> list[Disk]:
    """Boot disk first, data disks as they were attached."""
    disks = store.all(Disk, lambda disk: disk.host_id == host.id)
    return sorted(disks, key=lambda disk: not disk.boot)


def _mac(host: Host) -> str:
    digest = hashlib.sha256(host.id.encode()).hexdigest()
    return ":".join(("52", "54", "00", digest[0:2], digest[2:4], digest[4:6]))


def _describe_ips(store: Store, host: Host, bound_before: float) -> list[Reply]:
    private = {
        "Type": "Private",
        "IP": host.private_ip,
        "IPMode": "IPv4",
        "Default": "true",
        "Mac": _mac(host),
        "VPCId": host.vpc_id,
        "SubnetId": host.subnet_id,
        "IPId": "",
        "Bandwidth": 0,
        "Weight": 0,
        "NetworkInterfaceId": "",
    }
    public = [
        {
            "Type": "Bgp" if eip.operator.upper() == "BGP" else eip.operator,
            "IP": eip.ip,
            "IPId": eip.id,
            "IPMode": "IPv4",
            "Bandwidth": eip.bandwidth,
            "Weight": eip.weight,
            "Default": "false",
            "Mac": "",
            "VPCId": host.vpc_id,
            "SubnetId": host.subnet_id,
            "NetworkInterfaceId": "",
        }
        for eip in store.at(Eip, host.project, host.region)
        if eip.host_id == host.id and eip.bound <= bound_before
    ]
    return [private, *public]


def _describe_disk(disk: Disk, number: int) -> Reply:
    return {
        "DiskId": disk.id,
        "DiskType": disk.type,
        "Type": "Boot" if disk.boot else "Udisk" if disk.in_cloud else "Data",
        "IsBoot": "True" if disk.boot else "False",
        "Size": disk.size,
        "Name": disk.name,
        "Drive": f"/dev/vd{chr(ord('a') + number)}",
        "Encrypted": "false",
        "BackupType": disk.backup,
    }


def describe(store: Store, host: Host, bound_before: float = math.inf) -> Reply:
    """The host as DescribeUHostInstance answers it, with those of its EIPs that it had before a moment."""
    disks = disks_of(store, host)
    reply: Reply = {
        "UHostId": host.id,
        "Zone": host.zone,
        "Name": host.name,
        "Tag": host.tag,
        "Remark": host.remark,
        "State": host.state,
        "BootDiskState": host.boot_disk_state,
        "ImageId": next((disk.id for disk in disks if disk.boot), ""),
        "BasicImageId": host.basic_image_id,
        "BasicImageName": host.basic_image_name,
        "OsName": host.os_name,
        "OsType": host.os_type,
        "CPU": host.cpu,
        "Memory": host.memory,
        "GPU": 0,
        "MachineType": host.machine_type,
        "CpuPlatform": host.cpu_platform,
        "UHostFamily": host.family,
        # The names before MachineType, which UCloud's older tests (448, 449) still look for.
        "UHostType": "Normal" if host.machine_type == "N" else "",
        "HostType": "N2" if host.machine_type == "N" else "",
        "ChargeType": host.charge_type,
        "CreateTime": host.created,
        "ExpireTime": _expires(host),
        "AutoRenew": "Yes",
        "IPSet": _describe_ips(store, host, bound_before),
        "DiskSet": [_describe_disk(disk, number) for number, disk in enumerate(disks)],
        "TotalDiskSpace": sum(disk.size for disk in disks if not disk.boot),
        "StorageType": "UDisk" if all(disk.in_cloud for disk in disks) else "LocalDisk",
        "NetworkState": "Connected",
        "NetCapability": host.net_capability,
        "NetFeatureTag": "SecGroup" if host.sec_groups else "Firewall",
        "CloudInitFeature": host.cloud_init,
        "HotplugFeature": host.hotplug,
        "HotPlugMaxCpu": 4 * host.cpu if host.hotplug else 0,
        "HpcFeature": False,
        "EpcInstance": False,
        "HiddenKvm": False,
        "IPv6Feature": False,
        "SecGroupInstance": bool(host.sec_groups),
        "IsolationGroup": host.isolation_group,
        "LifeCycle": "Normal",
        "RdmaClusterId": "",
        "TimemachineFeature": "yes" if any(disk.backup == "DATAARK" for disk in disks) else "no",
        "SubnetType": "",
    }
    if host.key_pair_id:
        reply["KeyPair"] = {"KeyPairId": host.key_pair_id, "KeyPairState": _key_pair_state(store, host)}
    return reply


def _key_pair_state(store: Store, host: Host) -> str:
    return "Normal" if store.get(KeyPair, host.key_pair_id) else "Deleted"


def _expires(host: Host) -> int:
    """When what was paid for ends: an hour, so many months or years. Postpay is paid afterwards."""
    spans = {"Dynamic": HOUR, "Postpay": HOUR, "Month": MONTH * max(host.quantity, 1), "Year": YEAR * host.quantity}
    return host.created + spans.get(host.charge_type, HOUR)


@action("DescribeUHostInstance")
def describe_uhost_instance(call: Call) -> Reply:
    asked, store = call.parameters, call.cloud.store
    ids, tag, zone = asked.texts("UHostIds"), asked.text("Tag"), call.zone
    vpc_id, subnet_id = asked.text("VPCId"), asked.text("SubnetId")
    found = store.all(
        Host,
        lambda host: (
            (host.project, host.region) == (call.project, call.region)
            and (not ids or host.id in ids)
            and tag in ("", host.tag)
            and zone in ("", host.zone)
            and vpc_id in ("", host.vpc_id)
            and subnet_id in ("", host.subnet_id)
        ),
    )
    # Terraform's provider and others ask with Limit 10000 where the documents say 100: the real API cuts, not refuses.
    page = asked.page(found)[:MOST_LISTED]
    bound_before = time.time() - call.cloud.latency.eip
    return {"TotalCount": len(found), "UHostSet": [describe(store, host, bound_before) for host in page]}


def _change_state(call: Call, state: str, *allowed: str) -> str:
    with call.cloud.store.lock:
        host = in_state(call.host(call.parameters.required("UHostId")), *allowed)
        call.cloud.store.change(Host, host.id, state=state)
    return host.id


@action("StartUHostInstance")
def start_uhost_instance(call: Call) -> Reply:
    id = _change_state(call, "Starting", "Stopped")
    call.cloud.lifecycle.start(id)
    return {"UHostId": id}


def _end(call: Call, *, force: bool, states: tuple[str, ...]) -> Reply:
    """One that is stopped already stays so: UCloud's own scenarios (1935, 3611) stop a host once more."""
    with call.cloud.store.lock:
        host = in_state(call.host(call.parameters.required("UHostId")), *states, "Stopped")
        if host.state != "Stopped":
            call.cloud.store.change(Host, host.id, state="Stopping")
            call.cloud.lifecycle.stop(host.id, force=force)
    return {"UHostId": host.id}


@action("StopUHostInstance")
def stop_uhost_instance(call: Call) -> Reply:
    return _end(call, force=False, states=("Running",))


@action("PoweroffUHostInstance")
def poweroff_uhost_instance(call: Call) -> Reply:
    return _end(call, force=True, states=("Running", "Starting", "Rebooting", "Stopping"))


@action("RebootUHostInstance")
def reboot_uhost_instance(call: Call) -> Reply:
    id = _change_state(call, "Rebooting", "Running")
    call.cloud.lifecycle.reboot(id)
    return {"UHostId": id}


@action("TerminateUHostInstance")
def terminate_uhost_instance(call: Call) -> Reply:
    release_eip, release_disks = call.parameters.boolean("ReleaseEIP"), call.parameters.boolean("ReleaseUDisk")
    with call.cloud.store.lock:
        host = in_state(
            call.host(call.parameters.required("UHostId")),
            *sorted(PERMANENT, reverse=True),
            otherwise=RetCode.HOST_TO_DELETE_NOT_STOPPED,
        )
        if host.delete_protected:
            raise Refusal(RetCode.WRONG_HOST_STATE, f"UHost [{host.id}] has DeletionProtection")
        call.cloud.store.change(Host, host.id, terminating=True, release_eip=release_eip, release_disks=release_disks)
    call.cloud.lifecycle.terminate(host.id)
    return {"UHostId": host.id, "InRecycle": "No"}


@action("ResetUHostInstancePassword")
def reset_uhost_instance_password(call: Call) -> Reply:
    host = in_state(call.host(call.parameters.required("UHostId")), "Stopped")
    call.parameters.one_of("LoginMode", ("Password",), "Password")
    call.cloud.machines.set_password(host.id, password(call, host.os_type))
    if call.parameters.boolean("AutoStart"):
        call.cloud.store.change(Host, host.id, state="Starting")
        call.cloud.lifecycle.start(host.id)
    return {"UHostId": host.id}


@action("ModifyUHostInstanceName")
def modify_uhost_instance_name(call: Call) -> Reply:
    host = call.host(call.parameters.required("UHostId"))
    name = fields.name(call.parameters, "Name", "UHost")
    call.cloud.store.change(Host, host.id, name=name)
    call.cloud.ledger.rename(host.id, name)
    return {"UHostId": host.id}


@action("ModifyUHostInstanceRemark")
def modify_uhost_instance_remark(call: Call) -> Reply:
    host = call.host(call.parameters.required("UHostId"))
    call.cloud.store.change(Host, host.id, remark=fields.remark(call.parameters))
    return {"UHostId": host.id}


@action("ModifyUHostInstanceTag")
def modify_uhost_instance_tag(call: Call) -> Reply:
    host = call.host(call.parameters.required("UHostId"))
    """Its disks and EIPs get the tag too, as they did when it was made: UCloud's scenario 3951 looks for that."""
    tag = fields.tag(call.parameters)
    with call.cloud.store.lock:
        call.cloud.store.change(Host, host.id, tag=tag)
        for disk in disks_of(call.cloud.store, host):
            call.cloud.store.change(Disk, disk.id, tag=tag)
        for eip in call.cloud.store.all(Eip, lambda eip: eip.host_id == host.id):
            call.cloud.store.change(Eip, eip.id, tag=tag)
    return {"UHostId": host.id}
