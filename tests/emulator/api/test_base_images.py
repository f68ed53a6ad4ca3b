"""The base images: named as UCloud's own clients look for them, honest about what they are, each with its features."""

from __future__ import annotations

import base64

import pytest

from tests.support.asker import DISK, Asker
from tests.support.documents import documented
from tests.support.emulator import Emulator

NAMES = (
    "CentOS 6.5 64位",
    "CentOS 7.0 64位",
    "CentOS 7.1 64位",
    "CentOS 7.2 64位",
    "CentOS 7.6 64位",
    "高内核CentOS 7.6 64位",
    "CentOS 8.2 64位",
)
WINDOWS = {"ImageId": "uimage-win2016", "Password": base64.b64encode(b"Secret12#").decode()}
WINDOWS_DISK = {**DISK, "Size": 40}


@pytest.mark.parametrize("name", NAMES)
def test_the_images_that_clients_look_for_are_there_and_say_what_they_stand_on(api: Asker, name: str) -> None:
    images = api.ask("DescribeImage", ImageType="Base", Limit=100)["ImageSet"]
    image = next(image for image in images if image["OsName"] == name)
    assert image["ImageName"] == name
    assert "Debian 12" in image["ImageDescription"]


@documented("api/uhost-api/describe_image.md", "Images of CentOS 7.3 to 7.5 are marked Broadwell; each has a Zone")
def test_what_an_image_says_of_itself(api: Asker) -> None:
    assert api.image("uimage-f1chxn")["MinimalCPU"] == "Broadwell"
    assert api.image("uimage-centos76")["MinimalCPU"] == ""
    assert api.image("uimage-centos76")["Zone"].startswith("cn-bj2-")


@documented("uhost/introduction/image/introduction.md", "Other types than 快杰 do not take 高内核 images")
def test_a_new_kernel_s_image_is_for_fast_types_alone(api: Asker) -> None:
    wish = {"Zone": "cn-bj2-02", "ImageId": "uimage-centos76-new", "CPU": 2, "Memory": 4096}
    assert api.refused("CheckUHostResourceCapacity", **wish, Disks=[DISK]) == 230
    fast = {"MachineType": "O", "Disks": [{**DISK, "Type": "CLOUD_RSSD"}]}
    assert api.ask("CheckUHostResourceCapacity", **wish, **fast)["ResourceEnough"] is True


@documented("api/uhost-api/error_code.md", "8027: no Windows on one core")
def test_windows_needs_more_than_one_core(api: Asker) -> None:
    wish = {"Zone": "cn-bj2-02", "LoginMode": "Password", **WINDOWS, "Disks": [WINDOWS_DISK], "Memory": 2048}
    assert api.refused("CreateUHostInstance", **wish, CPU=1) == 8027


@documented(
    "api/uhost-api/specification.md", "A Windows password has three kinds of characters and no part of administrator"
)
@pytest.mark.parametrize("password", ["onlytwo12345", "Sadmin12#", "Minute12#"])
def test_a_windows_password_has_rules_of_its_own(api: Asker, password: str) -> None:
    encoded = base64.b64encode(password.encode()).decode()
    wish = {"Zone": "cn-bj2-02", "LoginMode": "Password", **WINDOWS, "Disks": [WINDOWS_DISK], "CPU": 2, "Memory": 4096}
    assert api.refused("CreateUHostInstance", **{**wish, "Password": encoded}) == 230


def test_a_windows_host_lives_by_the_api_alone(api: Asker) -> None:
    id = api.stopped_host(**WINDOWS, Disks=[WINDOWS_DISK])
    assert api.host(id)["OsType"] == "Windows"
    image = api.made_image(id)
    assert api.image(image)["OsType"] == "Windows"
    api.remove_host(id)
    api.ask("TerminateCustomImage", ImageId=image)


def test_a_windows_host_stands_beside_real_ones(real: Asker) -> None:
    id = real.stopped_host(**WINDOWS, Disks=[WINDOWS_DISK])
    real.ask("StartUHostInstance", UHostId=id)
    real.wait(id, "Running")
    real.remove_host(id)


def test_a_project_without_cloud_init_images_is_not_offered_any(paper_emulator: Emulator) -> None:
    api = Asker(paper_emulator, paper_emulator.client(project="org-no-cloudinit"))
    images = api.ask("DescribeImage", ImageType="Base", Limit=100)["ImageSet"]
    assert images
    assert not any("CloudInit" in image["Features"] for image in images)
    assert api.ask("DescribeImage", ImageId="uimage-debian12-ci")["ImageSet"] == []
