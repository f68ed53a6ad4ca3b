"""The full log of a build: every step, call, command and line of output, with times, without secrets."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

from ucloud_provider.places import FolderUnusable

FILE = "build.log"


class BuildLog:
    """A log file, readable by its owner alone. Lines pass `mask` before they are written."""

    def __init__(self, path: Path, mask: Callable[[str], str] = lambda text: text) -> None:
        self.path = path
        self._mask = mask
        self._lock = threading.Lock()
        try:
            opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        except OSError as error:
            raise FolderUnusable(path.parent, error) from error
        self._file = os.fdopen(opened, "a", encoding="utf-8")

    def __call__(self, text: str) -> None:
        """Write a line. A log that cannot be written (a full disk) never fails the build."""
        now = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime())
        lines = self._mask(text).splitlines() or [""]
        with self._lock:
            try:
                for line in lines:
                    self._file.write(f"{now}Z {line}\n")
                self._file.flush()
            except (OSError, ValueError):
                return

    def close(self) -> None:
        with self._lock, contextlib.suppress(OSError):
            self._file.close()
