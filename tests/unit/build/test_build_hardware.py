"""Disk, CPU platform and size of a host: what a zone offers for a family, and what an image allows."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from ucloud_provider.build.hardware import Choice, Place, Wanted, choose
from ucloud_provider.cloud.hosts import Disk
from ucloud_provider.cloud.offers import DiskOffer, Offer
from ucloud_provider.cloud.records import Image

from tests.support.documents import documented

GB = 1024
SSD, RSSD = DiskOffer("cloud_ssd", 0, 500), DiskOffer("cloud_rssd", 0, 500)
LOCAL = DiskOffer("local_ssd", 0, 100)
O_SIZES: dict[tuple[int, int], tuple[str, ...]] = {(4, 16 * GB): (), (4, 8 * GB): (), (2, 4 * GB): ()}
FAST = Offer("cn-bj2-02", "O", "Normal", ("Intel/IceLake", "Amd/Epyc2"), (RSSD,), (RSSD, SSD), O_SIZES)
N = Offer("cn-bj2-02", "N", "Normal", ("Intel/Skylake",), (SSD, LOCAL), (SSD,), {})
OPRO = Offer("cn-bj2-02", "OPRO", "Normal", ("Amd/Epyc2",), (RSSD,), (RSSD,), {})
ALL = (FAST, N, OPRO)

IMAGE = Image("uimage-1", "Debian 12", "Available", "Linux", ("RssdAttachable", "CloudInit"), 20, "", 0)
OLD = dataclasses.replace(IMAGE, features=())
OPEN = Wanted("source_image_id")


def place(kind: str, zone: str = "cn-bj2-02") -> Place:
    return Place("instance_type", kind, "availability_zone", zone)


def chosen(kind: str, wanted: Wanted = OPEN, image: Image = IMAGE, offers: Any = ALL) -> Choice:
    said = choose(place(kind), wanted, offers, image)
    assert isinstance(said, Choice), said
    return said


def problems(kind: str, wanted: Wanted = OPEN, image: Image = IMAGE, offers: Any = ALL) -> list[str]:
    said = choose(place(kind), wanted, offers, image)
    assert isinstance(said, list), said
    return said


@documented("api/uhost-api/describe_available_instance_types.md", "Boot disks and CPU platforms by zone and family")
@pytest.mark.parametrize(
    ("kind", "boot", "platform"),
    [
        ("o-standard-4", "cloud_rssd", "Intel/Auto"),
        ("n-basic-2", "cloud_ssd", "Intel/Auto"),
        ("opro-standard-2", "cloud_rssd", "Amd/Auto"),
    ],
)
def test_what_is_left_open_is_what_the_zone_offers_for_the_family(kind: str, boot: str, platform: str) -> None:
    found = chosen(kind, image=IMAGE)
    assert (found.boot_disk, found.cpu_platform) == (Disk(20, boot), platform)


@pytest.mark.parametrize(("kind", "boot"), [("o-standard-4", "cloud_rssd"), ("n-basic-2", "cloud_ssd")])
def test_where_offers_are_not_known_the_family_s_usual_disk_is_taken(kind: str, boot: str) -> None:
    assert chosen(kind, offers=None).boot_disk.type == boot
    assert chosen(kind, offers=()).boot_disk.type == boot


def test_a_size_that_only_some_platforms_have_is_taken_on_one_of_those() -> None:
    offer = dataclasses.replace(FAST, sizes={(4, 16 * GB): ("Amd/Epyc2",)})
    assert chosen("o-standard-4", offers=(offer,)).cpu_platform == "Amd/Auto"


@documented("uhost/introduction/image/introduction.md", "ARM hosts take images with Aarch64_Type, and no others do")
def test_an_arm_image_is_started_on_arm_alone() -> None:
    arm = dataclasses.replace(IMAGE, features=("RssdAttachable", "Aarch64_Type"))
    assert chosen("o-standard-4", image=arm).cpu_platform == "Ampere/Auto"
    intel = problems("o-standard-4", dataclasses.replace(OPEN, cpu_platform="Intel/Auto"), arm)
    assert intel == ["min_cpu_platform: 'Intel/Auto' cannot run 'uimage-1', which is for ARM; give 'Ampere/Auto'"]
    ampere = dataclasses.replace(FAST, platforms=("Ampere/Altra",))
    (said,) = problems("o-standard-4", dataclasses.replace(OPEN, cpu_platform="Ampere/Auto"), offers=(ampere,))
    assert said.startswith("min_cpu_platform: 'Ampere/Auto' is ARM, and 'uimage-1' is not")


@documented("uhost/introduction/image/introduction.md", "快杰 takes images with RssdAttachable, others none of 高内核")
def test_a_family_takes_only_images_that_are_for_it() -> None:
    (said,) = problems("o-standard-4", image=OLD)
    assert said.startswith("source_image_id: 'uimage-1' lacks RssdAttachable, so o-standard-4 cannot start it")
    (said,) = problems("n-basic-2", image=dataclasses.replace(IMAGE, name="高内核CentOS 7.6 64位"))
    assert said.startswith("source_image_id: 'uimage-1' (高内核CentOS 7.6 64位) is for o-… types alone")
    (said,) = problems("n-basic-2", image=dataclasses.replace(IMAGE, features=("Vgpu_AMD",)))
    assert "GPU" in said


@documented("uhost/guide/image/common.md", "A Windows image starts no host with one core")
def test_windows_needs_two_cores() -> None:
    (said,) = problems("n-basic-1", image=dataclasses.replace(OLD, os_type="Windows"))
    assert said.startswith("instance_type: 'n-basic-1' has one core, and Windows needs two")


@documented("api/uhost-api/disk_type.md", "A local boot disk has the image's size, a cloud one 20 to 500 GB")
def test_boot_disks_have_the_sizes_that_their_kind_allows() -> None:
    image = dataclasses.replace(OLD, size=25)
    local = dataclasses.replace(OPEN, boot_disk_type="local_ssd")
    assert chosen("n-basic-2", local, image).boot_disk == Disk(25, "local_ssd")
    assert chosen("n-basic-2", OPEN, image).boot_disk == Disk(30, "cloud_ssd"), "in steps of 10 GB"
    (said,) = problems("n-basic-2", dataclasses.replace(local, boot_disk_size=30), image)
    assert said.startswith("boot_disk_size: 30 GB, but a local_ssd boot disk has the image's size to the GB, 25")
    (said,) = problems("n-basic-2", dataclasses.replace(OPEN, boot_disk_size=20), image)
    assert said.startswith("boot_disk_size: 20 GB is below the image's 25 GB")
    (said,) = problems("n-basic-2", dataclasses.replace(OPEN, boot_disk_size=510), image)
    assert said == "boot_disk_size: 510 GB is above the 500 GB of cloud_ssd with n-basic-2 in cn-bj2-02; give less"


@documented("uhost/buy/charge.md", "Cloud boot disks grow in steps of 10 GB")
def test_a_boot_disk_between_two_steps_is_told_with_the_next() -> None:
    (said,) = problems("n-basic-2", dataclasses.replace(OPEN, boot_disk_size=45), OLD)
    assert said == "boot_disk_size: 45 GB is between two steps of 10 GB, which cloud disks have; give 50"


@documented("api/uhost-api/disk_type.md", "Boot disks by machine type")
def test_a_disk_or_platform_that_the_zone_does_not_offer_is_told_with_those_it_does() -> None:
    (said,) = problems("o-standard-4", dataclasses.replace(OPEN, boot_disk_type="cloud_ssd"))
    assert said == (
        "boot_disk_type: 'cloud_ssd' cannot be had with o-standard-4 in cn-bj2-02; give one of cloud_rssd, or leave it "
        "out"
    )
    (said,) = problems("o-standard-4", dataclasses.replace(OPEN, data_disks=((20, "cloud_normal"),)))
    assert said.startswith("data_disks[0].type: 'cloud_normal' cannot be had")
    (said,) = problems("opro-standard-2", dataclasses.replace(OPEN, cpu_platform="Intel/Auto"))
    assert said.startswith("min_cpu_platform: 'Intel/Auto' is not there with opro-standard-2 in cn-bj2-02")


def test_a_size_that_the_family_does_not_have_is_told_with_those_it_has() -> None:
    (said,) = problems("o-customized-4-12")
    assert said == (
        "instance_type: 'o-customized-4-12' is no size of o in cn-bj2-02: with 4 cores it takes 8, 16 GB; give "
        "o-customized-4-8"
    )
    (said,) = problems("o-standard-6")
    assert "it has 2, 4 cores; give o-customized-2-4" in said


@documented("uhost/introduction/uhost/type_new.md", "N and C are no longer supplied where 快杰 is on sale")
def test_a_family_that_is_sold_out_is_told_with_what_there_is() -> None:
    sold_out = dataclasses.replace(N, status="Soldout")
    elsewhere = dataclasses.replace(N, zone="cn-bj2-04")
    (said,) = problems("n-basic-2", image=OLD, offers=(FAST, sold_out, elsewhere))
    assert said == (
        "instance_type: 'n-basic-2' is sold out in cn-bj2-02; give another family (there it is one of o), or one of "
        "cn-bj2-04"
    )
    (said,) = problems("n-basic-2", image=OLD, offers=(FAST, elsewhere))
    assert "is not on sale in cn-bj2-02" in said


def test_a_security_group_is_for_the_families_that_take_one() -> None:
    group = dataclasses.replace(OPEN, security_group="secgroup-1")
    assert chosen("o-standard-4", group).boot_disk.type == "cloud_rssd"
    (said,) = problems("n-basic-2", group, OLD)
    assert said.startswith("security_group_id: 'secgroup-1' is a security group, which n-basic-2 cannot be in")
