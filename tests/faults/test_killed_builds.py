"""A build killed with -9 at any step: the next one takes over what is done and gives the rest back."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults import deaths, victim
from tests.support.emulator import REPOSITORY, Emulator

STEPS = tuple(point.said for point in deaths.STEPS)


def start(step: str, cloud: Emulator, state: Path, region: str = "cn-sh2", detached: str = "") -> subprocess.Popen[str]:
    """Start a build in a process of its own that dies with -9 when the step begins."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.faults.victim", cloud.url, step, region, detached],
        cwd=REPOSITORY,
        env={
            **os.environ,
            "UCLOUD_IMAGE_STATE": str(state),
            "PYTHONPATH": f"{REPOSITORY}{os.pathsep}{REPOSITORY}/providers",
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def kill_at(step: str, cloud: Emulator, state: Path, region: str = "cn-sh2", detached: str = "") -> None:
    """Run a build that dies with -9 when the step begins."""
    process = start(step, cloud, state, region, detached)
    _, said = process.communicate(timeout=120)
    assert process.returncode == -signal.SIGKILL, said[-2000:]


@pytest.mark.parametrize("step", STEPS)
def test_the_next_build_leaves_one_image_and_nothing_else(
    step: str, cloud: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud.reset()
    monkeypatch.setenv("UCLOUD_IMAGE_STATE", str(tmp_path))
    kill_at(step, cloud, tmp_path)
    image_id, _notes = victim.build(cloud.url, "", "cn-sh2")
    rows = cloud.ledger(open_only=True)
    assert [row["id"] for row in rows if row["region"] == "cn-bj2" and row["kind"] == "image"] == [image_id]
    assert sorted(row["kind"] for row in rows) == ["image", "image"], rows


def test_an_image_that_was_done_is_not_built_again(
    cloud: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud.reset()
    monkeypatch.setenv("UCLOUD_IMAGE_STATE", str(tmp_path))
    kill_at("copying", cloud, tmp_path)
    done = [row["id"] for row in cloud.ledger(open_only=True) if row["kind"] == "image" and row["region"] == "cn-bj2"]
    image_id, notes = victim.build(cloud.url, "", "cn-sh2")
    assert [image_id] == done
    assert any("taken over" in note for note in notes)
    assert len([row for row in cloud.ledger(open_only=False) if row["kind"] == "uhost"]) == 1


def test_every_call_of_a_build_that_changes_something_is_a_moment_of_death(
    cloud: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud.reset()
    monkeypatch.setenv("UCLOUD_IMAGE_STATE", str(tmp_path))
    victim.build(cloud.url, "", "cn-sh2")
    made = {each["Action"] for each in cloud.requests()}
    changing = {action for action in made if not action.startswith(("Describe", "Get", "Check"))}
    missing = changing - {point.action for point in deaths.EFFECTS}
    assert not missing, f"no run dies after the effect of {', '.join(sorted(missing))}: add it to EFFECTS in deaths.py"
