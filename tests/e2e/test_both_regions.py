"""The image and its copy: a host from each, in its region, serves the page that was installed during the build."""

from __future__ import annotations

import time
import urllib.request

from tests.e2e.stack import Stack
from tests.support.emulator import Emulator

PROGRAM = """
import pulumi
from ucloud_image import CustomImage, CustomImageArgs, ImageCopy, Shell, UHost, UHostArgs

image = CustomImage(
    "web",
    CustomImageArgs(
        region="cn-bj2",
        availability_zone="cn-bj2-02",
        instance_type="n-basic-2",
        source_image_id="uimage-f1chxn",
        image_name="web",
        image_description="nginx",
        provisioners=[Shell(inline=["yum install -y nginx"])],
        copies=[ImageCopy(region="cn-sh2")],
    ),
)
for region, zone in (("cn-bj2", "cn-bj2-02"), ("cn-sh2", "cn-sh2-02")):
    host = UHost(
        region,
        UHostArgs(region=region, availability_zone=zone, instance_type="n-basic-2", image_id=image.image_ids[region]),
    )
    pulumi.export(region, host.public_ip)
for name in ("image_id", "image_ids", "name", "size", "created_time", "digest", "source_image_id", "build_duration"):
    pulumi.export(name, getattr(image, name))
"""


def page(address: str) -> str:
    """What the host serves; nginx may still be starting."""
    deadline = time.monotonic() + 60
    while True:
        try:
            opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
            with opener.open(f"http://{address}/", timeout=5) as response:
                text: str = response.read().decode()
            return text
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.3)


def test_a_host_in_each_region_serves_what_was_installed_and_only_they_and_the_images_are_left(
    stack: Stack, cloud: Emulator
) -> None:
    stack.environment = cloud.environment()
    stack.create(PROGRAM)
    before = int(time.time())
    stack.up().succeeded()
    outputs = stack.outputs()
    for region in ("cn-bj2", "cn-sh2"):
        assert "<title>Welcome to nginx!</title>" in page(outputs[region])

    rows = cloud.ledger(open_only=True)
    assert sorted((each["kind"], each["region"]) for each in rows) == sorted(
        (kind, region) for kind in ("image", "uhost", "udisk", "eip") for region in ("cn-bj2", "cn-sh2")
    ), "neither the temporary host nor its disk, EIP, key pair and firewall"
    assert {each["kind"] for each in cloud.ledger()} > {"keypair", "firewall"}, "which were there"

    (image,) = cloud.client().uhost().describe_image({"ImageId": outputs["image_id"]})["ImageSet"]
    assert set(outputs["image_ids"]) == {"cn-bj2", "cn-sh2"}
    assert outputs["image_ids"]["cn-bj2"] == outputs["image_id"]
    assert (outputs["name"], outputs["source_image_id"]) == ("web", "uimage-f1chxn")
    assert (outputs["size"], outputs["created_time"]) == (image["ImageSize"], image["CreateTime"])
    assert before <= outputs["created_time"] <= time.time()
    assert 0 < outputs["build_duration"] < time.time() - before + 1
    assert len(outputs["digest"]) == 64

    stack.destroy().succeeded()
    assert cloud.ledger(open_only=True) == []
