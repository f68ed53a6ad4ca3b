"""Fills a file system to its last byte."""

from __future__ import annotations

import contextlib
import mmap
from pathlib import Path

from ucloud_provider.build.journal import FILE


def fill(folder: Path) -> Path:
    """Write until nothing more fits; the file to remove to have room again.

    Journals have room left in their last page: it is used up by empty lines, which say nothing.
    """
    filler = folder / "filler"
    with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
        while True:
            file.write(b"x" * 512)
    for journal in folder.rglob(FILE):
        with journal.open("ab") as file:
            file.write(b"\n" * (-journal.stat().st_size % mmap.PAGESIZE))
    return filler
