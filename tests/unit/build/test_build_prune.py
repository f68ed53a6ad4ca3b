"""Journals that are long over: their folders go, those of builds that left something or are alive stay."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from ucloud_provider.build import dead_builds, recover
from ucloud_provider.build.journal import FILE, Journal, Thing
from ucloud_provider.run import Cancel

from tests.unit.cloud.scripted import ScriptedSdk, api

HOST = Thing("host", "ucloud-image-0123456789ab-x1764000000", "org-x", "cn-bj2", "uhost-1")
LONG_AGO = time.time() - dead_builds.KEEP_SECONDS - 60
NOT_LONG_AGO = time.time() - dead_builds.KEEP_SECONDS + 3600


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("UCLOUD_IMAGE_STATE", str(tmp_path))
    return tmp_path


def begun(state: Path, name: str, *, released: bool) -> Journal:
    """The journal, still open, of a build that made a host."""
    folder = state / "builds" / name
    folder.mkdir(parents=True)
    (folder / "build.log").write_text("log\n")
    journal = Journal(folder / FILE)
    journal.event("start", build=name, account=api(ScriptedSdk({})).credentials.account)
    journal.intend(HOST)
    if released:
        journal.released(HOST)
    return journal


def over(state: Path, name: str, *, released: bool = True, at: float = LONG_AGO) -> None:
    journal = begun(state, name, released=released)
    journal.close()
    os.utime(journal.path, (at, at))


def kept(state: Path) -> list[str]:
    return sorted(each.name for each in (state / "builds").iterdir())


def test_only_builds_that_are_long_over_and_left_nothing_are_forgotten(state: Path) -> None:
    over(state, "old")
    over(state, "old-and-outstanding", released=False)
    over(state, "young", at=NOT_LONG_AGO)
    alive = begun(state, "old-and-alive", released=True)
    os.utime(alive.path, (LONG_AGO, LONG_AGO))
    dead_builds.prune()
    assert kept(state) == ["old-and-alive", "old-and-outstanding", "young"]
    assert (state / "builds" / "young" / "build.log").exists()
    alive.close()
    os.utime(alive.path, (LONG_AGO, LONG_AGO))
    dead_builds.prune()
    assert kept(state) == ["old-and-outstanding", "young"]


def test_tracebacks_go_as_late(state: Path) -> None:
    errors = state / "errors"
    errors.mkdir()
    for name, at in (("old.log", LONG_AGO), ("young.log", NOT_LONG_AGO), ("old.txt", LONG_AGO)):
        (errors / name).write_text("Traceback\n")
        os.utime(errors / name, (at, at))
    dead_builds.prune()
    assert sorted(each.name for each in errors.iterdir()) == ["old.txt", "young.log"]


def test_a_build_that_cannot_give_back_what_others_left_still_forgets_those_that_left_nothing(state: Path) -> None:
    over(state, "old")
    over(state, "dead", released=False)
    said: list[str] = []
    cancel = Cancel()
    cancel.set("Ctrl-C")
    with recover.in_background(api(ScriptedSdk({})).using(log=said.append), "", lambda _note: None, cancel):
        pass
    assert any("ended early: Cancelled" in each for each in said), said
    assert kept(state) == ["dead"]
