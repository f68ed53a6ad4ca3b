"""Copies of UDisks: clones, snapshots made by hand, disks restored from them."""

from __future__ import annotations

import time
from dataclasses import replace

from ucloud_emulator import catalogue, fields
from ucloud_emulator.api.udisk import CHARGE_TYPES, MONTH, MOST, attach_udisk, create_udisk, find_disk
from ucloud_emulator.dispatch import Call, Reply, action
from ucloud_emulator.records import Disk, Snapshot
from ucloud_emulator.refusals import Refusal, RetCode, bad_parameter
from ucloud_emulator.store import new_id

TYPE_NUMBERS = {"CLOUD_NORMAL": 0, "CLOUD_SSD": 2, "CLOUD_RSSD": 4}


def find_snapshot(call: Call, id: str) -> Snapshot:
    for snapshot in call.cloud.store.at(Snapshot, call.project, call.region):
        if snapshot.id == id:
            return snapshot
    raise bad_parameter("SnapshotId", f"{id} not found")


def _clone(call: Call, source: Disk, charge_type: str) -> Reply:
    asked = call.parameters
    size = max(source.size, asked.integer("Size", source.size, least=1, most=MOST[source.type]))
    disk = replace(
        source,
        id=new_id("bs"),
        name=fields.name(asked, "Name"),
        tag=fields.tag(asked),
        created=int(time.time()),
        size=size,
        boot=False,
        status="Available",
        charge_type=asked.one_of("ChargeType", CHARGE_TYPES, charge_type),
        host_id="",
        backup="DATAARK" if asked.one_of("UDataArkMode", ("Yes", "No"), "No") == "Yes" else "NONE",
    )
    with call.cloud.store.lock:
        call.cloud.store.put(disk)
        price = catalogue.disk_price(disk.size, disk.type)
        call.cloud.ledger.open(disk.id, "udisk", disk.name, disk.project, disk.region, price)
    call.cloud.machines.copy_disk(source.id, disk.id)
    return {"UDiskId": [disk.id]}


@action("CloneUDisk")
def clone_udisk(call: Call) -> Reply:
    call.parameters.required("Zone")
    source = find_disk(call, call.parameters.required("SourceId"))
    if source.status != "Available":
        raise Refusal(RetCode.CLONE_FAILED, f"UDisk [{source.id}] must be Available, is {source.status}")
    return _clone(call, source, "Month")


@action("CloneUDiskUDataArk")
def clone_udisk_udataark(call: Call) -> Reply:
    """The data are those of now, whatever the time: no second of the past is kept here."""
    call.parameters.required("Zone")
    call.parameters.required_integer("SnapshotTime", least=0)
    return _clone(call, _with_ark(call), "Dynamic")


def _with_ark(call: Call) -> Disk:
    source = find_disk(call, call.parameters.required("UDiskId"))
    if source.backup != "DATAARK":
        raise bad_parameter("UDiskId", f"{source.id} has no data ark")
    return source


@action("RestoreUDisk")
def restore_udisk(call: Call) -> Reply:
    """From a snapshot its data; from the data ark what there is now."""
    asked = call.parameters
    asked.required("Zone")
    if asked.has("SnapshotId"):
        disk, snapshot = find_disk(call, asked.required("UDiskId")), find_snapshot(call, asked.text("SnapshotId"))
        if snapshot.disk_id != disk.id:
            raise bad_parameter("SnapshotId", f"{snapshot.id} is of {snapshot.disk_id}")
    else:
        asked.required("SnapshotTime")
        disk, snapshot = _with_ark(call), None
    if disk.status != "Available":
        raise Refusal(RetCode.RESTORE_FAILED, f"UDisk [{disk.id}] must be Available, is {disk.status}")
    if snapshot is not None:
        call.cloud.machines.copy_disk(snapshot.id, disk.id)
    return {}


@action("CreateAttachUDisk")
def create_attach_udisk(call: Call) -> Reply:
    """A new disk, attached at once."""
    host = call.parameters.text("HostId") or call.parameters.required("UHostId")
    call.host(host)
    id = create_udisk(call)["UDiskId"][0]
    attached = attach_udisk(replace(call, parameters=call.parameters.with_text("UDiskId", id)))
    return {**attached, "UDiskId": id}


def take_snapshot(call: Call, disk: Disk, host_id: str = "", host_name: str = "") -> Snapshot:
    snapshot = Snapshot(
        id=new_id("snap"),
        project=call.project,
        region=call.region,
        name=fields.name(call.parameters, "Name"),
        remark=fields.remark(call.parameters, "Comment"),
        created=int(time.time()),
        zone=disk.zone,
        disk_id=disk.id,
        disk_name=disk.name,
        disk_type=disk.type,
        boot=disk.boot,
        size=disk.size,
        host_id=host_id or disk.host_id,
        host_name=host_name,
    )
    call.cloud.store.put(snapshot)
    if not disk.boot:
        call.cloud.machines.copy_disk(disk.id, snapshot.id)
    return snapshot


def drop_snapshot(call: Call, snapshot: Snapshot) -> None:
    call.cloud.store.remove(snapshot)
    call.cloud.machines.delete_disk(snapshot.id)


@action("CreateUDiskSnapshot")
def create_udisk_snapshot(call: Call) -> Reply:
    call.parameters.required("Zone")
    return {"SnapshotId": [take_snapshot(call, find_disk(call, call.parameters.required("UDiskId"))).id]}


@action("DescribeUDiskSnapshot")
def describe_udisk_snapshot(call: Call) -> Reply:
    asked = call.parameters
    id, disk_id, zone = asked.text("SnapshotId"), asked.text("UDiskId"), call.zone
    if disk_id:
        asked.required("Zone")
    found = [
        snapshot
        for snapshot in call.cloud.store.at(Snapshot, call.project, call.region)
        if snapshot.disk_type.startswith("CLOUD")
        and zone in ("", snapshot.zone)
        and (snapshot.id == id if id else disk_id in ("", snapshot.disk_id))
    ]
    return {"TotalCount": len(found), "DataSet": [_describe_snapshot(call, each) for each in asked.page(found)]}


def _describe_snapshot(call: Call, snapshot: Snapshot) -> Reply:
    return {
        "Zone": snapshot.zone,
        "SnapshotId": snapshot.id,
        "Name": snapshot.name,
        "UDiskId": snapshot.disk_id,
        "UDiskName": snapshot.disk_name,
        "CreateTime": snapshot.created,
        "Size": snapshot.size,
        "Status": "Normal",
        "DiskType": TYPE_NUMBERS.get(snapshot.disk_type, 0) + snapshot.boot,
        "Comment": snapshot.remark,
        "IsUDiskAvailable": call.cloud.store.get(Disk, snapshot.disk_id) is not None,
        "UHostId": snapshot.host_id,
        "Version": "1.0",
        "ExpiredTime": snapshot.created + MONTH,
        "UKmsMode": "No",
        "CmkId": "",
        "CmkIdAlias": "",
        "CmkIdStatus": "NoCmkId",
        "DataKey": "",
    }


@action("DeleteUDiskSnapshot")
def delete_udisk_snapshot(call: Call) -> Reply:
    asked = call.parameters
    asked.required("Zone")
    if asked.has("SnapshotId") == asked.has("UDiskId"):
        raise bad_parameter("SnapshotId", "either this or UDiskId")
    gone = [
        snapshot
        for snapshot in call.cloud.store.at(Snapshot, call.project, call.region)
        if asked.text("UDiskId") == snapshot.disk_id
    ]
    for snapshot in gone if asked.has("UDiskId") else [find_snapshot(call, asked.text("SnapshotId"))]:
        drop_snapshot(call, snapshot)
    return {}
