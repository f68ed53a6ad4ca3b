"""A web service from an image: nginx and the page are baked in, and a changed page means a new image and a new host."""

from __future__ import annotations

import pulumi
from providers.naming import named

from ucloud_image import CustomImage, CustomImageArgs, File, Shell, UHost, UHostArgs

ZONE = "cn-bj2-02"
name = named("web-service", pulumi.get_stack())

image = CustomImage(
    "web-service",
    CustomImageArgs(
        availability_zone=ZONE,
        instance_type="o-standard-2",
        source_image_id=pulumi.Config().require("sourceImageId"),
        image_name=name,
        image_description="nginx with the page of site/",
        provisioners=[
            Shell(script="install.sh"),
            File(source="site/", destination="/var/www/html"),
        ],
    ),
)

web = UHost(
    "web-service",
    UHostArgs(
        availability_zone=ZONE, instance_type="o-standard-2", image_id=image.image_id, name=name, eip_bandwidth=2
    ),
)

pulumi.export("image_id", image.image_id)
pulumi.export("url", pulumi.Output.concat("http://", web.public_ip, "/"))
