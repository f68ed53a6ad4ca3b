"""What local files and folders hold, as digests: a change of it builds an image anew, another path or time does not.

An entry is what reaches the host: of a file, SHA-256 in hex and the mode of a new file there, `<hex>+644`; of a script
that is cleaned before it is run, `+text=<hex>` of that behind it; of a link within a folder, where it points to,
`<hex>+link`; of a folder, whose path ends in a slash, its mode, `dir+755`. States made by older versions have entries
without modes, `<hex>` or `<hex>+x`, and none of folders: `comparable` reduces new ones to them.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ucloud_provider.local_tree import Kind, is_excluded, kind_of, mode_there, walk

MOST_FILES = 100_000
"""Files that a folder may hold: more are a wrong path, such as `/`, whose digest would take minutes."""

_FILE = re.compile(r"([0-9a-f]{64})\+([0-7]{3,4})(?:\+text=([0-9a-f]{64}))?")


class Unreadable(Exception):
    """A local file or folder that cannot be read. The text says why, and what to do."""


def contents(path: str, base_dir: Path, *, exclude: Sequence[str] = (), is_script: bool = False) -> dict[str, str]:
    """The entry of each thing at or below a path, by its path as written; raises `Unreadable`."""
    local = base_dir / path
    key = path.rstrip("/")
    try:
        if local.is_dir():
            return {f"{key}/": _folder(local.stat().st_mode), **dict(_entries(local, key, exclude))}
        return {key: _file(local.resolve(), is_script)} if local.is_file() else {}
    except OSError as error:
        where = f"{_shown(str(error.filename))}: " if error.filename and Path(error.filename) != local else ""
        raise Unreadable(f"cannot be read: {where}{error.strerror}; correct the path or its permissions") from error


def joined(some: Mapping[str, str], more: Mapping[str, str]) -> dict[str, str]:
    """The entries of two provisioners: of a file that is a script to one of them, the one that says so."""
    return {**some, **{name: max(entry, some.get(name, ""), key=len) for name, entry in more.items()}}


def content_of(path: str, files: Mapping[str, str], exclude: Sequence[str] = ()) -> Any:
    """The content behind a path: a file's entry, or for a folder the entries by their path in it."""
    key = path.rstrip("/")
    if key in files:
        return uploaded(files[key])
    inside = ((name[len(key) + 1 :], entry) for name, entry in sorted(files.items()) if name.startswith(f"{key}/"))
    return {name: uploaded(entry) for name, entry in inside if not (name and is_excluded(name, exclude))}


def script_of(path: str, files: Mapping[str, str], *, binary: bool) -> str:
    """What is run of a script: neither its mode nor, unless it is left as it is, its line ends count."""
    entry = files.get(path.rstrip("/"), "")
    match = _FILE.fullmatch(entry)
    return (match[3] if match and not binary else None) or entry[:64]


def is_executable(path: str, files: Mapping[str, str]) -> bool:
    """Whether a file may be executed here."""
    entry = files.get(path.rstrip("/"), "")
    match = _FILE.fullmatch(entry)
    return bool(int(match[2], 8) & 0o100) if match else entry.endswith("+x")


def uploaded(entry: str) -> str:
    """An entry without what only counts where the file is run here or cleaned before."""
    return entry.partition("+text=")[0]


def content_alone(entry: str) -> str:
    """An entry without the mode; a folder's is then empty."""
    return entry if entry.endswith("+link") else entry.partition("+")[0].removeprefix("dir")


def comparable(old: Mapping[str, str], new: Mapping[str, str]) -> dict[str, str]:
    """The new entries, reduced to what the old ones of an older version tell, where they are such."""
    if not old or any(_FILE.fullmatch(entry) or name.endswith("/") for name, entry in old.items()):
        return dict(new)
    return {name: _reduced(entry) for name, entry in new.items() if not name.endswith("/")}


def _reduced(entry: str) -> str:
    match = _FILE.fullmatch(entry)
    return f"{match[1]}{'+x' if int(match[2], 8) & 0o100 else ''}" if match else entry


def _entries(folder: Path, key: str, exclude: Sequence[str]) -> Iterator[tuple[str, str]]:
    count = 0
    for each in walk(folder, exclude):
        if each.kind is Kind.OTHER:
            continue
        count += 1
        if count > MOST_FILES:
            raise Unreadable(f"holds more than {MOST_FILES} files; name a smaller folder")
        if any("\ud800" <= character <= "\udfff" for character in each.name):
            raise Unreadable(f"holds {_shown(each.name)}, whose name is not UTF-8; rename it, or exclude it")
        if each.kind is Kind.FOLDER:
            yield f"{key}/{each.name}/", f"dir+{each.mode:o}"
        elif each.kind is Kind.LINK:
            yield f"{key}/{each.name}", hashlib.sha256(os.fsencode(each.path.readlink())).hexdigest() + "+link"
        else:
            yield f"{key}/{each.name}", _file(each.path, is_script=False)


def _shown(name: str) -> str:
    return ascii(name)


def _folder(mode: int) -> str:
    return f"dir+{mode_there(mode, Kind.FOLDER):o}"


def _file(file: Path, is_script: bool) -> str:
    with file.open("rb") as stream:
        status = os.fstat(stream.fileno())
        mode = f"{mode_there(status.st_mode, kind_of(status.st_mode)):03o}"
        if not is_script:
            return f"{hashlib.file_digest(stream, 'sha256').hexdigest()}+{mode}"
        data = stream.read()
    text = cleaned(data)
    as_text = "" if text == data else f"+text={hashlib.sha256(text).hexdigest()}"
    return f"{hashlib.sha256(data).hexdigest()}+{mode}{as_text}"


_MARK = b"\xef\xbb\xbf"


def cleaned(data: bytes) -> bytes:
    """What is run of a script's file: with Unix' line ends, and no byte order mark, which hides a `#!`."""
    return data.removeprefix(_MARK).replace(b"\r\n", b"\n")
