"""The lock of a journal is there before the journal, and ends with its process: no live build is taken for dead."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from ucloud_provider import places
from ucloud_provider.build import dead_builds
from ucloud_provider.build.journal import FILE, LOCK, Alive, Journal, Thing, outstanding

HOST = Thing("host", "ucloud-image-0123456789ab-x1764000000", "org-x", "cn-bj2")
AHEAD = time.time() + dead_builds.KEEP_SECONDS + 3600
"""By the clock of a machine that takes a file which is new for one of last month."""


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("UCLOUD_IMAGE_STATE", str(tmp_path))
    return places.build_dir("0123456789ab") / FILE


@contextmanager
def between_any_two_files(then: Callable[[], None], monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Do something before and after each file that is opened; the names of these files."""
    stock, seen, busy = os.open, [], False

    def opened(name: Any, *given: Any, **more: Any) -> int:
        nonlocal busy
        if busy:
            return stock(name, *given, **more)
        busy = True
        try:
            then()
            file = stock(name, *given, **more)
            seen.append(Path(name).name)
            then()
        finally:
            busy = False
        return file

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", opened)
        yield seen


def is_alive_elsewhere(path: Path) -> bool:
    """What another process takes it for."""
    program = (
        "import sys; from pathlib import Path; from ucloud_provider.build import dead_builds\n"
        "print(dead_builds.is_alive(Path(sys.argv[1])))"
    )
    command = [sys.executable, "-c", program, str(path)]
    environ = {"PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=True)
    return done.stdout == "True\n"


def test_a_journal_that_is_just_being_made_is_not_removed_by_whose_clock_is_far_ahead(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with between_any_two_files(lambda: dead_builds.prune(AHEAD), monkeypatch) as opened:
        journal = Journal(path)
    assert opened.index(LOCK) < opened.index(FILE)
    journal.intend(HOST)
    assert outstanding(path) == [HOST]
    assert is_alive_elsewhere(path)
    journal.close()


def test_a_journal_is_never_to_be_seen_without_its_lock(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    unlocked: list[Path] = []

    def look() -> None:
        unlocked.extend(each for each in dead_builds.journals() if not dead_builds.is_alive(each))

    with between_any_two_files(look, monkeypatch):
        journal = Journal(path)
    assert unlocked == []
    assert dead_builds.is_alive(path)
    journal.close()
    assert not dead_builds.is_alive(path)


def test_a_build_that_another_began_in_the_instant_before_is_not_removed(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Prune has seen that nothing is outstanding; before it has the lock, somebody writes to the journal."""
    Journal(path).close()
    begun = False

    def begin() -> None:
        nonlocal begun
        if not begun:
            begun = True
            journal = Journal(path)
            journal.intend(HOST)
            journal.close()

    with between_any_two_files(begin, monkeypatch):
        dead_builds.prune(AHEAD)
    assert outstanding(path) == [HOST]


def test_who_finds_a_journal_removed_makes_nothing_anew(path: Path) -> None:
    Journal(path).remove()
    assert not path.parent.exists()
    with pytest.raises(FileNotFoundError):
        Journal(path, new=False)
    path.parent.mkdir()
    with pytest.raises(FileNotFoundError):
        Journal(path, new=False)
    assert not path.exists()
    assert not dead_builds.is_alive(path)


def test_a_lock_that_was_removed_while_somebody_came_for_it_is_none(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    removed = False

    def remove() -> None:
        nonlocal removed
        if not removed and path.with_name(LOCK).exists():
            removed = True
            path.with_name(LOCK).unlink()

    with between_any_two_files(remove, monkeypatch), pytest.raises(FileNotFoundError):
        Journal(path)
    assert removed
    assert not path.exists()


def test_the_locks_of_two_journals_in_one_process_are_told_apart(path: Path) -> None:
    other = places.build_dir("ba9876543210") / FILE
    mine, dead = Journal(path), Journal(other)
    with pytest.raises(Alive):
        Journal(path)  # closes what it had opened: that must not give the first one's lock away
    assert not dead_builds.is_alive(places.build_dir("cccccccccccc") / FILE)
    assert dead_builds.is_alive(path)
    assert is_alive_elsewhere(path)
    dead.close()
    assert is_alive_elsewhere(path)
    assert not is_alive_elsewhere(other)
    mine.close()
    assert not is_alive_elsewhere(path)


def test_a_journal_that_a_process_of_an_earlier_release_has_locked_is_alive(path: Path) -> None:
    """Commit cc55d76 locks the journal itself, and knows of no other lock."""
    with path.open("ab") as journal:
        fcntl.flock(journal, fcntl.LOCK_EX | fcntl.LOCK_NB)
        with pytest.raises(Alive):
            Journal(path, new=False)
        dead_builds.prune(AHEAD)
        assert path.exists()
    Journal(path, new=False).close()
    dead_builds.prune(AHEAD)
    assert not path.parent.exists()


def test_a_process_of_an_earlier_release_takes_ours_for_alive(path: Path) -> None:
    journal = Journal(path)
    with path.open("ab") as seen:
        with pytest.raises(BlockingIOError):
            fcntl.flock(seen, fcntl.LOCK_EX | fcntl.LOCK_NB)
        journal.close()
        fcntl.flock(seen, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_the_lock_ends_with_a_process_that_is_killed(path: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path; from ucloud_provider.build.journal import Journal\n"
        "held = Journal(Path(sys.argv[1])); print('locked', flush=True); time.sleep(60)\n"
    )
    environ = {"PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", program, str(path)]
    with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"locked\n"
        assert dead_builds.is_alive(path)
        process.kill()
        process.wait(30)
        assert not dead_builds.is_alive(path)
    assert path.with_name(LOCK).stat().st_mode & 0o777 == 0o600
