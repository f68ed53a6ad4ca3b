"""Clones and snapshots of UDisks, with their content where hosts are real."""

from __future__ import annotations

from tests.support.asker import EIP, Asker
from tests.support.documents import documented
from tests.support.ssh import public_ip, run, ssh

ZONE = "cn-bj2-02"


def new_disk(api: Asker, **more: object) -> str:
    return str(
        api.ask("CreateUDisk", **{"Zone": ZONE, "Name": "disk", "Size": 20, "DiskType": "SSDDataDisk", **more})[
            "UDiskId"
        ][0]
    )


def disk(api: Asker, id: str) -> dict[str, object]:
    found: dict[str, object] = api.ask("DescribeUDisk", UDiskId=id)["DataSet"][0]
    return found


@documented("api/udisk-api/clone_udisk.md", "A clone is as large as its source unless a larger size is asked for")
def test_a_clone_is_a_disk_of_its_own(api: Asker) -> None:
    source = new_disk(api)
    small = api.ask("CloneUDisk", Zone=ZONE, Name="clone", SourceId=source, Size=10)["UDiskId"][0]
    large = api.ask("CloneUDisk", Zone=ZONE, Name="clone", SourceId=source, Size=40)["UDiskId"][0]
    assert [disk(api, id)["Size"] for id in (small, large)] == [20, 40]
    assert {source, small, large} <= api.open_ids()
    for id in (source, small, large):
        api.ask("DeleteUDisk", Zone=ZONE, UDiskId=id)


@documented("api/udisk-api/clone_udisk_udataark.md", "A clone from the data ark names a time")
@documented("api/udisk-api/restore_udisk.md", "A disk is restored from a snapshot or from a time of its data ark")
def test_clones_and_restores_from_the_ark_need_one(api: Asker) -> None:
    bare, arked = new_disk(api), new_disk(api, UDataArkMode="Yes")
    clone = {"Zone": ZONE, "Name": "clone", "SnapshotTime": 1_700_000_000}
    assert api.refused("CloneUDiskUDataArk", **clone, UDiskId=bare) == 230
    assert api.refused("CloneUDiskUDataArk", Zone=ZONE, Name="clone", UDiskId=arked) == 220
    cloned = api.ask("CloneUDiskUDataArk", **clone, UDiskId=arked)["UDiskId"][0]
    assert api.refused("RestoreUDisk", Zone=ZONE, UDiskId=bare, SnapshotTime=1_700_000_000) == 230
    api.ask("RestoreUDisk", Zone=ZONE, UDiskId=arked, SnapshotTime=1_700_000_000)
    for id in (bare, arked, cloned):
        api.ask("DeleteUDisk", Zone=ZONE, UDiskId=id)


@documented("api/udisk-api/create_udisk_snapshot.md", "A snapshot has a name and a disk")
@documented("api/udisk-api/describe_udisk_snapshot.md", "Snapshots are listed by id, or by disk and zone")
@documented("api/udisk-api/delete_udisk_snapshot.md", "One snapshot, or all of a disk; not both at once")
def test_snapshots_are_listed_and_deleted_by_disk(api: Asker) -> None:
    source = new_disk(api)
    ids = [
        api.ask("CreateUDiskSnapshot", Zone=ZONE, UDiskId=source, Name=name)["SnapshotId"][0] for name in ("one", "two")
    ]
    listed = api.ask("DescribeUDiskSnapshot", Zone=ZONE, UDiskId=source)["DataSet"]
    assert [(each["SnapshotId"], each["Name"], each["Status"]) for each in listed] == [
        (ids[0], "one", "Normal"),
        (ids[1], "two", "Normal"),
    ]
    assert api.refused("DescribeUDiskSnapshot", UDiskId=source) == 220
    assert api.refused("DeleteUDiskSnapshot", Zone=ZONE, UDiskId=source, SnapshotId=ids[0]) == 230
    api.ask("DeleteUDiskSnapshot", Zone=ZONE, SnapshotId=ids[0])
    api.ask("DeleteUDiskSnapshot", Zone=ZONE, UDiskId=source)
    assert api.ask("DescribeUDiskSnapshot", Zone=ZONE, UDiskId=source)["TotalCount"] == 0
    api.ask("DeleteUDisk", Zone=ZONE, UDiskId=source)


@documented("api/udisk-api/create_attach_udisk.md", "A disk is made and attached by one call")
def test_a_disk_comes_back_from_its_snapshot_and_its_clone_has_its_data(real: Asker) -> None:
    host = real.running_host(NetworkInterface=[{"EIP": EIP}])
    asked = {"Zone": ZONE, "UHostId": host, "Name": "data", "Size": 20, "DiskType": "SSDDataDisk"}
    source = real.ask("CreateAttachUDisk", **asked)["UDiskId"]
    attached = {"Zone": ZONE, "UHostId": host}
    with ssh(public_ip(real, host), password="Password123") as client:
        run(client, "printf first | dd of=/dev/vdb conv=fsync status=none")
        snapshot = real.ask("CreateUDiskSnapshot", Zone=ZONE, UDiskId=source, Name="first")["SnapshotId"][0]
        run(client, "printf later | dd of=/dev/vdb conv=fsync status=none")
        real.ask("DetachUDisk", **attached, UDiskId=source)
        clone = real.ask("CloneUDisk", Zone=ZONE, Name="clone", SourceId=source)["UDiskId"][0]
        real.ask("RestoreUDisk", Zone=ZONE, UDiskId=source, SnapshotId=snapshot)
        for id in (source, clone):
            real.ask("AttachUDisk", **attached, UDiskId=id)
        assert run(client, "head -c 5 /dev/vdb; head -c 5 /dev/vdc") == "firstlater"
    real.ask("DeleteUDiskSnapshot", Zone=ZONE, SnapshotId=snapshot)
    real.remove_host(host)
