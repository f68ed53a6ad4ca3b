"""VPCs, subnets, firewalls, EIPs, key pairs and UDisks: defaults, rules, what is in use stays."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.asker import DISK, EIP, KEY, Asker
from tests.support.documents import documented
from tests.support.emulator import Emulator

SSH = "TCP|22|0.0.0.0/0|ACCEPT|HIGH|ssh"


@pytest.mark.parametrize("project", ["org-emulator", "org-second"])
@pytest.mark.parametrize("region", ["cn-bj2", "hk"])
def test_every_project_has_a_default_network_and_firewalls_in_every_region(
    paper_emulator: Emulator, project: str, region: str
) -> None:
    api = Asker(paper_emulator, paper_emulator.client(project=project, region=region))
    vpc = next(vpc for vpc in api.ask("DescribeVPC")["DataSet"] if vpc["VPCType"] == "DefaultVPC")
    assert [subnet["VPCId"] for subnet in api.ask("DescribeSubnet", VPCId=vpc["VPCId"])["DataSet"]] == [vpc["VPCId"]]
    firewalls: list[dict[str, Any]] = api.ask("DescribeFirewall", Limit=100)["DataSet"]
    ports = {f["Type"]: {r["DstPort"] for r in f["Rule"] if r["ProtocolType"] == "TCP"} for f in firewalls}
    assert ports["recommend web"] == {"22", "80", "443", "3389"}
    assert ports["recommend non web"] == {"22", "3389"}


@documented("vpc/introduction/subnet.md", "A default VPC is no longer provided")
@documented("api/vpc2.0-api/describe_vpc.md", "VPCType is DefaultVPC or DefinedVPC, and optional")
def test_where_there_is_no_default_vpc_a_host_needs_the_id_of_one(paper_emulator: Emulator) -> None:
    api = Asker(paper_emulator, paper_emulator.client(project="org-no-vpc"))
    assert (api.ask("DescribeVPC")["DataSet"], api.ask("DescribeSubnet")["DataSet"]) == ([], [])
    wanted = {
        "Zone": "cn-bj2-02", "ImageId": "uimage-debian12", "LoginMode": "Password", "Password": "UGFzc3dvcmQxMjM=",
        "ChargeType": "Dynamic", "MachineType": "N", "Disks": [DISK],
    }  # fmt: skip
    assert api.refused("CreateUHostInstance", **wanted) == 220
    vpc = api.ask("CreateVPC", Name="own", Network=["192.168.0.0/16"])["VPCId"]
    assert "VPCType" not in api.ask("DescribeVPC")["DataSet"][0]
    subnet = api.ask("CreateSubnet", VPCId=vpc, Subnet="192.168.1.0")["SubnetId"]
    assert api.refused("CreateUHostInstance", **wanted) == 220
    assert api.refused("CreateUHostInstance", **wanted, VPCId=vpc) == 220
    host = api.running_host(VPCId=vpc, SubnetId=subnet)
    api.remove_host(host)
    api.ask("DeleteSubnet", SubnetId=subnet)
    api.ask("DeleteVPC", VPCId=vpc)


@pytest.mark.parametrize(
    "rule",
    [
        "TCP|22|0.0.0.0/0|ACCEPT",
        "SCTP|22|0.0.0.0/0|ACCEPT|HIGH|",
        "TCP||0.0.0.0/0|ACCEPT|HIGH|",
        "TCP|0|0.0.0.0/0|ACCEPT|HIGH|",
        "TCP|65536|0.0.0.0/0|ACCEPT|HIGH|",
        "TCP|30-20|0.0.0.0/0|ACCEPT|HIGH|",
        "TCP|22|300.0.0.0/0|ACCEPT|HIGH|",
        "TCP|22|0.0.0.0/0|REJECT|HIGH|",
        "TCP|22|0.0.0.0/0|ACCEPT|URGENT|",
        f"TCP|22|0.0.0.0/0|ACCEPT|HIGH|{'x' * 65}",
    ],
)
def test_a_rule_that_is_none_is_refused(api: Asker, rule: str) -> None:
    assert api.refused("CreateFirewall", Name="f", Rule=[rule]) == 230


def test_a_firewall_s_rules_are_described_field_by_field(api: Asker) -> None:
    id = api.ask(
        "CreateFirewall", Name="f", Rule=["TCP|20-30|192.168.1.1/22|DROP|LOW|禁用", "ICMP||1.2.3.4|ACCEPT|HIGH|"]
    )["FWId"]
    rules = api.ask("DescribeFirewall", FWId=id)["DataSet"][0]["Rule"]
    assert rules[0] == {
        "ProtocolType": "TCP",
        "DstPort": "20-30",
        "SrcIP": "192.168.1.1/22",
        "RuleAction": "DROP",
        "Priority": "LOW",
        "Remark": "禁用",
    }
    assert rules[1]["ProtocolType"] == "ICMP"
    api.ask("DeleteFirewall", FWId=id)
    assert api.refused("DescribeFirewall", FWId=id) == 54002


def test_a_firewall_in_use_cannot_be_deleted_and_granting_another_frees_it(api: Asker) -> None:
    first = api.ask("CreateFirewall", Name="one", Rule=[SSH])["FWId"]
    second = api.ask("CreateFirewall", Name="two", Rule=[SSH])["FWId"]
    host = api.running_host(SecurityGroupId=first)
    assert api.ask("DescribeFirewall", FWId=first)["DataSet"][0]["ResourceCount"] == 1
    assert api.refused("DeleteFirewall", FWId=first) == 54003
    api.ask("GrantFirewall", FWId=second, ResourceType="uhost", ResourceId=host)
    api.ask("DeleteFirewall", FWId=first)
    api.remove_host(host)
    api.ask("DeleteFirewall", FWId=second)


def test_default_firewalls_stay_as_they_are(api: Asker) -> None:
    default = next(f for f in api.ask("DescribeFirewall")["DataSet"] if f["Type"] == "recommend web")["FWId"]
    assert api.refused("DeleteFirewall", FWId=default) == 230
    assert api.refused("UpdateFirewall", FWId=default, Rule=[SSH]) == 230


def test_an_eip_is_bound_unbound_and_released_in_that_order(api: Asker) -> None:
    host = api.running_host()
    eip = api.ask("AllocateEIP", Bandwidth=5, OperatorName="Bgp", ChargeType="Dynamic")["EIPSet"][0]["EIPId"]
    bind = {"EIPId": eip, "ResourceType": "uhost", "ResourceId": host}
    assert api.refused("UnBindEIP", **bind) == 54003
    api.ask("BindEIP", **bind)
    assert api.refused("BindEIP", **bind) == 54003
    assert api.refused("ReleaseEIP", EIPId=eip) == 54003
    described = api.ask("DescribeEIP", EIPIds=[eip])["EIPSet"][0]
    assert (described["Status"], described["Resource"]["ResourceID"]) == ("used", host)
    assert eip in [address["IPId"] for address in api.host(host)["IPSet"]]
    api.ask("UnBindEIP", **bind)
    api.ask("ReleaseEIP", EIPId=eip)
    assert api.refused("ReleaseEIP", EIPId=eip) == 54002
    assert api.ask("DescribeEIP", EIPIds=[eip])["EIPSet"] == []
    api.remove_host(host)


def test_an_address_that_was_given_back_is_not_given_out_next(api: Asker) -> None:
    def allocate() -> tuple[str, str]:
        eip = api.ask("AllocateEIP", Bandwidth=1, OperatorName="Bgp")["EIPSet"][0]
        return eip["EIPId"], eip["EIPAddr"][0]["IP"]

    first, first_ip = allocate()
    api.ask("ReleaseEIP", EIPId=first)
    second, second_ip = allocate()
    api.ask("ReleaseEIP", EIPId=second)
    assert first_ip != second_ip


def test_operators_are_as_the_region_offers(api: Asker, paper_emulator: Emulator) -> None:
    abroad = Asker(paper_emulator, paper_emulator.client(region="us-ca"))
    assert api.refused("AllocateEIP", Bandwidth=1, OperatorName="International") == 230
    assert abroad.refused("AllocateEIP", Bandwidth=1, OperatorName="Bgp") == 230
    host = abroad.running_host(Zone="us-ca-01", NetworkInterface=[{"EIP": {**EIP, "OperatorName": "International"}}])
    assert [address["Type"] for address in abroad.host(host)["IPSet"]] == ["Private", "International"]
    abroad.remove_host(host)


@pytest.mark.parametrize("written", ["Bgp", "BGP"])
def test_an_operator_is_known_in_either_case_as_the_ucloud_cli_writes_it(api: Asker, written: str) -> None:
    eip = api.ask("AllocateEIP", Bandwidth=1, OperatorName=written)["EIPSet"][0]
    assert eip["EIPAddr"][0]["OperatorName"] == "Bgp"
    api.ask("ReleaseEIP", EIPId=eip["EIPId"])


def test_networks_must_fit_in_each_other_and_go_from_the_inside_out(api: Asker) -> None:
    vpc = api.ask("CreateVPC", Name="v", Network=["192.168.0.0/16"])["VPCId"]
    assert api.refused("CreateVPC", Name="v", Network=["8.8.8.0/24"]) == 230
    assert api.refused("CreateSubnet", VPCId=vpc, Subnet="10.0.0.0") == 230
    assert api.refused("CreateSubnet", VPCId="uvnet-none", Subnet="192.168.1.0") == 58103
    subnet = api.ask("CreateSubnet", VPCId=vpc, Subnet="192.168.1.0")["SubnetId"]
    assert api.refused("CreateSubnet", VPCId=vpc, Subnet="192.168.1.128", Netmask=25) == 230
    host = api.running_host(VPCId=vpc, SubnetId=subnet)
    private = api.host(host)["IPSet"][0]
    assert (private["VPCId"], private["SubnetId"]) == (vpc, subnet)
    assert private["IP"].startswith("192.168.1.")
    assert api.ask("DescribeSubnetResource", SubnetId=subnet)["DataSet"][0]["ResourceId"] == host
    assert api.refused("DeleteSubnet", SubnetId=subnet) == 4411
    assert api.refused("DeleteVPC", VPCId=vpc) == 4411
    api.remove_host(host)
    api.ask("DeleteSubnet", SubnetId=subnet)
    api.ask("DeleteVPC", VPCId=vpc)
    assert api.ask("DescribeVPC", VPCIds=[vpc])["DataSet"] == []
    assert api.ask("DescribeSubnet", SubnetIds=[subnet])["DataSet"] == []
    assert api.refused("DeleteVPC", VPCId=vpc) == 58103


def test_a_subnet_must_be_of_the_vpc_that_is_named(api: Asker) -> None:
    vpc = api.ask("CreateVPC", Name="v", Network=["192.168.0.0/16"])["VPCId"]
    default = api.ask("DescribeSubnet")["DataSet"][0]["SubnetId"]
    wanted = {
        "Zone": "cn-bj2-02",
        "ImageId": "uimage-debian12",
        "LoginMode": "Password",
        "Password": "UGFzc3dvcmQxMjM=",
    }
    disks = [{"IsBoot": "True", "Type": "CLOUD_SSD", "Size": 20}]
    assert api.refused("CreateUHostInstance", VPCId=vpc, SubnetId=default, Disks=disks, **wanted) == 230
    assert api.refused("CreateUHostInstance", VPCId=vpc, Disks=disks, **wanted) == 220
    api.ask("DeleteVPC", VPCId=vpc)


def test_key_pair_names_are_unique_in_a_project(api: Asker, elsewhere: Asker, paper_emulator: Emulator) -> None:
    id = api.ask("ImportUHostKeyPairs", KeyPairName="unique", PublicKeyBody=KEY)["KeyPairId"]
    assert elsewhere.refused("ImportUHostKeyPairs", KeyPairName="unique", PublicKeyBody=KEY) == 8041
    second = Asker(paper_emulator, paper_emulator.client(project="org-second"))
    other = second.ask("ImportUHostKeyPairs", KeyPairName="unique", PublicKeyBody=KEY)["KeyPairId"]
    assert [pair["KeyPairId"] for pair in api.ask("DescribeUHostKeyPairs", KeyPairName="unique")["KeyPairs"]] == [id]
    assert api.refused("DeleteUHostKeyPairs", KeyPairIds=[other]) == 8040
    second.ask("DeleteUHostKeyPairs", KeyPairIds=[other])
    api.ask("DeleteUHostKeyPairs", KeyPairIds=[id])
    assert api.refused("DeleteUHostKeyPairs", KeyPairIds=[id]) == 8040


@pytest.mark.parametrize("key", ["", "ssh-rsa", "ssh-rsa !!!", "ssh-rsa QUJDREVGRw==", KEY + "\nssh-rsa x"])
def test_what_is_no_public_key_is_not_imported(api: Asker, key: str) -> None:
    assert api.refused("ImportUHostKeyPairs", KeyPairName="bad", PublicKeyBody=key) in (220, 230)


def test_a_udisk_is_attached_grown_detached_and_deleted(api: Asker) -> None:
    host = api.running_host()
    disk = api.ask("CreateUDisk", Zone="cn-bj2-02", Name="d", Size=10, DiskType="SSDDataDisk")["UDiskId"][0]
    assert api.ask("AttachUDisk", UDiskId=disk, UHostId=host)["DeviceName"] == "/dev/vdb"
    described = api.ask("DescribeUDisk", UDiskId=disk)["DataSet"][0]
    assert (described["Status"], described["UHostId"], described["DiskType"]) == ("InUse", host, "SSDDataDisk")
    assert api.ask("DescribeUDisk", UDiskId=disk, ProtocolVersion=1)["DataSet"][0]["DiskType"] == "CLOUD_SSD"
    assert api.refused("AttachUDisk", UDiskId=disk, UHostId=host) == 17060
    assert api.refused("DeleteUDisk", Zone="cn-bj2-02", UDiskId=disk) == 17060
    assert api.refused("ResizeAttachedDisk", Zone="cn-bj2-02", UHostId=host, DiskId=disk, DiskSpace=10) == 230
    api.ask("ResizeAttachedDisk", Zone="cn-bj2-02", UHostId=host, DiskId=disk, DiskSpace=20)
    assert [d["Size"] for d in api.host(host)["DiskSet"]] == [20, 20]
    api.ask("DetachUDisk", UDiskId=disk, UHostId=host)
    api.ask("DeleteUDisk", Zone="cn-bj2-02", UDiskId=disk)
    assert api.ask("DescribeUDisk", UDiskId=disk)["DataSet"] == []
    api.remove_host(host)
