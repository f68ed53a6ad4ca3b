"""What a change of a stack does to its image: previewed by name, built only where it must be, leaking nothing."""

from __future__ import annotations

import os
import time

from tests.e2e.stack import Stack
from tests.support.emulator import Emulator

PROGRAM = """
import pulumi
from ucloud_image import CustomImage, CustomImageArgs, ImageCopy, Shell, UHost, UHostArgs

image = CustomImage(
    "web",
    CustomImageArgs(
        availability_zone="cn-bj2-02",
        instance_type="n-basic-2",
        source_image_id="uimage-f1chxn",
        image_name="web",
        provisioners=[Shell(script="scripts/install.sh")],
        copies=[{copies}],
        {more}
    ),
)
host = UHost("host", UHostArgs(availability_zone="cn-bj2-02", instance_type="n-basic-2", image_id=image.image_id))
pulumi.export("image_id", image.image_id)
pulumi.export("image_ids", image.image_ids)
pulumi.export("address", host.public_ip)
"""


def program(*regions: str, more: str = "") -> str:
    return PROGRAM.format(copies=", ".join(f"ImageCopy(region={region!r})" for region in regions), more=more)


def create(stack: Stack, cloud: Emulator, text: str) -> None:
    stack.create(
        text,
        config={
            "ucloud:publicKey": cloud.public_key,
            "ucloud:projectId": cloud.project,
            "ucloud:region": cloud.region,
            "ucloud:baseUrl": cloud.url,
        },
        secrets={"ucloud:privateKey": cloud.private_key},
    )


def builds(cloud: Emulator) -> int:
    return sum(each["Action"] == "CreateCustomImage" for each in cloud.requests())


def open_rows(cloud: Emulator) -> list[dict[str, object]]:
    return cloud.ledger(open_only=True, billable_only=True)


def test_a_stack_through_its_changes(stack: Stack, cloud: Emulator) -> None:
    stack.write("echo first\n", "scripts/install.sh")
    create(stack, cloud, program("cn-sh2"))
    stack.up().succeeded()
    first = stack.outputs()
    assert set(first["image_ids"]) == {"cn-bj2", "cn-sh2"}
    assert builds(cloud) == 1

    # nothing changed: not by a second up, nor by a file's time, nor by its place, nor by how the image is built
    assert "3 unchanged" in stack.up().succeeded().output
    script = stack.project / "scripts" / "install.sh"
    os.utime(script, (time.time() + 100, time.time() + 100))
    stack.write("echo first\n", "moved/install.sh")
    stack.write(program("cn-sh2", more="wait_image_ready_timeout=60").replace("scripts/", "moved/"))
    assert "3 unchanged" in stack.preview().succeeded().output

    # a copy more: no build, and the host stays
    stack.write(program("cn-sh2", "hk"))
    preview = stack.preview().succeeded().output
    assert "no new build: copy to hk added" in preview
    assert "to replace" not in preview
    stack.up().succeeded()
    second = stack.outputs()
    assert second["image_ids"] | first["image_ids"] == second["image_ids"]
    assert second["address"] == first["address"]
    assert builds(cloud) == 1

    # a copy less
    stack.write(program("hk"))
    assert "copy to cn-sh2 removed" in stack.up().succeeded().output
    assert set(stack.outputs()["image_ids"]) == {"cn-bj2", "hk"}

    # a copy that somebody deleted is noticed, and made again alone
    cloud.client(region="hk").uhost().terminate_custom_image(
        {"ImageId": second["image_ids"]["hk"], "Region": "hk", "ProjectId": cloud.project}
    )
    stack.run("refresh", "--yes", "--skip-preview").succeeded()
    assert set(stack.outputs()["image_ids"]) == {"cn-bj2", "hk"}, "outputs are the program's, which has not run"
    assert "copy to hk is missing" in stack.up().succeeded().output
    third = stack.outputs()
    assert third["image_ids"]["hk"] != second["image_ids"]["hk"]
    assert third["image_id"] == first["image_id"]
    assert builds(cloud) == 1

    # the content of a script: a new image before the old one goes, and preview says which file
    stack.write("echo second\n", "scripts/install.sh")
    stack.write(program("hk"))
    preview = stack.preview().succeeded().output
    assert "new image: scripts/install.sh: content changed" in preview
    assert "2 to replace" in preview
    detailed = stack.preview("--diff").succeeded().output
    assert "~ scripts/install.sh: " in detailed
    before = len(cloud.requests())
    stack.up().succeeded()
    calls = [each["Action"] for each in cloud.requests()[before:]]
    assert calls.index("CreateCustomImage") < calls.index("TerminateCustomImage")
    assert stack.outputs()["image_id"] != first["image_id"]
    assert builds(cloud) == 2

    # the image removed behind Pulumi's back: built anew, and what was left of it goes
    cloud.client().uhost().terminate_custom_image({"ImageId": stack.outputs()["image_id"]})
    stack.run("refresh", "--yes", "--skip-preview").succeeded()
    stack.up().succeeded()
    assert builds(cloud) == 3

    stack.destroy().succeeded()
    assert open_rows(cloud) == []
