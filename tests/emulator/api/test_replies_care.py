"""As test_replies.py, for what is done to hosts and disks that are there."""

from __future__ import annotations

from typing import Any

from tests.emulator.api.test_replies import ELSEWHERE, differences, response_schema
from tests.support.asker import EIP, Asker

ZONE = "cn-bj2-02"


def test_what_is_done_to_hosts_and_disks_answers_the_schema_s_fields_and_types(api: Asker) -> None:
    called = set()

    def check(action: str, **parameters: Any) -> dict[str, Any]:
        called.add(action)
        reply = api.ask(action, **parameters)
        assert reply["Action"] == f"{action}Response"
        if action not in ("UpgradeUHostInstance",):  # a page has it, the SDK does not
            assert differences(response_schema(action), reply, action) == []
        return reply

    group = check("CreateIsolationGroup", GroupName="g")["GroupId"]
    host = api.running_host(
        IsolationGroup=group, HotplugFeature="true", ChargeType="Month", NetworkInterface=[{"EIP": EIP}]
    )
    check("DescribeIsolationGroup", GroupId=group)
    check("LeaveIsolationGroup", GroupId=group, UHostId=host)
    check("DeleteIsolationGroup", GroupId=group)
    check("DescribeUHostTags")
    check("GetUHostInstanceVncInfo", UHostId=host)
    check("GetUHostUpgradePrice", UHostId=host, CPU=4, Memory=8192)
    check("UpgradeUHostInstance", UHostId=host, CPU=4, Memory=8192)
    check("GetUHostRenewPrice", UHostId=host, ChargeType="Month")
    disk = check("CreateAttachUDisk", Zone=ZONE, UHostId=host, Name="d", Size=10)["UDiskId"]
    check("GetAttachedDiskUpgradePrice", UHostId=host, DiskId=disk, DiskSpace=20)
    check("SetUDiskUDataArkMode", Zone=ZONE, UDiskId=disk, UDataArkMode="Yes")
    clone = check("CloneUDiskUDataArk", Zone=ZONE, UDiskId=disk, Name="c", SnapshotTime=1)["UDiskId"][0]
    clones = [clone, *check("CloneUDisk", Zone=ZONE, SourceId=clone, Name="c")["UDiskId"]]
    check("CreateUDiskSnapshot", Zone=ZONE, UDiskId=clone, Name="s")
    snapshot = check("DescribeUDiskSnapshot", Zone=ZONE, UDiskId=clone)["DataSet"][0]["SnapshotId"]
    check("RestoreUDisk", Zone=ZONE, UDiskId=clone, SnapshotId=snapshot)
    check("DeleteUDiskSnapshot", Zone=ZONE, SnapshotId=snapshot)
    for id in clones:
        api.ask("DeleteUDisk", Zone=ZONE, UDiskId=id)
    eip, address = api.host(host)["IPSet"][1]["IPId"], api.host(host)["IPSet"][0]["IP"]
    check("ModifyEIPWeight", EIPId=eip, Weight=1)
    api.ask("StopUHostInstance", UHostId=host)
    api.wait(host, "Stopped")
    check("UpgradeToArkUHostInstance", Zone=ZONE, UHostIds=[host])
    check("ModifyUHostIP", Zone=ZONE, UHostId=host, PresentIpAddress=f"{address.rpartition('.')[0]}.248")
    check("ReinstallUHostInstance", UHostId=host, Password="UGFzc3dvcmQxMjM=")
    api.wait(host, "Running")
    api.remove_host(host)
    assert called == ELSEWHERE
