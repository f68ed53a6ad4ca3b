"""What a diff makes of values that are not known yet, and of an image that was not built here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ucloud_provider.spec.check import check_custom_image, check_uhost
from ucloud_provider.spec.diff import Changes, diff_custom_image, diff_uhost


class Unknown:
    """Stands for `pulumi.output.Unknown`, which is told by its name."""

    def __repr__(self) -> str:
        return "(unknown)"


IMAGE: dict[str, Any] = {
    "image_name": "basic",
    "source_image_id": "uimage-f1chxn",
    "availability_zone": "cn-bj2-02",
    "instance_type": "n-basic-2",
    "region": "cn-bj2",
    "provisioners": [{"type": "shell", "inline": ["true"]}],
    "copies": [{"region": "hk"}],
}
HOST: dict[str, Any] = {
    "image_id": "uimage-abc",
    "availability_zone": "cn-bj2-02",
    "instance_type": "n-basic-2",
    "name": "web",
}


def compare(change: dict[str, Any], **old: Any) -> Changes:
    before = check_custom_image({**IMAGE, **old}, Path())
    after = check_custom_image({**IMAGE, **old, **change}, Path())
    assert (before.failures, after.failures) == ((), ())
    return diff_custom_image(before.inputs, {}, after.inputs)


def shell(**more: Any) -> dict[str, Any]:
    return {"provisioners": [{"type": "shell", "inline": ["true"], **more}]}


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"source_image_id": Unknown()}, "source_image_id: not known yet"),
        ({"user_data": Unknown()}, "user_data: not known yet"),
        ({"triggers": {"commit": Unknown()}}, "triggers.commit: not known yet"),
        ({"provisioners": Unknown()}, "provisioners: not known yet"),
        ({"provisioners": [Unknown()]}, "provisioners[0]: not known yet"),
        ({"provisioners": [{"type": Unknown()}]}, "provisioners[0].type: not known yet"),
        (shell(inline=["true", Unknown()]), "provisioners[0].inline[1]: not known yet"),
        (shell(env={"TOKEN": Unknown()}), "provisioners[0].env.TOKEN: not known yet"),
    ],
    ids=str,
)
def test_what_an_image_is_made_of_replaces_it_when_not_known_yet(change: dict[str, Any], what: str) -> None:
    changes = compare(change)
    assert [each.what for each in changes.replace] == [what]
    assert not changes.update


@pytest.mark.parametrize("change", [{"copies": Unknown()}, {"copies": [{"region": Unknown()}]}], ids=str)
def test_copies_not_known_yet_update(change: dict[str, Any]) -> None:
    changes = compare(change)
    assert not changes.replace
    assert [each.property for each in changes.update] == ["copies"]


@pytest.mark.parametrize(
    "change",
    [
        {"ssh_password": Unknown()},
        {"vpc_id": Unknown(), "subnet_id": Unknown()},
        {"instance_type": Unknown()},
        shell(pause_before=Unknown()),
        shell(remote_folder=Unknown()),
    ],
    ids=str,
)
def test_a_build_only_setting_not_known_yet_is_no_change(change: dict[str, Any]) -> None:
    assert not compare(change)


def test_a_build_only_setting_that_counts_replaces_when_not_known_yet() -> None:
    changes = compare({"instance_type": Unknown()}, replace_on=["instance_type"])
    assert [each.what for each in changes.replace] == ["instance_type: not known yet"]


def test_what_is_known_is_compared_beside_what_is_not() -> None:
    changes = compare({"source_image_id": Unknown(), "image_description": "new"})
    assert {each.property for each in changes.replace} == {"source_image_id", "image_description"}


def test_a_host_of_an_image_not_known_yet_is_replaced() -> None:
    old, new = check_uhost(HOST).inputs, check_uhost({**HOST, "image_id": Unknown()}).inputs
    assert [each.what for each in diff_uhost(old, new).replace] == ["image_id: not known yet"]


def test_a_hosts_new_name_updates_and_says_both_names() -> None:
    changes = diff_uhost(HOST, {**HOST, "name": "www"})
    assert not changes.replace
    assert [each.what for each in changes.update] == ["name: 'web' → 'www'"]


@pytest.mark.parametrize("secret", ["password", "user_data"])
def test_a_hosts_secrets_never_show(secret: str) -> None:
    old, new = {**HOST, secret: "planted-One1"}, {**HOST, secret: "planted-Two2"}
    changes = diff_uhost(old, new)
    assert changes
    assert "planted" not in str(changes)


ADOPTED: dict[str, Any] = {"adopt_image_id": "uimage-old"}


@pytest.mark.parametrize(
    "change",
    [
        {"source_image_id": "uimage-other"},
        {"provisioners": []},
        {"boot_disk_size": 60},
        {"triggers": {"week": 8}},
        {"image_description": "text"},
    ],
    ids=str,
)
def test_what_a_build_is_made_of_does_not_replace_an_adopted_image(change: dict[str, Any]) -> None:
    assert not compare(change, **ADOPTED, copies=[]).replace


def test_adopting_the_image_that_was_built_here_replaces_nothing() -> None:
    """A replacement would delete it: it is the old resource's, too."""
    before = check_custom_image(IMAGE, Path()).inputs
    given = {**IMAGE, "adopt_image_id": "uimage-own", "provisioners": []}
    changes = diff_custom_image(before, {"image_id": "uimage-own"}, check_custom_image(given, Path()).inputs)
    assert not changes.replace
    assert [each.property for each in changes.update] == ["adopt_image_id"]
    elsewhere = check_custom_image({**given, "region": "cn-sh2"}, Path()).inputs
    assert diff_custom_image(before, {"image_id": "uimage-own"}, elsewhere).replace


def test_another_adopted_image_replaces() -> None:
    assert compare({"adopt_image_id": "uimage-new"}, **ADOPTED).replace


def test_an_image_built_in_place_of_an_adopted_one_replaces() -> None:
    old = check_custom_image({**IMAGE, **ADOPTED}, Path()).inputs
    new = check_custom_image(IMAGE, Path()).inputs
    assert diff_custom_image(old, {}, new).replace


def test_an_adopted_image_gets_copies_without_a_build() -> None:
    changes = compare({"copies": [{"region": "hk"}, {"region": "sg"}]}, **ADOPTED)
    assert not changes.replace
    assert [each.what for each in changes.update] == ["copy to sg added"]


@pytest.mark.parametrize(
    "change",
    [
        {"image_name": Unknown()},
        {"source_image_id": Unknown()},
        {"vpc_id": "uvnet-1", "subnet_id": Unknown()},
        {"use_ssh_private_ip": True, "vpc_id": Unknown(), "subnet_id": Unknown()},
        {"copies": Unknown()},
        {"copies": [{"region": Unknown()}]},
        {"provisioners": Unknown()},
        {"provisioners": [Unknown()]},
        {"provisioners": [{"type": "shell", "inline": Unknown()}]},
        {"provisioners": [{"type": "shell", "inline": [Unknown()]}]},
        {"provisioners": [{"type": "shell", "inline": ["x"], "environment_vars": {"A": Unknown()}}]},
        {"ssh_password": Unknown()},
        {"boot_disk_size": Unknown()},
    ],
    ids=str,
)
def test_what_is_not_known_yet_is_not_judged(change: dict[str, Any]) -> None:
    checked = check_custom_image({**IMAGE, **change}, Path())
    assert checked.failures == ()
    assert "digest" not in checked.inputs


def test_what_is_known_is_judged_beside_what_is_not() -> None:
    checked = check_custom_image({**IMAGE, "image_name": Unknown(), "eip_bandwidth": 0.0}, Path())
    assert [failure.property for failure in checked.failures] == ["eip_bandwidth"]
