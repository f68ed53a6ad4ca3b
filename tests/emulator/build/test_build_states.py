"""States from which a build cannot go on: told with what was waited for and what was seen last; nothing is left."""

from __future__ import annotations

import pytest
from ucloud_provider.build import snapshot
from ucloud_provider.cloud import waits
from ucloud_provider.errors import StepFailed

from tests.emulator.build.conftest import Builds


def failure(builds: Builds, **given: object) -> str:
    with pytest.raises(StepFailed) as caught:
        builds.build(communicator="none", **given)
    assert (builds.left(), builds.images()) == ([], [])
    return str(caught.value)


def test_a_host_that_could_not_be_set_up(paper_builds: Builds) -> None:
    paper_builds.emulator.fault(transition="launch", outcome="fail", times=1)
    assert "is in state 'Install Fail'; UCloud could not set it up" in failure(paper_builds)


def test_a_host_that_could_not_be_set_up_is_not_kept_for_a_look(paper_builds: Builds) -> None:
    paper_builds.emulator.fault(transition="launch", outcome="fail", times=1)
    assert "kept for a look" not in failure(paper_builds, on_failure="keep")


def test_a_host_that_somebody_else_terminates(paper_builds: Builds, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waits, "LISTING_LAG", 2.0)
    paper_builds.emulator.fault(transition="launch", outcome="vanish", times=1)
    assert "no longer exists: somebody else terminated it" in failure(paper_builds)


def test_a_boot_disk_that_never_becomes_normal(paper_builds: Builds, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshot, "BOOT_DISK_TIMEOUT", 1.0)
    paper_builds.emulator.fault(transition="boot_disk", outcome="never", times=1)
    said = failure(paper_builds)
    assert "waited 1 s for the boot disk of host uhost-" in said
    assert "last seen: Running, boot disk Initializing" in said


def test_an_image_that_could_not_be_made(paper_builds: Builds) -> None:
    paper_builds.emulator.fault(transition="image", outcome="fail", times=1)
    assert "is Unavailable: UCloud could not make it" in failure(paper_builds)


def test_an_image_that_somebody_else_deletes(paper_builds: Builds, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waits, "LISTING_LAG", 2.0)
    paper_builds.emulator.fault(transition="image", outcome="vanish", times=1)
    assert "no longer exists: somebody else deleted it" in failure(paper_builds)


def test_an_image_that_is_not_ready_in_time(paper_builds: Builds) -> None:
    paper_builds.emulator.fault(transition="image", outcome="never", times=1, for_seconds=4)
    said = failure(paper_builds, wait_image_ready_timeout=1)
    assert "waited 1 s for image uimage-" in said
    assert "in cn-bj2 to be Available; last seen: Making" in said


def test_a_retry_is_shown_while_it_happens(paper_builds: Builds) -> None:
    paper_builds.emulator.fault(action="StopUHostInstance", http_status=503, times=1)
    paper_builds.build(communicator="none")
    shown = [line for line in paper_builds.progress.lines if "trying again" in line]
    assert len(shown) == 1
    assert shown[0].startswith("StopUHostInstance failed: UCloud answered with an error (HTTP 503); trying again in ")
