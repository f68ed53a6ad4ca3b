"""Which machine this process is on, as far as builds can tell: by whose journals it sees."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from ucloud_provider.places import VARIABLE


@contextlib.contextmanager
def journals_in(folder: Path) -> Iterator[None]:
    """While the block runs, this process sees the journals in this folder and no others."""
    before = os.environ.get(VARIABLE)
    os.environ[VARIABLE] = str(folder)
    try:
        yield
    finally:
        if before is None:
            del os.environ[VARIABLE]
        else:
            os.environ[VARIABLE] = before
