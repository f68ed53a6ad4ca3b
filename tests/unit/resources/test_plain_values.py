"""What a program may give as an argument, and what is said in one line of what it may not."""

from __future__ import annotations

import dataclasses
import datetime
import enum
from pathlib import Path
from typing import Any

import pulumi
import pytest
from ucloud_provider.provisioners.file import File
from ucloud_provider.provisioners.shell import Shell
from ucloud_provider.spec.image import CustomImageArgs
from ucloud_provider.spec.uhost import UHostArgs

from ucloud_image import CustomImage, UHost
from ucloud_image.inputs import inputs_of


class Kind(enum.Enum):
    """Values that have names."""

    HOST = "n-basic-2"
    COUNT = 3
    PATH = Path("setup.sh")


class Word(enum.StrEnum):
    """Texts that have names."""

    ZONE = "cn-bj2-02"


def inputs(*provisioners: Any, **more: Any) -> dict[str, Any]:
    values: dict[str, Any] = {
        "availability_zone": Word.ZONE,
        "instance_type": Kind.HOST,
        "source_image_id": "uimage-1",
        "image_name": "web",
        "provisioners": provisioners,
    }
    return inputs_of(CustomImageArgs(**{**values, **more}), ())


def file(**given: Any) -> dict[str, Any]:
    found: dict[str, Any] = inputs(File(**{"destination": "/srv/", **given}))["provisioners"][0]
    return {key: value for key, value in found.items() if key in ("source", "sources", "content", "destination")}


def test_names_of_values_are_their_values() -> None:
    made = inputs(Shell(script=Kind.PATH, max_retries=Kind.COUNT))  # type: ignore[arg-type]
    assert (made["availability_zone"], made["instance_type"]) == ("cn-bj2-02", "n-basic-2")
    assert type(made["availability_zone"]) is str
    assert (made["provisioners"][0]["script"], made["provisioners"][0]["max_retries"]) == ("setup.sh", 3)


def test_paths_are_texts() -> None:
    assert file(source=Path("conf"), destination=Path("/etc/app")) == {"source": "conf", "destination": "/etc/app"}
    assert file(sources=[Path("a"), "b"])["sources"] == ["a", "b"]
    assert inputs(user_data_file=Path("data"))["user_data_file"] == "data"
    assert inputs(Shell(scripts=(Path("a"), Path("b"))))["provisioners"][0]["scripts"] == ["a", "b"]


def test_bytes_are_the_text_they_are() -> None:
    assert file(content="密\n".encode())["content"] == "密\n"


def test_a_duration_is_in_seconds() -> None:
    assert inputs(ssh_timeout=datetime.timedelta(minutes=2))["ssh_timeout"] == 120


def test_assets_are_sources(tmp_path: Path) -> None:
    assert file(source=pulumi.FileAsset("a.conf"))["source"] == "a.conf"
    assert file(source=pulumi.FileArchive(str(tmp_path)))["source"] == f"{tmp_path}/"
    assert file(sources=[pulumi.FileAsset("a"), "b"])["sources"] == ["a", "b"]
    assert file(source=pulumi.StringAsset("text"), destination="/srv/x") == {"content": "text", "destination": "/srv/x"}


def test_what_is_not_known_yet_is_passed_on() -> None:
    output = pulumi.Output.from_input("x")
    assert file(source=output)["source"] is output
    assert inputs(triggers={"a": [output]})["triggers"]["a"][0] is output


@dataclasses.dataclass
class Odd:
    """What is no argument of anything."""


SECRET = "planted-secret"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"replace_on": {"a", "b"}}, "CustomImageArgs.replace_on is a set, which has no order; give a list"),
        ({"triggers": {"at": datetime.datetime(2026, 1, 1)}}, "triggers['at'] is a datetime; give a text"),
        ({"triggers": {"at": datetime.date(2026, 1, 1)}}, "triggers['at'] is a date; give a text"),
        ({"image_description": object()}, "CustomImageArgs.image_description is a object; give a text, a number"),
        ({"image_description": 1j}, "image_description is a complex; give"),
        ({"user_data": b"\xff" + SECRET.encode()}, "CustomImageArgs.user_data is bytes that are no UTF-8"),
        ({"user_data_file": Path("\udcff")}, "CustomImageArgs.user_data_file is not UTF-8"),
        (
            {"user_data_file": pulumi.FileAsset("x")},
            "user_data_file is a FileAsset; give one as source",
        ),
        ({"image_name": pulumi.StringAsset("x")}, "image_name is a StringAsset; give one as source of a File alone"),
        ({"provisioners": [Shell(inline={"a", "b"})]}, "provisioners[0].inline is a set"),  # type: ignore[arg-type]
        ({"provisioners": [Shell(inline=["x"], env={"A": b"\xff"})]}, "env['A'] is bytes"),  # type: ignore[dict-item]
    ],
)
def test_what_cannot_be_sent_is_told_in_a_line_without_its_value(given: dict[str, Any], said: str) -> None:
    with pytest.raises(pulumi.RunError) as caught:
        inputs(**given) if "provisioners" not in given else inputs(*given["provisioners"])
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"source": pulumi.RemoteAsset("https://x")}, ".source is a RemoteAsset; give a FileAsset"),
        (
            {"source": pulumi.AssetArchive({"a": pulumi.StringAsset("x")})},
            ".source is a AssetArchive; give",
        ),
        ({"source": pulumi.FileArchive("app.tar.gz")}, ".source is an archive in a file; give its content as a folder"),
        ({"sources": [pulumi.StringAsset("x")]}, ".sources[0] is a StringAsset"),
        ({"source": pulumi.StringAsset("x"), "content": "y"}, "give one of the two"),
        ({"content": pulumi.FileAsset("x")}, ".content is a FileAsset"),
    ],
)
def test_an_asset_that_cannot_be_uploaded_is_told(given: dict[str, Any], said: str) -> None:
    with pytest.raises(pulumi.RunError) as caught:
        file(**given)
    assert said in str(caught.value)


def test_an_import_is_told_what_to_do_instead() -> None:
    args = CustomImageArgs(
        availability_zone="cn-bj2-02", instance_type="n-basic-2", source_image_id="uimage-1", image_name="web"
    )
    with pytest.raises(pulumi.RunError, match="take the image over by adopt_image_id='uimage-abc'"):
        CustomImage("web", args, pulumi.ResourceOptions(import_="uimage-abc"))


def test_an_import_of_a_host_is_told_that_a_new_one_is_needed() -> None:
    args = UHostArgs(availability_zone="cn-bj2-02", instance_type="n-basic-2", image_id="uimage-1")
    with pytest.raises(pulumi.RunError, match="a host that was made elsewhere cannot be taken over; leave import_ out"):
        UHost("web", args, pulumi.ResourceOptions(import_="uhost-abc"))


def test_the_provider_is_told_what_replaces_on_changes_and_only_where_something_does() -> None:
    args = UHostArgs(availability_zone="cn-bj2-02", instance_type="n-basic-2", image_id="uimage-1")
    asking = pulumi.ResourceOptions(replace_on_changes=["name"])
    assert inputs_of(args, (), asking)["replace_on_changes"] == ["name"]
    for options in (None, pulumi.ResourceOptions()):
        assert "replace_on_changes" not in inputs_of(args, (), options)
