"""How many images there may be, and where they may be copied."""

from __future__ import annotations

from typing import Any

from tests.support.asker import Asker
from tests.support.documents import documented
from tests.support.emulator import Emulator


def asker(emulator: Emulator, project: str, region: str = "cn-bj2") -> Asker:
    return Asker(emulator, emulator.client(project=project, region=region))


def copy(api: Asker, image: str, project: str, **where: Any) -> dict[str, Any]:
    return {"SourceImageId": image, "TargetProjectId": project, **where}


@documented("uhost/guide/image/common.md", "A project has 30 custom images in cn-bj2, cn-wlcb and cn-sh2, 10 in others")
@documented("api/uhost-api/error_code.md", "8095: the quota does not suffice")
def test_no_more_custom_images_than_the_region_s_quota() -> None:
    with Emulator(hosts="paper") as emulator:
        api, there = asker(emulator, "org-second"), asker(emulator, "org-second", "hk")
        host = api.stopped_host()
        image = api.made_image(host)
        for _ in range(10):
            api.ask("CopyCustomImage", **copy(api, image, "org-second", TargetRegion="hk"))
        assert api.refused("CopyCustomImage", **copy(api, image, "org-second", TargetRegion="hk")) == 8095
        assert there.ask("DescribeImage", ImageType="Custom")["TotalCount"] == 10
        for _ in range(29):
            api.made_image(host)
        assert api.refused("CreateCustomImage", UHostId=host, ImageName="one-more") == 8095


def test_a_project_at_its_quota_makes_no_image_until_one_is_deleted(paper_emulator: Emulator) -> None:
    api, elsewhere = asker(paper_emulator, "org-full"), asker(paper_emulator, "org-full", "hk")
    kept = api.ask("DescribeImage", ImageType="Custom", Limit=100)
    assert (kept["TotalCount"], len(kept["ImageSet"])) == (30, 30)
    assert elsewhere.ask("DescribeImage", ImageType="Custom")["TotalCount"] == 10
    host = api.stopped_host(ImageId=kept["ImageSet"][0]["ImageId"])
    assert api.refused("CreateCustomImage", UHostId=host, ImageName="one-more") == 8095
    api.ask("TerminateCustomImage", ImageId=kept["ImageSet"][0]["ImageId"])
    image = api.made_image(host)
    assert api.refused("CopyCustomImage", **copy(api, image, "org-full", TargetRegion="hk")) == 8095
    api.remove_host(host)
    api.ask("TerminateCustomImage", ImageId=image)


@documented("uhost/guide/image/copy.md", "Copies need region-level image service, opened by a ticket")
def test_without_permission_nothing_is_copied(paper_emulator: Emulator) -> None:
    api = asker(paper_emulator, "org-no-copies")
    host = api.stopped_host()
    image = api.made_image(host)
    before = api.open_ids()
    assert api.refused("CopyCustomImage", **copy(api, image, "org-no-copies", TargetRegion="cn-sh2")) == 8960
    assert api.refused("CopyCustomImage", **copy(api, image, "org-second")) == 8960
    assert api.open_ids() == before
    api.remove_host(host)
    api.ask("TerminateCustomImage", ImageId=image)


@documented("uhost/guide/image/copy.md", "cn-bj1 cannot copy images")
@documented("api/uhost-api/error_code.md", "8958: no copies in Beijing 1; 8962: the image is in that project already")
def test_places_that_an_image_is_not_copied_to(api: Asker) -> None:
    host = api.stopped_host()
    image = api.made_image(host)
    assert api.refused("CopyCustomImage", **copy(api, image, "org-emulator", TargetRegion="cn-bj1")) == 8958
    assert api.refused("CopyCustomImage", **copy(api, image, "org-emulator")) == 8962
    assert api.refused("CopyCustomImage", **copy(api, image, "org-emulator", TargetRegion="cn-bj2")) == 8962
    api.remove_host(host)
    api.ask("TerminateCustomImage", ImageId=image)


def test_a_copy_can_be_deleted_while_a_host_made_of_it_runs(api: Asker, paper_emulator: Emulator) -> None:
    host = api.stopped_host()
    image = api.made_image(host)
    id = api.ask("CopyCustomImage", **copy(api, image, "org-second"))["TargetImageId"]
    second = asker(paper_emulator, "org-second")
    second.until(lambda: second.image(id)["State"] == "Available")
    running = second.running_host(ImageId=id)
    second.ask("TerminateCustomImage", ImageId=id)
    assert second.host(running)["State"] == "Running"
    second.remove_host(running)
    api.remove_host(host)
    api.ask("TerminateCustomImage", ImageId=image)
