"""Arguments as a program writes them: Inputs where values go, plain types where they are read; dicts for Pulumi."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from collections.abc import Sequence
from typing import assert_type

import pulumi
import pytest
from ucloud_provider.provisioners.file import File
from ucloud_provider.provisioners.shell import Shell
from ucloud_provider.spec.args import to_inputs
from ucloud_provider.spec.image import CustomImageArgs, ImageCopy


def an_image(name: pulumi.Output[str]) -> CustomImageArgs:
    """The type checker reads this too: each kind of Input at each kind of argument."""
    return CustomImageArgs(
        image_name=name,
        source_image_id="uimage-f1chxn",
        availability_zone="cn-bj2-02",
        instance_type=name,
        boot_disk_size=name.apply(len),
        provisioners=[
            Shell(inline=["echo", name], env={"NAME": name}),
            Shell(inline=name.apply(lambda text: [text]), environment_vars={"NAME": "x"}),
            File(content=name, destination="/etc/motd"),
        ],
        copies=[ImageCopy(region=name)],
        triggers={"commit": name},
    )


def plain_types(image: CustomImageArgs, shell: Shell) -> None:
    """Never called: what the provider's code reads, for the type checker."""
    assert_type(image.image_name, str)
    assert_type(image.boot_disk_size, int | None)
    assert_type(shell.inline, Sequence[str] | None)


@pytest.fixture
def output() -> pulumi.Output[str]:
    return pulumi.Output.from_input("web")


def test_inputs_are_dicts_with_outputs_as_they_are(output: pulumi.Output[str]) -> None:
    inputs = to_inputs(an_image(output))
    assert inputs["image_name"] is output
    first, _second, third = inputs["provisioners"]
    assert first["type"] == "shell"
    assert first["inline"] == ["echo", output]
    assert first["env"] == {"NAME": output}
    assert third["type"] == "file"
    assert inputs["copies"] == [{"region": output}]
    assert inputs["triggers"] == {"commit": output}


def test_what_is_not_given_is_no_input(output: pulumi.Output[str]) -> None:
    inputs = to_inputs(an_image(output))
    assert "image_description" not in inputs
    assert None not in inputs.values()


def test_an_output_is_never_taken_for_a_list(output: pulumi.Output[str]) -> None:
    assert to_inputs({"a": [output], "b": output}) == {"a": [output], "b": output}


def test_arguments_cannot_change_once_made(output: pulumi.Output[str]) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        ImageCopy(region=output).region = "hk"


def test_a_programs_import_of_the_arguments_is_light() -> None:
    heavy = {"pydantic", "paramiko", "ucloud", "cryptography"}
    code = "import sys, ucloud_image; print(*sys.modules)"
    found = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert heavy.isdisjoint(found.stdout.split())
