"""Calls that no page lists and that UCloud's own test scenarios make: the least that these expect."""

from __future__ import annotations

from ucloud_emulator import fields
from ucloud_emulator.api.firewall import firewalls, group_id
from ucloud_emulator.api.image import find_image
from ucloud_emulator.api.udisk import TYPES
from ucloud_emulator.api.udisk_copies import drop_snapshot, find_snapshot, take_snapshot
from ucloud_emulator.api.uhost import disks_of, in_state
from ucloud_emulator.dispatch import Call, Reply, action
from ucloud_emulator.records import Disk, Host, Snapshot
from ucloud_emulator.refusals import Refusal, RetCode, bad_parameter


@action("DescribeUHostLite")
def describe_uhost_lite(call: Call) -> Reply:
    hosts = [h for h in call.cloud.store.at(Host, call.project, call.region) if call.zone in ("", h.zone)]
    page = call.parameters.page(hosts)
    shown = [{"UHostId": h.id, "Name": h.name, "Zone": h.zone, "State": h.state, "Tag": h.tag} for h in page]
    return {"TotalCount": len(hosts), "UHostSet": shown}


@action("DescribeUHostRecycle")
def describe_uhost_recycle(call: Call) -> Reply:
    """Nothing is ever put into the recycle bin here."""
    return {"TotalCount": 0, "UHostSet": []}


@action("GetUImagePrice")
def get_uimage_price(call: Call) -> Reply:
    find_image(call, call.parameters.required("ImageId"))
    charge_type = call.parameters.text("ChargeType", "Month")
    return {"PriceSet": [{"ChargeType": charge_type, "Price": 0.0, "OriginalPrice": 0.0}]}


@action("GetRestResource")
def get_rest_resource(call: Call) -> Reply:
    """What there is left of a kind, or whether a host may grow."""
    if call.parameters.has("UHostId"):
        call.host(call.parameters.text("UHostId"))
        return {"UpgradeStatus": True}
    call.parameters.required("ResourceType")
    return {"DataSet": []}


@action("DescribeResourceMetric", "project")
def describe_resource_metric(call: Call) -> Reply:
    call.parameters.required("ResourceType")
    return {"DataSet": []}


@action("GetMetric")
def get_metric(call: Call) -> Reply:
    call.parameters.required("ResourceType")
    call.parameters.required("ResourceId")
    return {"DataSets": {}}


@action("DescribeSecurityGroup")
def describe_security_group(call: Call) -> Reply:
    """What firewalls were called before."""
    shown = [
        {"FirewallId": firewall.id, "GroupId": group_id(firewall), "GroupName": firewall.name}
        for firewall in firewalls(call)
    ]
    return {"DataSet": shown}


@action("CheckUDiskAllowance")
def check_udisk_allowance(call: Call) -> Reply:
    call.parameters.required("Zone")
    call.parameters.required("Size")
    call.parameters.one_of("DiskType", tuple(TYPES), "DataDisk")
    return {}


@action("TerminateLocalDataDisk")
def terminate_local_data_disk(call: Call) -> Reply:
    with call.cloud.store.lock:
        host = in_state(call.host(call.parameters.required("UHostId")), "Stopped")
        gone = [disk for disk in disks_of(call.cloud.store, host) if not disk.boot and not disk.in_cloud]
        for disk in gone:
            call.cloud.store.remove(disk)
            call.cloud.ledger.close(disk.id)
    call.cloud.wiring.apply(host.id, disks=True)
    for disk in gone:
        call.cloud.machines.delete_disk(disk.id)
    return {"UHostId": host.id}


@action("DescribeUhostTmMeta")
def describe_uhost_tm_meta(call: Call) -> Reply:
    """The data ark of a host's disks, which these calls name by their ids."""
    host = call.host(call.parameters.required("UhostId"))
    found = [disk for disk in disks_of(call.cloud.store, host) if disk.backup == "DATAARK"]
    return {"UtmStatus": "normal" if found else "none", "DataSet": [{"VdiskId": disk.id} for disk in found]}


@action("DescribeVDiskTmList")
def describe_vdisk_tm_list(call: Call) -> Reply:
    _disk(call)
    return {"DataSet": []}


@action("CreateUserVDiskSnapshot")
def create_user_vdisk_snapshot(call: Call) -> Reply:
    disk = _disk(call)
    host = call.cloud.store.get(Host, disk.host_id)
    return {"SnapshotId": take_snapshot(call, disk, disk.host_id, host.name if host else "").id}


def _disk(call: Call) -> Disk:
    id = call.parameters.required("VDiskId")
    for disk in call.cloud.store.at(Disk, call.project, call.region):
        if disk.id == id:
            return disk
    raise Refusal(RetCode.NO_SUCH_DISK, f"Disk [{id}] not found")


@action("DescribeSnapshot")
def describe_snapshot(call: Call) -> Reply:
    asked = call.parameters
    ids, host_id, zone = asked.texts("SnapshotIds"), asked.text("UHostId"), call.zone
    found = [
        snapshot
        for snapshot in call.cloud.store.at(Snapshot, call.project, call.region)
        if (not ids or snapshot.id in ids) and host_id in ("", snapshot.host_id) and zone in ("", snapshot.zone)
    ]
    return {"TotalCount": len(found), "UHostSnapshotSet": [_describe(each) for each in asked.page(found)]}


def _describe(snapshot: Snapshot) -> Reply:
    place = "Local" if snapshot.disk_type.startswith("LOCAL") else "UDisk"
    return {
        "SnapshotId": snapshot.id,
        "SnapshotName": snapshot.name,
        "SnapshotDescription": snapshot.remark,
        "DiskType": f"{place}{'Boot' if snapshot.boot else 'Data'}",
        "DiskId": snapshot.disk_id,
        "ResourceId": snapshot.host_id,
        "ResourceName": snapshot.host_name or snapshot.disk_name,
        "State": "Normal",
        "Size": snapshot.size,
        "Zone": snapshot.zone,
        "SnapshotTime": snapshot.created,
    }


@action("ModifySnapshot")
def modify_snapshot(call: Call) -> Reply:
    snapshot = find_snapshot(call, call.parameters.required("SnapshotId"))
    name = fields.name(call.parameters, "SnapshotName", snapshot.name)
    remark = fields.remark(call.parameters, "SnapshotDescription") or snapshot.remark
    call.cloud.store.change(Snapshot, snapshot.id, name=name, remark=remark)
    return {"SnapshotId": snapshot.id}


@action("DeleteSnapshot")
def delete_snapshot(call: Call) -> Reply:
    snapshot = find_snapshot(call, call.parameters.required("SnapshotId"))
    drop_snapshot(call, snapshot)
    return {"SnapshotId": snapshot.id}


@action("RestoreUHostDisk")
def restore_uhost_disk(call: Call) -> Reply:
    """Of data disks the data; a boot disk stays as it is here."""
    host = in_state(call.host(call.parameters.required("UHostId")), "Stopped")
    mine = {disk.id for disk in disks_of(call.cloud.store, host)}
    ids = call.parameters.texts("SnapshotIds")
    if not ids:
        call.parameters.required("SnapshotIds.0")
    snapshots = [find_snapshot(call, id) for id in ids]
    for snapshot in snapshots:
        if snapshot.disk_id not in mine:
            raise bad_parameter("SnapshotIds", f"{snapshot.id} is of no disk of {host.id}")
    for snapshot in snapshots:
        if not snapshot.boot:
            call.cloud.machines.copy_disk(snapshot.id, snapshot.disk_id)
    return {"UHostId": host.id}
