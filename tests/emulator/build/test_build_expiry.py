"""A build that runs into the end of its lease is ended in time, and gives everything back."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest
from ucloud_provider.build import lease
from ucloud_provider.build.hand_over import MARGIN
from ucloud_provider.cloud.client import Api
from ucloud_provider.errors import Cancelled, StepFailed
from ucloud_provider.provisioners.shell import Shell
from ucloud_provider.spec.image import ImageCopy

from tests.emulator.build.conftest import Builds


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Has UCloud's clock say, to the builds of a test, that so many seconds have passed."""
    passed = [0.0]
    connected = Builds.api

    def api(builds: Builds, **where: str) -> Api:
        found = connected(builds, **where)
        return dataclasses.replace(found, clock=lambda: found.clock() + passed[-1])

    monkeypatch.setattr(Builds, "api", api)
    return passed.append


def test_a_build_that_is_still_provisioning_is_ended(builds: Builds, later: Callable[[float], None]) -> None:
    builds.progress.on_line = lambda line: later(lease.DURATION - MARGIN) if line == "now" else None
    with pytest.raises(Cancelled) as caught:
        builds.build(provisioners=[Shell(inline=["echo now", "sleep 60"])], on_failure="keep")
    said = str(caught.value)
    assert "ended 5 minutes before the end of its lease of 6 hours, while provisioning" in said
    assert "everything the build made has been released" in said
    assert (builds.left(), builds.images()) == ([], [])


def test_a_build_that_is_still_copying_is_ended(paper_builds: Builds, later: Callable[[float], None]) -> None:
    paper_builds.emulator.fault(transition="copy", outcome="never", times=1, for_seconds=6)
    steps: list[str] = []

    def on_step(text: str) -> None:
        steps.append(text)
        if text.startswith("copying"):
            later(lease.DURATION - MARGIN)

    paper_builds.progress.on_step = on_step
    with pytest.raises(StepFailed, match="took longer than its lease of 6 hours"):
        paper_builds.build(communicator="none", copies=[ImageCopy(region="cn-sh2")])
    assert any(text.startswith("copying") for text in steps)
    assert not any(text.startswith("copied") for text in steps)
    assert (paper_builds.images(), paper_builds.left()) == ([], [])


def test_a_build_that_has_time_left_goes_on(builds: Builds, later: Callable[[float], None]) -> None:
    builds.progress.on_line = lambda line: later(lease.DURATION - MARGIN - 120) if line == "now" else None
    built = builds.build(provisioners=[Shell(inline=["echo now", "sleep 3"])])
    assert (builds.left(), builds.images()) == ([], [built.image_id])
