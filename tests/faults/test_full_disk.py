"""A disk that is full on this machine: nothing is made that could be forgotten."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from ucloud_provider.build.journal import Journal, JournalFailed, Thing, outstanding

KEY = Thing("key pair", "ucloud-image-0123456789ab-x1764000000", "org-x", "cn-bj2")


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on a file system of 64 KiB."""
    folder = tmp_path / "small"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)], check=True)
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_on_a_full_disk_nothing_may_be_made_and_what_was_written_still_tells(full_disk: Path) -> None:
    journal = Journal(full_disk / "journal.jsonl")
    journal.intend(KEY)
    filler = full_disk / "filler"
    filler.write_bytes(b"x" * 40 * 1024)
    written: list[Thing] = [KEY]

    def fill() -> None:
        for number in range(10_000):
            thing = Thing("copy", f"label-{number}", "org-x", "hk")
            journal.intend(thing)
            written.insert(0, thing)

    with pytest.raises(JournalFailed, match="No space left on device; nothing is made without it: free space there"):
        fill()
    assert outstanding(journal.path) == written
    journal.released(KEY)
    with pytest.raises(JournalFailed):
        journal.kept(KEY)
    filler.unlink()
    journal.released(KEY)
    assert outstanding(journal.path) == written[:-1]
    journal.close()
