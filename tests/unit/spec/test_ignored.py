"""What `ignore_changes` covers, what lifting it finds, and what `replace_on_changes` replaces."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pulumi.output import Unknown
from ucloud_provider.spec.built import as_built, still_built
from ucloud_provider.spec.check import check_custom_image
from ucloud_provider.spec.diff import diff_custom_image, diff_uhost
from ucloud_provider.spec.property_paths import at, covers, parsed

IMAGE: dict[str, Any] = {
    "availability_zone": "cn-bj2-02",
    "instance_type": "n-basic-2",
    "source_image_id": "uimage-1",
    "image_name": "web",
}
SCRIPT = {"type": "shell", "script": "setup.sh"}
OTHER = {"type": "shell", "scripts": ["one.sh", "two.sh"]}
CONF = {"type": "file", "source": "conf", "destination": "/etc"}
UNKNOWN: Any = Unknown()  # type: ignore[no-untyped-call]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf/a").write_text("a")
    for name in ("setup.sh", "one.sh", "two.sh", "data"):
        (tmp_path / name).write_text("echo 1\n")
    return tmp_path


def checked(project: Path, *provisioners: dict[str, Any], **more: Any) -> dict[str, Any]:
    result = check_custom_image({**IMAGE, "provisioners": list(provisioners), **more}, project)
    assert result.failures == ()
    return result.inputs


def whats(old: dict[str, Any], outputs: dict[str, Any], new: dict[str, Any], *ignored: str) -> list[str]:
    return [each.what for each in diff_custom_image(old, outputs, new, ignored).replace]


@pytest.mark.parametrize("ignored", ["provisioners", "provisioners[0]", "provisioners[*].script", "*", "files"])
def test_what_is_ignored_covers_the_files_that_it_names(project: Path, ignored: str) -> None:
    built = checked(project, SCRIPT)
    (project / "setup.sh").write_text("echo 2\n")
    now = checked(project, SCRIPT)
    assert whats(built, built, now) == ["setup.sh: content changed"]
    assert whats(built, built, now, ignored) == []


@pytest.mark.parametrize(
    "ignored", ["provisioners[1]", "provisioners[0].env", "image_name", "provisioners[0].scripts", "digest"]
)
def test_what_is_ignored_covers_nothing_else(project: Path, ignored: str) -> None:
    built = checked(project, SCRIPT)
    (project / "setup.sh").write_text("echo 2\n")
    assert whats(built, built, checked(project, SCRIPT), ignored) == ["setup.sh: content changed"]


def test_one_of_several_scripts_and_a_folder_can_be_ignored(project: Path) -> None:
    built = checked(project, OTHER, CONF)
    (project / "one.sh").write_text("echo 2\n")
    (project / "conf/new").write_text("b")
    now = checked(project, OTHER, CONF)
    assert whats(built, built, now, "provisioners[0].scripts[0]") == ["conf/new: new"]
    assert whats(built, built, now, "provisioners[1]") == ["one.sh: content changed"]
    assert whats(built, built, now, "provisioners[0].scripts[1]") == ["one.sh: content changed", "conf/new: new"]


def test_user_data_that_is_ignored_covers_its_file(project: Path) -> None:
    built = checked(project, user_data_file="data")
    (project / "data").write_text("more\n")
    now = checked(project, user_data_file="data")
    assert whats(built, built, now) == ["data: content changed"]
    assert whats(built, built, now, "user_data_file") == []


def test_lifting_it_finds_the_change_though_the_engine_stored_the_new_inputs(project: Path) -> None:
    built = checked(project, SCRIPT, CONF)
    (project / "setup.sh").write_text("echo 2\n")
    (project / "conf/a").write_text("b")
    stored = checked(project, SCRIPT, CONF)
    assert whats(stored, built, stored, "provisioners") == []
    assert whats(stored, built, stored) == ["setup.sh: content changed", "conf/a: content changed"]
    assert whats(stored, built, stored, "provisioners[1]") == ["setup.sh: content changed"]


def test_lifting_it_finds_the_change_after_an_update_in_place_and_a_move_of_the_file(project: Path) -> None:
    built = checked(project, SCRIPT)
    (project / "moved").mkdir()
    (project / "setup.sh").rename(project / "moved/setup.sh")
    moved = checked(project, {**SCRIPT, "script": "moved/setup.sh"})
    assert whats(moved, built, moved) == []
    (project / "moved/setup.sh").write_text("echo 2\n")
    stored = checked(project, {**SCRIPT, "script": "moved/setup.sh"})
    assert whats(moved, built, stored, "provisioners") == []
    outputs = {**stored, **still_built(built, stored)}
    assert outputs["digest"] == built["digest"]
    assert whats(stored, outputs, stored, "provisioners") == []
    assert whats(stored, outputs, stored) == ["moved/setup.sh: new", "setup.sh: gone"], "what was built is elsewhere"


def test_what_was_not_ignored_is_stored_by_an_update_as_it_is(project: Path) -> None:
    built = checked(project, SCRIPT)
    assert still_built(built, checked(project, {**SCRIPT, "timeout": 30})) == {}


def test_an_older_state_that_tells_less_of_files_counts_as_equal_and_the_full_inputs_are_what_was_built(
    project: Path,
) -> None:
    full = checked(project, SCRIPT, CONF)
    older = {**full, "files": {"setup.sh": full["files"]["setup.sh"][:64], "conf/a": full["files"]["conf/a"][:64]}}
    assert whats(older, older, full) == []
    assert as_built(full, older) == full
    (project / "conf/a").chmod(0o600)
    stricter = checked(project, SCRIPT, CONF)
    assert whats(full, older, stricter) == ["conf/a: mode changed"]
    (project / "setup.sh").write_text("echo 2\n")
    stored = checked(project, SCRIPT, CONF)
    assert whats(stored, older, stored) == ["setup.sh: content changed"]


def test_a_state_without_files_in_its_outputs_is_what_its_inputs_say(project: Path) -> None:
    full = checked(project, SCRIPT)
    assert whats(full, {"image_id": "uimage-1"}, full) == []


@pytest.mark.parametrize(
    ("path", "parts"),
    [
        ("provisioners[0].script", ("provisioners", 0, "script")),
        ("provisioners[*].scripts[2]", ("provisioners", "*", "scripts", 2)),
        ('triggers["a \\"b\\".c"].d', ("triggers", 'a "b".c', "d")),
        ("*", ("*",)),
        ("a[", ()),
        ("", ()),
    ],
)
def test_a_path_is_read_as_pulumi_writes_it(path: str, parts: tuple[object, ...]) -> None:
    assert parsed(path) == parts


def test_a_path_covers_what_is_in_it_alone() -> None:
    assert covers(("a",), ("a", 0, "b"))
    assert covers(("a", "*", "b"), ("a", 0, "b"))
    assert not covers(("a", 0, "b"), ("a", 0))
    assert not covers(("a", 1), ("a", 0, "b"))
    assert not covers((), ("a",))
    assert dict(at([{"b": 1}, {"c": 2}], ("*", "b"))) == {(0, "b"): 1}


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("instance_type", {"instance_type": "n-basic-4"}),
        ("*", {"ssh_timeout": "9m"}),
        ("provisioners[*].timeout", {"provisioners": [{**SCRIPT, "timeout": 30}]}),
        ("provisioners", {"provisioners": [{**SCRIPT, "timeout": 30}]}),
        ("copies", {"copies": [{"region": "hk"}]}),
    ],
)
def test_replace_on_changes_replaces_by_what_changes_nothing_otherwise(
    project: Path, name: str, change: dict[str, Any]
) -> None:
    old = checked(project, SCRIPT)
    new = checked(project, **{"provisioners": [SCRIPT], **change})
    assert whats(old, old, new) == []
    (change_found,) = diff_custom_image(old, old, {**new, "replace_on_changes": [name]}).replace
    assert change_found.property == next(iter(change))
    assert change_found.what.endswith(": changed, as replace_on_changes names it")


@pytest.mark.parametrize("name", ["ssh_port", "provisioners[0].pause_before", "triggers.a", "no_argument", "files"])
def test_replace_on_changes_replaces_by_nothing_else(project: Path, name: str) -> None:
    old = checked(project, SCRIPT)
    new = {**checked(project, {**SCRIPT, "timeout": 30}, instance_type="n-basic-4"), "replace_on_changes": [name]}
    assert whats(old, old, new) == []


def test_a_default_written_down_is_no_change_to_replace_on_changes(project: Path) -> None:
    old = checked(project, SCRIPT)
    new = {**checked(project, SCRIPT, ssh_port=22, fallback_instance_types=[]), "replace_on_changes": ["*"]}
    assert whats(old, old, new) == []


def test_what_replace_on_changes_names_and_nobody_knows_yet_counts_as_changed(project: Path) -> None:
    old = checked(project, SCRIPT)
    new = {**checked(project, SCRIPT), "instance_type": UNKNOWN, "replace_on_changes": ["instance_type"]}
    assert whats(old, old, new) == ["instance_type: not known yet"]


def test_a_host_is_replaced_by_what_replace_on_changes_names() -> None:
    host = {"availability_zone": "cn-bj2-02", "instance_type": "n-basic-2", "image_id": "uimage-1", "eip_bandwidth": 10}
    new = {**host, "eip_bandwidth": 20}
    assert not diff_uhost(host, new).replace
    (change,) = diff_uhost(host, {**new, "replace_on_changes": ["eip_bandwidth"]}).replace
    assert change.property == "eip_bandwidth"
