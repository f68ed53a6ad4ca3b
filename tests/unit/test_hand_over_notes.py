"""Notes of what was handed to Pulumi: whose they are, what takes them away, what nobody may take for one."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ucloud_provider import hand_over_notes

IMAGE = {"kind": "image", "label": "ucloud-image-0123456789ab", "project_id": "org-x", "region": "cn-bj2", "id": "i-1"}
COPY = {**IMAGE, "kind": "copy", "region": "hk", "id": "i-2"}
BUILD = "0123456789ab"


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("UCLOUD_IMAGE_STATE", str(tmp_path))
    monkeypatch.setattr(hand_over_notes, "_expected", True)
    monkeypatch.setattr(hand_over_notes, "_unheard", False)
    yield tmp_path
    monkeypatch.setattr(hand_over_notes, "_unheard", False)
    hand_over_notes.confirm_own()


def left_by_another(state: Path) -> Path:
    """The file of a note whose process died without a word."""
    program = (
        "import os; from ucloud_provider import hand_over_notes; hand_over_notes.expect(); "
        f"hand_over_notes.write({BUILD!r}, [{IMAGE!r}, {COPY!r}]); os._exit(9)"
    )
    environ = {"PYTHONPATH": os.pathsep.join(sys.path), "UCLOUD_IMAGE_STATE": str(state)}
    ended = subprocess.run([sys.executable, "-c", program], env=environ, timeout=60, check=False)
    assert ended.returncode == 9
    return state / hand_over_notes.FOLDER / f"{BUILD}.json"


def dead() -> list[hand_over_notes.Note]:
    return list(hand_over_notes.of_the_dead())


def test_where_no_engine_tells_of_its_end_nothing_is_noted(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hand_over_notes, "_expected", False)
    hand_over_notes.write(BUILD, [IMAGE])
    assert list(state.iterdir()) == []
    hand_over_notes.expect()
    hand_over_notes.write(BUILD, [IMAGE])
    assert hand_over_notes.exists(BUILD)


def test_a_note_is_for_its_owner_alone_and_not_of_the_dead_while_its_process_lives(state: Path) -> None:
    hand_over_notes.write(BUILD, [IMAGE])
    (file,) = (state / hand_over_notes.FOLDER).glob("*.json")
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700
    assert dead() == []


def test_the_note_of_a_process_that_died_names_all_its_things(state: Path) -> None:
    left_by_another(state)
    assert dead() == [hand_over_notes.Note(BUILD, (IMAGE, COPY))]


def test_what_a_state_is_known_to_have_is_named_no_more_and_the_rest_is(state: Path) -> None:
    path = left_by_another(state)
    hand_over_notes.write("another", [{**IMAGE, "id": "i-9"}])
    hand_over_notes.confirm(["i-3", "None"])
    assert dead() == [hand_over_notes.Note(BUILD, (IMAGE, COPY))]
    hand_over_notes.confirm(["i-1"])
    assert dead() == [hand_over_notes.Note(BUILD, (COPY,))]
    hand_over_notes.confirm(["i-2"])
    assert not path.exists()
    assert hand_over_notes.exists("another")


def test_the_proper_end_of_the_engine_confirms_what_this_process_handed_over_and_no_more(state: Path) -> None:
    path = left_by_another(state)
    hand_over_notes.write("own", [IMAGE])
    hand_over_notes.confirm_own()
    assert not hand_over_notes.exists("own")
    assert path.exists()


def test_after_an_answer_that_nobody_heard_the_end_of_the_engine_confirms_nothing() -> None:
    hand_over_notes.write("own", [IMAGE])
    hand_over_notes.unheard()
    hand_over_notes.confirm_own()
    assert hand_over_notes.exists("own")


def test_what_was_not_handed_over_after_all_has_no_note() -> None:
    hand_over_notes.write(BUILD, [IMAGE])
    hand_over_notes.withdraw(BUILD)
    assert not hand_over_notes.exists(BUILD)
    hand_over_notes.withdraw(BUILD)


def test_a_note_that_was_not_written_whole_is_none_at_every_point_and_goes(state: Path) -> None:
    path = left_by_another(state)
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        hand_over_notes.confirm(["i-1"])
        assert dead() == []
        assert not path.exists()


@pytest.mark.parametrize("text", ["", "null", "{}", "7", '"i-1"', "[1, null]", "[" * 100_000, "\udcff"])
def test_no_text_in_a_note_breaks_a_reader(state: Path, text: str) -> None:
    path = left_by_another(state)
    path.write_bytes(text.encode(errors="surrogateescape"))
    hand_over_notes.confirm(["i-1"])
    assert dead() == []


def test_a_folder_that_is_not_there_is_not_made_by_a_preview_nor_fails_it(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand_over_notes.confirm(["i-1"])
    assert list(state.iterdir()) == []
    (state / "file").touch()
    monkeypatch.setenv("UCLOUD_IMAGE_STATE", str(state / "file" / "below"))
    hand_over_notes.confirm(["i-1"])
    monkeypatch.setenv("UCLOUD_IMAGE_STATE", "~nobody-of-this-name/state")
    hand_over_notes.confirm(["i-1"])


def test_a_note_that_cannot_be_written_is_an_error(state: Path) -> None:
    (state / hand_over_notes.FOLDER).touch()
    with pytest.raises(OSError, match="exists"):
        hand_over_notes.write(BUILD, [IMAGE])


def test_a_note_that_is_just_being_written_is_nobodys_that_died(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever looks between its creation and its lock would take it for one that was not written whole."""
    stock, seen = os.open, []

    def opened(name: Any, *given: Any, **more: Any) -> int:
        file = stock(name, *given, **more)
        with monkeypatch.context() as patch:
            patch.setattr(os, "open", stock)
            seen.append(dead())
        return file

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", opened)
        hand_over_notes.write(BUILD, [IMAGE])
    assert len(seen) >= 2
    assert all(each == [] for each in seen)
    assert hand_over_notes.exists(BUILD)


def test_the_note_of_an_earlier_release_is_held_by_a_lock_on_itself(state: Path) -> None:
    path = left_by_another(state)
    path.with_suffix(".lock").unlink()  # commit cc55d76 makes none
    with path.open() as note:
        fcntl.flock(note, fcntl.LOCK_EX | fcntl.LOCK_NB)
        assert dead() == []
    assert dead() == [hand_over_notes.Note(BUILD, (IMAGE, COPY))]
    hand_over_notes.confirm(["i-1", "i-2"])
    assert list(path.parent.iterdir()) == []


def test_a_process_of_an_earlier_release_takes_our_note_for_a_live_one() -> None:
    hand_over_notes.write(BUILD, [IMAGE])
    with hand_over_notes._path(BUILD).open() as note, pytest.raises(BlockingIOError):
        fcntl.flock(note, fcntl.LOCK_SH | fcntl.LOCK_NB)


def test_nothing_of_a_note_stays_once_it_is_confirmed_or_could_not_be_written(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand_over_notes.write(BUILD, [IMAGE])
    hand_over_notes.confirm_own()
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", lambda _file, _data: 0)
        with pytest.raises(OSError, match="full"):
            hand_over_notes.write(BUILD, [IMAGE])
    assert list((state / hand_over_notes.FOLDER).iterdir()) == []
