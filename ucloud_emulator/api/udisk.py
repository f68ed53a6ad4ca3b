"""UDisks: disks of their own, attached to hosts as /dev/vdb and on."""

from __future__ import annotations

import time

from ucloud_emulator import catalogue, fields
from ucloud_emulator.dispatch import Call, Reply, action
from ucloud_emulator.orders import add_order, disk_upgrade
from ucloud_emulator.records import Disk, Host
from ucloud_emulator.refusals import Refusal, RetCode, bad_parameter, missing_parameter
from ucloud_emulator.store import new_id

TYPES = {
    "DataDisk": "CLOUD_NORMAL",
    "SSDDataDisk": "CLOUD_SSD",
    "ESSDDataDisk": "CLOUD_ESSD",
    "RSSDDataDisk": "CLOUD_RSSD",
    "ERSSDDataDisk": "CLOUD_ERSSD",
    "EfficiencyDataDisk": "CLOUD_EFFICIENCY",
}
CHARGE_TYPES = ("Year", "Month", "Dynamic", "Postpay", "Trial")
STATUSES = (
    "All",
    "Available",
    "Attaching",
    "InUse",
    "Detaching",
    "Initializating",
    "Failed",
    "Cloning",
    "Restoring",
    "RestoreFailed",
)
MOST = {
    "CLOUD_NORMAL": 8000,
    "CLOUD_SSD": 8000,
    "CLOUD_ESSD": 8000,
    "CLOUD_RSSD": 32_000,
    "CLOUD_ERSSD": 32_000,
    "CLOUD_EFFICIENCY": 32_000,
}
MOST_ATTACHED = 26
MONTH = 30 * 24 * 3600


def disks(call: Call) -> list[Disk]:
    return [disk for disk in call.cloud.store.at(Disk, call.project, call.region) if disk.in_cloud]


def find_disk(call: Call, id: str) -> Disk:
    """The disk of this id; where a Zone is named, in that zone alone."""
    for disk in disks(call):
        if disk.id == id and call.zone in ("", disk.zone):
            return disk
    raise Refusal(RetCode.NO_SUCH_DISK, f"UDisk [{id}] not found")


def _old_type(disk: Disk) -> str:
    """The type as UDisk named it before it took over UHost's names."""
    data = next(old for old, new in TYPES.items() if new == disk.type)
    return data.replace("DataDisk", "SystemDisk") if disk.boot else data


def offered_type(call: Call, kind: str) -> str:
    """A kind of disk that the zone has, by UHost's name for it."""
    if kind not in catalogue.zone_disks(call.zone):
        raise bad_parameter("DiskType", f"{kind} is not offered in {call.zone}")
    return kind


def _in_zone(call: Call) -> Disk:
    """The disk of a call that must name its zone."""
    call.parameters.required("Zone")
    return find_disk(call, call.parameters.required("UDiskId"))


def _device(call: Call, disk: Disk) -> str:
    if not disk.host_id:
        return ""
    beside = call.cloud.store.all(Disk, lambda other: other.host_id == disk.host_id)
    beside.sort(key=lambda other: not other.boot)
    return f"/dev/vd{chr(ord('a') + beside.index(disk))}"


def _describe(call: Call, disk: Disk, new_names: bool) -> Reply:
    host = call.cloud.store.get(Host, disk.host_id) if disk.host_id else None
    id, name, ip = (host.id, host.name, host.private_ip) if host else ("", "", "")
    return {
        "UDiskId": disk.id,
        "Name": disk.name,
        "Tag": disk.tag,
        "Zone": disk.zone,
        "Size": disk.size,
        "DiskType": disk.type if new_names else _old_type(disk),
        "IsBoot": "True" if disk.boot else "False",
        "Status": disk.status,
        "ChargeType": disk.charge_type,
        "CreateTime": disk.created,
        "ExpiredTime": disk.created + MONTH,
        "IsExpire": "No",
        "DeviceName": _device(call, disk),
        "HostId": id,
        "HostName": name,
        "HostIP": ip,
        "UHostId": id,
        "UHostName": name,
        "UHostIP": ip,
        "BackupMode": "",
        "UDataArkMode": "Yes" if disk.backup == "DATAARK" else "No",
        "UKmsMode": "No",
        "CmkId": "",
        "CmkIdAlias": "",
        "CmkIdStatus": "NoCmkId",
        "DataKey": "",
        "RdmaClusterId": "",
        "Version": "1.0",
        "CloneEnable": 0,
        "SnapEnable": 0,
        "SnapshotCount": 0,
        "SnapshotLimit": 0,
        "ArkSwitchEnable": 0,
    }


@action("DescribeUDisk")
def describe_udisk(call: Call) -> Reply:
    asked = call.parameters
    id, tag, type = asked.text("UDiskId"), asked.text("Tag"), asked.text("DiskType")
    host_id, zone, name = asked.text("HostId"), call.zone, asked.text("UDiskName")
    status = asked.one_of("Status", STATUSES, "All")
    new_names = asked.integer("ProtocolVersion", 0, least=0, most=1) == 1
    if type and new_names:
        asked.required("IsBoot")
    found = [
        disk
        for disk in disks(call)
        if id in ("", disk.id)
        and tag in ("", disk.tag)
        and zone in ("", disk.zone)
        and name in ("", disk.name)
        and host_id in ("", disk.host_id)
        and status in ("All", disk.status)
        and type in ("", disk.type if new_names else _old_type(disk))
        and (not (type and new_names) or asked.boolean("IsBoot") == disk.boot)
    ]
    return {"TotalCount": len(found), "DataSet": [_describe(call, disk, new_names) for disk in asked.page(found)]}


@action("CreateUDisk")
def create_udisk(call: Call) -> Reply:
    asked = call.parameters
    name = fields.name(asked, "Name")
    asked.required("Zone")
    type = offered_type(call, TYPES[asked.one_of("DiskType", tuple(TYPES), "DataDisk")])
    charge_type = asked.one_of("ChargeType", CHARGE_TYPES, "Dynamic")
    if charge_type == "Dynamic" and not call.cloud.project(call.project).traits.hourly_billing:
        raise Refusal(RetCode.NO_HOURLY_DISKS, "no permission for ChargeType Dynamic")
    disk = Disk(
        id=new_id("bs"),
        project=call.project,
        region=call.region,
        name=name,
        tag=fields.tag(asked),
        created=int(time.time()),
        zone=call.zone,
        size=asked.required_integer("Size", least=1, most=MOST[type]),
        type=type,
        boot=False,
        status="Available",
        charge_type=charge_type,
        backup="DATAARK" if asked.one_of("UDataArkMode", ("Yes", "No"), "No") == "Yes" else "NONE",
    )
    with call.cloud.store.lock:
        call.cloud.store.put(disk)
        price = catalogue.disk_price(disk.size, disk.type)
        call.cloud.ledger.open(disk.id, "udisk", disk.name, disk.project, disk.region, price)
    return {"UDiskId": [disk.id]}


def _host_asked_for(call: Call) -> Host:
    id = call.parameters.text("HostId") or call.parameters.text("UHostId")
    if not id:
        raise missing_parameter("HostId")
    return call.host(id)


@action("AttachUDisk")
def attach_udisk(call: Call) -> Reply:
    with call.cloud.store.lock:
        disk, host = find_disk(call, call.parameters.required("UDiskId")), _host_asked_for(call)
        if disk.status != "Available":
            raise Refusal(RetCode.ATTACHED_ALREADY, f"UDisk [{disk.id}] must be Available, is {disk.status}")
        if disk.zone != host.zone:
            raise bad_parameter("UDiskId", f"{disk.id} is in {disk.zone}, {host.id} in {host.zone}")
        if host.state not in ("Running", "Stopped") or host.terminating or host.imaging:
            raise Refusal(RetCode.WRONG_HOST_STATE, f"UHost [{host.id}] must be Running or Stopped, is {host.state}")
        if sum(other.host_id == host.id for other in disks(call)) >= MOST_ATTACHED:
            raise Refusal(RetCode.ATTACH_FAILED, f"UHost [{host.id}] has {MOST_ATTACHED} cloud disks already")
        # Put in anew, so that it comes last: a disk's place is its device's letter.
        call.cloud.store.remove(disk)
        call.cloud.store.put(disk)
        changed = call.cloud.store.change(Disk, disk.id, status="InUse", host_id=host.id)
    call.cloud.wiring.apply(host.id, disks=True)
    device = _device(call, changed) if changed else ""
    return {"UDiskId": disk.id, "HostId": host.id, "UHostId": host.id, "DeviceName": device}


@action("DetachUDisk")
def detach_udisk(call: Call) -> Reply:
    with call.cloud.store.lock:
        disk, host = find_disk(call, call.parameters.required("UDiskId")), _host_asked_for(call)
        if disk.host_id != host.id or disk.boot:
            raise Refusal(RetCode.DETACH_FAILED, f"UDisk [{disk.id}] is no data disk of {host.id}")
        call.cloud.store.change(Disk, disk.id, status="Available", host_id="")
    call.cloud.wiring.apply(host.id, disks=True)
    return {"UDiskId": disk.id, "HostId": host.id, "UHostId": host.id}


def resize(call: Call, disk: Disk, size: int) -> None:
    """Grow a disk; a disk never shrinks."""
    if size <= disk.size:
        raise bad_parameter("Size", f"{size} GB is not more than the disk's {disk.size}")
    call.cloud.store.change(Disk, disk.id, size=size)
    call.cloud.ledger.reprice(disk.id, catalogue.disk_price(size, disk.type))
    if disk.host_id and disk.boot:
        call.cloud.machines.grow_boot_disk(disk.host_id, size)
    elif disk.host_id:
        call.cloud.wiring.apply(disk.host_id, disks=True)


@action("ResizeUDisk")
def resize_udisk(call: Call) -> Reply:
    disk = _in_zone(call)
    if disk.status != "Available":
        raise Refusal(RetCode.DISK_ATTACHED, f"UDisk [{disk.id}] must be Available, is {disk.status}")
    resize(call, disk, call.parameters.required_integer("Size", least=1, most=MOST[disk.type]))
    return {}


@action("ResizeAttachedDisk")
def resize_attached_disk(call: Call) -> Reply:
    asked = call.parameters
    host = call.host(asked.required("UHostId"))
    id = asked.required("DiskId")
    disk = call.cloud.store.get(Disk, id)
    if disk is None or disk.host_id != host.id:
        raise Refusal(RetCode.NO_SUCH_DISK, f"Disk [{id}] of {host.id} not found")
    size = asked.required_integer("DiskSpace", least=10, most=MOST.get(disk.type, 2000))
    if size % 10:
        raise bad_parameter("DiskSpace", f"{size} is no multiple of 10")
    if host.state not in ("Running", "Stopped") or host.imaging:
        raise Refusal(RetCode.WRONG_HOST_STATE, f"UHost [{host.id}] must be Running or Stopped, is {host.state}")
    if not asked.boolean("DryRun"):
        add_order(call, "OT_UPGRADE", disk_upgrade(disk, size, disk.backup), disk)
        resize(call, disk, size)
    return {"DiskId": disk.id, "NeedRestart": disk.boot and host.state == "Running"}


@action("RenameUDisk")
def rename_udisk(call: Call) -> Reply:
    disk = _in_zone(call)
    name = fields.name(call.parameters, "UDiskName")
    call.cloud.store.change(Disk, disk.id, name=name)
    call.cloud.ledger.rename(disk.id, name)
    return {}


@action("DeleteUDisk")
def delete_udisk(call: Call) -> Reply:
    with call.cloud.store.lock:
        disk = _in_zone(call)
        if disk.status not in ("Available", "Failed"):
            raise Refusal(RetCode.DISK_ATTACHED, f"UDisk [{disk.id}] must be Available, is {disk.status}")
        call.cloud.store.remove(disk)
        call.cloud.ledger.close(disk.id)
    call.cloud.machines.delete_disk(disk.id)
    return {}
