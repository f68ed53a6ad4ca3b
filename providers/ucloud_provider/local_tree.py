"""What of a local folder reaches a host: its files, folders and links, and the modes that new ones get there."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from fnmatch import fnmatchcase
from pathlib import Path


class Kind(Enum):
    """What a thing in a folder is; sockets, pipes and devices are `OTHER`, and go nowhere."""

    FILE = "a file"
    FOLDER = "a directory"
    LINK = "a link"
    OTHER = "a socket, pipe or device"


@dataclass(frozen=True)
class Entry:
    """A thing in a folder: its path in it, with slashes; its path here; and the mode a new one gets on the host."""

    name: str
    path: Path
    kind: Kind
    mode: int


def mode_there(mode: int, kind: Kind) -> int:
    """The mode that a new file or folder gets on a host: the local one, which neither group nor others may write.

    So it makes no difference under which umask, 002 or 022, a project was checked out. Special bits stay; a sticky
    folder is meant to be written by many.
    """
    bits = stat.S_IMODE(mode)
    return bits if kind is Kind.FOLDER and bits & stat.S_ISVTX else bits & ~0o022


def walk(folder: Path, exclude: Sequence[str] = ()) -> Iterator[Entry]:
    """All that is in a folder, each folder before what is in it, in the order of the names. Raises OSError."""
    yield from _walk(folder, "", _excluder(exclude))


def _walk(folder: Path, above: str, excluded: Callable[[str, bool], bool]) -> Iterator[Entry]:
    with os.scandir(folder) as listing:
        found = sorted(listing, key=lambda each: os.fsencode(each.name))
    for each in found:
        status = each.stat(follow_symlinks=False)
        kind = kind_of(status.st_mode)
        name = above + each.name
        if excluded(name, kind is Kind.FOLDER):
            continue
        yield Entry(name, Path(each.path), kind, mode_there(status.st_mode, kind))
        if kind is Kind.FOLDER:
            yield from _walk(Path(each.path), f"{name}/", excluded)


def kind_of(mode: int) -> Kind:
    """What a thing of this st_mode is."""
    kinds = {stat.S_IFREG: Kind.FILE, stat.S_IFDIR: Kind.FOLDER, stat.S_IFLNK: Kind.LINK}
    return kinds.get(stat.S_IFMT(mode), Kind.OTHER)


def is_excluded(name: str, exclude: Sequence[str]) -> bool:
    """Whether patterns take a path within a folder out, by itself or with a folder it is in; a folder ends in `/`."""
    if not exclude:
        return False
    excluded = _excluder(exclude)
    parts = name.rstrip("/").split("/")
    return any(
        excluded("/".join(parts[:length]), length < len(parts) or name.endswith("/"))
        for length in range(1, len(parts) + 1)
    )


def _excluder(patterns: Sequence[str]) -> Callable[[str, bool], bool]:
    """Whether a path, which may be a folder's, is taken out: as by the lines of a .gitignore, but for its `!`."""
    split = [
        (each.rstrip("/").lstrip("/").split("/"), each.endswith("/"), "/" in each.rstrip("/")) for each in patterns
    ]

    def excluded(name: str, is_folder: bool) -> bool:
        parts = name.split("/")
        return any(
            (is_folder or not folders_only) and _fits(parts if anchored else parts[-1:], pattern)
            for pattern, folders_only, anchored in split
        )

    return excluded


def _fits(parts: list[str], pattern: list[str]) -> bool:
    if not pattern:
        return not parts
    if pattern[0] == "**":
        return any(_fits(parts[skipped:], pattern[1:]) for skipped in range(len(parts) + 1))
    return bool(parts) and fnmatchcase(parts[0], pattern[0]) and _fits(parts[1:], pattern[1:])
