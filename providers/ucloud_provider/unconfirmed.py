"""What was handed to Pulumi, until something shows that a state has it: a note beside the build's journal.

Between our answer and the engine's write of the state lie some milliseconds. Where a process dies in them, nobody can
tell from here whether the state has the result, so it is not touched: it may be in production. But it is named, by the
next build that ends on this machine and by gc, so that it does not stay behind unseen.

A note goes once the engine asks about the resource, which it does only for what the state has, or ends properly. The
process that wrote it holds a lock on it, which ends with the process: so whoever gets the lock knows that it is dead.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ucloud_provider import places
from ucloud_provider.errors import UCloudImageError

FILE = "handed-over.json"

_lock = threading.Lock()
_expected = False
_own: dict[Path, int] = {}
"""The notes of this process, each with the file that holds its lock."""


@dataclass(frozen=True)
class Note:
    """One build's result, handed over by a process that is gone: its things, as they stand in the journal."""

    path: Path
    things: tuple[dict[str, str], ...]


def expect() -> None:
    """Say that an engine waits for this process's answers. Without one, nothing is written."""
    global _expected
    _expected = True


def write(folder: Path, things: Sequence[Mapping[str, str]]) -> None:
    """Note in a build's folder that these are about to be handed over; on the disk on return. Raises `OSError`."""
    if not _expected:
        return
    path = folder / FILE
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        text = json.dumps([dict(each) for each in things]).encode()
        if os.write(file, text) < len(text):
            raise OSError("the disk is full")
        os.fsync(file)
    except OSError:
        os.close(file)
        path.unlink(missing_ok=True)
        raise
    with _lock:
        _own[path] = file


def withdraw(folder: Path) -> None:
    """The build's result was not handed over after all."""
    with _lock:
        _drop(folder / FILE)


def confirm(ids: Iterable[str]) -> None:
    """Say that a state has the resource that these belong to: its id, the ids of its copies."""
    known = set(ids)
    with contextlib.suppress(UCloudImageError):  # a preview needs no folder of journals
        for path in _notes():
            if known & {each.get("id") for each in _read(path)}:
                with _lock:
                    _drop(path)


def confirm_own() -> None:
    """Say that the engine has ended properly: it has written down all that this process answered."""
    with _lock:
        for path in list(_own):
            _drop(path)


def of_the_dead() -> Iterator[Note]:
    """The notes of processes that are gone."""
    for path in _notes():
        things = _read(path)
        if things and not _is_held(path):
            yield Note(path, tuple(things))


def _notes() -> list[Path]:
    return sorted((places.state_dir() / "builds").glob(f"*/{FILE}"))


def _read(path: Path) -> list[dict[str, str]]:
    """The things of a note; none where it is gone, or was not written whole: then nothing was handed over."""
    try:
        found: Any = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return []
    things = found if isinstance(found, list) else []
    return [{str(key): str(value) for key, value in each.items()} for each in things if isinstance(each, dict)]


def _is_held(path: Path) -> bool:
    try:
        file = os.open(path, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(file)
    return False


def _drop(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink()
    file = _own.pop(path, None)
    if file is not None:
        os.close(file)
