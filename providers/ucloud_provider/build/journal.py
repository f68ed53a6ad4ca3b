"""The journal of a build: what it is about to make, what it made, what it gave back. One JSON object a line.

Intent before effect: the line that names a thing is on the disk before the call that makes it. So whoever comes later,
in this process or the next, can find it and give it back. A reader takes a torn last line for one never written.
"""

from __future__ import annotations

import fcntl
import json
import os
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FILE = "journal.jsonl"


@dataclass(frozen=True)
class Thing:
    """Something in the cloud: its kind (host, key pair, firewall, image, copy), where it is, the label it carries.

    `id` is empty until the cloud has answered the creating call.
    """

    kind: str
    label: str
    project_id: str
    region: str
    id: str = ""

    def __str__(self) -> str:
        return f"{self.kind} {self.id or self.label} in {self.region}"


class Alive(Exception):
    """The build of this journal is still running."""


class Journal:
    """An append-only file, flushed to the disk line by line. Safe for the threads of one build.

    The process that has it open holds a lock on it, which ends with the process however that ends: so whoever can open
    it knows that the build is dead. Raises `Alive` where it is not.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._file)
            raise Alive(str(path)) from None

    def intend(self, thing: Thing) -> None:
        """Write down what is about to be made. Returns once it is on the disk."""
        self._append("intend", thing)

    def made(self, thing: Thing) -> None:
        self._append("made", thing)

    def released(self, thing: Thing) -> None:
        self._append("released", thing)

    def kept(self, thing: Thing) -> None:
        """Say that a thing is meant to stay: it is the build's result."""
        self._append("kept", thing)

    def event(self, name: str, **details: Any) -> None:
        """Anything else worth knowing: the start of the build, its end."""
        self._write({"event": name, **details})

    def close(self) -> None:
        os.close(self._file)

    def _append(self, event: str, thing: Thing) -> None:
        self._write({"event": event, **thing.__dict__})

    def _write(self, record: dict[str, Any]) -> None:
        line = json.dumps({"at": round(time.time(), 3), **record}, ensure_ascii=False) + "\n"
        with self._lock:
            os.write(self._file, line.encode())
            os.fsync(self._file)


def read(path: Path) -> Iterator[dict[str, Any]]:
    """The records of a journal. Ends before a line that was not written whole."""
    data = path.read_bytes()
    for line in data.split(b"\n")[:-1]:
        try:
            record = json.loads(line)
        except ValueError:
            return
        if isinstance(record, dict):
            yield record


def outstanding(path: Path) -> list[Thing]:
    """What the journal's build made, or may have made, and neither gave back nor meant to keep; newest first."""
    found: dict[tuple[str, str, str, str], Thing] = {}
    for record in read(path):
        if record.get("event") not in ("intend", "made", "released", "kept"):
            continue
        thing = Thing(**{name: str(record.get(name) or "") for name in Thing.__dataclass_fields__})
        key = (thing.kind, thing.label, thing.project_id, thing.region)
        if record["event"] in ("intend", "made"):
            found[key] = thing
        else:
            found.pop(key, None)
    return list(reversed(found.values()))
