"""What is done to hosts that are there: isolation groups, reinstallation, address, upgrades; the old parameters."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.support.asker import DISK, EIP, Asker
from tests.support.documents import documented
from tests.support.ssh import public_ip, run, ssh

PASSWORD = "Password123"
OLD = {"Disks": None, "BootDiskSpace": 20, "ChargeType": "Month", "CPU": 1, "Memory": 1024}
LOCAL = [
    {"IsBoot": "True", "Type": "LOCAL_NORMAL", "Size": 20},
    {"IsBoot": "False", "Type": "LOCAL_NORMAL", "Size": 20},
]


@pytest.fixture
def stopped(api: Asker) -> Iterator[str]:
    id = api.stopped_host(Disks=LOCAL, CPU=1, Memory=1024, ChargeType="Month")
    yield id
    api.remove_host(id)


@documented("uhost/guide/isolationgroup.md", "An isolation group has seven hosts in a zone at most")
@documented("api/uhost-api/delete_isolation_group.md", "The hosts of a deleted isolation group stay")
def test_an_isolation_group_takes_seven_hosts_of_a_zone_and_lets_them_go(api: Asker) -> None:
    group = api.ask("CreateIsolationGroup", GroupName="apart", Remark="seven")["GroupId"]
    hosts = [api.create_host(IsolationGroup=group) for _ in range(7)]
    assert api.refused("CreateUHostInstance", **api.wanted(IsolationGroup=group)) == 230
    assert {host["IsolationGroup"] for host in api.hosts(*hosts)} == {group}
    (described,) = api.ask("DescribeIsolationGroup", GroupId=group)["IsolationGroupSet"]
    assert described["SpreadInfoSet"] == [{"Zone": "cn-bj2-02", "UHostCount": 7}]
    api.ask("LeaveIsolationGroup", GroupId=group, UHostId=hosts[0])
    assert api.refused("LeaveIsolationGroup", GroupId=group, UHostId=hosts[0]) == 230
    api.ask("DeleteIsolationGroup", GroupId=group)
    assert {host["IsolationGroup"] for host in api.hosts(*hosts)} == {""}
    assert api.refused("DescribeIsolationGroup", GroupId=group) == 8037, "as Terraform's provider expects"
    for host in hosts:
        api.remove_host(host)


@documented("api/uhost-api/create_uhost_instance_old.md", "Local disks by BootDiskSpace and DiskSpace, without Disks.N")
@documented("api/uhost-api/create_uhost_instance_old.md", "TimemachineFeature is for local disks alone")
def test_the_old_parameters_order_disks_by_their_sizes(api: Asker) -> None:
    id = api.running_host(**OLD, DiskSpace=10, HostType="N2", UHostType="Normal", TimemachineFeature="Yes")
    host = api.host(id)
    assert [(disk["DiskType"], disk["Size"], disk["BackupType"]) for disk in host["DiskSet"]] == [
        ("LOCAL_NORMAL", 20, "DATAARK"),
        ("LOCAL_NORMAL", 10, "DATAARK"),
    ]
    assert (host["MachineType"], host["TimemachineFeature"]) == ("N", "yes")
    assert (host["HostType"], host["UHostType"]) == ("N2", "Normal")
    cloud = api.wanted(**OLD, StorageType="UDisk", TimemachineFeature="Yes")
    assert api.refused("CreateUHostInstance", **cloud) == 230
    api.remove_host(id)


@documented("api/uhost-api/upgrade_to_ark_uhost_instance.md", "The hosts of UHostIds get the data ark")
def test_hosts_get_the_data_ark_while_they_are_off(api: Asker, stopped: str) -> None:
    assert api.host(stopped)["TimemachineFeature"] == "no"
    assert api.refused("UpgradeToArkUHostInstance", Zone="cn-bj2-02") == 220
    assert api.ask("UpgradeToArkUHostInstance", Zone="cn-bj2-02", UHostIds=[stopped])["UHostSet"] == [stopped]
    assert {disk["BackupType"] for disk in api.host(stopped)["DiskSet"]} == {"DATAARK"}


@documented("api/uhost-api/get_uhost_upgrade_price.md", "CPU and Memory default to the host's own")
def test_an_upgrade_costs_what_its_price_said_and_is_an_order(api: Asker, stopped: str) -> None:
    began = int(time.time()) - 1
    assert api.ask("GetUHostUpgradePrice", UHostId=stopped)["Price"] == 0
    price = api.ask("GetUHostUpgradePrice", UHostId=stopped, CPU=2, Memory=4096)["Price"]
    assert price > 0
    api.ask("ResizeUHostInstance", UHostId=stopped, CPU=2, Memory=4096)
    newest = api.ask("DescribeOrderDetailInfo", BeginTime=began, EndTime=began + 100)["OrderInfos"][0]
    assert (newest["OrderType"], newest["ResourceId"]) == ("OT_UPGRADE", stopped)
    assert float(newest["Amount"]) == price


def test_a_new_host_is_an_order_of_what_its_price_said(api: Asker) -> None:
    asked = {"CPU": 2, "Memory": 4096, "ChargeType": "Month", "ImageId": "uimage-f1chxn", "Zone": "cn-bj2-02"}
    price = api.ask("GetUHostInstancePrice", **asked, Count=1, Disks=[DISK])["PriceSet"][0]["Price"]
    id = api.running_host(**asked, Disks=[DISK])
    orders = api.ask("DescribeOrderDetailInfo", BeginTime=0, EndTime=int(time.time()) + 1, ResourceIds=[id])
    (order,) = orders["OrderInfos"]
    assert float(order["Amount"]) == pytest.approx(price, abs=0.02)
    api.remove_host(id)


@documented("api/uhost-api/get_attached_disk_upgrade_price.md", "A larger disk and its backup cost more, in yuan")
@documented("api/udisk-api/set_udisk_udataark_mode.md", "A UDisk's data ark is turned on")
def test_a_disk_that_grows_and_its_ark_cost_what_was_said(api: Asker) -> None:
    data = {"IsBoot": "False", "Type": "CLOUD_NORMAL", "Size": 20}
    id = api.stopped_host(Disks=[DISK, data], ChargeType="Month")
    disk = api.host(id)["DiskSet"][1]["DiskId"]
    asked = {"UHostId": id, "DiskId": disk}
    ark = api.ask("GetAttachedDiskUpgradePrice", **asked, DiskSpace=20, BackupMode="DATAARK")
    assert ark["Price"] == ark["PriceDetail"]["Snapshot"] > 0
    api.ask("SetUDiskUDataArkMode", Zone="cn-bj2-02", UDiskId=disk, UDataArkMode="Yes")
    assert api.ask("DescribeUDisk", UDiskId=disk)["DataSet"][0]["UDataArkMode"] == "Yes"
    assert api.ask("GetAttachedDiskUpgradePrice", **asked, DiskSpace=30)["Price"] > 0
    assert api.refused("GetAttachedDiskUpgradePrice", **asked, DiskSpace=10) == 230
    api.remove_host(id)


@documented("api/uhost-api/upgrade_u_host_instance.md", "A running host is upgraded")
def test_a_host_with_hotplug_grows_while_it_runs(api: Asker) -> None:
    plain = api.running_host()
    assert api.refused("UpgradeUHostInstance", UHostId=plain, CPU=4, Memory=8192) == 230
    api.remove_host(plain)
    id = api.running_host(HotplugFeature="true", CPU=2, Memory=4096)
    assert api.refused("UpgradeUHostInstance", UHostId=id, CPU=1, Memory=4096) == 230
    api.ask("UpgradeUHostInstance", UHostId=id, CPU=4, Memory=8192)
    assert (api.host(id)["CPU"], api.host(id)["Memory"], api.host(id)["State"]) == (4, 8192, "Running")
    api.remove_host(id)


@documented("api/uhost-api/describe_uhost_tags.md", "Hosts are counted by tag and zone")
def test_hosts_are_counted_by_tag(api: Asker) -> None:
    ids = [api.create_host(Tag=tag) for tag in ("counted", "counted", "alone")]
    tags = {each["Tag"]: each["TotalCount"] for each in api.ask("DescribeUHostTags", Zone="cn-bj2-02")["TagSet"]}
    assert (tags["counted"], tags["alone"]) == (2, 1)
    for id in ids:
        api.remove_host(id)


@documented("api/uhost-api/modify_uhost_ip.md", "The new address belongs to the same subnet")
def test_a_host_that_is_off_gets_another_private_address(api: Asker, stopped: str) -> None:
    before = api.host(stopped)["IPSet"][0]["IP"]
    wanted = f"{before.rpartition('.')[0]}.249"
    asked = {"Zone": "cn-bj2-02", "UHostId": stopped}
    assert api.refused("ModifyUHostIP", **asked, PresentIpAddress="1.2.3.4") == 230
    assert api.refused("ModifyUHostIP", **asked, PresentIpAddress=before) == 230
    assert api.refused("ModifyUHostIP", **asked, PresentIpAddress=wanted, PreviousIpAddress="1.2.3.4") == 230
    api.ask("ModifyUHostIP", **asked, PresentIpAddress=wanted, PreviousIpAddress=before)
    assert api.host(stopped)["IPSet"][0]["IP"] == wanted


@documented("api/uhost-api/get_uhost_instance_vnc_info.md", "Address, port and password of a host's screen")
@documented("api/uhost-api/get_uhost_renew_price.md", "A renewal's price is asked for with a ChargeType")
def test_a_host_has_vnc_data_and_a_price_of_renewal(api: Asker, stopped: str) -> None:
    vnc = api.ask("GetUHostInstanceVncInfo", UHostId=stopped)
    assert (vnc["UHostId"], bool(vnc["VncPassword"])) == (stopped, True)
    assert api.refused("GetUHostRenewPrice", UHostId=stopped) == 220
    (price,) = api.ask("GetUHostRenewPrice", UHostId=stopped, ChargeType="Year")["PriceSet"]
    assert (price["ChargeType"], price["Price"] > 0) == ("Year", True)


@documented("api/unet-api/modify_eip_weight.md", "Weight is 0 to 100")
def test_an_eip_has_a_weight(api: Asker) -> None:
    id = api.running_host(NetworkInterface=[{"EIP": EIP}])
    eip = api.host(id)["IPSet"][1]["IPId"]
    assert api.refused("ModifyEIPWeight", EIPId=eip, Weight=101) == 230
    api.ask("ModifyEIPWeight", EIPId=eip, Weight=100)
    assert api.ask("DescribeEIP", EIPIds=[eip])["EIPSet"][0]["Weight"] == 100
    api.remove_host(id)


def test_a_stopped_host_that_is_stopped_or_powered_off_once_more_stays_so(api: Asker, stopped: str) -> None:
    for action in ("StopUHostInstance", "PoweroffUHostInstance"):
        assert api.ask(action, UHostId=stopped)["UHostId"] == stopped
        assert api.host(stopped)["State"] == "Stopped"


@documented("api/uhost-api/reinstall_uhost_instance.md", "The image is replaced, the data disks are kept")
def test_a_reinstalled_host_has_a_new_system_and_its_old_data(real: Asker) -> None:
    data = {"IsBoot": "False", "Type": "CLOUD_SSD", "Size": 20}
    id = real.running_host(Disks=[DISK, data], NetworkInterface=[{"EIP": EIP}])
    ip = public_ip(real, id)
    with ssh(ip, password=PASSWORD) as client:
        run(client, "touch /root/old && printf kept | dd of=/dev/vdb conv=fsync status=none")
    assert real.refused("ReinstallUHostInstance", UHostId=id, Password="TmV3UGFzc3dvcmQx") != 0, "while it runs"
    real.ask("StopUHostInstance", UHostId=id)
    real.wait(id, "Stopped")
    real.ask("ReinstallUHostInstance", UHostId=id, ImageId="uimage-debian12", Password="TmV3UGFzc3dvcmQx")
    real.wait(id, "Running")
    assert real.host(id)["BasicImageId"] == "uimage-debian12"
    with ssh(ip, password="NewPassword1") as client:
        assert run(client, "ls -A /root | grep -c old || true; head -c 4 /dev/vdb") == "0\nkept"
    real.ask("StopUHostInstance", UHostId=id)
    real.wait(id, "Stopped")
    address = f"{real.host(id)['IPSet'][0]['IP'].rpartition('.')[0]}.250"
    real.ask("ModifyUHostIP", Zone="cn-bj2-02", UHostId=id, PresentIpAddress=address)
    real.ask("StartUHostInstance", UHostId=id)
    real.wait(id, "Running")
    with ssh(ip, password="NewPassword1") as client:
        assert address in run(client, "ip -4 -o address show eth0")
    real.remove_host(id)


def test_a_host_s_tag_is_its_disks_and_eips_too(api: Asker) -> None:
    id = api.running_host(Tag="first", NetworkInterface=[{"EIP": EIP}])

    def tags() -> set[str]:
        host = api.host(id)
        disks = api.ask("DescribeUDisk", UDiskId=host["DiskSet"][0]["DiskId"])["DataSet"]
        eips = api.ask("DescribeEIP", EIPIds=[host["IPSet"][1]["IPId"]])["EIPSet"]
        return {each["Tag"] for each in (host, *disks, *eips)}

    assert tags() == {"first"}
    api.ask("ModifyUHostInstanceTag", UHostId=id, Tag="second")
    assert tags() == {"second"}
    api.remove_host(id)


def test_a_zone_that_is_no_longer_listed_is_taken_where_a_call_names_it(api: Asker) -> None:
    assert "cn-bj2-04" not in {each["Zone"] for each in api.ask("GetRegion")["Regions"]}
    id = api.running_host(Zone="cn-bj2-04")
    assert api.host(id)["Zone"] == "cn-bj2-04"
    api.remove_host(id)
