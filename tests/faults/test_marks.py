"""The mark of a build: no image that the stack knows of carries one, and all that is left behind does."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from ucloud_provider.build import collect, launch, release
from ucloud_provider.build.image import build_image
from ucloud_provider.build.lease import DURATION
from ucloud_provider.build.state import BuiltImage, CopyFailed
from ucloud_provider.cloud.client import Api, connect
from ucloud_provider.cloud.credentials import Credentials
from ucloud_provider.errors import StepFailed
from ucloud_provider.run import Cancel
from ucloud_provider.spec.image import CustomImageArgs, ImageCopy

from tests.faults.victim import Fatal
from tests.support.emulator import Emulator

REFUSED = {"ret_code": 5001, "times": 0}


@pytest.fixture(scope="module")
def paper() -> Iterator[Emulator]:
    with Emulator(hosts="paper") as running:
        yield running


@pytest.fixture
def api(paper: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Api:
    paper.reset()
    monkeypatch.setenv("UCLOUD_IMAGE_STATE", str(tmp_path / "here"))
    monkeypatch.setattr(launch, "GONE_TIMEOUT", 3.0)
    monkeypatch.setattr(release, "IMAGE_PATIENCE", 1.0)
    return connect(Credentials(paper.public_key, paper.private_key, paper.project, paper.region, paper.url))


def build(api: Api) -> BuiltImage:
    args = CustomImageArgs(
        image_name="web",
        source_image_id="uimage-f1chxn",
        availability_zone=Emulator.zone,
        instance_type="n-basic-2",
        communicator="none",
        copies=[ImageCopy(region="hk")],
        wait_image_ready_timeout="1s",
    )
    return build_image(args, api=api, progress=Fatal(""), cancel=Cancel(), base_dir=Path())


def gc_elsewhere(api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Collect on a machine without the journal, after the lease; what could not be."""
    monkeypatch.setenv("UCLOUD_IMAGE_STATE", str(tmp_path / "elsewhere"))
    return collect.remove(api, collect.find([api], time.time() + DURATION + 60), lambda _each, _said: None)


def left(cloud: Emulator) -> list[tuple[str, str]]:
    return sorted((row["kind"], row["region"]) for row in cloud.ledger(open_only=True))


@pytest.mark.parametrize("action", ["DescribeUHostKeyPairs", "DeleteUHostKeyPairs"])
def test_a_result_whose_mark_cannot_be_taken_away_is_given_back(
    action: str, paper: Emulator, api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paper.fault(action=action, **REFUSED)
    with pytest.raises(StepFailed, match="handing over failed"):
        build(api)
    assert left(paper) == [("keypair", "")]
    paper.clear_faults()
    assert gc_elsewhere(api, tmp_path, monkeypatch) == []
    assert left(paper) == []


def test_a_copy_that_cannot_be_deleted_is_collected_later_and_what_was_handed_over_stays(
    paper: Emulator, api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paper.fault(transition="copy", outcome="never")
    with pytest.raises(CopyFailed):
        build(api)
    half_made = [("image", "cn-bj2"), ("image", "hk"), ("keypair", "")]
    assert left(paper) == half_made
    assert [row["name"][-3:] for row in paper.ledger(open_only=True) if row["kind"] == "keypair"] == ["-hk"]
    assert len(gc_elsewhere(api, tmp_path, monkeypatch)) == 2, "UCloud refuses while it is Copying"
    assert left(paper) == half_made
    paper.clear_faults()
    assert gc_elsewhere(api, tmp_path, monkeypatch) == []
    assert left(paper) == [("image", "cn-bj2")]


def test_where_what_is_left_behind_cannot_be_marked_nothing_is_handed_over(
    paper: Emulator, api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paper.fault(transition="copy", outcome="never")
    paper.fault(action="ImportUHostKeyPairs", skip=1, **REFUSED)
    with pytest.raises(StepFailed, match="handing over failed"):
        build(api)
    assert left(paper) == [("image", "hk"), ("keypair", "")]
    paper.clear_faults()
    assert gc_elsewhere(api, tmp_path, monkeypatch) == []
    assert left(paper) == []
