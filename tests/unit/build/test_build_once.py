"""Made exactly once: what is done when a creating call is refused, lost, or had its effect unheard."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from ucloud_provider.build import once
from ucloud_provider.build.journal import Journal, JournalFailed, Thing, outstanding
from ucloud_provider.errors import Cancelled, CloudError, NotSent, ResponseLost

from tests.support.documents import documented
from tests.unit.cloud.scripted import ScriptedSdk, api

THING = Thing("host", "ucloud-image-0123456789ab-x1764000000", "org-x", "cn-bj2")
LOST = ResponseLost("CreateX", 0, "reset")
REFUSED = CloudError("CreateX", 230, "bad zone")
TAKEN = CloudError("CreateX", 4364, "there is one of that name")


class Cloud:
    """Holds what was made. Each creating call ends as told: with its id, or an error before or after the effect."""

    def __init__(self, *ends: str) -> None:
        self.ends = list(ends)
        self.things: list[str] = []
        self.creates = 0
        self.visible_after = 0
        self.looks = 0

    def create(self) -> str:
        self.creates += 1
        end = self.ends.pop(0)
        if end in ("made", "lost after"):
            self.things.append(f"id-{self.creates}")
        if end == "made":
            return self.things[-1]
        raise {
            "lost after": LOST,
            "lost before": LOST,
            "refused": REFUSED,
            "taken": TAKEN,
            "not sent": NotSent("CreateX", 0, "x"),
        }[end]

    def find(self) -> str | None:
        self.looks += 1
        return self.things[0] if self.things and self.looks > self.visible_after else None


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.jsonl"


@pytest.fixture
def make(path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Cloud], Thing]:
    monkeypatch.setattr(once, "PAUSE", 0.0)
    calls = api(ScriptedSdk({}))
    return lambda cloud: once.make(calls, Journal(path), THING, cloud.create, cloud.find)


def test_an_answered_call_is_not_looked_for(make: Callable[[Cloud], Thing], path: Path) -> None:
    cloud = Cloud("made")
    assert make(cloud).id == "id-1"
    assert cloud.looks == 0
    assert [thing.id for thing in outstanding(path)] == ["id-1"]


def test_a_call_whose_answer_was_lost_is_found_and_not_made_again(make: Callable[[Cloud], Thing], path: Path) -> None:
    cloud = Cloud("lost after")
    assert make(cloud).id == "id-1"
    assert cloud.creates == 1
    assert [thing.id for thing in outstanding(path)] == ["id-1"]


def test_a_thing_that_shows_in_listings_late_is_waited_for(make: Callable[[Cloud], Thing]) -> None:
    cloud = Cloud("lost after")
    cloud.visible_after = once.LOOKS - 1
    assert make(cloud).id == "id-1"
    assert cloud.creates == 1


def test_a_call_that_was_lost_before_its_effect_is_made_again_after_a_look(make: Callable[[Cloud], Thing]) -> None:
    cloud = Cloud("lost before", "made")
    assert make(cloud).id == "id-2"
    assert cloud.looks == once.LOOKS
    assert cloud.things == ["id-2"]


def test_calls_are_not_made_without_end(make: Callable[[Cloud], Thing], path: Path) -> None:
    cloud = Cloud(*["lost before"] * 10)
    with pytest.raises(ResponseLost):
        make(cloud)
    assert cloud.creates == once.TRIES
    assert outstanding(path) == [THING]  # whether there is something, only a later look can tell


@documented("api/unet-api/error_code.md", "4364: the name is taken; by an earlier call of ours, it may be")
def test_a_name_that_is_taken_is_looked_for(make: Callable[[Cloud], Thing], path: Path) -> None:
    cloud = Cloud("taken")
    cloud.things = ["id-0"]
    assert make(cloud).id == "id-0"
    assert [thing.id for thing in outstanding(path)] == ["id-0"]


def test_what_shows_only_when_it_is_asked_for_again_is_taken(make: Callable[[Cloud], Thing], path: Path) -> None:
    """The listing lags for longer than is looked for: then the second call is refused for the first one's sake."""
    cloud = Cloud("lost after", "refused")
    cloud.visible_after = once.LOOKS
    assert make(cloud).id == "id-1"
    assert [thing.id for thing in outstanding(path)] == ["id-1"]


@pytest.mark.parametrize("end", ["refused", "taken", "not sent"])
def test_a_call_that_surely_had_no_effect_leaves_nothing_outstanding(
    make: Callable[[Cloud], Thing], path: Path, end: str
) -> None:
    cloud = Cloud(end)
    with pytest.raises(CloudError):
        make(cloud)
    assert cloud.creates == 1
    assert outstanding(path) == []


def test_the_intent_is_written_before_the_call(path: Path) -> None:
    def create() -> str:
        assert outstanding(path) == [THING]
        return "id-1"

    once.make(api(ScriptedSdk({})), Journal(path), THING, create, lambda: None)


def test_a_cancelled_look_leaves_the_intent_outstanding(path: Path) -> None:
    calls = api(ScriptedSdk({}))

    def create() -> str:
        calls.cancel.set("Ctrl-C")
        raise LOST

    with pytest.raises(Cancelled):
        once.make(calls, Journal(path), THING, create, lambda: None)
    assert outstanding(path) == [THING]


def test_a_journal_that_cannot_be_written_stops_the_build_before_the_call(path: Path) -> None:
    journal = Journal(path)
    journal.close()
    cloud = Cloud("made")
    with pytest.raises(JournalFailed, match=r"cannot be written: Bad file descriptor; nothing is made without it"):
        once.make(api(ScriptedSdk({})), journal, THING, cloud.create, cloud.find)
    assert cloud.creates == 0


def test_what_is_about_to_be_made_is_on_the_disk_before_it_is(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A power cut takes what was written and not flushed, and a file whose folder was not."""
    flushed: dict[Path, bytes] = {}
    flush = os.fsync

    def fsync(file: int) -> None:
        flush(file)
        opened = Path(f"/proc/self/fd/{file}").readlink()
        flushed[opened] = b"" if opened.is_dir() else opened.read_bytes()

    monkeypatch.setattr(os, "fsync", fsync)

    def create() -> str:
        assert THING.label.encode() in flushed[path]
        assert {path.parent, path.parent.parent} <= set(flushed)
        return "id-1"

    assert once.make(api(ScriptedSdk({})), Journal(path), THING, create, lambda: None).id == "id-1"
    assert flushed[path] == path.read_bytes()
