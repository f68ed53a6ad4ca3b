"""A whole build as Packer's UCloud plugin 1.0.9 makes it: its calls, in its order, with its parameters."""

from __future__ import annotations

from tests.support.asker import Asker


def test_the_calls_of_a_packer_build_are_answered_as_it_expects(api: Asker, elsewhere: Asker) -> None:
    before = api.open_ids()
    assert "org-emulator" in {project["ProjectId"] for project in api.ask("GetProjectList")["ProjectSet"]}
    assert "cn-bj2-02" in {region["Zone"] for region in api.ask("GetRegion")["Regions"]}
    assert api.image("uimage-f1chxn")["OsType"] == "Linux"
    firewalls = api.ask("DescribeFirewall", Limit=100, Offset=0)["DataSet"]
    firewall = next(item["FWId"] for item in firewalls if item["Type"] == "recommend non web")
    host = api.ask(
        "CreateUHostInstance",
        **{
            "CPU": 2,
            "ChargeType": "Dynamic",
            "Disks.0.IsBoot": "true",
            "Disks.0.Size": 20,
            "Disks.0.Type": "CLOUD_SSD",
            "ImageId": "uimage-f1chxn",
            "LoginMode": "Password",
            "MachineType": "N",
            "Memory": 4096,
            "MinimalCpuPlatform": "Intel/Auto",
            "Name": "packer-6b058d88",
            "NetworkInterface.0.EIP.Bandwidth": 10,
            "NetworkInterface.0.EIP.OperatorName": "Bgp",
            "NetworkInterface.0.EIP.PayMode": "Traffic",
            "Password": "YWJjZGUhMTIzNDU=",
            "SecurityGroupId": firewall,
            "Zone": "cn-bj2-02",
        },
    )["UHostIds"][0]
    api.wait(host, "Running")
    assert api.host(host)["BootDiskState"] == "Normal"
    api.ask("StopUHostInstance", UHostId=host)
    api.wait(host, "Stopped")
    image = api.ask("CreateCustomImage", ImageName="img-1", UHostId=host)["ImageId"]
    api.until(lambda: api.image(image)["State"] == "Available")
    copy = api.ask(
        "CopyCustomImage",
        SourceImageId=image,
        TargetImageName="c",
        TargetProjectId="org-emulator",
        TargetRegion="cn-sh2",
    )["TargetImageId"]
    elsewhere.until(lambda: elsewhere.image(copy)["State"] == "Available")
    api.ask("TerminateUHostInstance", UHostId=host, ReleaseEIP="true", ReleaseUDisk="true")
    api.until(lambda: not api.hosts(host))
    assert api.open_ids() - before == {image, copy}
    api.ask("TerminateCustomImage", ImageId=image)
    elsewhere.ask("TerminateCustomImage", ImageId=copy)
