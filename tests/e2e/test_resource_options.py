"""Pulumi's own resource options on our resources, by the real engine: what each says is what happens."""

from __future__ import annotations

from tests.e2e.stack import Stack
from tests.support.emulator import Emulator

PROGRAM = """
import pulumi
from ucloud_image import *

image = CustomImage(
    "web",
    CustomImageArgs(
        availability_zone="cn-bj2-02",
        instance_type={instance_type!r},
        source_image_id="uimage-f1chxn",
        image_name="web",
        communicator={communicator!r},
        provisioners=[{provisioners}],
        copies=[{copies}],
    ),
    pulumi.ResourceOptions({options}),
)
pulumi.export("image_id", image.image_id)
"""

HOST = """
import pulumi
from ucloud_image import UHost, UHostArgs

args = UHostArgs(availability_zone="cn-bj2-02", instance_type="n-basic-2", image_id="uimage-f1chxn")
UHost("host", args, pulumi.ResourceOptions(import_="uhost-1"))
"""
TOKEN = "pulumi-python:dynamic/ucloud:CustomImage"


def program(
    options: str = "",
    *,
    provisioners: str = "",
    instance_type: str = "n-basic-2",
    communicator: str = "none",
    copies: str = "",
) -> str:
    return PROGRAM.format(
        options=options,
        provisioners=provisioners,
        instance_type=instance_type,
        communicator=communicator,
        copies=copies,
    )


def scripted(options: str = "", *, provisioners: str = 'Shell(script="setup.sh")', copies: str = "") -> str:
    return program(options, provisioners=provisioners, communicator="ssh", copies=copies)


def create(stack: Stack, cloud: Emulator, text: str) -> None:
    stack.environment = dict(cloud.environment())
    stack.write("echo one\n", "setup.sh")
    stack.create(text)


def built(cloud: Emulator) -> int:
    return sum(each["Action"] == "CreateCustomImage" for each in cloud.requests())


def test_ignored_provisioners_cover_their_files_and_lifting_it_finds_the_change(stack: Stack, cloud: Emulator) -> None:
    create(stack, cloud, scripted())
    before = built(cloud)
    stack.up().succeeded()
    ignoring = 'ignore_changes=["provisioners"]'
    stack.write("echo two\n", "setup.sh")
    stack.write(scripted(ignoring))
    assert "2 unchanged" in stack.preview("--expect-no-changes").succeeded().output
    assert "2 unchanged" in stack.up("--expect-no-changes").succeeded().output
    stack.write(scripted(ignoring, provisioners='Shell(inline=["true"])'))
    assert "2 unchanged" in stack.up("--expect-no-changes").succeeded().output

    # an update in place, which stores other inputs and outputs
    stack.write(scripted(ignoring, copies='ImageCopy(region="hk")'))
    assert "no new build: copy to hk added" in stack.up().succeeded().output
    stack.run("refresh", "--yes", "--skip-preview", "--expect-no-changes").succeeded()
    assert "2 unchanged" in stack.up("--expect-no-changes").succeeded().output
    assert built(cloud) == before + 1

    # lifted: what the image was not built from is found; once it is built anew, all is well
    stack.write(scripted(copies='ImageCopy(region="hk")'))
    assert "new image: setup.sh: content changed" in stack.preview().succeeded().output
    stack.up().succeeded()
    assert built(cloud) == before + 2
    assert "2 unchanged" in stack.up("--expect-no-changes").succeeded().output

    # and a change that was taken back while it was ignored is none
    stack.write("echo three\n", "setup.sh")
    stack.write(scripted(ignoring, copies='ImageCopy(region="hk")'))
    stack.up("--expect-no-changes").succeeded()
    stack.write("echo two\n", "setup.sh")
    stack.write(scripted(copies='ImageCopy(region="hk")'))
    stack.up("--expect-no-changes").succeeded()
    stack.destroy().succeeded()
    assert cloud.ledger(open_only=True, billable_only=True) == []


def test_a_build_ends_when_its_custom_timeout_is_over_and_gives_everything_back(
    stack: Stack, paper_cloud: Emulator
) -> None:
    options = 'custom_timeouts=pulumi.CustomTimeouts(create="8s")'
    # a host on paper lets nobody in: without the option it is tried for ssh_timeout, 5 minutes
    create(stack, paper_cloud, scripted(options))
    output = stack.up().failed().output
    assert "custom_timeouts gives create 8 s, which are over; give it more" in output
    assert "Traceback" not in output
    assert "NOT released" not in output
    assert paper_cloud.ledger(open_only=True) == []
    assert stack.resources("CustomImage") == []


def test_replace_on_changes_replaces_by_an_argument_that_changes_nothing_otherwise(
    stack: Stack, paper_cloud: Emulator
) -> None:
    create(stack, paper_cloud, program())
    stack.up().succeeded()
    before = built(paper_cloud)
    stack.write(program(instance_type="n-basic-4"))
    stack.up("--expect-no-changes").succeeded()
    asking = 'replace_on_changes=["instance_type"]'
    stack.write(program(asking, instance_type="n-basic-4"))
    stack.up("--expect-no-changes").succeeded()
    stack.write(program(asking))
    preview = stack.preview().succeeded().output
    assert "new image: instance_type: changed, as replace_on_changes names it" in preview
    assert "1 to replace" in preview
    stack.up().succeeded()
    assert built(paper_cloud) == before + 1
    stack.up("--expect-no-changes").succeeded()

    # one that is made in place otherwise; the option and the change at once
    stack.write(program('replace_on_changes=["*"]', copies='ImageCopy(region="hk")'))
    assert "1 to replace" in stack.preview().succeeded().output
    stack.destroy().succeeded()
    assert paper_cloud.ledger(open_only=True) == []


def test_an_import_names_what_to_do_instead_and_the_command_changes_nothing(
    stack: Stack, paper_cloud: Emulator
) -> None:
    create(stack, paper_cloud, program('import_="uimage-f1chxn"'))
    output = stack.preview().failed().output
    assert "web: import_ does not work with dynamic resources; take the image over by adopt_image_id=" in output
    assert "KeyError" not in output
    stack.write(HOST)
    output = stack.preview().failed().output
    assert "host: import_ does not work with dynamic resources, and a host that was made elsewhere cannot be" in output

    # nothing of ours runs then; docs/arguments.md tells of it
    output = stack.run("import", TOKEN, "web", "uimage-f1chxn", "--yes", "--skip-preview").failed().output
    assert "KeyError: '__provider'" in output
    assert stack.resources("CustomImage") == []
    stack.write(program().replace('image_name="web",', 'image_name="web", adopt_image_id="uimage-f1chxn",'))
    stack.up().succeeded()
    assert stack.outputs()["image_id"] == "uimage-f1chxn"
    stack.destroy().succeeded()
