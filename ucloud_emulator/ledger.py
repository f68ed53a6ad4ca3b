"""What was made and what it cost: a row from create to release. A leak is a row that stays open."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass

from ucloud_emulator.store import Store

UNBILLED = ("keypair", "firewall", "vpc", "subnet")


@dataclass(frozen=True)
class Row:
    id: str
    kind: str
    """uhost, eip, udisk, image; keypair, firewall, vpc, subnet cost nothing but can be left behind too."""
    billable: bool
    name: str
    project: str
    region: str
    created: float
    released: float | None
    price: float
    """Yuan an hour."""
    cost: float
    """Up to the release, or to now. By the second: what it was needed for, not what UCloud would round it to."""

    def to_json(self) -> dict[str, object]:
        return asdict(self)


class Ledger:
    def __init__(self, store: Store) -> None:
        self._store = store
        store.database.execute(
            "CREATE TABLE IF NOT EXISTS ledger (id TEXT PRIMARY KEY, kind TEXT, name TEXT, project TEXT, region TEXT,"
            " created REAL, released REAL, price REAL, before REAL, price_since REAL)"
        )

    def open(self, id: str, kind: str, name: str, project: str, region: str, price: float = 0.0) -> None:
        now = time.time()
        with self._store.lock:
            self._store.database.execute(
                "INSERT INTO ledger VALUES (?, ?, ?, ?, ?, ?, NULL, ?, 0, ?)",
                (id, kind, name, project, region, now, price, now),
            )

    def reprice(self, id: str, price: float) -> None:
        """From now on it costs this; what it cost until now stays."""
        now = time.time()
        with self._store.lock:
            self._store.database.execute(
                "UPDATE ledger SET before = before + price * (? - price_since) / 3600, price = ?, price_since = ?"
                " WHERE id = ? AND released IS NULL",
                (now, price, now, id),
            )

    def rename(self, id: str, name: str) -> None:
        with self._store.lock:
            self._store.database.execute("UPDATE ledger SET name = ? WHERE id = ?", (name, id))

    def close(self, id: str) -> None:
        with self._store.lock:
            self._store.database.execute(
                "UPDATE ledger SET released = ? WHERE id = ? AND released IS NULL", (time.time(), id)
            )

    def rows(self, *, open_only: bool = False) -> list[Row]:
        now = time.time()
        with self._store.lock:
            found = self._store.database.execute(
                "SELECT id, kind, name, project, region, created, released, price, before, price_since FROM ledger"
                " ORDER BY created"
            ).fetchall()
        return [
            Row(
                id=id,
                kind=kind,
                billable=kind not in UNBILLED,
                name=name,
                project=project,
                region=region,
                created=created,
                released=released,
                price=price,
                cost=round(before + price * ((released or now) - since) / 3600, 6),
            )
            for id, kind, name, project, region, created, released, price, before, since in found
            if released is None or not open_only
        ]

    def clear(self) -> None:
        with self._store.lock:
            self._store.database.execute("DELETE FROM ledger")
