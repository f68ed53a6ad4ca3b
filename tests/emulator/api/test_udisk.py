"""UDisks: their types and sizes by zone, attaching and detaching, what is refused, what they cost."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.asker import Asker
from tests.support.documents import documented
from tests.support.emulator import Emulator

ZONE = "cn-bj2-02"


def created(api: Asker, **parameters: Any) -> str:
    wanted = {"Zone": ZONE, "Name": "d", "Size": 10, "DiskType": "SSDDataDisk", **parameters}
    return str(api.ask("CreateUDisk", **wanted)["UDiskId"][0])


@documented("api/udisk-api/error_code.md", "17057: attached already; 17026: attached, detach it first")
def test_a_udisk_is_attached_grown_detached_and_deleted(api: Asker) -> None:
    host = api.running_host()
    disk = created(api)
    assert api.ask("AttachUDisk", UDiskId=disk, UHostId=host)["DeviceName"] == "/dev/vdb"
    described = api.ask("DescribeUDisk", UDiskId=disk)["DataSet"][0]
    assert (described["Status"], described["UHostId"], described["DiskType"]) == ("InUse", host, "SSDDataDisk")
    assert api.ask("DescribeUDisk", UDiskId=disk, ProtocolVersion=1)["DataSet"][0]["DiskType"] == "CLOUD_SSD"
    assert api.refused("AttachUDisk", UDiskId=disk, UHostId=host) == 17057
    assert api.refused("DeleteUDisk", Zone=ZONE, UDiskId=disk) == 17026
    assert api.refused("ResizeUDisk", Zone=ZONE, UDiskId=disk, Size=30) == 17026
    assert api.refused("ResizeAttachedDisk", Zone=ZONE, UHostId=host, DiskId=disk, DiskSpace=10) == 230
    api.ask("ResizeAttachedDisk", Zone=ZONE, UHostId=host, DiskId=disk, DiskSpace=20)
    assert [d["Size"] for d in api.host(host)["DiskSet"]] == [20, 20]
    api.ask("DetachUDisk", UDiskId=disk, UHostId=host)
    api.ask("DeleteUDisk", Zone=ZONE, UDiskId=disk)
    assert api.ask("DescribeUDisk", UDiskId=disk)["DataSet"] == []
    api.remove_host(host)


@documented("api/udisk-api/error_code.md", "17041: no such UDisk; 17060: detaching failed")
def test_what_is_no_disk_here_or_none_of_the_host_is_refused(api: Asker) -> None:
    disk, host = created(api), api.running_host()
    for action in ("AttachUDisk", "DetachUDisk"):
        assert api.refused(action, UDiskId="bs-none", HostId=host) == 17041
    assert api.refused("DetachUDisk", UDiskId=disk, HostId=host) == 17060
    assert api.refused("DeleteUDisk", Zone="cn-bj2-03", UDiskId=disk) == 17041
    api.ask("DeleteUDisk", Zone=ZONE, UDiskId=disk)
    assert api.refused("DeleteUDisk", Zone=ZONE, UDiskId=disk) == 17041
    api.remove_host(host)


@pytest.mark.parametrize(
    ("action", "parameters"),
    [
        ("CreateUDisk", {"Name": "d", "Size": 10}),
        ("DeleteUDisk", {}),
        ("ResizeUDisk", {"Size": 20}),
        ("RenameUDisk", {"UDiskName": "other"}),
        ("DescribeUDiskPrice", {"Size": 10}),
        ("DescribeUDiskUpgradePrice", {"Size": 20}),
    ],
)
@documented("api/udisk-api/delete_udisk.md", "Zone is required")
@documented("api/udisk-api/resize_udisk.md", "Zone is required")
@documented("api/udisk-api/rename_udisk.md", "Zone is required")
def test_calls_that_change_or_price_a_disk_need_its_zone(api: Asker, action: str, parameters: dict[str, Any]) -> None:
    disk = created(api)
    known = {} if action.startswith("Create") else {"UDiskId": disk, "SourceId": disk}
    assert api.refused(action, **known, **parameters) == 220
    api.ask("DeleteUDisk", Zone=ZONE, UDiskId=disk)


@pytest.mark.parametrize(
    ("zone", "type", "size", "code"),
    [
        (ZONE, "DataDisk", 8000, 0),
        (ZONE, "SSDDataDisk", 8001, 230),
        (ZONE, "RSSDDataDisk", 32_000, 0),
        (ZONE, "RSSDDataDisk", 32_001, 230),
        (ZONE, "SSDDataDisk", 0, 230),
        (ZONE, "ESSDDataDisk", 10, 230),
        (ZONE, "SystemDisk", 10, 230),
    ],
)
@documented("api/udisk-api/create_udisk.md", "Types, and sizes to 8000 GB, RSSD to 32000")
@documented("udisk/introduction/limit.md", "The types of disk of each zone")
def test_a_disk_has_a_type_of_its_zone_and_a_size_of_its_type(
    api: Asker, zone: str, type: str, size: int, code: int
) -> None:
    wanted = {"Zone": zone, "Name": "d", "Size": size, "DiskType": type}
    if code:
        assert api.refused("CreateUDisk", **wanted) == code
    else:
        api.ask("DeleteUDisk", Zone=zone, UDiskId=created(api, **wanted))


@documented("udisk/introduction/limit.md", "The types of disk of each zone")
def test_a_zone_without_rssd_has_none_and_one_with_rssd_alone_has_nothing_else(paper_emulator: Emulator) -> None:
    for region, zone, types in (
        ("cn-sh2", "cn-sh2-02", {"DataDisk": 0, "RSSDDataDisk": 230}),
        ("ph-mnl", "ph-mnl-01", {"DataDisk": 230, "RSSDDataDisk": 0}),
    ):
        there = Asker(paper_emulator, paper_emulator.client(region=region))
        for type, code in types.items():
            wanted = {"Zone": zone, "Name": "d", "Size": 10, "DiskType": type}
            if code:
                assert there.refused("CreateUDisk", **wanted) == code
            else:
                there.ask("DeleteUDisk", Zone=zone, UDiskId=there.ask("CreateUDisk", **wanted)["UDiskId"][0])


@documented("api/udisk-api/error_code.md", "17062: no permission for paying by the hour")
@documented("api/udisk-api/create_udisk.md", "ChargeType defaults to Dynamic")
def test_a_disk_by_the_hour_needs_the_permission(paper_emulator: Emulator) -> None:
    api = Asker(paper_emulator, paper_emulator.client(project="org-no-hourly"))
    assert api.refused("CreateUDisk", Zone=ZONE, Name="d", Size=10) == 17062
    api.ask("DeleteUDisk", Zone=ZONE, UDiskId=created(api, ChargeType="Month"))


@documented("udisk/introduction/limit.md", "At most 26 disks a host")
def test_a_host_has_at_most_26_cloud_disks(api: Asker) -> None:
    host = api.running_host()
    disks = [created(api) for _ in range(26)]
    for disk in disks[:25]:
        api.ask("AttachUDisk", UDiskId=disk, HostId=host)
    assert api.refused("AttachUDisk", UDiskId=disks[25], HostId=host) == 17055
    api.remove_host(host)
    api.ask("DeleteUDisk", Zone=ZONE, UDiskId=disks[25])


@documented("api/udisk-api/describe_udisk.md", "With ProtocolVersion 1 and DiskType, IsBoot must be given")
@documented("api/udisk-api/describe_udisk.md", "UDiskName finds by name")
def test_disks_are_found_by_type_and_name(api: Asker) -> None:
    disk = created(api, Name="found-by-name")
    assert api.refused("DescribeUDisk", ProtocolVersion=1, DiskType="CLOUD_SSD") == 220
    found = api.ask("DescribeUDisk", ProtocolVersion=1, DiskType="CLOUD_SSD", IsBoot="False", UDiskName="found-by-name")
    assert [each["UDiskId"] for each in found["DataSet"]] == [disk]
    assert api.ask("DescribeUDisk", UDiskName="found-by")["TotalCount"] == 0
    api.ask("DeleteUDisk", Zone=ZONE, UDiskId=disk)


@documented("api/udisk-api/describe_udisk_price.md", "Size is required, ChargeType defaults to Month, prices in fen")
def test_a_disk_s_price_is_in_fen_and_its_ledger_row_in_yuan(api: Asker) -> None:
    assert api.refused("DescribeUDiskPrice", Zone=ZONE) == 220
    assert api.refused("DescribeUDiskPrice", Zone=ZONE, Size=4001, DiskType="SSDSystemDisk") == 230
    (month,) = api.ask("DescribeUDiskPrice", Zone=ZONE, Size=1000, DiskType="SSDDataDisk")["DataSet"]
    assert (month["ChargeType"], month["ChargeName"]) == ("Month", "UDisk")
    (three,) = api.ask("DescribeUDiskPrice", Zone=ZONE, Size=1000, DiskType="SSDDataDisk", Quantity=3)["DataSet"]
    assert three["Price"] == pytest.approx(3 * month["Price"], abs=2)
    (hour,) = api.ask("DescribeUDiskPrice", Zone=ZONE, Size=1000, DiskType="SSDDataDisk", ChargeType="Dynamic")[
        "DataSet"
    ]
    disk = created(api, Size=1000)
    row = next(row for row in api.emulator.ledger(open_only=True) if row["id"] == disk)
    assert hour["Price"] == round(100 * row["price"])
    api.ask("DeleteUDisk", Zone=ZONE, UDiskId=disk)


@documented("api/udisk-api/describe_udisk_upgrade_price.md", "Size and SourceId are required")
def test_a_larger_disk_costs_what_it_is_larger_by(api: Asker) -> None:
    disk = created(api, Size=100, ChargeType="Month")
    assert api.refused("DescribeUDiskUpgradePrice", Zone=ZONE, SourceId=disk) == 220
    assert api.refused("DescribeUDiskUpgradePrice", Zone=ZONE, Size=200) == 220
    assert api.refused("DescribeUDiskUpgradePrice", Zone=ZONE, SourceId=disk, Size=100) == 230
    more = api.ask("DescribeUDiskUpgradePrice", Zone=ZONE, SourceId=disk, Size=200)
    (same,) = api.ask("DescribeUDiskPrice", Zone=ZONE, Size=100, DiskType="SSDDataDisk")["DataSet"]
    assert more["Price"] == same["Price"]
    api.ask("DeleteUDisk", Zone=ZONE, UDiskId=disk)
