"""A cloud that takes its time: what is half-made when the build is cancelled goes too."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from ucloud_provider.build.state import CopyFailed
from ucloud_provider.errors import Cancelled, StepFailed
from ucloud_provider.spec.image import ImageCopy

from tests.emulator.build.conftest import Builds
from tests.support.emulator import Emulator


@pytest.fixture(scope="module")
def paced_emulator() -> Iterator[Emulator]:
    with Emulator(hosts="paper", latency="scaled") as running:
        yield running


@pytest.fixture
def paced(paced_emulator: Emulator, state: Path, tmp_path: Path) -> Builds:
    paced_emulator.reset()
    return Builds(paced_emulator, tmp_path)


@pytest.mark.parametrize("step", ["starting host", "stopping the host", "making image"])
def test_a_build_cancelled_while_the_cloud_works_leaves_nothing(paced: Builds, step: str) -> None:
    paced.progress.on_step = lambda text: paced.cancel.set("Ctrl-C") if text.startswith(step) else None
    with pytest.raises((Cancelled, StepFailed), match="Ctrl-C"):
        paced.build(communicator="none")
    assert (paced.left(), paced.images()) == ([], [])


def test_a_build_cancelled_while_copying_keeps_the_image_that_it_tells_of(paced: Builds) -> None:
    paced.progress.on_step = lambda text: paced.cancel.set("Ctrl-C") if text.startswith("copying") else None
    with pytest.raises(CopyFailed) as caught:
        paced.build(communicator="none", copies=[ImageCopy(region="cn-sh2")])
    assert paced.left() == []
    assert paced.images() == [caught.value.made.image_id]


def test_the_host_is_gone_before_the_copies_are_there(paced: Builds) -> None:
    paced.build(communicator="none", copies=[ImageCopy(region="cn-sh2"), ImageCopy(region="hk")])
    rows = paced.emulator.ledger()
    released = max(row["released"] for row in rows if row["kind"] == "uhost")
    copied = [each["t"] for each in paced.requests("DescribeImage") if each["params"]["Region"] == "hk"]
    assert released < max(copied)
