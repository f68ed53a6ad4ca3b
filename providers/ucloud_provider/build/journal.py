"""The journal of a build: what it is about to make, what it made, what it gave back. One JSON object a line.

Intent before effect: the line that names a thing is on the disk before the call that makes it. So whoever comes later,
in this process or the next, can find it and give it back. A reader takes a torn line for one never written.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ucloud_provider import locks, places
from ucloud_provider.errors import UCloudImageError

FILE = "journal.jsonl"
LOCK = "journal.lock"
"""Beside each journal: what the process that has it open holds a lock on."""

FORMAT = 3
"""Stands in the `start` of a journal. Releases of several formats may share a machine: see `is_understood`."""


TORN = b" (torn)\n"
"""Ends a line that was not written whole, before the next: nobody acted on it, so it must not come to be one."""


@dataclass(frozen=True)
class Thing:
    """Something in the cloud: its kind (host, EIP, key pair, firewall, image, copy), where it is, the label it carries.

    `id` is empty until the cloud has answered the creating call.
    """

    kind: str
    label: str
    project_id: str
    region: str
    id: str = ""

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> Thing:
        """The thing that a record tells of."""
        return cls(**{name: str(record.get(name) or "") for name in cls.__dataclass_fields__})

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What it is the same thing by, with an id or without."""
        return (self.kind, self.label, self.project_id, self.region)

    @property
    def is_image(self) -> bool:
        """Whether it is an image or a copy of one: what is meant to stay, once somebody was told of it."""
        return self.kind in ("image", "copy")

    def __str__(self) -> str:
        return f"{self.kind} {self.id or self.label} in {self.region}"


class JournalFailed(UCloudImageError):
    """The journal cannot be written, so nothing may be made."""

    def __init__(self, path: Path, reason: OSError) -> None:
        super().__init__(
            f"the build's journal {path} cannot be written: {reason.strerror or reason}; nothing is made without it: "
            "free space there, or set UCLOUD_IMAGE_STATE to another folder"
        )


class Alive(Exception):
    """The build of this journal is still running."""


class Journal:
    """An append-only file, flushed to the disk line by line. Safe for the threads of one build.

    The process that has it open holds a lock, which ends with the process however that ends: so whoever can open it
    knows that the build is dead. The lock is there before the journal is, on a file of its own: who sees a journal
    never finds it unlocked while its build is alive.
    """

    def __init__(self, path: Path, *, new: bool = True) -> None:
        """Open a journal, and make it where it is missing and `new`.

        Raises `Alive` where its build is; `FileNotFoundError` where there is no such folder or, unless it is `new`,
        no such journal; `JournalFailed` where no file or no lock can be had: nobody could tell then whether this
        build is alive.
        """
        self.path = path
        self._lock = threading.Lock()
        with contextlib.ExitStack() as opened:
            try:
                self._held = locks.take(path.with_name(LOCK))
                opened.callback(os.close, self._held)
                made = not path.exists()
                flags = os.O_RDWR | os.O_APPEND | locks.BINARY | (os.O_CREAT if new else 0)
                self._file = os.open(path, flags, 0o600)
                opened.callback(os.close, self._file)
                locks.take_as_before(self._file, path)
            except locks.Held:
                raise Alive(str(path)) from None
            except FileNotFoundError:
                raise
            except OSError as error:
                raise JournalFailed(path, error) from error
            opened.pop_all()
        if made:
            for folder in path.parents[:2]:
                places.flush(folder)
        self._torn = _is_torn(self._file)

    def intend(self, thing: Thing) -> None:
        """Write down what is about to be made. Returns once it is on the disk; raises `JournalFailed` where it is not.

        Then nothing must be made.
        """
        self._write("intend", thing.__dict__)

    def again(self, thing: Thing) -> None:
        """Say that it is about to be asked for once more: nothing is to be seen of it, but two may come to be.

        Raises `JournalFailed`: then it must not be.
        """
        self._write("again", thing.__dict__)

    def made(self, thing: Thing) -> None:
        """Add the id. Where the disk is full, the intent has to do: what it names is found by its label."""
        with contextlib.suppress(JournalFailed):
            self._write("made", thing.__dict__)

    def released(self, thing: Thing) -> None:
        """Say that it is gone. Where the disk is full, somebody will look for it once more, and find nothing."""
        with contextlib.suppress(JournalFailed):
            self._write("released", thing.__dict__)

    def kept(self, *things: Thing) -> None:
        """Say that these are meant to stay: they are the build's result. All or none of them, in one line.

        Raises `JournalFailed`: then nobody may be told of them, for the next build will take them for left behind.
        """
        self._write("kept", {"things": [each.__dict__ for each in things]})

    def event(self, name: str, **details: Any) -> None:
        """Anything else worth knowing: the start of the build, its end. Raises `JournalFailed`."""
        self._write(name, {"format": FORMAT, "pid": os.getpid(), **details} if name == "start" else details)

    def close(self) -> None:
        os.close(self._file)
        os.close(self._held)

    def remove(self) -> None:
        """Close it and remove its folder. Raises `OSError` where the journal cannot be removed."""
        os.close(self._file)  # before it is removed, and so is the lock's: Windows removes no open file
        try:
            self.path.unlink()  # by now nobody sees it; who had seen it and gets the lock next finds none
        finally:
            os.close(self._held)
        shutil.rmtree(self.path.parent, ignore_errors=True)

    def _write(self, event: str, details: Mapping[str, Any]) -> None:
        record = {"at": round(time.time(), 3), "event": event, **details}
        line = json.dumps(record, ensure_ascii=False).encode() + b"\n"
        with self._lock:
            if self._torn:  # what was cut off must not take this line with it, nor count where only its end was missing
                line = TORN + line
            at = 0
            try:
                while at < len(line):
                    at += os.write(self._file, line[at:])
                os.fsync(self._file)
            except OSError as error:
                self._torn = self._torn or at > 0
                raise JournalFailed(self.path, error) from error
            self._torn = False


def _is_torn(file: int) -> bool:
    """Whether the last line has no end: its writer died, or the disk was full."""
    size = os.fstat(file).st_size
    if size == 0:
        return False
    os.lseek(file, size - 1, os.SEEK_SET)  # lines are appended, wherever this leaves off
    return os.read(file, 1) != b"\n"


def read(path: Path) -> Iterator[dict[str, Any]]:
    """The records of a journal, without the lines that were not written whole."""
    for line in path.read_bytes().split(b"\n")[:-1]:
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(record, dict):
            yield record


def is_understood(start: Mapping[str, Any]) -> bool:
    """Whether we know what a journal with this `start` says.

    What a later release writes may mean that a thing is to stay: nothing is given back on its word.
    """
    written = start.get("format", 1)
    return isinstance(written, int) and written <= FORMAT


def outstanding(path: Path) -> list[Thing]:
    """What the journal's build made, or may have made, and neither gave back nor meant to keep; newest first."""
    found: dict[tuple[str, str, str, str], Thing] = {}
    for record in read(path):
        event = record.get("event")
        if event in ("intend", "made"):
            thing = Thing.of(record)
            found[thing.key] = thing
        elif event == "released":
            found.pop(Thing.of(record).key, None)
        elif event == "kept":
            things = record.get("things", [record])  # format 1 had a line for each
            for each in things if isinstance(things, list) else ():
                if isinstance(each, dict):
                    found.pop(Thing.of(each).key, None)
    return list(reversed(found.values()))


@dataclass(frozen=True)
class Asked:
    """How a thing was asked for: when last, in seconds since 1970 by this machine's clock, and whether twice."""

    at: float
    twice: bool


def asked(path: Path, thing: Thing) -> Asked | None:
    """How the journal's build asked for a thing; None where it did not."""
    found: Asked | None = None
    for record in read(path):
        event = record.get("event")
        if event in ("intend", "again") and Thing.of(record).key == thing.key:
            at = record.get("at")
            twice = event == "again" or (found is not None and found.twice)
            found = Asked(float(at) if isinstance(at, int | float) else 0.0, twice)
        elif event == "released" and Thing.of(record).key == thing.key:
            found = None  # refused, or given back: nothing can come of it any more
    return found
