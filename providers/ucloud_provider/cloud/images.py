"""Images: look at, make, copy, delete."""

from __future__ import annotations

from collections.abc import Sequence

from ucloud_provider.cloud import paging, retry
from ucloud_provider.cloud.answers import listed, new_id
from ucloud_provider.cloud.client import Api
from ucloud_provider.cloud.records import Image
from ucloud_provider.errors import CloudError

NOT_FOUND = (8058, 8037)
"""RetCodes for an image that does not exist (any more)."""


def describe(api: Api, ids: Sequence[str]) -> dict[str, Image]:
    """The images that exist, by id."""
    items = paging.by_ids(api, "DescribeImage", "ImageSet", "ImageIds", ids, not_found=NOT_FOUND)
    return {image.id: image for image in map(Image.of, items) if image.id in ids}


def get(api: Api, image_id: str) -> Image | None:
    """One image, or None where this project and region have no such image."""
    return describe(api, [image_id]).get(image_id)


def source(api: Api, image_id: str) -> Image | None:
    """An image that a host can be started from: one of DescribeImage's, or a node image of UK8S."""
    return get(api, image_id) or _node_image(api, image_id)


def _node_image(api: Api, image_id: str) -> Image | None:
    """UK8S lists its node images apart, and says little of them: all are Linux of 40 GB with CloudInit."""
    action = "DescribeUK8SImage"
    try:
        answer = api.read(action)
    except CloudError as error:
        if error.code and not retry.is_transient(error):  # an account without UK8S
            return None
        raise
    found = next((each for each in listed(action, answer, "ImageSet") if each.get("ImageId") == image_id), None)
    if found is None:
        return None
    known = {"State": "Available", "OsType": "Linux", "ImageType": "Base", "Features": ["CloudInit"], "ImageSize": 40}
    return Image.of({**found, **known})


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
    try:
        api.change("TerminateCustomImage", ImageId=image_id)
    except CloudError as error:
        if error.code in NOT_FOUND or (error.code and get(api, image_id) is None):
            return False
        raise
    return True
