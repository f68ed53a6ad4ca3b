"""Images: base images everywhere, custom images from stopped hosts, copies, what is refused."""

from __future__ import annotations

import pytest

from tests.support.asker import DISK, Asker
from tests.support.emulator import Emulator
from ucloud_emulator.catalogue import BASE_IMAGES

BASE = {image.id for image in BASE_IMAGES}


@pytest.mark.parametrize("region", ["cn-bj2", "cn-sh2", "cn-gd", "hk", "us-ca", "sg", "mx-mex"])
def test_base_images_are_in_every_region(paper_emulator: Emulator, region: str) -> None:
    there = Asker(paper_emulator, paper_emulator.client(region=region))
    images = there.ask("DescribeImage", ImageType="Base")["ImageSet"]
    assert {image["ImageId"] for image in images} == BASE
    assert {image["State"] for image in images} == {"Available"}


def test_only_the_image_with_cloud_init_has_the_feature(api: Asker) -> None:
    assert "CloudInit" in api.image("uimage-debian12-ci")["Features"]
    assert "CloudInit" not in api.image("uimage-debian12")["Features"]


def test_the_guide_s_centos_says_what_it_really_is(api: Asker) -> None:
    image = api.image("uimage-f1chxn")
    assert "yum maps to apt" in image["OsName"]
    assert "Debian 12" in image["ImageDescription"]


def test_an_image_of_a_stopped_host_is_made_and_hosts_start_from_it(api: Asker) -> None:
    source = api.stopped_host(ImageId="uimage-debian12-ci", Disks=[{**DISK, "Size": 40}])
    reply = api.ask("CreateCustomImage", UHostId=source, ImageName="made", ImageDescription="why", Tag="t")
    image_id = reply["ImageId"]
    api.until(lambda: api.image(image_id)["State"] == "Available")
    image = api.image(image_id)
    assert (image["ImageName"], image["ImageDescription"], image["Tag"]) == ("made", "why", "t")
    assert (image["ImageType"], image["ImageSize"]) == ("Custom", 40)
    assert image["Features"] == api.image("uimage-debian12-ci")["Features"]
    host = api.running_host(ImageId=image_id, Disks=[{**DISK, "Size": 40}])
    assert api.host(host)["BasicImageId"] == "uimage-debian12-ci"
    api.ask("TerminateCustomImage", ImageId=image_id)
    api.remove_host(host)
    api.remove_host(source)
    assert image_id not in api.open_ids()


def test_a_boot_disk_smaller_than_its_image_is_refused(api: Asker) -> None:
    source = api.stopped_host(Disks=[{**DISK, "Size": 40}])
    image = api.made_image(source)
    api.remove_host(source)
    wanted = {"Zone": "cn-bj2-02", "LoginMode": "Password", "Password": "UGFzc3dvcmQxMjM="}
    assert api.refused("CreateUHostInstance", ImageId=image, Disks=[DISK], **wanted) == 8315
    api.ask("TerminateCustomImage", ImageId=image)


def test_a_copy_has_an_id_of_its_own_in_the_other_region_and_outlives_the_original(
    api: Asker, elsewhere: Asker
) -> None:
    source = api.stopped_host()
    image = api.made_image(source, "original")
    api.remove_host(source)
    reply = api.ask(
        "CopyCustomImage",
        SourceImageId=image,
        TargetProjectId="org-emulator",
        TargetRegion="cn-sh2",
        TargetImageDescription="a copy",
    )
    copy = reply["TargetImageId"]
    assert copy != image
    assert elsewhere.image(copy)["State"] in ("Copying", "Available")
    elsewhere.until(lambda: elsewhere.image(copy)["State"] == "Available")
    assert (elsewhere.image(copy)["ImageName"], elsewhere.image(copy)["ImageDescription"]) == ("original", "a copy")
    assert api.ask("DescribeImage", ImageId=copy)["ImageSet"] == []
    api.ask("TerminateCustomImage", ImageId=image)
    host = elsewhere.running_host(ImageId=copy, Zone="cn-sh2-01")
    elsewhere.remove_host(host)
    elsewhere.ask("TerminateCustomImage", ImageId=copy)


def test_what_cannot_be_copied_is_refused(api: Asker) -> None:
    source = api.stopped_host()
    image = api.made_image(source)
    copy = {"SourceImageId": image, "TargetProjectId": "org-emulator"}
    assert api.refused("CopyCustomImage", **{**copy, "SourceImageId": "uimage-none"}) == 8956
    assert api.refused("CopyCustomImage", **{**copy, "SourceImageId": "uimage-debian12", "TargetRegion": "hk"}) == 8956
    assert api.refused("CopyCustomImage", **copy) == 8962
    assert api.refused("CopyCustomImage", **copy, TargetRegion="xx-1") == 230
    assert api.refused("CopyCustomImage", SourceImageId=image, TargetProjectId="org-nobody", TargetRegion="hk") == 292
    assert api.refused("CopyCustomImage", SourceImageId=image) == 220
    api.ask("TerminateCustomImage", ImageId=image)
    api.remove_host(source)


def test_base_images_and_images_that_are_gone_cannot_be_deleted(api: Asker) -> None:
    assert api.refused("TerminateCustomImage", ImageId="uimage-debian12") == 8956
    assert api.refused("TerminateCustomImage", ImageId="uimage-none") == 8956


def test_under_scaled_latency_an_image_is_made_before_its_host_may_change() -> None:
    """Running and boot disk, then image: each takes its time, and what is between is seen."""
    with Emulator(hosts="paper", latency="scaled") as emulator:
        api = Asker(emulator, emulator.client())
        id = api.create_host()
        assert api.host(id)["State"] in ("Initializing", "Starting")
        assert api.host(id)["BootDiskState"] == "Initializing"
        api.wait(id, "Running")
        api.ask("StopUHostInstance", UHostId=id)
        assert api.host(id)["State"] == "Stopping"
        api.wait(id, "Stopped")
        image = api.ask("CreateCustomImage", UHostId=id, ImageName="slow")["ImageId"]
        assert api.image(image)["State"] == "Making"
        assert api.refused("StartUHostInstance", UHostId=id) == 8905
        assert api.refused("TerminateUHostInstance", UHostId=id) == 8905
        assert api.refused("TerminateCustomImage", ImageId=image) == 8961
        assert api.refused("CopyCustomImage", SourceImageId=image, TargetProjectId="org-second") == 8961
        api.until(lambda: api.image(image)["State"] == "Available")
        api.ask("TerminateUHostInstance", UHostId=id)
        assert api.hosts(id)
        api.until(lambda: not api.hosts(id))
