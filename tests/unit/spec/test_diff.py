"""What a change of scripts, files and copies means."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ucloud_provider.spec.check import check_custom_image
from ucloud_provider.spec.diff import Changes, copy_key, diff_custom_image

BASE: dict[str, Any] = {
    "image_name": "basic",
    "source_image_id": "uimage-f1chxn",
    "availability_zone": "cn-bj2-02",
    "instance_type": "n-basic-2",
}


def inputs(project: Path, **more: Any) -> dict[str, Any]:
    checked = check_custom_image({**BASE, **more}, project)
    assert checked.failures == ()
    return checked.inputs


def whats(changes: Changes) -> list[str]:
    return [change.what for change in (*changes.replace, *changes.update)]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts/setup.sh").write_text("echo one\n")
    (tmp_path / "conf/sub").mkdir(parents=True)
    (tmp_path / "conf/a").write_text("a")
    (tmp_path / "conf/sub/b").write_text("b")
    return tmp_path


SCRIPT = [{"type": "shell", "script": "scripts/setup.sh"}]
FOLDER = [{"type": "file", "source": "conf/", "destination": "/etc/app"}]


def test_a_scripts_changed_content_replaces_and_names_the_file(project: Path) -> None:
    old = inputs(project, provisioners=SCRIPT)
    (project / "scripts/setup.sh").write_text("echo two\n")
    changes = diff_custom_image(old, {}, inputs(project, provisioners=SCRIPT))
    assert changes.replace
    assert whats(changes) == ["scripts/setup.sh: content changed"]


def test_a_touched_script_is_no_change(project: Path) -> None:
    old = inputs(project, provisioners=SCRIPT)
    os.utime(project / "scripts/setup.sh", (1, 1))
    assert not diff_custom_image(old, {}, inputs(project, provisioners=SCRIPT))


def test_a_script_that_moved_is_no_change(project: Path) -> None:
    old = inputs(project, provisioners=SCRIPT)
    (project / "scripts/setup.sh").rename(project / "setup.sh")
    assert not diff_custom_image(old, {}, inputs(project, provisioners=[{"type": "shell", "script": "setup.sh"}]))


def test_an_mode_is_a_change(project: Path) -> None:
    old = inputs(project, provisioners=FOLDER)
    (project / "conf/a").chmod(0o755)
    assert whats(diff_custom_image(old, {}, inputs(project, provisioners=FOLDER))) == ["conf/a: mode changed"]


def test_files_that_come_and_go_in_a_folder_are_named(project: Path) -> None:
    old = inputs(project, provisioners=FOLDER)
    (project / "conf/sub/b").unlink()
    (project / "conf/sub/c").write_text("c")
    changes = diff_custom_image(old, {}, inputs(project, provisioners=FOLDER))
    assert whats(changes) == ["conf/sub/c: new", "conf/sub/b: gone"]


def test_the_order_of_provisioners_counts(project: Path) -> None:
    one, two = {"type": "shell", "inline": ["one"]}, {"type": "shell", "inline": ["two"]}
    old, new = inputs(project, provisioners=[one, two]), inputs(project, provisioners=[two, one])
    assert whats(diff_custom_image(old, {}, new)) == [
        "provisioners[0].inline changed",
        "provisioners[1].inline changed",
    ]


def test_retries_of_a_provisioner_are_no_change(project: Path) -> None:
    step = {"type": "shell", "inline": ["one"]}
    old = inputs(project, provisioners=[step])
    new = inputs(project, provisioners=[{**step, "max_retries": 3.0, "timeout": "5m", "pause_before": 1.0}])
    assert not diff_custom_image(old, {}, new)


def test_another_copy_builds_nothing(project: Path) -> None:
    old = inputs(project, copies=[{"region": "cn-sh2"}])
    new = inputs(project, copies=[{"region": "cn-sh2"}, {"region": "hk"}])
    changes = diff_custom_image(old, {}, new)
    assert not changes.replace
    assert whats(changes) == ["copy to hk added"]
    assert old["digest"] == new["digest"]


def test_a_copy_that_went_missing_is_made_again(project: Path) -> None:
    both = inputs(project, copies=[{"region": "cn-sh2"}, {"region": "hk"}])
    missing = [copy_key(both, {"region": "hk"})]
    changes = diff_custom_image(both, {"missing_copies": missing}, both)
    assert whats(changes) == ["copy to hk is missing"]
    assert not changes.replace


def test_a_secret_never_shows(project: Path) -> None:
    step = {"type": "shell", "inline": ["true"], "environment_vars": {"TOKEN": "planted-one"}}
    old = inputs(project, provisioners=[step])
    new = inputs(project, provisioners=[{**step, "environment_vars": {"TOKEN": "planted-two"}}])
    changes = diff_custom_image(old, {}, new)
    assert changes.replace
    assert "planted" not in str(changes)


@given(
    st.lists(
        st.fixed_dictionaries(
            {"type": st.just("shell"), "inline": st.lists(st.text(min_size=1, max_size=20), min_size=1, max_size=4)}
        ),
        max_size=4,
    )
)
def test_nothing_differs_from_itself(provisioners: list[dict[str, Any]]) -> None:
    here = inputs(Path(), provisioners=provisioners)
    again = inputs(Path(), **dict(reversed(list({"provisioners": provisioners}.items()))))
    assert not diff_custom_image(here, {}, again)
    assert here["digest"] == again["digest"]
