"""Notes of what was handed to Pulumi: whose they are, what takes them away, what nobody may take for one."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from ucloud_provider import unconfirmed

IMAGE = {"kind": "image", "label": "ucloud-image-0123456789ab", "project_id": "org-x", "region": "cn-bj2", "id": "i-1"}
COPY = {**IMAGE, "kind": "copy", "region": "hk", "id": "i-2"}


@pytest.fixture
def builds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("UCLOUD_IMAGE_STATE", str(tmp_path))
    monkeypatch.setattr(unconfirmed, "_expected", True)
    builds = tmp_path / "builds"
    builds.mkdir()
    yield builds
    unconfirmed.confirm_own()


def noted(builds: Path, name: str = "0123456789ab", *things: dict[str, str]) -> Path:
    """A note of this process, its file."""
    folder = builds / name
    folder.mkdir()
    unconfirmed.write(folder, things or (IMAGE, COPY))
    return folder / unconfirmed.FILE


def left_by_another(builds: Path) -> Path:
    """A note of a process that died without a word."""
    folder = builds / "0123456789ab"
    folder.mkdir()
    program = (
        "import os, pathlib, sys; from ucloud_provider import unconfirmed; unconfirmed.expect(); "
        f"unconfirmed.write(pathlib.Path(sys.argv[1]), [{IMAGE!r}, {COPY!r}]); os._exit(9)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program, str(folder)], env={"PYTHONPATH": ":".join(sys.path)}, timeout=60
    )
    assert ended.returncode == 9
    return folder / unconfirmed.FILE


def test_where_no_engine_waits_for_an_answer_nothing_is_noted(builds: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unconfirmed, "_expected", False)
    assert not noted(builds).exists()
    unconfirmed.expect()
    assert noted(builds, "another").exists()


def test_a_note_is_for_its_owner_alone_and_not_of_the_dead_while_its_process_lives(builds: Path) -> None:
    path = noted(builds)
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(unconfirmed.of_the_dead()) == []


def test_the_note_of_a_process_that_died_names_all_its_things(builds: Path) -> None:
    path = left_by_another(builds)
    (note,) = unconfirmed.of_the_dead()
    assert (note.path, note.things) == (path, (IMAGE, COPY))


@pytest.mark.parametrize("known", ["i-1", "i-2"])
def test_a_state_that_has_one_of_the_things_has_them_all(builds: Path, known: str) -> None:
    path, other = left_by_another(builds), noted(builds, "other", {**IMAGE, "id": "i-9"})
    unconfirmed.confirm(["i-3"])
    assert path.exists()
    unconfirmed.confirm([known, "None"])
    assert not path.exists()
    assert other.exists()
    assert list(unconfirmed.of_the_dead()) == []


def test_the_proper_end_of_the_engine_confirms_what_this_process_handed_over_and_no_more(builds: Path) -> None:
    path = left_by_another(builds)
    own = noted(builds, "own")
    unconfirmed.confirm_own()
    assert not own.exists()
    assert path.exists()


def test_what_was_not_handed_over_after_all_has_no_note(builds: Path) -> None:
    path = noted(builds)
    unconfirmed.withdraw(path.parent)
    assert not path.exists()
    unconfirmed.withdraw(path.parent)


def test_a_note_that_was_not_written_whole_is_none_at_every_point(builds: Path) -> None:
    path = left_by_another(builds)
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        assert list(unconfirmed.of_the_dead()) == []
        unconfirmed.confirm(["i-1"])
        assert path.exists()


@pytest.mark.parametrize("text", ["", "null", "{}", "7", '"i-1"', "[1, null]", "[" * 100_000, "\udcff"])
def test_no_text_in_a_note_breaks_a_reader(builds: Path, text: str) -> None:
    path = left_by_another(builds)
    path.write_bytes(text.encode(errors="surrogateescape"))
    assert list(unconfirmed.of_the_dead()) == []
    unconfirmed.confirm(["i-1"])


def test_a_folder_that_cannot_be_used_is_no_reason_to_fail_a_preview(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("UCLOUD_IMAGE_STATE", str(tmp_path / "file" / "below"))
    unconfirmed.confirm(["i-1"])


def test_a_note_that_cannot_be_written_is_an_error(builds: Path) -> None:
    with pytest.raises(FileNotFoundError):
        unconfirmed.write(builds / "missing", [IMAGE])
