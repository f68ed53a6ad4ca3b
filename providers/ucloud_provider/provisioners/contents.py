"""What local files and folders hold, as digests: a change of it builds an image anew, another path or time does not."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

MOST_FILES = 100_000
"""Files that a folder may hold: more are a wrong path, such as `/`, whose digest would take minutes."""


class Unreadable(Exception):
    """A local file or folder that cannot be read. The text says why, and what to do."""


def contents(path: str, base_dir: Path) -> dict[str, str]:
    """The digest of each file at or below a path, by its path as written; raises `Unreadable`.

    A digest is SHA-256 in hex, with `+x` behind it for an executable file: that is part of what reaches the host. So is
    a link within a folder, as such: it counts by where it points to, and has `+link` behind it.
    """
    local = base_dir / path
    key = path.rstrip("/")
    try:
        if local.is_dir():
            return {f"{key}/{each.relative_to(local).as_posix()}": _digest(each) for each in sorted(_files(local))}
        return {key: _digest(local.resolve())} if local.is_file() else {}
    except OSError as error:
        where = f"{error.filename}: " if error.filename and Path(error.filename) != local else ""
        raise Unreadable(f"cannot be read: {where}{error.strerror}; correct the path or its permissions") from error


def content_of(path: str, files: Mapping[str, str]) -> Any:
    """The content behind a path: a file's digest, or for a folder its files' digests by their path in it."""
    key = path.rstrip("/")
    if key in files:
        return files[key]
    return {name[len(key) + 1 :]: digest for name, digest in sorted(files.items()) if name.startswith(f"{key}/")}


def _files(folder: Path) -> Iterator[Path]:
    count = 0
    for parent, folders, names in os.walk(folder, onerror=_raise):
        for name in names + folders:
            each = Path(parent, name)
            mode = each.lstat().st_mode
            if stat.S_ISREG(mode) or stat.S_ISLNK(mode):
                count += 1
                if count > MOST_FILES:
                    raise Unreadable(f"holds more than {MOST_FILES} files; name a smaller folder")
                yield each


def _raise(error: OSError) -> None:
    raise error


def _digest(file: Path) -> str:
    if file.is_symlink():
        return hashlib.sha256(os.fsencode(file.readlink())).hexdigest() + "+link"
    with file.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
        return f"{digest}+x" if os.fstat(stream.fileno()).st_mode & stat.S_IXUSR else digest
