"""`CustomImage`: an image on UCloud that `pulumi up` builds."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi
from pulumi.dynamic import Resource
from ucloud_provider.resources.contract import CUSTOM_IMAGE, TYPE_MODULE
from ucloud_provider.resources.custom_image import CustomImageProvider
from ucloud_provider.spec.image import CustomImageArgs

from ucloud_image.inputs import inputs_of


class CustomImage(Resource, module=TYPE_MODULE, name=CUSTOM_IMAGE.name):
    """A custom image, built on a temporary host, with its copies in other regions and projects.

    `pulumi up` starts a host from `source_image_id`, runs the provisioners on it, makes the image of it and releases
    everything else. A changed source image, provisioner or content of a script makes a new image before the old one
    goes; a copy added or removed is made or removed without a build.

    Example:
        image = CustomImage(
            "web",
            CustomImageArgs(
                availability_zone="cn-bj2-02",
                instance_type="o-standard-2",
                source_image_id="uimage-debian12-ci",
                image_name="web",
                provisioners=[Shell(inline=["apt-get install -qy nginx"])],
                copies=[ImageCopy(region="cn-sh2")],
            ),
        )
        pulumi.export("image", image.image_id)
    """

    image_id: pulumi.Output[str]
    """The image's id, in the region where it was built."""
    image_ids: pulumi.Output[Mapping[str, str]]
    """The image's id in each region."""
    name: pulumi.Output[str]
    """The image's name."""
    size: pulumi.Output[int]
    """The image's size in GB."""
    created_time: pulumi.Output[int]
    """When the image was made, in seconds since 1970."""
    digest: pulumi.Output[str]
    """SHA-256 of all that decides what the image is: two images of equal digest were made alike."""
    source_image_id: pulumi.Output[str]
    """The image that this one was built from."""
    build_duration: pulumi.Output[float]
    """How many seconds the build took; 0 for an adopted image."""

    def __init__(self, name: str, args: CustomImageArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        if opts is not None and opts.import_:
            raise pulumi.RunError(
                f"{name}: import_ does not work with dynamic resources; take the image over by "
                f"adopt_image_id={str(opts.import_)!r} in the arguments"
            )
        computed = ("image_id", "image_ids", "name", "size", "created_time", "digest", "build_duration")
        super().__init__(CustomImageProvider(), name, inputs_of(args, computed, opts), opts)
