"""The example stack: an image with nginx, a copy of it in a second region, and a host started from it."""

import pulumi

from ucloud_image import CustomImage, CustomImageArgs, ImageCopy, Shell, UHost, UHostArgs

source_image_id = pulumi.Config().require("sourceImageId")

image = CustomImage(
    "basic",
    CustomImageArgs(
        region="cn-bj2",
        availability_zone="cn-bj2-02",
        instance_type="o-standard-2",
        source_image_id=source_image_id,
        image_name="packer-test-basic-bj",
        provisioners=[Shell(inline=["apt-get update -q", "apt-get install -qy nginx"])],
        copies=[ImageCopy(region="cn-sh2")],
    ),
)

web = UHost(
    "web",
    UHostArgs(
        region="cn-bj2",
        availability_zone="cn-bj2-02",
        instance_type="o-standard-2",
        image_id=image.image_id,
    ),
)

pulumi.export("image_id", image.image_id)
pulumi.export("image_ids", image.image_ids)
pulumi.export("address", web.public_ip)
pulumi.export("url", web.public_ip.apply(lambda ip: f"http://{ip}/"))
