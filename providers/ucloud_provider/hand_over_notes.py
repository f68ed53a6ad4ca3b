"""What was handed to Pulumi, until something shows that a state has it: a note for each build.

Between our answer and the engine's write of the state lie some milliseconds. Where a process dies in them, nobody can
tell from here whether the state has the result, so it is not touched: it may be in production. But it is named, by the
next build on this machine and by gc, so that it does not stay behind unseen.

A note goes once the engine asks about the resource, which it does only for what the state has, or ends properly. The
process that wrote it holds a lock, which ends with the process: so whoever gets the lock knows that it is dead. The
lock is there before the note is, on a file of its own.
"""

from __future__ import annotations

import contextlib
import json
import os
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ucloud_provider import locks, places

FOLDER = "handed-over"

_lock = threading.Lock()
_expected = False
_unheard = False
_own: dict[Path, tuple[int, int]] = {}
"""The notes of this process, each with its file and that of its lock, both open."""


@dataclass(frozen=True)
class Note:
    """One build's result, handed over by a process that is gone: its things, as they stand in the journal."""

    build_id: str
    things: tuple[dict[str, str], ...]


def expect() -> None:
    """Say that an engine waits for this process's answers, and tells of its end. Without one, nothing is noted."""
    global _expected
    _expected = True


def unheard() -> None:
    """Say that nobody waited for an answer of this process: the engine's end no longer says what the state has."""
    global _unheard
    _unheard = True


def write(build_id: str, things: Sequence[Mapping[str, str]]) -> None:
    """Note that a build's result is about to be handed over; on the disk on return. Raises `OSError`."""
    if not _expected:
        return
    path = _path(build_id)
    path.parent.mkdir(mode=0o700, exist_ok=True)
    with contextlib.ExitStack() as undo:
        held = locks.take(_lock_of(path))
        undo.callback(_lock_of(path).unlink, missing_ok=True)
        undo.callback(os.close, held)
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | locks.BINARY, 0o600)
        undo.callback(path.unlink, missing_ok=True)
        undo.callback(os.close, file)  # first: Windows removes no open file
        locks.take_as_before(file, path)
        text = json.dumps([dict(each) for each in things]).encode()
        if os.write(file, text) < len(text):
            raise OSError("the disk is full")
        os.fsync(file)
        places.flush(path.parent)
        undo.pop_all()
    with _lock:
        _own[path] = (file, held)


def withdraw(build_id: str) -> None:
    """The build's result was not handed over after all, or is gone."""
    with _lock:
        _drop(_path(build_id))


def exists(build_id: str) -> bool:
    """Whether there still is a note of that build."""
    return _path(build_id).exists()


def confirm(ids: Iterable[str]) -> None:
    """Say that a state has these: a resource's id, the ids of its copies."""
    known = set(ids)
    # A preview must not fail for the sake of a note, nor make the folder that it would be in.
    with contextlib.suppress(OSError, RuntimeError):
        for path in _notes():
            things = _read(path)
            left = [each for each in things if each.get("id") not in known]
            if len(left) < len(things):
                _shrink(path, left)


def confirm_own() -> None:
    """Say that the engine has ended properly: it has written down what this process answered."""
    with _lock:
        for path in [] if _unheard else list(_own):
            _drop(path)


def of_the_dead() -> Iterator[Note]:
    """The notes of processes that are gone."""
    for path in _notes():
        things = _read(path)
        if _is_held(path):
            continue
        if things:
            yield Note(path.stem, tuple(things))
        else:  # not written whole: its writer died before anything was handed over
            withdraw(path.stem)


def _path(build_id: str) -> Path:
    return places.state_path() / FOLDER / f"{build_id}.json"


def _lock_of(path: Path) -> Path:
    return path.with_suffix(".lock")


def _notes() -> list[Path]:
    return sorted((places.state_path() / FOLDER).glob("*.json"))


def _read(path: Path) -> list[dict[str, str]]:
    """The things of a note; none where it is gone, or was not written whole."""
    try:
        found: Any = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return []
    things = found if isinstance(found, list) else []
    return [{str(key): str(value) for key, value in each.items()} for each in things if isinstance(each, dict)]


def _is_held(path: Path) -> bool:
    """Whether the process that wrote it is alive, or somebody has just taken it away."""
    with _lock, contextlib.ExitStack() as opened:
        try:
            opened.callback(os.close, locks.take(_lock_of(path)))
            file = os.open(path, os.O_RDWR | locks.BINARY)
            opened.callback(os.close, file)
            locks.take_as_before(file, path)
        except OSError:
            if not path.exists():  # taken away meanwhile, and its lock made anew by us
                _drop(path)
            return True
    return False


def _shrink(path: Path, left: Sequence[Mapping[str, str]]) -> None:
    """Have a note tell of these alone. In place: its lock stands."""
    with _lock:
        if not left:
            _drop(path)
            return
        file = os.open(path, os.O_WRONLY | os.O_TRUNC)
        with os.fdopen(file, "w", encoding="utf-8") as rewritten:
            json.dump([dict(each) for each in left], rewritten)


def _drop(path: Path) -> None:
    file, held = _own.pop(path, (None, None))
    for opened, name in ((file, path), (held, _lock_of(path))):  # the lock's file last, and each closed first: Windows
        if opened is not None:
            os.close(opened)
        with contextlib.suppress(OSError):
            name.unlink()
