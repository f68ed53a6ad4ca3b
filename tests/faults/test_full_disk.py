"""A disk that is full on this machine: nothing is made that could be forgotten."""

from __future__ import annotations

from pathlib import Path

import pytest
from ucloud_provider.build import sweeper
from ucloud_provider.build.journal import Journal, JournalFailed, Thing, outstanding

from tests.faults import victim
from tests.faults.filling import fill
from tests.faults.test_killed_builds import kill_at
from tests.support.emulator import Emulator

KEY = Thing("key pair", "ucloud-image-0123456789ab-x1764000000", "org-x", "cn-bj2")


def test_on_a_full_disk_nothing_may_be_made_and_what_was_written_still_tells(small_folder: Path) -> None:
    journal = Journal(small_folder / "journal.jsonl")
    journal.intend(KEY)
    filler = small_folder / "filler"
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


def test_what_a_killed_process_left_is_given_back_though_its_disk_is_full(
    cloud: Emulator, small_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud.reset()
    kill_at("provisioning", cloud, small_folder)
    assert cloud.ledger(open_only=True) != []
    fill(small_folder)
    for log in small_folder.rglob("build.log"):
        log.unlink()  # there is not even room for a new one
    fill(small_folder)
    monkeypatch.setenv("UCLOUD_IMAGE_STATE", str(small_folder))
    sweeper.sweep(victim.api(cloud.url))
    assert cloud.ledger(open_only=True) == []
