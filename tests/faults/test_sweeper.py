"""The process that clears up after a provider that was killed in the middle of clearing up."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from ucloud_provider.build import sweeper
from ucloud_provider.build.journal import FILE, outstanding

from tests.faults import deaths, victim
from tests.faults.test_killed_builds import kill_at, start
from tests.support import processes
from tests.support.emulator import REPOSITORY, Emulator
from tests.support.gateway import Gateway

SECONDS = 60.0
"""Within which it is done; far more than it takes."""


SLOW_END = """
import os, signal, sys, time
from pathlib import Path
from tests.faults import victim
from ucloud_provider.build import sweeper
from ucloud_provider.build.journal import Journal, Thing
api = victim.api(sys.argv[1])
journal = Journal(Path(sys.argv[2]))
journal.event("start", build="0123456789ab", account=api.credentials.account, expires=int(time.time()) + 3600)
journal.intend(Thing("host", "ucloud-image-0123456789ab-x1999999999", api.project_id, api.region))
sweeper.detach(api)
(detached,) = sweeper._started.values()
detached.stdin.close()
if not os.fork():
    time.sleep(1.5)
    os._exit(0)
os.kill(os.getpid(), signal.SIGKILL)
"""
"""A process that is killed and lets go of its journal last, when the pipe is closed and itself is gone."""


def left(cloud: Emulator) -> list[str]:
    return sorted(row["kind"] for row in cloud.ledger(open_only=True))


def until_only(cloud: Emulator, kinds: list[str]) -> None:
    deadline = time.monotonic() + SECONDS
    while left(cloud) != kinds and time.monotonic() < deadline:
        time.sleep(0.2)
    assert left(cloud) == kinds


@pytest.mark.parametrize("step", ["starting", "provisioning", "stopping"])
def test_what_a_killed_process_left_goes_without_another_build(step: str, cloud: Emulator, tmp_path: Path) -> None:
    cloud.reset()
    kill_at(step, cloud, tmp_path, detached="detached")
    until_only(cloud, [])


def test_a_process_that_takes_its_time_to_end_is_swept_after_all_the_same(
    paper_cloud: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UCLOUD_IMAGE_STATE", str(tmp_path))
    path = tmp_path / "builds" / "0123456789ab" / FILE
    path.parent.mkdir(parents=True)
    subprocess.run(
        [sys.executable, "-c", SLOW_END, paper_cloud.url, str(path)],
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONPATH": f"{REPOSITORY}{os.pathsep}{REPOSITORY}/providers"},
        check=False,
    )
    deadline = time.monotonic() + SECONDS
    while outstanding(path) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert outstanding(path) == []


def test_one_that_dies_of_the_engines_signal_before_it_has_a_session_is_started_again(
    paper_cloud: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seen with the real engine: SIGINT for the group comes between fork and exec, and Popen takes that for a start."""
    monkeypatch.setenv("UCLOUD_IMAGE_STATE", str(tmp_path))
    monkeypatch.setattr(sweeper, "_started", {})
    begun: list[subprocess.Popen[bytes]] = []
    popen = subprocess.Popen

    def struck(arguments: list[str], **given: Any) -> subprocess.Popen[bytes]:
        begun.append(popen(arguments if len(begun) == 2 else ["/bin/true"], **given))
        if len(begun) < 3:
            begun[-1].wait(SECONDS)
        return begun[-1]

    monkeypatch.setattr(subprocess, "Popen", struck)
    sweeper.detach(victim.api(paper_cloud.url))
    (process,) = sweeper._started.values()
    assert process is begun[2]
    assert process.stdin is not None
    process.stdin.close()
    assert process.wait(SECONDS) == 0, "it has read what it was told"


def test_after_a_second_ctrl_c_all_goes_with_no_further_up_and_no_gc(cloud: Emulator, tmp_path: Path) -> None:
    cloud.reset()
    point = deaths.Point("provisioning", "provisioning 1/1: shell", command="sleep 60")
    with Gateway(cloud.url) as gateway:
        stack = deaths.stack_for(tmp_path, point, cloud, gateway)
        # The provider's own clean-up gets no further than its first call, and is killed there.
        hold = gateway.hold("PoweroffUHostInstance")
        running = stack.start_up()
        try:
            running.until(lambda output: point.said in output)
            assert "uhost" in left(cloud)
            deaths.strike(running, stack.folder, "Ctrl-C twice")
            assert hold.reached.is_set(), f"it did not clean up:\n{running.output()}"
            hold.drop()
            until_only(cloud, [])
            processes.wait_until_gone(stack.folder, SECONDS)
        except BaseException:
            processes.kill_all(stack.folder)
            raise


def test_an_image_that_is_done_is_left_with_its_mark_and_taken_over(
    cloud: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud.reset()
    monkeypatch.setenv("UCLOUD_IMAGE_STATE", str(tmp_path))
    kill_at("handing over", cloud, tmp_path, region="", detached="detached")
    until_only(cloud, ["image", "keypair"])
    (done,) = [row["id"] for row in cloud.ledger(open_only=True) if row["kind"] == "image"]
    image_id, notes = victim.build(cloud.url, "", "")
    assert image_id == done
    assert any("taken over" in note for note in notes)
    assert left(cloud) == ["image"]


def test_the_keys_are_in_no_argument_and_no_environment_of_it(cloud: Emulator, tmp_path: Path) -> None:
    cloud.reset()
    seen: list[bytes] = []
    process = start("provisioning", cloud, tmp_path, detached="detached")
    try:
        deadline = time.monotonic() + SECONDS
        while not seen and time.monotonic() < deadline:
            for each in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    words = each.read_bytes()
                    if b"ucloud_provider.build.sweeper" in words:
                        seen += [words, each.with_name("environ").read_bytes()]
                except OSError:
                    continue
    finally:
        process.communicate(timeout=120)
    until_only(cloud, [])
    assert seen
    assert not [text for text in seen if Emulator.private_key.encode() in text or Emulator.public_key.encode() in text]
