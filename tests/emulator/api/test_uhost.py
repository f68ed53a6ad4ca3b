"""UHosts: what is refused, which states they pass, what stays when they go."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from tests.support.asker import DISK, EIP, Asker
from tests.support.documents import documented
from tests.support.emulator import Emulator


def password(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"Zone": None}, 220),
        ({"Zone": "cn-sh2-01"}, 230),
        ({"ImageId": None}, 220),
        ({"ImageId": "uimage-none"}, 8956),
        ({"LoginMode": None}, 220),
        ({"LoginMode": "Fingerprint"}, 230),
        ({"Password": None}, 220),
        ({"Password": "not base64!"}, 230),
        ({"Password": password("short1")}, 230),
        ({"Password": password("onlylowercase")}, 230),
        ({"Password": password("With Space 1")}, 230),
        ({"Password": password("x1" * 20)}, 230),
        ({"LoginMode": "KeyPair", "ImageId": "uimage-debian12-ci"}, 220),
        ({"LoginMode": "KeyPair", "ImageId": "uimage-debian12-ci", "KeyPairId": "uhostkey-none"}, 230),
        ({"LoginMode": "ImagePasswd"}, 230),
        ({"Disks": None}, 220),
        ({"Disks": [{**DISK, "IsBoot": "False"}]}, 230),
        ({"Disks": [DISK, DISK]}, 230),
        ({"Disks": [{**DISK, "Size": 10}]}, 8315),
        ({"Disks": [{**DISK, "Type": "FLOPPY"}]}, 230),
        ({"CPU": 3}, 8044),
        ({"CPU": 0}, 8044),
        ({"CPU": "two"}, 230),
        ({"Memory": 4000}, 8046),
        ({"ChargeType": "Never"}, 230),
        ({"MachineType": "Z"}, 230),
        ({"MinimalCpuPlatform": "Abacus"}, 230),
        ({"Name": "with space"}, 230),
        ({"Name": "x" * 64}, 230),
        ({"VPCId": "uvnet-none"}, 230),
        ({"SubnetId": "subnet-none"}, 230),
        ({"SecurityGroupId": "firewall-none"}, 4600),
        ({"NetworkInterface": [{"EIP": {**EIP, "OperatorName": "International"}}]}, 230),
        ({"NetworkInterface": [{"EIP": {**EIP, "Bandwidth": 0}}]}, 4011),
        ({"NetworkInterface": [{"EIP": {**EIP, "Bandwidth": 301}}]}, 4228),
        ({"NetworkInterface": [{"EIP": {"ExistEIPId": "eip-none"}}]}, 4210),
        ({"UserData": password("#cloud-config")}, 230),
        ({"PrivateIp": ["1.2.3.4"]}, 230),
        ({"MaxCount": 101}, 230),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_made(api: Asker, wrong: dict[str, Any], code: int) -> None:
    before = api.open_ids()
    wanted: dict[str, Any] = {
        "Zone": "cn-bj2-02",
        "ImageId": "uimage-f1chxn",
        "LoginMode": "Password",
        "Password": password("Password123"),
        "Disks": [DISK],
    }
    assert api.refused("CreateUHostInstance", **{**wanted, **wrong}) == code
    assert api.open_ids() == before


def test_user_data_of_more_than_16_kib_is_refused(api: Asker) -> None:
    large = base64.b64encode(b"#" * (16 * 1024 + 1)).decode()
    assert (
        api.refused(
            "CreateUHostInstance",
            Zone="cn-bj2-02",
            ImageId="uimage-debian12-ci",
            LoginMode="Password",
            Password=password("Password123"),
            Disks=[DISK],
            UserData=large,
        )
        == 230
    )


def test_packer_s_request_makes_a_host_with_what_it_asks_for(api: Asker) -> None:
    """The parameters as Packer's plugin sends them (IsBoot in lower case)."""
    firewalls = api.ask("DescribeFirewall", Limit=100, Offset=0)["DataSet"]
    non_web = next(firewall for firewall in firewalls if firewall["Type"] == "recommend non web")
    id = api.running_host(
        Name="packer-6b058d88",
        MachineType="N",
        MinimalCpuPlatform="Intel/Auto",
        SecurityGroupId=non_web["FWId"],
        Disks=[{"IsBoot": "true", "Type": "CLOUD_SSD", "Size": 20}],
        NetworkInterface=[{"EIP": EIP}],
    )
    host = api.host(id)
    assert (host["Name"], host["CPU"], host["Memory"]) == ("packer-6b058d88", 2, 4096)
    assert (host["ChargeType"], host["BootDiskState"], host["Tag"]) == ("Dynamic", "Normal", "Default")
    assert [address["Type"] for address in host["IPSet"]] == ["Private", "Bgp"]
    assert [(disk["IsBoot"], disk["Size"], disk["DiskType"]) for disk in host["DiskSet"]] == [("True", 20, "CLOUD_SSD")]
    assert host["BasicImageId"] == "uimage-f1chxn"
    granted = api.ask("DescribeFirewall", ResourceType="uhost", ResourceId=id)["DataSet"]
    assert [firewall["FWId"] for firewall in granted] == [non_web["FWId"]]
    api.remove_host(id)


def test_several_hosts_in_one_call_get_addresses_of_their_own(api: Asker) -> None:
    reply = api.ask(
        "CreateUHostInstance",
        Zone="cn-bj2-02",
        ImageId="uimage-f1chxn",
        LoginMode="Password",
        Password=password("Password123"),
        Disks=[DISK],
        NetworkInterface=[{"EIP": EIP}],
        MaxCount=3,
    )
    hosts = api.hosts(*reply["UHostIds"])
    assert len({address["IP"] for host in hosts for address in host["IPSet"]}) == 6
    for id in reply["UHostIds"]:
        api.wait(id, "Running")
        api.remove_host(id)


def test_each_command_is_refused_in_the_states_it_is_not_for(api: Asker) -> None:
    id = api.running_host()
    assert api.refused("StartUHostInstance", UHostId=id) == 8905
    assert api.refused("TerminateUHostInstance", UHostId=id) == 8856
    assert api.refused("CreateCustomImage", UHostId=id, ImageName="i") == 8010
    assert api.refused("ResetUHostInstancePassword", UHostId=id, Password=password("Password123")) == 8905
    assert api.refused("ResizeUHostInstance", UHostId=id, CPU=4) == 8905
    api.ask("StopUHostInstance", UHostId=id)
    api.wait(id, "Stopped")
    assert api.refused("RebootUHostInstance", UHostId=id) == 8905
    api.remove_host(id)


def test_a_host_that_is_gone_is_not_described_and_every_command_is_refused(api: Asker) -> None:
    id = api.running_host()
    api.remove_host(id)
    assert api.ask("DescribeUHostInstance", UHostIds=[id]) | {"Action": ""} == {
        "RetCode": 0,
        "Action": "",
        "TotalCount": 0,
        "UHostSet": [],
    }
    for command in (
        "StartUHostInstance",
        "StopUHostInstance",
        "PoweroffUHostInstance",
        "RebootUHostInstance",
        "TerminateUHostInstance",
    ):
        assert api.refused(command, UHostId=id) == 230


def test_a_host_of_another_project_or_region_is_not_there(
    api: Asker, elsewhere: Asker, paper_emulator: Emulator
) -> None:
    id = api.running_host()
    second = Asker(paper_emulator, paper_emulator.client(project="org-second"))
    for other in (elsewhere, second):
        assert other.hosts(id) == []
        assert other.refused("StopUHostInstance", UHostId=id) == 230
    api.remove_host(id)


def test_terminating_keeps_eip_and_data_disks_unless_told_to_release_them(api: Asker) -> None:
    data = {"IsBoot": "False", "Type": "CLOUD_SSD", "Size": 30}
    id = api.stopped_host(Disks=[DISK, data], NetworkInterface=[{"EIP": EIP}])
    host = api.host(id)
    eip = next(address["IPId"] for address in host["IPSet"] if address["Type"] == "Bgp")
    disk = next(disk["DiskId"] for disk in host["DiskSet"] if disk["IsBoot"] == "False")
    api.ask("TerminateUHostInstance", UHostId=id)
    api.until(lambda: not api.hosts(id))
    assert api.ask("DescribeEIP", EIPIds=[eip])["EIPSet"][0]["Status"] == "free"
    assert api.ask("DescribeUDisk", UDiskId=disk)["DataSet"][0]["Status"] == "Available"
    assert {eip, disk} <= api.open_ids()
    assert id not in api.open_ids()
    api.ask("ReleaseEIP", EIPId=eip)
    api.ask("DeleteUDisk", Zone="cn-bj2-02", UDiskId=disk)
    assert not {eip, disk} & api.open_ids()


def test_terminating_releases_eip_and_disks_when_told_to(api: Asker) -> None:
    before = api.open_ids()
    data = {"IsBoot": "False", "Type": "CLOUD_SSD", "Size": 30}
    id = api.running_host(Disks=[DISK, data], NetworkInterface=[{"EIP": EIP}])
    assert len(api.open_ids() - before) == 4
    api.remove_host(id)
    assert api.open_ids() == before


def test_deletion_protection_refuses_termination(api: Asker) -> None:
    id = api.stopped_host(DeletionProtection=True)
    assert api.refused("TerminateUHostInstance", UHostId=id) == 8905


def test_pages_are_as_offset_and_limit_say(api: Asker) -> None:
    tag = "paged"
    ids = [api.running_host(Tag=tag) for _ in range(3)]
    pages = [api.ask("DescribeUHostInstance", Tag=tag, Offset=offset, Limit=2) for offset in (0, 2, 4)]
    assert [page["TotalCount"] for page in pages] == [3, 3, 3]
    assert [[host["UHostId"] for host in page["UHostSet"]] for page in pages] == [ids[:2], ids[2:], []]
    assert api.refused("DescribeUHostInstance", Offset=-1) == 230
    for id in ids:
        api.remove_host(id)


def test_many_hosts_are_described_in_one_call_whatever_the_order(api: Asker) -> None:
    ids = [api.running_host() for _ in range(3)]
    assert {host["UHostId"] for host in api.hosts(*reversed(ids), "uhost-none")} == set(ids)
    for id in ids:
        api.remove_host(id)


def test_name_remark_and_tag_are_changed_in_place(api: Asker) -> None:
    id = api.running_host()
    api.ask("ModifyUHostInstanceName", UHostId=id, Name="new-name")
    api.ask("ModifyUHostInstanceRemark", UHostId=id, Remark="为什么")
    api.ask("ModifyUHostInstanceTag", UHostId=id, Tag="组")
    host = api.host(id)
    assert (host["Name"], host["Remark"], host["Tag"]) == ("new-name", "为什么", "组")
    assert next(row for row in api.emulator.ledger() if row["id"] == id)["name"] == "new-name"
    api.remove_host(id)


def test_resizing_changes_the_price_from_then_on(api: Asker) -> None:
    id = api.stopped_host()
    api.ask("ResizeUHostInstance", UHostId=id, CPU=8, Memory=16384)
    assert (api.host(id)["CPU"], api.host(id)["Memory"]) == (8, 16384)
    row = next(row for row in api.emulator.ledger() if row["id"] == id)
    wish = {"CPU": 8, "Memory": 16384, "Count": 1, "ChargeType": "Dynamic", "Disks": [DISK]}
    price = api.ask("GetUHostInstancePrice", **wish)["PriceSet"][0]
    assert row["price"] == pytest.approx(price["PriceDetail"]["UHost"], abs=0.01)
    api.remove_host(id)


@documented(
    "api/uhost-api/get_uhost_instance_price.md",
    "Disks are required, and are in the price; MachineType picks the family",
)
def test_a_price_is_that_of_the_type_with_its_disks(api: Asker) -> None:
    wish = {"CPU": 2, "Memory": 4096, "Count": 1, "ChargeType": "Month", "Disks": [DISK]}
    assert api.refused("GetUHostInstancePrice", **{**wish, "Disks": None}) == 220
    assert api.refused("GetUHostInstancePrice", **{**wish, "CPU": 3}) == 8064
    assert api.refused("GetUHostInstancePrice", **{**wish, "Memory": 5000}) == 8065
    assert api.refused("GetUHostInstancePrice", **{**wish, "Disks": [{**DISK, "Size": 9000}]}) == 8066
    small = api.ask("GetUHostInstancePrice", **wish)["PriceSet"][0]
    large = api.ask("GetUHostInstancePrice", **{**wish, "Disks": [{**DISK, "Size": 40}]})["PriceSet"][0]
    assert large["PriceDetail"]["UDisk"] > small["PriceDetail"]["UDisk"] > 0
    fast = api.ask("GetUHostInstancePrice", **{**wish, "MachineType": "O"})["PriceSet"][0]
    assert fast["PriceDetail"]["UHost"] > small["PriceDetail"]["UHost"]
