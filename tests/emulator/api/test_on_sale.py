"""What is on sale where, and that an order is held to it: types, sizes, platforms, families, disks, image features."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.asker import DISK, Asker
from tests.support.documents import documented
from tests.support.emulator import Emulator

RSSD = {**DISK, "Type": "CLOUD_RSSD"}
FAST = {"MachineType": "O", "ImageId": "uimage-debian12", "Disks": [RSSD]}
ORDER = {"Zone": "cn-bj2-02", "LoginMode": "Password", "Password": "UGFzc3dvcmQxMjM=", "ImageId": "uimage-f1chxn"}


def refused(api: Asker, **wrong: Any) -> int:
    """The RetCode of an order that differs from a good one in this."""
    before = api.open_ids()
    code = api.refused("CreateUHostInstance", **{**ORDER, "CPU": 2, "Memory": 4096, "Disks": [DISK], **wrong})
    assert api.open_ids() == before
    return code


def offers(api: Asker, **where: Any) -> dict[str, dict[str, Any]]:
    found = api.ask("DescribeAvailableInstanceTypes", **where)["AvailableInstanceTypes"]
    return {offer["Name"]: offer for offer in found}


def boot_disks(offer: dict[str, Any]) -> dict[str, int]:
    return {disk["Name"]: disk["MaximalSize"] for group in offer["Disks"] for disk in group["BootDisk"]}


@documented(
    "api/uhost-api/describe_available_instance_types.md",
    "Each zone's machine types are listed with status, platforms by maker, families, sizes and disks",
)
def test_what_a_zone_sells_is_listed_with_all_that_an_order_needs(api: Asker) -> None:
    there = offers(api, Zone="cn-bj2-05")
    fast = there["O"]
    assert (fast["Status"], fast["Zone"], fast["InstanceType"]) == ("Normal", "cn-bj2-05", "uhost")
    assert fast["CpuPlatforms"]["Amd"] == ["Amd/Epyc2"]
    assert fast["CpuPlatforms"]["Ampere"] == ["Ampere/Altra"]
    assert {family["Name"] for family in fast["UHostFamilies"]} == {"o1i", "o1a", "o1r", "o2i"}
    assert {"Cpu": 96, "Memory": [96, 192, 384, 768]}.items() <= fast["MachineSizes"][0]["Collection"][-1].items()
    modes = next(feature["Modes"] for feature in fast["Features"] if feature["Name"] == "NetCapability")
    assert {mode["Name"]: mode["RelatedToImageFeature"] for mode in modes} == {
        "Normal": [],
        "Ultra": ["NetEnhanced_Ultra"],
    }
    assert list(offers(api, Zone="cn-bj2-05", MachineTypes=["N"])) == ["N"]


@documented("api/uhost-api/describe_available_instance_types.md", "Region and Zone may both be left out")
def test_without_a_zone_all_of_a_region_s_zones_are_listed(api: Asker) -> None:
    zones = {offer["Zone"] for offer in api.ask("DescribeAvailableInstanceTypes")["AvailableInstanceTypes"]}
    assert {"cn-bj2-02", "cn-bj2-05"} <= zones
    assert all(zone.startswith("cn-bj2-") for zone in zones)
    assert api.refused("DescribeAvailableInstanceTypes", Zone="cn-sh2-01") == 230


@documented("udisk/introduction/limit.md", "Zones have RSSD disks or not, and some have nothing else")
def test_where_there_are_no_rssd_disks_there_is_no_fast_type_and_where_there_is_nothing_else_no_old_one(
    paper_emulator: Emulator,
) -> None:
    shanghai = Asker(paper_emulator, paper_emulator.client(region="cn-sh2"))
    assert set(offers(shanghai, Zone="cn-sh2-02")) == {"N", "C"}
    assert "O" in offers(shanghai, Zone="cn-sh2-01")
    assert refused(shanghai, Zone="cn-sh2-02", **FAST) == 230
    manila = Asker(paper_emulator, paper_emulator.client(region="ph-mnl"))
    assert not {"N", "C"} & set(offers(manila, Zone="ph-mnl-01"))


@documented("uhost/introduction/uhost/type_new.md", "N and C are no longer supplied where 快杰 is on sale")
def test_what_is_sold_out_is_listed_so_and_cannot_be_ordered(paper_emulator: Emulator) -> None:
    api = Asker(paper_emulator, paper_emulator.client(region="sg"))
    assert offers(api, Zone="sg-01")["N"]["Status"] == "Normal"
    assert offers(api, Zone="sg-02")["N"]["Status"] == "Soldout"
    assert refused(api, Zone="sg-02") == 8049
    there = offers(Asker(paper_emulator, paper_emulator.client(region="cn-bj2")), Zone="cn-bj2-02")
    assert there["N"]["Status"] == "Normal"
    assert there["OS"]["Status"] == "Hidden"


@documented(
    "api/uhost-api/disk_type.md",
    "快杰 boots from RSSD disks only; N from SSD and local disks, C not from plain local ones",
)
@pytest.mark.parametrize(
    ("machine", "disks"),
    [
        ("O", {"CLOUD_RSSD": 500}),
        ("OPRO", {"CLOUD_RSSD": 500}),
        ("N", {"CLOUD_SSD": 500, "LOCAL_NORMAL": 100, "LOCAL_SSD": 100}),
        ("C", {"CLOUD_SSD": 500, "LOCAL_SSD": 100}),
    ],
)
def test_the_boot_disks_of_each_type(api: Asker, machine: str, disks: dict[str, int]) -> None:
    assert boot_disks(offers(api, Zone="cn-bj2-02")[machine]) == disks


@documented("api/uhost-api/disk_type.md", "Which data disks go with which boot disk")
@pytest.mark.parametrize(
    ("boot", "data"),
    [
        ("CLOUD_SSD", "CLOUD_RSSD"),
        ("CLOUD_SSD", "LOCAL_SSD"),
        ("LOCAL_NORMAL", "LOCAL_SSD"),
        ("LOCAL_SSD", "CLOUD_SSD"),
    ],
)
def test_disks_that_do_not_go_together_are_refused(api: Asker, boot: str, data: str) -> None:
    disks = [{**DISK, "Type": boot}, {"IsBoot": "False", "Type": data, "Size": 20}]
    assert refused(api, Disks=disks) == 230


@documented("api/uhost-api/disk_type.md", "CLOUD_NORMAL and CLOUD_ESSD cannot be booted from")
@pytest.mark.parametrize("kind", ["CLOUD_NORMAL", "CLOUD_ESSD", "CLOUD_RSSD"])
def test_what_n_does_not_boot_from_is_refused(api: Asker, kind: str) -> None:
    assert refused(api, Disks=[{**DISK, "Type": kind}]) == 230


@documented("api/uhost-api/disk_type.md", "Cloud boot disks have 20 to 500 GB")
@documented("uhost/buy/charge.md", "Boot disks grow in steps of 10 GB")
@pytest.mark.parametrize("size", [25, 510])
def test_a_cloud_boot_disk_s_size_is_held(api: Asker, size: int) -> None:
    assert refused(api, Disks=[{**DISK, "Size": size}]) == 230


@documented("api/uhost-api/error_code.md", "8315: the boot disk is smaller than the image")
@documented("api/uhost-api/error_code.md", "8316: a local boot disk is as large as the image exactly")
@documented("api/uhost-api/error_code.md", "8018: no boot disk of over 100 GB")
@pytest.mark.parametrize(
    ("kind", "size", "code"),
    [
        ("CLOUD_SSD", 10, 8315),
        ("LOCAL_NORMAL", 10, 8315),
        ("LOCAL_NORMAL", 30, 8316),
        ("LOCAL_SSD", 40, 8316),
        ("LOCAL_SSD", 110, 8018),
    ],
)
def test_a_boot_disk_s_size_against_the_image_s(api: Asker, kind: str, size: int, code: int) -> None:
    assert refused(api, Disks=[{**DISK, "Type": kind, "Size": size}]) == code


@documented("api/uhost-api/disk_type.md", "Data disks: 20 GB or more, 8,000 at most, RSSD 32,000")
@documented("api/uhost-api/error_code.md", "8096: a UDisk data disk is too large")
@pytest.mark.parametrize(("size", "code"), [(10, 230), (8001, 8096)])
def test_a_data_disk_s_size_is_held(api: Asker, size: int, code: int) -> None:
    assert refused(api, Disks=[DISK, {"IsBoot": "False", "Type": "CLOUD_SSD", "Size": size}]) == code


@documented("api/uhost-api/create_uhost_instance.md", "IsBoot is True or False")
@pytest.mark.parametrize("yes", ["True", "true"])
def test_is_boot_is_taken_in_either_case(api: Asker, yes: str) -> None:
    """In lower case as Packer and Terraform send it."""
    id = api.running_host(Disks=[{**DISK, "IsBoot": yes}])
    api.remove_host(id)


@documented("uhost/introduction/uhost/type_new.md", "Cores and memory come in pairs, by machine type")
@documented("api/uhost-api/error_code.md", "8044 and 8046: wrong cores, wrong memory")
@pytest.mark.parametrize(
    ("cpu", "memory", "code"), [(3, 4096, 8044), (64, 65536, 8044), (2, 32768, 8046), (2, 4000, 8046)]
)
def test_a_size_that_n_has_not_is_refused(api: Asker, cpu: int, memory: int, code: int) -> None:
    assert refused(api, CPU=cpu, Memory=memory) == code


@documented("api/uhost-api/uhost_type.md", "Each machine type has its CPU platforms")
@pytest.mark.parametrize(
    "wrong",
    [
        {"MinimalCpuPlatform": "Amd/Auto"},
        {"MinimalCpuPlatform": "Intel/IceLake"},
        {**FAST, "MinimalCpuPlatform": "Intel/Skylake"},
        {**FAST, "MachineType": "OPRO", "MinimalCpuPlatform": "Intel/Auto"},
        {**FAST, "MachineType": "OPRO"},
    ],
)
def test_a_platform_that_the_type_has_not_is_refused(api: Asker, wrong: dict[str, Any]) -> None:
    assert refused(api, **wrong) == 230


@documented("api/uhost-api/create_uhost_instance.md", "UHostFamily has to fit MachineType")
@pytest.mark.parametrize(
    "wrong",
    [
        {"UHostFamily": "o1i"},
        {**FAST, "UHostFamily": "om1i"},
        {**FAST, "UHostFamily": "o1a", "MinimalCpuPlatform": "Intel/Auto"},
    ],
)
def test_a_family_that_does_not_fit_is_refused(api: Asker, wrong: dict[str, Any]) -> None:
    assert refused(api, **wrong) == 230


def test_a_host_says_its_family(api: Asker) -> None:
    id = api.running_host(**FAST, UHostFamily="o1a")
    assert (api.host(id)["UHostFamily"], api.host(id)["CpuPlatform"]) == ("o1a", "Amd/Auto")
    api.remove_host(id)
    id = api.running_host(**FAST)
    assert (api.host(id)["UHostFamily"], api.host(id)["CpuPlatform"]) == ("o1i", "Intel/Auto")
    api.remove_host(id)


@documented("uhost/introduction/image/introduction.md", "快杰 needs RssdAttachable, ARM Aarch64_Type")
def test_an_image_without_what_the_type_needs_is_refused(api: Asker) -> None:
    assert refused(api, **{**FAST, "ImageId": "uimage-f1chxn"}) == 230
    assert refused(api, **FAST, Zone="cn-bj2-05", UHostFamily="o1r") == 230


@documented("uhost/guide/image/common.md", "A custom image is for what the image is for that it comes from")
def test_an_image_has_the_features_of_the_one_it_was_made_from(api: Asker) -> None:
    source = api.stopped_host()
    image = api.made_image(source)
    api.remove_host(source)
    assert api.image(image)["Features"] == api.image("uimage-f1chxn")["Features"]
    assert refused(api, **{**FAST, "ImageId": image}) == 230
    api.ask("TerminateCustomImage", ImageId=image)


@documented("uhost/introduction/feature/feature.md", "Network enhancement 1.0 needs 4 cores, 2.0 a 快杰 type")
@documented("api/uhost-api/error_code.md", "8949: network enhancement needs 4 cores")
def test_network_enhancement_needs_the_cores_and_the_type(api: Asker) -> None:
    assert refused(api, NetCapability="Super") == 8949
    assert refused(api, NetCapability="Ultra") == 230
    assert refused(api, **FAST, NetCapability="Super") == 230


@documented("api/uhost-api/uhost_type.md", "UHostType still names a machine type")
def test_the_old_type_is_taken_where_no_machine_type_is_given(api: Asker) -> None:
    id = api.running_host(UHostType="N2")
    assert api.host(id)["MachineType"] == "N"
    api.remove_host(id)


@documented("api/uhost-api/check_uhost_resource_capacity.md", "An order is checked without being made")
def test_capacity_is_told_without_an_order(api: Asker) -> None:
    before = api.open_ids()
    wish = {"Zone": "cn-bj2-02", "ImageId": "uimage-debian12", "Disks": [DISK], "CPU": 2, "Memory": 4096}
    assert api.ask("CheckUHostResourceCapacity", **wish)["ResourceEnough"] is True
    assert api.refused("CheckUHostResourceCapacity", **{**wish, "Disks": [{**DISK, "Size": 10}]}) == 8315
    assert api.refused("CheckUHostResourceCapacity", **{**wish, "Zone": None}) == 220
    assert api.refused("CheckUHostResourceCapacity", **{**wish, "Disks": None}) == 220
    assert api.open_ids() == before


@documented(
    "api/uhost-api/check_uhost_resource_capacity.md", "OMEM and OPROG are not in its list: nothing is said of them"
)
def test_of_some_types_nothing_is_said(api: Asker) -> None:
    reply = api.ask(
        "CheckUHostResourceCapacity",
        **{**FAST, "MachineType": "OPROG"},
        Zone="cn-bj2-02",
        MinimalCpuPlatform="Amd/Auto",
        CPU=2,
        Memory=4096,
    )
    assert "ResourceEnough" not in reply


def test_a_zone_that_has_none_left_says_so_and_refuses(api: Asker) -> None:
    api.emulator.fault(transition="capacity", outcome="fail", zone="cn-bj2-03", times=0)
    wish = {"ImageId": "uimage-debian12", "Disks": [DISK], "CPU": 2, "Memory": 4096}
    assert api.ask("CheckUHostResourceCapacity", Zone="cn-bj2-03", **wish)["ResourceEnough"] is False
    assert api.ask("CheckUHostResourceCapacity", Zone="cn-bj2-02", **wish)["ResourceEnough"] is True
    assert refused(api, Zone="cn-bj2-03") == 8049
    api.emulator.clear_faults()


@documented("api/uhost-api/error_code.md", "8116: no permission to be billed by the hour")
def test_a_project_without_permission_is_not_billed_by_the_hour(paper_emulator: Emulator) -> None:
    api = Asker(paper_emulator, paper_emulator.client(project="org-no-hourly"))
    assert refused(api, ChargeType="Dynamic") == 8116
    assert refused(api, ChargeType="Postpay") == 8116
    id = api.running_host(ChargeType="Month")
    api.remove_host(id)


@documented("uhost/buy/charge.md", "Postpay is for hosts with cloud disks only")
def test_postpay_is_refused_with_local_disks(api: Asker) -> None:
    assert refused(api, ChargeType="Postpay", Disks=[{**DISK, "Type": "LOCAL_SSD"}]) == 230
