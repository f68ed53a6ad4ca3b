"""The log of requests: what was asked, what was answered, how long it took. Secrets never get into it."""

from __future__ import annotations

import json
import threading
import time
from collections import deque
from collections.abc import Mapping
from pathlib import Path

KEPT = 20_000
DROPPED = {"Signature", "PublicKey", "SecurityToken"}
MASKED = {"Password", "DiskPassword", "UserData", "UserDataScript", "PublicKeyBody", "KeyPair", "PrivateKeyBody"}
LONGEST = 200


class RequestLog:
    """The last requests in memory, all of them in a file of JSON lines."""

    def __init__(self, file: Path) -> None:
        self._lock = threading.Lock()
        self._last: deque[dict[str, object]] = deque(maxlen=KEPT)
        self._file = file.open("a", encoding="utf-8")

    def add(
        self, values: Mapping[str, str], code: int, seconds: float, fault: Mapping[str, object] | None = None
    ) -> None:
        """`fault`: the effects of the fault that the call met; without one the entry has no such field."""
        entry: dict[str, object] = {
            "t": round(time.time(), 4),
            "Action": values.get("Action", "")[:LONGEST],
            "params": without_secrets(values),
            "RetCode": code,
            "ms": round(seconds * 1000, 2),
        }
        if fault:
            entry["fault"] = dict(fault)
        with self._lock:
            self._last.append(entry)
            self._file.write(json.dumps(entry, ensure_ascii=False) + "\n")
            self._file.flush()

    def last(self) -> list[dict[str, object]]:
        with self._lock:
            return list(self._last)

    def clear(self) -> None:
        with self._lock:
            self._last.clear()
            self._file.truncate(0)

    def close(self) -> None:
        self._file.close()


def without_secrets(values: Mapping[str, str]) -> dict[str, str]:
    """The parameters as a log may show them."""
    return {
        name[:LONGEST]: "<secret>" if name.split(".")[-1] in MASKED else value[:LONGEST]
        for name, value in values.items()
        if name not in DROPPED and name != "Action"
    }
