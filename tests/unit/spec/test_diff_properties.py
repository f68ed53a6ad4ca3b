"""What holds of every diff and digest: they agree, see every change that counts, and see none where there is none."""

from __future__ import annotations

import dataclasses
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from ucloud_provider.provisioners.contents import cleaned
from ucloud_provider.spec.args import Effect
from ucloud_provider.spec.check import check_custom_image, check_uhost
from ucloud_provider.spec.diff import copy_key, diff_custom_image, diff_uhost
from ucloud_provider.spec.digest import digest, identity
from ucloud_provider.spec.image import CustomImageArgs
from ucloud_provider.spec.uhost import UHostArgs

from tests.unit.spec.generated import (
    CONTENT,
    FOLDERS,
    HOST_ARGUMENTS,
    IMAGE_ARGUMENTS,
    copies,
    hosts,
    images,
    json_values,
    lay_out,
    rewritten,
)

EFFECT = {field.name: field.metadata["effect"] for field in dataclasses.fields(CustomImageArgs)}
HOST_EFFECT = {field.name: field.metadata["effect"] for field in dataclasses.fields(UHostArgs)}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return lay_out(tmp_path_factory.mktemp("project"))


def checked(inputs: dict[str, Any], project: Path) -> dict[str, Any]:
    result = check_custom_image(inputs, project)
    assert result.failures == ()
    return result.inputs


@given(images)
def test_nothing_differs_from_itself_however_it_is_written(project: Path, inputs: dict[str, Any]) -> None:
    one, other = checked(inputs, project), checked(rewritten(inputs), project)
    assert not diff_custom_image(one, {}, other)
    assert not diff_custom_image(rewritten(other), {}, one)
    assert one["digest"] == other["digest"] == digest(rewritten(one))


@given(hosts)
def test_a_host_does_not_differ_from_itself_however_it_is_written(inputs: dict[str, Any]) -> None:
    assert not diff_uhost(inputs, rewritten(inputs))
    assert not diff_uhost(rewritten(inputs), inputs)


@given(images, images)
def test_an_image_is_built_anew_where_its_digest_is_another_and_nowhere_else(
    project: Path, one: dict[str, Any], other: dict[str, Any]
) -> None:
    # what else counts is another question
    old, new = (checked({**each, "replace_on": ["instance_type"]}, project) for each in (one, other))
    changes = diff_custom_image(old, {}, new)
    assert bool(changes.replace) == (old["digest"] != new["digest"])
    assert bool(changes) == bool(diff_custom_image(new, {}, old))


@given(images, st.sampled_from(sorted(IMAGE_ARGUMENTS)), st.data())
def test_a_changed_argument_has_its_effect_and_is_named(
    project: Path, inputs: dict[str, Any], name: str, data: st.DataObject
) -> None:
    inputs.pop("replace_on", None)
    old = checked(inputs, project)
    new = checked({**inputs, name: data.draw(IMAGE_ARGUMENTS[name])}, project)
    changes = diff_custom_image(old, {}, new)
    told = {each.property for each in changes.replace}
    if EFFECT[name] is Effect.REPLACE and identity(old) != identity(new):
        assert told <= {name, "files"}
        assert told
        assert all(each.what for each in changes.replace)
    else:
        assert told == set()
    updates = {each.property for each in changes.update}
    # an image's own name and description are those of copies that have none
    assert updates <= ({"copies"} if name in ("copies", "image_description") else set())


@given(hosts, st.sampled_from(sorted(HOST_ARGUMENTS)), st.data())
def test_a_hosts_changed_argument_has_its_effect_and_is_named(
    inputs: dict[str, Any], name: str, data: st.DataObject
) -> None:
    new = {**inputs, name: data.draw(HOST_ARGUMENTS[name])}
    assert check_uhost(new).failures == ()
    changes = diff_uhost(inputs, new)
    told = {Effect.REPLACE: changes.replace, Effect.UPDATE: changes.update, Effect.NONE: ()}
    for effect, found in told.items():
        assert {each.property for each in found} <= ({name} if HOST_EFFECT[name] is effect else set())


@given(images, copies, copies)
def test_copies_that_come_and_go_build_nothing_and_leave_no_change(
    project: Path, inputs: dict[str, Any], some: list[Any], others: list[Any]
) -> None:
    before, after = (checked({**inputs, "copies": each}, project) for each in (some, others))
    there, back = diff_custom_image(before, {}, after), diff_custom_image(after, {}, before)
    assert (there.replace, back.replace) == ((), ())
    keys = [{copy_key(inputs, each) for each in several} for several in (some, others)]
    assert len(there.update) == len(back.update) == len(keys[0] ^ keys[1])
    assert not diff_custom_image(before, {}, checked({**inputs, "copies": some}, project))
    missing = [copy_key(inputs, each) for each in others]
    assert len(diff_custom_image(after, {"missing_copies": missing}, after).update) == len(missing)


TRIGGER = st.recursive(st.none() | json_values, lambda inner: st.lists(inner, max_size=2), max_leaves=3)


@given(TRIGGER, TRIGGER)
@example(True, 1)
@example(0, False)
@example(1, 1.0)
@example([], None)
@example("1", 1)
@example({}, [])
@example(0.0, -0.0)
def test_triggers_that_json_writes_otherwise_build_anew(one: Any, other: Any) -> None:
    base = {"image_name": "x", "source_image_id": "uimage-1", "availability_zone": "z", "instance_type": "n-basic-2"}
    old, new = (checked({**base, "triggers": {"a": each}}, Path()) for each in (one, other))
    assert bool(diff_custom_image(old, {}, new).replace) == (old["digest"] != new["digest"])
    if type(one) is not type(other) and not isinstance(one, int | float):
        assert old["digest"] != new["digest"]


BASE: dict[str, Any] = {
    "image_name": "x",
    "source_image_id": "uimage-1",
    "availability_zone": "z",
    "instance_type": "n-basic-2",
    "provisioners": [
        *({"type": "file", "source": each, "destination": "/srv/x"} for each in FOLDERS),
        {"type": "shell", "scripts": ["one.sh", "two.sh"]},
        {"type": "shell-local", "script": "sub/three.sh"},
    ],
    "user_data_file": "user-data",
}
COUNTED = sorted(set(CONTENT) - {"key"})


@given(st.sampled_from(COUNTED), st.data())
def test_any_byte_of_a_file_changes_the_digest_and_the_file_is_named(
    tmp_path_factory: pytest.TempPathFactory, name: str, data: st.DataObject
) -> None:
    project = lay_out(tmp_path_factory.mktemp("changed"))
    before = checked(BASE, project)
    content = bytearray(CONTENT[name])
    at = data.draw(st.integers(0, len(content)))
    content[at : at + data.draw(st.integers(0, 1))] = data.draw(st.binary(max_size=2))
    assume(b"\xff\xfe" not in content[:4] and b"\xfe\xff" not in content[:4] and b"\0" not in content[:4])  # UTF-16
    (project / name).write_bytes(content)
    os.utime(project / name, (1, 1))
    after = checked(BASE, project)
    changes = diff_custom_image(before, {}, after)
    if content == CONTENT[name] or (name.endswith(".sh") and cleaned(bytes(content)) == cleaned(CONTENT[name])):
        assert before["digest"] == after["digest"]
        assert not changes
    else:
        assert before["digest"] != after["digest"]
        assert {each.what for each in changes.replace} == {f"{name}: content changed"}
    shutil.rmtree(project)


@pytest.mark.parametrize("name", COUNTED)
def test_neither_the_time_of_a_file_nor_its_place_is_a_change(name: str, tmp_path: Path) -> None:
    before = checked(BASE, lay_out(tmp_path / "one"))
    elsewhere = lay_out(tmp_path / "two")
    os.utime(elsewhere / name, (1, 1))
    (elsewhere / name).chmod(0o664)  # as under another umask
    after = checked(BASE, elsewhere)
    assert before["digest"] == after["digest"]
    assert not diff_custom_image(before, {}, after)


def test_a_link_in_a_folder_counts_by_where_it_points_to(tmp_path: Path) -> None:
    project = lay_out(tmp_path)
    (project / "conf/current").symlink_to("a")
    (project / "conf/gone").symlink_to("nowhere")
    (project / "conf/folder").symlink_to("b")
    before = checked(BASE, project)
    assert not diff_custom_image(before, {}, checked(BASE, project))
    for name, target in (("current", "b/c"), ("gone", "somewhere"), ("folder", "../sub")):
        (project / "conf" / name).unlink()
        (project / "conf" / name).symlink_to(target)
        after = checked(BASE, project)
        assert before["digest"] != after["digest"]
        assert {each.what for each in diff_custom_image(before, {}, after).replace} == {f"conf/{name}: content changed"}
        before = after
