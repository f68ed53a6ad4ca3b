"""A host that stays: it carries a lease until it is handed over, and none after; one that nobody takes is removed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ucloud_provider.build import collect, lasting_host, launch, lease
from ucloud_provider.build.journal import Thing
from ucloud_provider.cloud import hosts
from ucloud_provider.cloud.client import Api
from ucloud_provider.cloud.records import Host
from ucloud_provider.errors import StepFailed, UnexpectedState
from ucloud_provider.spec.uhost import UHostArgs

from tests.emulator.build.conftest import DEBIAN, Builds, journal_of, start_host
from tests.support.emulator import Emulator


def create(builds: Builds, **more: Any) -> Host:
    args = UHostArgs(availability_zone=Emulator.zone, instance_type="n-basic-2", image_id=DEBIAN)
    return lasting_host.create(args, "web", api=builds.api(), progress=builds.progress, mask=str, **more)


def test_it_carries_a_lease_until_it_runs_and_none_after(paper_builds: Builds) -> None:
    host = create(paper_builds)
    ordered = paper_builds.requests("CreateUHostInstance")[0]["params"]["Tag"]
    assert lease.parse(ordered) is not None
    api = paper_builds.api()
    (found,) = hosts.find(api, tag=ordered.rpartition("-x")[0])
    assert found.id == host.id
    assert collect.find([api], api.clock() + lease.DURATION + 60) == []


def test_one_that_nobody_waits_for_any_more_is_removed(paper_builds: Builds) -> None:
    with pytest.raises(StepFailed, match="nobody waits for this host any more"):
        create(paper_builds, wanted=lambda: False)
    assert paper_builds.left() == []


def test_one_that_goes_off_before_it_was_running_is_told_at_once_and_removed(builds: Builds) -> None:
    builds.emulator.fault(transition="start", outcome="fail", times=1)
    with pytest.raises(StepFailed, match=r"host uhost-\w+ is Stopped: it went off before it was Running"):
        create(builds)
    assert builds.left() == []


def test_one_that_goes_off_when_it_is_started_again_after_a_change_is_told_at_once(builds: Builds) -> None:
    host = create(builds)
    builds.emulator.fault(transition="start", outcome="fail", times=1)
    larger = UHostArgs(availability_zone=Emulator.zone, instance_type="n-basic-4", image_id=DEBIAN)
    with pytest.raises(UnexpectedState, match="is Stopped: it went off before it was Running"):
        lasting_host.change({}, larger, host.id, api=builds.api(), progress=builds.progress)
    changed = lasting_host.change({}, larger, host.id, api=builds.api(), progress=builds.progress)
    assert (changed.state, changed.cpu) == ("Running", 4)


def test_one_whose_lease_cannot_be_lifted_is_removed_lest_it_is_collected_in_use(paper_builds: Builds) -> None:
    paper_builds.emulator.fault(action="ModifyUHostInstanceTag", ret_code=9999, message="no", times=0)
    with pytest.raises(StepFailed, match=r"ModifyUHostInstanceTag failed: no \(RetCode 9999\)"):
        create(paper_builds)
    assert paper_builds.left() == []


def test_what_a_dead_one_left_is_given_back_by_the_next(paper_builds: Builds, state: Path) -> None:
    dead = dead_host(paper_builds.api())
    host = create(paper_builds)
    assert [row["id"] for row in paper_builds.left() if row["kind"] == "uhost"] == [host.id]
    assert any("released now: host" in note for note in paper_builds.progress.notes), dead


def test_one_that_lost_its_lease_and_that_nobody_was_told_of_is_collected_by_its_journal(
    paper_builds: Builds, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    api = paper_builds.api()
    kept, dead = create(paper_builds), dead_host(api, unlabelled=True)
    assert kept.id != dead
    found = collect.find([api], api.clock())
    assert [(each.thing.id, each.why) for each in found] == [
        (dead, "its build is dead, says the journal of this machine")
    ]
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("UCLOUD_IMAGE_STATE", str(tmp_path / "another machine"))
        assert collect.find([api], api.clock() + lease.DURATION + 60) == []
    assert collect.remove(api, found, lambda _each, _said: None) == []
    assert [row["id"] for row in paper_builds.left() if row["kind"] == "uhost"] == [kept.id]
    assert collect.find([api], api.clock()) == []


def dead_host(api: Api, *, unlabelled: bool = False) -> str:
    """The id of a host whose build is dead; with `unlabelled` it died when the host had lost its lease already."""
    held = lease.new(api.clock())
    journal = journal_of(api, held)
    thing = Thing("host", held.label, Emulator.project, Emulator.region)
    journal.intend(thing)
    host_id = start_host(api, held, "dead")
    if unlabelled:
        journal.made(replace(thing, id=host_id))
        launch.wait_running(api, host_id, 60)
        hosts.set_tag(api, host_id, held.origin)
    journal.close()
    return host_id
