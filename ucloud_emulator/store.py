"""The cloud's state: records in memory for speed, each change written through to SQLite so that a restart keeps it."""

from __future__ import annotations

import contextlib
import json
import secrets
import sqlite3
import string
import threading
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, TypeVar

from ucloud_emulator.records import KINDS, Record

R = TypeVar("R", bound=Record)

_LETTERS = string.ascii_lowercase + string.digits


def new_id(prefix: str) -> str:
    return f"{prefix}-{''.join(secrets.choice(_LETTERS) for _ in range(10))}"


class Store:
    """Records by kind and id. `lock` makes several steps one: nobody sees what is between."""

    def __init__(self, file: Path) -> None:
        self.lock = threading.RLock()
        self.database = sqlite3.connect(file, check_same_thread=False, isolation_level=None)
        self.database.execute("PRAGMA journal_mode = WAL")
        self.database.execute("PRAGMA synchronous = NORMAL")
        self.database.execute(
            "CREATE TABLE IF NOT EXISTS record (kind TEXT, id TEXT, body TEXT, PRIMARY KEY (kind, id))"
        )
        self.database.execute("CREATE TABLE IF NOT EXISTS counter (name TEXT PRIMARY KEY, value INTEGER)")
        self._records: dict[type[Record], dict[str, Record]] = {kind: {} for kind in KINDS}
        self._places: dict[tuple[type[Record], str, str], dict[str, Record]] = {}
        for kind in KINDS:
            rows = self.database.execute("SELECT body FROM record WHERE kind = ? ORDER BY rowid", (kind.__name__,))
            for (body,) in rows.fetchall():
                self._file(kind(**_from_json(json.loads(body))))

    @contextlib.contextmanager
    def together(self) -> Iterator[None]:
        """Write many changes in one go: quicker, and after a crash there are all or none."""
        with self.lock:
            self.database.execute("BEGIN")
            try:
                yield
            finally:
                self.database.execute("COMMIT")

    def put(self, record: Record) -> None:
        """Add the record, or replace the one of its id."""
        with self.lock:
            self.database.execute(
                "INSERT INTO record VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET body = excluded.body",
                (type(record).__name__, record.id, json.dumps(asdict(record))),
            )
            self._file(record)

    def _file(self, record: Record) -> None:
        self._records[type(record)][record.id] = record
        self._places.setdefault((type(record), record.project, record.region), {})[record.id] = record

    def get(self, kind: type[R], id: str) -> R | None:
        with self.lock:
            return self._records[kind].get(id)  # type: ignore[return-value]  # filed under its own type

    def all(self, kind: type[R], where: Callable[[R], bool] = lambda _: True) -> list[R]:
        """In the order of their making."""
        with self.lock:
            found: list[Any] = list(self._records[kind].values())
        return [record for record in found if where(record)]

    def at(self, kind: type[R], project: str, region: str) -> list[R]:
        """Those of a project in a region, in the order of their making; what else there is costs nothing."""
        with self.lock:
            found: list[Any] = list(self._places.get((kind, project, region), {}).values())
        return found

    def change(self, kind: type[R], id: str, **changes: object) -> R | None:
        """Replace some fields; None where the record is gone by now."""
        with self.lock:
            record = self.get(kind, id)
            if record is None:
                return None
            record = replace(record, **changes)  # type: ignore[arg-type]
            self.put(record)
            return record

    def remove(self, record: Record) -> None:
        with self.lock:
            self.database.execute("DELETE FROM record WHERE kind = ? AND id = ?", (type(record).__name__, record.id))
            self._records[type(record)].pop(record.id, None)
            self._places.get((type(record), record.project, record.region), {}).pop(record.id, None)

    def count(self, name: str) -> int:
        """0, 1, 2, … by name; never the same again, not even after a restart."""
        with self.lock:
            (value,) = self.database.execute(
                "INSERT INTO counter VALUES (?, 0) ON CONFLICT DO UPDATE SET value = value + 1 RETURNING value", (name,)
            ).fetchone()
        return int(value)

    def clear(self) -> None:
        with self.lock:
            self.database.execute("DELETE FROM record")
            for records in self._records.values():
                records.clear()
            self._places.clear()

    def close(self) -> None:
        with self.lock:
            self.database.close()


def _from_json(body: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in body.items()}
