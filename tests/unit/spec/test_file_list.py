"""Folders of many files: a line for the engine to print, and nothing lost of what changed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ucloud_provider.spec.check import check_custom_image
from ucloud_provider.spec.diff import diff_custom_image
from ucloud_provider.spec.file_list import MOST_LISTED, compact, expanded

IMAGE: dict[str, Any] = {
    "availability_zone": "cn-bj2-02",
    "instance_type": "n-basic-2",
    "source_image_id": "uimage-1",
    "image_name": "web",
    "provisioners": [
        {"type": "shell", "script": "setup.sh"},
        {"type": "file", "source": "many/", "destination": "/srv"},
        {"type": "file", "source": "few", "destination": "/etc"},
    ],
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "setup.sh").write_text("true\n")
    for folder, count in (("many/sub", MOST_LISTED), ("few", 3)):
        (tmp_path / folder).mkdir(parents=True)
        for number in range(count):
            (tmp_path / folder / f"{number:03}").write_text(str(number))
    return tmp_path


def checked(project: Path) -> dict[str, Any]:
    result = check_custom_image(IMAGE, project)
    assert result.failures == ()
    return result.inputs


def whats(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    return [each.what for each in diff_custom_image(old, old, new).replace]


def test_a_folder_of_many_files_is_one_line_and_others_are_listed(project: Path) -> None:
    found = checked(project)
    assert set(found["files"]) == {"setup.sh", "many/", "few/", "few/000", "few/001", "few/002"}
    assert found["files"]["many/"].startswith(f"{MOST_LISTED + 2} entries, sha256 ")
    assert "file_list" not in check_custom_image({**IMAGE, "provisioners": []}, project).inputs


def test_a_changed_renamed_new_or_lost_file_among_many_is_named_and_the_line_changes(project: Path) -> None:
    before = checked(project)
    folder = project / "many/sub"
    (folder / "000").write_text("other")
    (folder / "001").rename(folder / "one")
    (folder / "002").unlink()
    (folder / "new").write_text("new")
    after = checked(project)
    assert before["files"]["many/"] != after["files"]["many/"]
    assert sorted(whats(before, after)) == [
        "many/sub/000: content changed",
        "many/sub/002: gone",
        "many/sub/new: new",
        "many/sub/one: renamed, was many/sub/001",
    ]


def test_of_very_many_changed_files_the_first_are_named_and_the_others_counted(project: Path) -> None:
    before = checked(project)
    for each in (project / "many/sub").iterdir():
        each.write_text("other")
    told = whats(before, checked(project))
    assert len(told) == 11
    assert told[-1] == f"{MOST_LISTED - 10} more files"


def test_a_state_that_lists_every_file_counts_as_equal(project: Path) -> None:
    now = checked(project)
    before = expanded(now)
    assert len(before["files"]) > MOST_LISTED
    assert "file_list" not in before
    assert whats(before, now) == []
    assert whats(now, before) == []
    (project / "many/sub/007").write_text("other")
    assert whats(before, checked(project)) == ["many/sub/007: content changed"]


def test_a_folder_that_grows_past_the_limit_is_told_by_what_is_new(project: Path) -> None:
    before = checked(project)
    for number in range(MOST_LISTED):
        (project / "few" / f"more-{number:03}").write_text("x")
    told = whats(before, checked(project))
    assert told[0] == "few/more-000: new"
    assert told[-1] == f"{MOST_LISTED - 10} more files"


def test_a_list_that_cannot_be_read_leaves_the_lines_to_compare() -> None:
    assert expanded({"files": {"a/": "9 entries"}, "file_list": "no list"}) == {"files": {"a/": "9 entries"}}


@given(st.dictionaries(st.text(st.sampled_from("ab/"), max_size=6), st.text(max_size=4), max_size=400), st.booleans())
def test_nothing_is_lost(files: dict[str, str], many: bool) -> None:
    if many:
        files |= {"a/": "dir+755"} | {f"a/{number}": "x" for number in range(MOST_LISTED)}
    inputs = compact(files)
    assert expanded(inputs)["files"] == files
    assert ("file_list" in inputs) or not many
