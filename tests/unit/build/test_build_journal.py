"""The journal: intent before effect, readable whatever tore it, and what it says is outstanding."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ucloud_provider.build import dead_builds
from ucloud_provider.build.journal import FILE, FORMAT, Alive, Journal, Thing, outstanding, read
from ucloud_provider.run import Cancel

from tests.unit.cloud.scripted import ScriptedSdk, api

API = api(ScriptedSdk({}))
HOST = Thing("host", "ucloud-image-0123456789ab-x1764000000", "org-x", "cn-bj2")
KEY = Thing("key pair", HOST.label, "org-x", "cn-bj2")


def made(thing: Thing, id: str) -> Thing:
    return Thing(thing.kind, thing.label, thing.project_id, thing.region, id)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.jsonl"


def test_an_intent_is_on_the_disk_when_the_call_is_made(path: Path) -> None:
    journal = Journal(path)
    journal.intend(HOST)
    assert outstanding(path) == [HOST]


def test_what_was_made_is_known_by_its_id(path: Path) -> None:
    journal = Journal(path)
    journal.intend(HOST)
    journal.made(made(HOST, "uhost-1"))
    assert outstanding(path) == [made(HOST, "uhost-1")]


def test_what_was_released_or_kept_is_not_outstanding(path: Path) -> None:
    journal = Journal(path)
    for thing in (HOST, KEY):
        journal.intend(thing)
        journal.made(made(thing, "id-1"))
    journal.released(made(HOST, "id-1"))
    journal.kept(made(KEY, "id-1"))
    assert outstanding(path) == []


def test_what_an_earlier_release_kept_is_not_outstanding(path: Path) -> None:
    journal = Journal(path)
    journal.intend(HOST)
    line = {"event": "kept", **made(HOST, "uhost-1").__dict__}
    with path.open("a") as file:
        file.write(json.dumps(line) + "\n")
    assert outstanding(path) == []


def test_nothing_is_given_back_on_the_word_of_a_later_release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UCLOUD_IMAGE_STATE", str(tmp_path))
    for name, more in (("ours", {}), ("later", {"format": FORMAT + 1}), ("odd", {"format": "x"})):
        (tmp_path / "builds" / name).mkdir(parents=True)
        journal = Journal(tmp_path / "builds" / name / FILE)
        journal.event("start", build=name, account=API.credentials.account, **more)
        journal.intend(HOST)
        journal.close()
    assert [each.start["build"] for each in dead_builds.find(API, time.time())] == ["ours"]
    assert next(read(tmp_path / "builds" / "ours" / FILE))["format"] == FORMAT


def test_the_newest_is_released_first(path: Path) -> None:
    journal = Journal(path)
    journal.intend(KEY)
    journal.intend(HOST)
    assert outstanding(path) == [HOST, KEY]


def test_copies_of_one_image_in_several_regions_are_told_apart(path: Path) -> None:
    journal = Journal(path)
    here, there = (Thing("copy", "origin", "org-x", region) for region in ("cn-sh2", "hk"))
    journal.intend(here)
    journal.intend(there)
    journal.released(here)
    assert outstanding(path) == [there]


def test_the_journal_is_its_owners_alone_and_a_person_can_read_it(path: Path) -> None:
    Journal(path).intend(HOST)
    assert path.stat().st_mode & 0o777 == 0o600
    (line,) = path.read_text().splitlines()
    assert json.loads(line)["event"] == "intend"
    assert HOST.label in line


def test_a_journal_that_is_opened_again_is_continued(path: Path) -> None:
    for thing in (HOST, KEY):
        journal = Journal(path)
        journal.intend(thing)
        journal.close()
    assert len(list(read(path))) == 2


def test_a_journal_of_a_living_build_cannot_be_opened(path: Path) -> None:
    journal = Journal(path)
    with pytest.raises(Alive):
        Journal(path)
    journal.close()
    Journal(path).close()


def test_lines_of_many_threads_are_never_mixed(path: Path) -> None:
    journal = Journal(path)
    things = [Thing("copy", f"label-{n}", "org-x", "hk") for n in range(64)]
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(journal.intend, things))
    assert set(outstanding(path)) == set(things)


def test_a_journal_torn_at_any_byte_still_tells_every_whole_line(path: Path) -> None:
    journal = Journal(path)
    journal.event("start", build="0123456789ab")
    journal.intend(KEY)
    journal.made(made(KEY, "key-1"))
    journal.intend(HOST)
    journal.made(made(HOST, "uhost-1"))
    journal.released(made(HOST, "uhost-1"))
    whole = path.read_bytes()
    torn = path.with_name("torn.jsonl")
    for end in range(len(whole) + 1):
        torn.write_bytes(whole[:end])
        assert list(read(torn)) == [json.loads(line) for line in whole[:end].split(b"\n")[:-1]]
        assert all(thing.kind in ("host", "key pair") for thing in outstanding(torn))


def test_a_result_whose_line_only_lacks_its_end_is_not_kept_by_the_line_after_it(path: Path) -> None:
    journal = Journal(path)
    journal.intend(HOST)
    journal.kept(HOST)
    journal.close()
    path.write_bytes(path.read_bytes()[:-1])
    again = Journal(path)
    again.event("sweep")
    assert outstanding(path) == [HOST]
    assert [each["event"] for each in read(path)] == ["intend", "sweep"]


def test_a_line_that_was_torn_in_the_middle_takes_no_other_with_it(path: Path) -> None:
    journal = Journal(path)
    journal.intend(KEY)
    journal.close()
    with path.open("ab") as file:
        file.write(b'{"event": "made", "ki')
    again = Journal(path)
    again.intend(HOST)
    again.released(KEY)
    assert outstanding(path) == [HOST]


def test_a_result_is_kept_whole_or_not_at_all_wherever_its_line_is_torn(path: Path) -> None:
    journal = Journal(path)
    image, copy = Thing("image", "origin", "org-x", "cn-bj2", "i-1"), Thing("copy", "origin", "org-x", "hk", "i-2")
    journal.intend(image)
    journal.intend(copy)
    before = path.stat().st_size
    journal.kept(image, copy)
    whole = path.read_bytes()
    torn = path.with_name("torn.jsonl")
    for end in range(before, len(whole)):
        torn.write_bytes(whole[:end])
        assert outstanding(torn) == [copy, image]
    assert outstanding(path) == []


THINGS = (HOST, KEY, Thing("image", "origin", "org-x", "cn-bj2"), Thing("copy", "origin", "org-x", "hk"))
some = st.sampled_from(THINGS)
some_made = st.builds(made, some, st.sampled_from(["id-1", "id-2"]))
steps = st.one_of(
    st.tuples(st.just("intend"), some | some_made),
    st.tuples(st.just("made"), some_made),
    st.tuples(st.just("again"), some),
    st.tuples(st.just("released"), some | some_made),
    st.tuples(st.just("kept"), st.lists(some | some_made, min_size=1, max_size=3)),
)
"""What a journal may be told, one line each; "kept" is of several things at once."""


def write(journal: Journal, step: tuple[str, Any]) -> None:
    event, what = step
    getattr(journal, event)(*(what if event == "kept" else (what,)))


def left_by(told: Sequence[tuple[str, Any]]) -> list[Thing]:
    """What a build that told this and died has outstanding, newest first, by hand: each thing looked at alone."""
    found: list[tuple[int, Thing]] = []
    for thing in THINGS:
        own = [(at, event, what) for at, (event, what) in enumerate(told) if event in ("intend", "made", "released")]
        own += [(at, event, each) for at, (event, what) in enumerate(told) if event == "kept" for each in what]
        own = sorted(((at, event, each) for at, event, each in own if each.key == thing.key), key=lambda one: one[0])
        gone = max((at for at, event, _ in own if event in ("released", "kept")), default=-1)
        since = [(at, each) for at, _, each in own if at > gone]
        if since:
            found.append((since[0][0], since[-1][1]))
    return [thing for _, thing in sorted(found, key=lambda one: one[0], reverse=True)]


@given(
    told=st.lists(steps, max_size=8),
    more=st.lists(steps, min_size=1, max_size=2),
    at=st.integers(0),
    last_byte=st.booleans(),
)
@settings(max_examples=30)
def test_a_build_that_died_at_any_byte_leaves_what_its_whole_lines_say(
    told: list[tuple[str, Any]],
    more: list[tuple[str, Any]],
    at: int,
    last_byte: bool,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    path = tmp_path_factory.mktemp("torn") / FILE
    journal = Journal(path)
    ends = [0]
    for step in told:
        write(journal, step)
        ends.append(path.stat().st_size)
    journal.close()
    whole = path.read_bytes()
    assert outstanding(path) == left_by(told)
    for written in range(len(told)):
        expected = left_by(told[:written])
        for end in range(ends[written], ends[written + 1]):
            path.write_bytes(whole[:end])
            assert outstanding(path) == expected
    # Who comes after it and gives back what it left writes into the same file, wherever that was torn.
    end = max(0, ends[at % len(ends)] - 1) if last_byte else at % (len(whole) + 1)
    path.write_bytes(whole[:end])
    journal = Journal(path)
    for step in more:
        write(journal, step)
    journal.close()
    assert outstanding(path) == left_by(told[: sum(each <= end for each in ends) - 1] + more)


@given(noise=st.binary(max_size=200))
def test_a_file_that_is_no_journal_has_nothing_outstanding_and_is_no_crash(
    noise: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = tmp_path_factory.mktemp("noise") / "journal.jsonl"
    file.write_bytes(noise)
    assert outstanding(file) == []


def test_who_wants_to_waits_until_another_build_of_the_process_has_looked_after_a_dead_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UCLOUD_IMAGE_STATE", str(tmp_path))
    path = tmp_path / "builds" / "dead" / FILE
    path.parent.mkdir(parents=True)
    journal = Journal(path)
    journal.event("start", build="dead", account=API.credentials.account)
    journal.intend(HOST)
    journal.close()

    def left() -> tuple[Thing, ...]:
        with dead_builds.lock(path, API, time.time(), Cancel()) as found:
            return found.left if found is not None else ()

    with ThreadPoolExecutor(1) as pool:
        with dead_builds.lock(path, API, time.time()) as first:
            assert first is not None
            with dead_builds.lock(path, API, time.time()) as second:
                assert second is None, "who does not want to wait goes on"
            waiting = pool.submit(left)
            with pytest.raises(TimeoutError):
                waiting.result(0.5)
        assert waiting.result(30) == (HOST,)


def test_a_live_build_is_not_waited_for(tmp_path: Path) -> None:
    path = tmp_path / FILE
    journal = Journal(path)
    journal.event("start", build="live", account=API.credentials.account)
    journal.intend(HOST)
    with dead_builds.lock(path, API, time.time(), Cancel()) as found:
        assert found is None
