"""What was handed to Pulumi, in the eyes of the next build and of gc: named where it is there, never touched."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from ucloud_provider import hand_over_notes, places
from ucloud_provider.build import collect, handed_over, lease
from ucloud_provider.build.journal import FILE, Journal, Thing
from ucloud_provider.cloud import images
from ucloud_provider.cloud.client import Api

from tests.emulator.build.conftest import Builds
from tests.emulator.build.test_build_recovery import dead_with_image, rebuild
from tests.support.emulator import Emulator


@pytest.fixture(autouse=True)
def engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if an engine waited for our answers."""
    monkeypatch.setattr(hand_over_notes, "_expected", True)


def note(state: Path, build_id: str, *things: Thing) -> None:
    """The note of a process that died."""
    path = state / hand_over_notes.FOLDER / f"{build_id}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps([each.__dict__ for each in things]))


def handed(api: Api, state: Path) -> tuple[lease.Lease, Thing]:
    """A dead build whose image was handed over, though its mark is there: gc alone must not be enough."""
    held, image, marked = dead_with_image(api)
    journal = Journal(places.build_dir(held.build_id) / FILE)
    journal.kept(image, marked)
    journal.close()
    note(state, held.build_id, image)
    return held, image


def test_a_note_outweighs_a_mark_and_a_lease_that_is_over(paper_builds: Builds, state: Path) -> None:
    api = paper_builds.api()
    _held, image = handed(api, state)
    found = collect.find([api], api.clock() + lease.DURATION + 60)
    assert [(each.thing.kind, each.collectable) for each in found] == [("image", False), ("key pair", True)]
    assert found[0].why == handed_over.WHY
    assert collect.remove(api, found, lambda _each, _said: None) == []
    assert paper_builds.images() == [image.id]


def test_the_next_build_names_it_once_and_not_what_the_engine_has_asked_about(
    paper_builds: Builds, state: Path
) -> None:
    api = paper_builds.api()
    _held, image = handed(api, state)
    known, theirs = handed(api, state)
    hand_over_notes.confirm([theirs.id])
    assert not hand_over_notes.exists(known.build_id)
    for _ in range(2):
        paper_builds.build(communicator="none")
    told = [each for each in paper_builds.progress.notes if "an earlier run died" in each]
    assert told == [
        f"{image}, 'built': an earlier run died as it handed it to Pulumi; "
        "if no stack has it, delete it, or take it in by `adopt_image_id`"
    ]


def test_a_build_that_died_between_its_note_and_its_journals_last_word_is_like_all_others(
    paper_builds: Builds, state: Path
) -> None:
    api = paper_builds.api()
    held, image, _marked = dead_with_image(api)
    note(state, held.build_id, image)
    (found,) = (each for each in collect.find([api], api.clock()) if each.thing.kind == "image")
    assert found.collectable
    assert rebuild(paper_builds).image_id == image.id
    assert not any("an earlier run died" in each for each in paper_builds.progress.notes)
    assert not hand_over_notes.exists(held.build_id)


def test_a_note_of_what_is_gone_goes_once_no_listing_can_lag(paper_builds: Builds, state: Path) -> None:
    api = paper_builds.api()
    held, image = handed(api, state)
    images.delete(api, image.id)
    assert handed_over.find(api, []) == []
    assert hand_over_notes.exists(held.build_id)
    later = Api(api.sdk, api.credentials, api.project_id, api.region, clock=lambda: held.expires + 1.0)
    assert handed_over.find(later, []) == []
    assert not hand_over_notes.exists(held.build_id)


def test_what_cannot_be_looked_for_is_told_and_keeps_nothing_else_from_being_named(
    paper_builds: Builds, state: Path
) -> None:
    api = paper_builds.api()
    held, image = handed(api, state)
    note(state, held.build_id, Thing("image", "x", Emulator.project, "hk", "uimage-x"))
    other, theirs = handed(api, state)
    paper_builds.emulator.fault(action="DescribeImage", region="hk", ret_code=299, message="not yours", times=0)
    unlisted: list[str] = []
    assert [each.thing.id for each in handed_over.find(api, unlisted)] == [theirs.id]
    (said,) = unlisted
    assert said.startswith(f"what build {held.build_id} handed over: DescribeImage")
    assert hand_over_notes.exists(held.build_id)
    assert image.id in paper_builds.images()
    assert hand_over_notes.exists(other.build_id)


def test_a_finished_image_is_not_given_back_for_want_of_a_note(paper_builds: Builds, state: Path) -> None:
    state.mkdir()
    (state / hand_over_notes.FOLDER).touch()
    made = paper_builds.build(communicator="none")
    assert paper_builds.images() == [made.image_id]
    assert paper_builds.left() == []
