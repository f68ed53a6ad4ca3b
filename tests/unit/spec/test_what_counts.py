"""What of local files decides which image is made: as much as reaches the host; and states of older versions."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

import pytest
from ucloud_provider.spec.check import check_custom_image
from ucloud_provider.spec.diff import diff_custom_image

IMAGE: dict[str, Any] = {
    "availability_zone": "cn-bj2-02",
    "instance_type": "n-basic-2",
    "source_image_id": "uimage-1",
    "image_name": "web",
}
CONF = {"type": "file", "source": "conf", "destination": "/etc"}
SCRIPT = {"type": "shell", "script": "setup.sh"}
LOCAL = {"type": "shell-local", "script": "setup.sh"}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "conf/sub").mkdir(parents=True)
    (tmp_path / "conf/a").write_text("a")
    (tmp_path / "conf/sub/b").write_text("b")
    (tmp_path / "conf/link").symlink_to("a")
    (tmp_path / "setup.sh").write_text("#!/bin/sh\necho 1\n")
    for each in (tmp_path / "conf", tmp_path / "conf/sub"):
        each.chmod(0o755)
    return tmp_path


def checked(project: Path, *provisioners: dict[str, Any], **more: Any) -> dict[str, Any]:
    result = check_custom_image({**IMAGE, "provisioners": list(provisioners), **more}, project)
    assert result.failures == ()
    return result.inputs


def whats(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    assert (old["digest"] == new["digest"]) == (not diff_custom_image(old, {}, new))
    return [each.what for each in diff_custom_image(old, {}, new).replace]


@pytest.mark.parametrize("umask", [0o002, 0o022])
def test_the_umask_of_a_checkout_is_no_change(project: Path, umask: int) -> None:
    before = checked(project, CONF)
    for each in (project / "conf").rglob("*"):
        if not each.is_symlink():
            each.chmod((0o777 if each.is_dir() else 0o666) & ~umask)
    assert whats(before, checked(project, CONF)) == []


@pytest.mark.parametrize(
    ("name", "mode", "told"),
    [
        ("conf/a", 0o600, "conf/a: mode changed"),
        ("conf/a", 0o755, "conf/a: mode changed"),
        ("conf/a", 0o4644, "conf/a: mode changed"),
        ("conf/sub", 0o700, "conf/sub/: mode changed"),
        ("conf/sub", 0o1777, "conf/sub/: mode changed"),
        ("conf/sub", 0o2755, "conf/sub/: mode changed"),
        ("conf", 0o750, "conf/: mode changed"),
    ],
)
def test_a_mode_that_reaches_the_host_is_a_change(project: Path, name: str, mode: int, told: str) -> None:
    before = checked(project, CONF)
    (project / name).chmod(mode)
    assert whats(before, checked(project, CONF)) == [told]


def test_an_empty_folder_is_a_change(project: Path) -> None:
    before = checked(project, CONF)
    (project / "conf/empty").mkdir()
    assert whats(before, checked(project, CONF)) == ["conf/empty/: new"]
    (project / "conf/empty").rmdir()
    assert whats(before, checked(project, CONF)) == []


def test_where_a_link_leads_to_is_a_change(project: Path) -> None:
    before = checked(project, CONF)
    (project / "conf/link").unlink()
    (project / "conf/link").symlink_to("sub/b")
    assert whats(before, checked(project, CONF)) == ["conf/link: content changed"]


def test_a_mode_that_an_argument_overrides_is_no_change(project: Path) -> None:
    forced = {**CONF, "mode": "0644", "dir_mode": "0755"}
    before = checked(project, forced)
    (project / "conf/a").chmod(0o600)
    (project / "conf/sub").chmod(0o700)
    assert whats(before, checked(project, forced)) == []
    (project / "conf/a").chmod(0o644)
    (project / "conf/sub").chmod(0o755)
    assert whats(before, checked(project, {**forced, "owner": "app"})) == ["provisioners[0].owner changed"]


def test_a_file_that_is_renamed_or_new_is_named(project: Path) -> None:
    before = checked(project, CONF)
    (project / "conf/a").rename(project / "conf/c")
    (project / "conf/d").write_text("d")
    assert whats(before, checked(project, CONF)) == ["conf/c: renamed, was conf/a", "conf/d: new"]
    (project / "conf/copy").write_text("b")
    assert "conf/copy: new" in whats(before, checked(project, CONF)), "of equal content to another"


def test_of_many_changed_files_the_first_are_named_and_the_others_counted(project: Path) -> None:
    before = checked(project, CONF)
    for number in range(300):
        (project / f"conf/new-{number:03}").write_text(str(number))
    told = whats(before, checked(project, CONF))
    assert told == [*(f"conf/new-{number:03}: new" for number in range(10)), "290 more files"]


def test_what_is_excluded_does_not_count_nor_need_be_readable(project: Path) -> None:
    without = {**CONF, "exclude": ["*.log", "cache/"]}
    before = checked(project, without)
    (project / "conf/x.log").write_text("x")
    (project / "conf/cache").mkdir()
    (project / "conf/cache/\udcff").write_text("x")
    assert whats(before, checked(project, without)) == []
    other = {"type": "file", "source": "conf/sub", "destination": "/srv"}
    (project / "conf/sub/y.log").write_text("y")
    assert "conf/sub/y.log" in checked(project, without, other)["files"]
    assert whats(before, checked(project, without)) == []


def test_a_name_that_is_not_utf_8_is_told_with_what_to_do(project: Path) -> None:
    (project / "conf/\udcff\udce4").write_text("x")
    (failure,) = check_custom_image({**IMAGE, "provisioners": [CONF]}, project).failures
    assert failure.property == "provisioners[0].source"
    assert failure.reason == (r"'conf' holds '\udcff\udce4', whose name is not UTF-8; rename it, or exclude it")


@pytest.mark.parametrize("kind", [SCRIPT, LOCAL])
@pytest.mark.parametrize(
    "data", [b"#!/bin/sh\r\necho 1\r\n", b"\xef\xbb\xbf#!/bin/sh\necho 1\n", b"\xef\xbb\xbf#!/bin/sh\r\necho 1\n"]
)
def test_line_ends_and_a_byte_order_mark_of_a_script_are_no_change(
    project: Path, kind: dict[str, Any], data: bytes
) -> None:
    before = checked(project, kind), checked(project, {**kind, "binary": True})
    (project / "setup.sh").write_bytes(data)
    assert whats(before[0], checked(project, kind)) == []
    assert whats(before[1], checked(project, {**kind, "binary": True})) == ["setup.sh: content changed"]
    both = checked(project, kind, {"type": "file", "source": "setup.sh", "destination": "/srv/"})
    other = checked(project, {"type": "file", "source": "setup.sh", "destination": "/srv/"}, kind)
    assert both["files"] == other["files"]


def test_line_ends_of_commands_are_no_change(project: Path) -> None:
    before = checked(project, {"type": "shell", "inline": ["a\nb", "c"]})
    assert whats(before, checked(project, {"type": "shell", "inline": ["\ufeffa\r\nb\r", "c\r"]})) == []


def test_the_mode_of_a_script_is_no_change_but_where_it_is_run_here(project: Path) -> None:
    before = checked(project, SCRIPT), checked(project, LOCAL)
    (project / "setup.sh").chmod(0o755)
    assert whats(before[0], checked(project, SCRIPT)) == []
    assert whats(before[1], checked(project, LOCAL)) == ["setup.sh: mode changed"]


def older(inputs: dict[str, Any]) -> dict[str, Any]:
    """The inputs as a state has them that an older version made: entries without modes, and none of folders."""
    files = {}
    for name, entry in inputs["files"].items():
        match = re.fullmatch(r"([0-9a-f]{64})\+([0-7]+)(\+text=.*)?", entry)
        if match:
            files[name] = match[1] + ("+x" if int(match[2], 8) & 0o100 else "")
        elif not name.endswith("/"):
            files[name] = entry
    return {**inputs, "files": files, "digest": hashlib.sha256(b"older").hexdigest()}


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("conf/a", lambda path: path.chmod(0o600)),
        ("conf/sub", lambda path: path.chmod(0o700)),
        ("conf/empty", lambda path: path.mkdir()),
    ],
)
def test_an_upgrade_rebuilds_nothing_and_the_next_change_is_seen(project: Path, name: str, change: Any) -> None:
    (project / "setup.sh").write_bytes(b"\xef\xbb\xbf#!/bin/sh\r\n")
    (project / "setup.sh").chmod(0o755)
    (project / "data").write_text("#cloud-config\n")
    everything: list[dict[str, Any]] = [CONF, SCRIPT, LOCAL, {**SCRIPT, "binary": True}, {**CONF, "source": "conf/a"}]
    before = checked(project, *everything, user_data_file="data")
    state = older(before)
    assert not diff_custom_image(state, {}, before)
    change(project / name)
    after = checked(project, *everything, user_data_file="data")
    assert not diff_custom_image(state, {}, after), "the older state does not tell"
    assert diff_custom_image(before, {}, after).replace, "the one stored then does"


@pytest.mark.parametrize("name", ["conf/a", "setup.sh", "data"])
def test_a_change_of_content_is_seen_against_an_older_state(project: Path, name: str) -> None:
    (project / "data").write_text("#cloud-config\n")
    state = older(checked(project, CONF, SCRIPT, LOCAL, user_data_file="data"))
    (project / name).write_text("other")
    assert diff_custom_image(state, {}, checked(project, CONF, SCRIPT, LOCAL, user_data_file="data")).replace


def test_an_execute_bit_is_seen_against_an_older_state(project: Path) -> None:
    state = older(checked(project, CONF))
    (project / "conf/a").chmod(0o755)
    assert [each.what for each in diff_custom_image(state, {}, checked(project, CONF)).replace] == [
        "conf/a: mode changed"
    ]


def test_a_folder_that_cannot_be_read_is_told(project: Path) -> None:
    (project / "loop").symlink_to("loop")
    (failure,) = check_custom_image({**IMAGE, "provisioners": [{**CONF, "source": "loop"}]}, project).failures
    assert "loop" in failure.reason
