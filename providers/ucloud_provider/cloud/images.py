"""Images: look at, make, copy, delete."""

from __future__ import annotations

from collections.abc import Sequence

from ucloud_provider.cloud import gone, paging, retry
from ucloud_provider.cloud.answers import listed, new_id, number
from ucloud_provider.cloud.client import Api
from ucloud_provider.cloud.records import Image
from ucloud_provider.errors import CloudError

NODE_IMAGE = {"State": "Available", "ImageType": "Base"}
"""What goes for every node image of UK8S that is listed."""

NODE_IMAGE_UNSAID = {"OsType": "Linux", "Features": ["RssdAttachable"], "ImageSize": 40}
"""What is taken for granted of one where UCloud does not say: those listed are for machine type O by default."""


def describe(api: Api, ids: Sequence[str]) -> dict[str, Image]:
    """The images that exist, by id."""
    items = paging.by_ids(api, "DescribeImage", "ImageSet", parameter="ImageIds", key="ImageId", ids=ids)
    return {image.id: image for image in map(Image.of, items) if image.id in ids}


def get(api: Api, image_id: str) -> Image | None:
    """One image, or None where this project and region have no such image."""
    return describe(api, [image_id]).get(image_id)


def source(api: Api, image_id: str) -> Image | None:
    """An image that a host can be started from: one of DescribeImage's, or a node image of UK8S."""
    return get(api, image_id) or _node_image(api, image_id)


def _node_image(api: Api, image_id: str) -> Image | None:
    """UK8S lists its node images apart."""
    action = "DescribeUK8SImage"
    try:
        answer = api.read(action)
    except CloudError as error:
        if error.code and not retry.is_transient(error):  # an account without UK8S
            return None
        raise
    every = (each for name in ("ImageSet", "CustomImageSet") for each in listed(action, answer, name))
    found = next((each for each in every if each.get("ImageId") == image_id), None)
    return None if found is None else Image.of({**NODE_IMAGE_UNSAID, **found, **NODE_IMAGE})


def custom_count(api: Api) -> int:
    """How many custom images there are in this project and region."""
    action = "DescribeImage"
    answer = api.read(action, ImageType="Custom", Limit=1)
    if (total := answer.get("TotalCount")) is not None:
        return number({"TotalCount": total}, "TotalCount")
    return len(find(api))


def find(api: Api, *, tag: str | None = None) -> list[Image]:
    """Custom images, or those with a Tag, over all pages."""
    every = map(Image.of, paging.every(api, "DescribeImage", "ImageSet", ImageType="Custom", Tag=tag))
    return [image for image in every if tag is None or image.tag == tag]


def create(api: Api, host_id: str, *, name: str, description: str | None, tag: str) -> str:
    """Make an image of a stopped host; the image's id."""
    answer = api.create("CreateCustomImage", UHostId=host_id, ImageName=name, ImageDescription=description, Tag=tag)
    return new_id("CreateCustomImage", answer, "ImageId")


def copy(api: Api, image_id: str, target: Api, *, name: str, description: str | None, tag: str) -> str:
    """Copy an image to the target's project and region; the copy's id."""
    answer = api.create(
        "CopyCustomImage",
        SourceImageId=image_id,
        TargetProjectId=target.project_id,
        TargetRegion=target.region,
        TargetImageName=name,
        TargetImageDescription=description,
        TargetImageTag=tag,
    )
    return new_id("CopyCustomImage", answer, "TargetImageId")


def delete(api: Api, image_id: str) -> bool:
    """Delete a custom image; False where it was gone already."""
    return gone.deleted(
        lambda: api.change("TerminateCustomImage", ImageId=image_id), lambda: get(api, image_id) is not None
    )
