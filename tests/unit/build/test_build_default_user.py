"""Whom an image lets in where `ssh_username` does not say it."""

from __future__ import annotations

import pytest
from ucloud_provider.cloud.records import Image
from ucloud_provider.spec.diff import diff_custom_image
from ucloud_provider.spec.digest import digest

from tests.support.documents import documented

ARGS = {"image_name": "web", "source_image_id": "uimage-1", "availability_zone": "cn-bj2-02"}


@documented("cli/cmd/ucloud/uhost/create.md", "The password is that of root or of ubuntu")
@documented("uhost/newuser/briefguide.md", "The first login's name goes by the image")
@pytest.mark.parametrize(
    ("item", "user"),
    [
        ({"OsName": "Ubuntu 20.04 64位"}, "ubuntu"),
        ({"OsName": "Ubuntu 22.04 64位", "ImageName": "my CentOS"}, "ubuntu"),
        ({"OsName": "CentOS 7.9 64位", "ImageName": "ubuntu of old"}, "root"),
        ({"OsName": "Debian 12.0 64位"}, "root"),
        ({"ImageName": "Ubuntu 20.04 64位"}, "ubuntu"),
        ({}, "root"),
    ],
    ids=lambda value: str(value),
)
def test_the_default_user_goes_by_the_images_system(item: dict[str, str], user: str) -> None:
    assert Image.of({"ImageId": "uimage-1", **item}).default_user == user


def test_a_state_of_the_time_when_root_was_the_default_is_no_change() -> None:
    old, new = {**ARGS, "ssh_username": "root"}, dict(ARGS)
    assert not diff_custom_image(old, {}, new)
    assert not diff_custom_image(new, {}, old)
    assert digest(old) == digest(new)
    changes = diff_custom_image(old, {}, {**ARGS, "ssh_username": "ubuntu"})
    assert [each.property for each in changes.replace] == ["ssh_username"]
