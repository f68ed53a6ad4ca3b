"""Locks that end with the process that holds them, however it ends: whoever gets one knows that its holder is dead.

A lock is an open file. It belongs to that opening and not to the process (flock, on Windows LockFileEx, both by
`filelock`): a process that opens the same file twice cannot take its own lock, and closing the second leaves the first.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import filelock

BINARY = getattr(os, "O_BINARY", 0)
"""For `os.open`: Windows would write other line ends."""


class Held(OSError):
    """Somebody alive holds this lock, in this process or another."""


def take(path: Path) -> int:
    """Make the lock file where missing and lock it; the open file, whose `os.close` is the release.

    Raises `Held`; `FileNotFoundError` where the folder is gone, or the file was removed meanwhile; another `OSError`
    where the file system has no locks.
    """
    file = os.open(path, os.O_RDWR | os.O_CREAT | BINARY, 0o600)
    try:
        _lock(file, path)
    except BaseException:
        os.close(file)
        raise
    return file


def take_as_before(file: int, path: Path) -> None:
    """Lock an open file itself, as the releases up to commit cc55d76 do and look for: see docs/decisions/0008.

    Raises as `take`. Does nothing on Windows, where they do not run, and where nobody could read a locked file.
    """
    if sys.platform != "win32":
        _lock(file, path)


def _lock(file: int, path: Path) -> None:
    if not filelock.lock_descriptor(file, blocking=False):
        raise Held(str(path))
    if not os.path.samestat(os.fstat(file), path.stat()):  # removed while we waited for it: nobody else would see it
        raise FileNotFoundError(f"{path} was removed")
