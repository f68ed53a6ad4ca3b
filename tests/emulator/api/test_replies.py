"""Every reply has exactly what the SDK's response schemas name, with exactly those types."""

from __future__ import annotations

import importlib
from typing import Any

import pytest
from ucloud.core.typesystem import fields, schema

import ucloud_emulator.api  # noqa: F401  (registers the actions)
from tests.support.asker import EIP, KEY, Asker
from ucloud_emulator.dispatch import ACTIONS

DESCRIBED = (
    "GetProjectList",
    "GetRegion",
    "DescribeImage",
    "DescribeUHostInstance",
    "DescribeUHostKeyPairs",
    "DescribeAvailableInstanceTypes",
    "DescribeFirewall",
    "DescribeVPC",
    "DescribeSubnet",
    "DescribeEIP",
    "DescribeUDisk",
)
PRODUCTS = ("uaccount", "uhost", "unet", "vpc", "udisk")
ELSEWHERE = {
    "CreateIsolationGroup",
    "DescribeIsolationGroup",
    "LeaveIsolationGroup",
    "DeleteIsolationGroup",
    "DescribeUHostTags",
    "GetUHostInstanceVncInfo",
    "GetUHostUpgradePrice",
    "UpgradeUHostInstance",
    "GetUHostRenewPrice",
    "CreateAttachUDisk",
    "GetAttachedDiskUpgradePrice",
    "SetUDiskUDataArkMode",
    "CloneUDisk",
    "CloneUDiskUDataArk",
    "CreateUDiskSnapshot",
    "DescribeUDiskSnapshot",
    "RestoreUDisk",
    "DeleteUDiskSnapshot",
    "ModifyEIPWeight",
    "UpgradeToArkUHostInstance",
    "ModifyUHostIP",
    "ReinstallUHostInstance",
}
"""In test_replies_care.py."""
COMMON = {"RetCode", "Action", "Message"}
ONLY_SOMETIMES = {
    # Not offered here, or there only where the thing has it; the documents say so for each.
    "UHostInstanceSet": {"GpuType", "KeyPair", "SpotAttribute", "UDHostAttribute", "UHostFamily", "RestrictMode"},
    "CopyCustomImageResponse": {"Infos", "TargetImageId", "TaskId"},
    "CreateSubnetResponse": {"IPv6Network"},
    "AvailableInstanceTypes": {"GraphicsMemory", "Performance"},
    "CheckUHostResourceCapacityResponse": {"RdmaClusterIds"},
    "EIPBinding": {"EIP", "PrivateIP", "PrivateIPType"},
    "UDiskDataSet": {"BackupMode"},
}


def response_schema(action: str) -> schema.ResponseSchema:
    for product in PRODUCTS:
        apis = importlib.import_module(f"ucloud.services.{product}.schemas.apis")
        if found := getattr(apis, f"{action}ResponseSchema", None):
            return found()
    raise AssertionError(f"the SDK has no {action}")


def differences(expected: Any, value: Any, where: str) -> list[str]:
    if isinstance(expected, schema.Schema):
        if not isinstance(value, dict):
            return [f"{where}: no object"]
        name = type(expected).__name__.removesuffix("Schema")
        # The SDK reads names whatever their case, and its schemas have some in another than the documents.
        known = {key.lower() for key in expected.fields}
        found = [f"{where}: {key} is not in the schema" for key in set(value) - COMMON if key.lower() not in known]
        given = {key.lower(): item for key, item in value.items()}
        for key, field in expected.fields.items():
            if key.lower() in given:
                found += differences(field, given[key.lower()], f"{where}.{key}")
            elif key not in ONLY_SOMETIMES.get(name, set()) | COMMON and not key.startswith("ListPrice"):
                found.append(f"{where}: {key} is missing")
        return found
    if isinstance(expected, fields.List):
        if not isinstance(value, list):
            return [f"{where}: no list"]
        return [line for n, item in enumerate(value) for line in differences(expected.item, item, f"{where}[{n}]")]
    types: dict[type, tuple[type, ...]] = {fields.Str: (str,), fields.Int: (int,), fields.Float: (int, float)}
    types[fields.Bool] = (bool,)
    wanted = types[type(expected)]
    if not isinstance(value, wanted) or (isinstance(value, bool) and wanted != (bool,)):
        return [f"{where}: {value!r} is no {type(expected).__name__}"]
    return []


@pytest.mark.parametrize("action", DESCRIBED)
def test_what_is_described_has_the_schema_s_fields_and_types(api: Asker, action: str) -> None:
    host = api.running_host(NetworkInterface=[{"EIP": EIP}])
    api.ask("AllocateEIP", Bandwidth=1, OperatorName="Bgp")
    api.ask("CreateUDisk", Zone="cn-bj2-02", Name="data", Size=10)
    pair = api.ask("ImportUHostKeyPairs", KeyPairName=f"replies-{action}", PublicKeyBody=KEY)
    reply = api.ask(action, Limit=100, **({"ShowAvailableIPs": True} if action == "DescribeSubnet" else {}))
    assert differences(response_schema(action), reply, action) == []
    assert reply.get("TotalCount", 1) > 0
    api.ask("DeleteUHostKeyPairs", KeyPairIds=[pair["KeyPairId"]])
    api.remove_host(host)


def test_what_calls_answer_has_the_schema_s_fields_and_types(api: Asker) -> None:
    called = set(DESCRIBED)

    def check(action: str, **parameters: Any) -> dict[str, Any]:
        called.add(action)
        reply = api.ask(action, **parameters)
        assert reply["Action"] == f"{action}Response"
        assert differences(response_schema(action), reply, action) == []
        return reply

    vpc = check("CreateVPC", Name="v", Network=["192.168.0.0/16"])["VPCId"]
    check("AddVPCNetwork", VPCId=vpc, Network=["172.16.0.0/16"])
    check("UpdateVPCNetwork", VPCId=vpc, Network=["192.168.0.0/16"])
    subnet = check("CreateSubnet", VPCId=vpc, Subnet="192.168.7.0", Netmask=24)["SubnetId"]
    check("UpdateSubnetAttribute", SubnetId=subnet, Name="s2")
    firewall = check("CreateFirewall", Name="f", Rule=["TCP|22|0.0.0.0/0|ACCEPT|HIGH|ssh"])["FWId"]
    check("UpdateFirewall", FWId=firewall, Rule=["TCP|80|0.0.0.0/0|ACCEPT|LOW|"])
    check("UpdateFirewallAttribute", FWId=firewall, Name="f2")
    group = check("CreateSecGroup", VPCID=vpc, Name="g")["SecGroupId"]
    ingress = {"Direction": "Ingress", "IPRange": "0.0.0.0/0", "Priority": 1, "ProtocolType": "TCP", "DstPort": "22"}
    rules = check("CreateSecGroupRule", SecGroupId=group, Rule=[{**ingress, "RuleAction": "Accept", "Remark": "r"}])
    check("DescribeSecGroup", SecGroupId=[group])
    check("DeleteSecGroupRule", SecGroupId=group, RuleId=rules["RuleId"])
    guarded = api.running_host(
        VPCId=vpc,
        SubnetId=subnet,
        ImageId="uimage-debian12",
        MachineType="O",
        Disks=[{"IsBoot": "True", "Type": "CLOUD_RSSD", "Size": 20}],
        SecurityMode="SecGroup",
        SecGroupId=[{"Id": group, "Priority": 1}],
    )
    check("DescribeSecGroupResource", SecGroupId=group)
    check("AssociateSecGroup", ResourceId=[guarded], PrioritySecGroup=[{"SecGroupId": group, "Priority": 1}])
    check("DescribeResourceSecGroup", ResourceId=[guarded])
    same = [{"SecGroupId": group, "Priority": 1}]
    check("UpdateSecGroupAssociation", ResourceId=guarded, OldSecGroupId=[group], NewPrioritySecGroup=same)
    api.remove_host(guarded)
    check("DeleteSecGroup", SecGroupId=[group])
    pair = check("ImportUHostKeyPairs", KeyPairName="answers", PublicKeyBody=KEY)["KeyPairId"]
    made = check("CreateUHostKeyPair", KeyPairName="answers-made")["KeyPair"]
    assert made["PrivateKeyBody"].startswith("-----BEGIN PRIVATE KEY-----")
    eip = check("AllocateEIP", Bandwidth=2, OperatorName="Bgp")["EIPSet"][0]["EIPId"]
    check("ModifyEIPBandwidth", EIPId=eip, Bandwidth=3)
    check("SetEIPPayMode", EIPId=eip, Bandwidth=3, PayMode="Traffic")
    check("UpdateEIPAttribute", EIPId=eip, Remark="r")
    check("GetEIPPrice", Bandwidth=2, OperatorName="Bgp")
    disk = check("CreateUDisk", Zone="cn-bj2-02", Name="d", Size=10)["UDiskId"][0]
    check("DescribeUDiskPrice", Zone="cn-bj2-02", Size=10)
    check("DescribeUDiskUpgradePrice", Zone="cn-bj2-02", SourceId=disk, Size=20)
    check("ResizeUDisk", Zone="cn-bj2-02", UDiskId=disk, Size=20)
    check("RenameUDisk", Zone="cn-bj2-02", UDiskId=disk, UDiskName="d2")
    check(
        "GetUHostInstancePrice",
        CPU=2,
        Memory=4096,
        Count=1,
        Disks=[{"IsBoot": "True", "Type": "CLOUD_SSD", "Size": 20}],
    )
    boot = {"IsBoot": "True", "Type": "CLOUD_SSD", "Size": 20}
    check("CheckUHostResourceCapacity", Zone="cn-bj2-02", ImageId="uimage-debian12-ci", Disks=[boot])
    host = check(
        "CreateUHostInstance",
        Zone="cn-bj2-02",
        ImageId="uimage-debian12-ci",
        LoginMode="KeyPair",
        KeyPairId=pair,
        VPCId=vpc,
        SubnetId=subnet,
        SecurityGroupId=firewall,
        Disks=[{"IsBoot": "True", "Type": "CLOUD_SSD", "Size": 20}],
    )["UHostIds"][0]
    api.wait(host, "Running")
    check("DescribeSubnetResource", SubnetId=subnet)
    check("DescribeFirewallResource", FWId=firewall)
    check("BindEIP", EIPId=eip, ResourceType="uhost", ResourceId=host)
    check("UnBindEIP", EIPId=eip, ResourceType="uhost", ResourceId=host)
    check("ReleaseEIP", EIPId=eip)
    check("AttachUDisk", UDiskId=disk, UHostId=host)
    check("DetachUDisk", UDiskId=disk, UHostId=host)
    check("ModifyUHostInstanceName", UHostId=host, Name="n")
    check("ModifyUHostInstanceRemark", UHostId=host, Remark="r")
    check("ModifyUHostInstanceTag", UHostId=host, Tag="t")
    check("RebootUHostInstance", UHostId=host)
    api.wait(host, "Running")
    check("StopUHostInstance", UHostId=host)
    api.wait(host, "Stopped")
    check("ResetUHostInstancePassword", UHostId=host, Password="UGFzc3dvcmQxMjM=")
    check("ResizeUHostInstance", UHostId=host, CPU=4, Memory=8192)
    boot = api.host(host)["DiskSet"][0]["DiskId"]
    check("ResizeAttachedDisk", Zone="cn-bj2-02", UHostId=host, DiskId=boot, DiskSpace=30)
    image = check("CreateCustomImage", UHostId=host, ImageName="i")["ImageId"]
    api.until(lambda: api.image(image)["State"] == "Available")
    copied = check("CopyCustomImage", SourceImageId=image, TargetProjectId="org-second")
    check("CopyCustomImage", SourceImageId=image, TargetProjectId="org-emulator", TargetRegionList=["hk", "sg"])
    check("StartUHostInstance", UHostId=host)
    api.wait(host, "Running")
    check("PoweroffUHostInstance", UHostId=host)
    api.wait(host, "Stopped")
    check("TerminateCustomImage", ImageId=image)
    check("TerminateUHostInstance", UHostId=host, ReleaseUDisk=True)
    api.until(lambda: not api.hosts(host))
    check("GrantFirewall", FWId=firewall, ResourceType="uhost", ResourceId=(other := api.running_host()))
    api.remove_host(other)
    check("DeleteUHostKeyPairs", KeyPairIds=[pair, made["KeyPairId"]])
    check("DeleteFirewall", FWId=firewall)
    check("DeleteUDisk", Zone="cn-bj2-02", UDiskId=disk)
    check("DeleteSubnet", SubnetId=subnet)
    check("DeleteVPC", VPCId=vpc)
    assert copied["TargetImageId"].startswith("uimage-")
    listed = {
        name for name, action in ACTIONS.items() if not action.answer.__module__.endswith((".unlisted", ".order"))
    }
    assert called | ELSEWHERE == listed, "of every action that a page lists"
