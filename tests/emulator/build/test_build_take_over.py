"""The edges of handing over: what was taken over, marks and leases that end, others who look at the same time."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from ucloud_provider import places
from ucloud_provider.build import collect, expiry, hand_over, lasting_host, lease, release
from ucloud_provider.build.journal import FILE, Journal, Thing
from ucloud_provider.cloud import images, keypairs
from ucloud_provider.errors import StepFailed
from ucloud_provider.spec.uhost import UHostArgs

from tests.emulator.build.conftest import DEBIAN, Builds
from tests.emulator.build.test_build_recovery import dead_with_image, rebuild
from tests.support.emulator import Emulator


def test_an_image_that_was_asked_for_twice_is_taken_over_and_stays(
    paper_builds: Builds, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its build died before it had found it: the journal has no id, and says that there may be two."""
    monkeypatch.setattr(release, "IN_FLIGHT", 0.5)
    held, image, _marked = dead_with_image(paper_builds.api())
    path = places.build_dir(held.build_id) / FILE
    records = [json.loads(line) for line in path.read_text().splitlines()]
    unknown = [each if each.get("kind") != "image" else {**each, "id": ""} for each in records]
    path.write_text("".join(json.dumps(each) + "\n" for each in unknown))
    journal = Journal(path)
    journal.again(Thing("image", image.label, image.project_id, image.region))
    journal.close()
    assert rebuild(paper_builds).image_id == image.id
    assert paper_builds.images() == [image.id]
    assert paper_builds.left() == []


def test_a_copy_of_a_dead_build_that_cannot_be_deleted_keeps_a_mark_though_the_image_is_taken_over(
    paper_builds: Builds, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    api = paper_builds.api()
    held, image, _marked = dead_with_image(api)
    there = api.at(region="cn-sh2")
    copy = images.copy(api, image.id, there, name="built", description=None, tag=held.origin)
    journal = Journal(places.build_dir(held.build_id) / FILE)
    journal.intend(Thing("copy", held.origin, Emulator.project, "cn-sh2", copy))
    journal.close()
    paper_builds.emulator.fault(action="TerminateCustomImage", region="cn-sh2", ret_code=9999, message="no", times=0)
    assert rebuild(paper_builds).image_id == image.id
    paper_builds.emulator.clear_faults()
    assert [each.name for each in keypairs.find(there)] == [f"{held.label}-cn-sh2"]
    assert sorted(paper_builds.images()) == sorted([image.id, copy])
    monkeypatch.setenv("UCLOUD_IMAGE_STATE", str(tmp_path / "another machine"))
    found = collect.find([api], api.clock() + lease.DURATION + 60)
    assert collect.remove(api, found, lambda _each, _said: None) == []
    assert paper_builds.images() == [image.id]
    assert paper_builds.left() == []


def test_gc_here_collects_an_image_whose_build_died_when_its_mark_was_off_already(paper_builds: Builds) -> None:
    api = paper_builds.api()
    _held, image, marked = dead_with_image(api)
    keypairs.delete(api, marked.id)
    found = collect.find([api], api.clock())
    assert [(each.thing.id, each.collectable) for each in found] == [(image.id, True)]
    assert collect.remove(api, found, lambda _each, _said: None) == []
    assert paper_builds.images() == []


def test_a_lease_that_ends_while_the_marks_come_off_is_too_late(
    paper_builds: Builds, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hand_over, "MARGIN", 0.0)
    monkeypatch.setattr(expiry, "MARGIN", 0.0)
    monkeypatch.setattr(lease.new, "__defaults__", (5.0,))
    paper_builds.emulator.fault(action="DeleteUHostKeyPairs", delay=6.0, times=1)
    with pytest.raises(StepFailed, match="took longer than its lease"):
        paper_builds.build(communicator="none")
    assert (paper_builds.images(), paper_builds.left()) == ([], [])


def test_a_host_that_nobody_waits_for_once_its_lease_is_lifted_is_removed(paper_builds: Builds) -> None:
    answers = [True, False]
    args = UHostArgs(availability_zone=Emulator.zone, instance_type="n-basic-2", image_id=DEBIAN)
    with pytest.raises(StepFailed, match="nobody waits for this host any more"):
        lasting_host.create(
            args,
            "web",
            api=paper_builds.api(),
            progress=paper_builds.progress,
            mask=str,
            wanted=lambda: answers.pop(0),
        )
    assert len(paper_builds.requests("ModifyUHostInstanceTag")) == 1
    assert paper_builds.left() == []
