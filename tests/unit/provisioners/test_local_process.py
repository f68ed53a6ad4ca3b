"""Ending what `shell-local` started, all of it and in bounded time; nothing of it outlives the build's process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from ucloud_provider.communicators import lines
from ucloud_provider.errors import Cancelled, ProvisionerFailed, WaitTimeout
from ucloud_provider.provisioners import local_process
from ucloud_provider.provisioners.base import BuildFacts, ProvisionContext
from ucloud_provider.provisioners.running import run_provisioner
from ucloud_provider.provisioners.shell_local import ShellLocal
from ucloud_provider.run import Cancel

FACTS = BuildFacts("0123456789ab", "image", "uimage-f1chxn", "uhost-x", "198.18.0.7")
STUBBORN = "sh -c 'trap \"\" TERM; echo $$; sleep 50 & wait; sleep 50' & wait"
"""A child that does not end by SIGTERM, with the output open, behind a script that does."""

STUBBORN_ITSELF = "trap '' TERM; echo $$; sleep 50; sleep 50"
CLOSED = "exec >&- 2>&-; sleep 0.5; exit 4"


def local(
    provisioner: ShellLocal, folder: Path, cancel: Cancel | None = None, on_line: Callable[[str], None] = print
) -> list[str]:
    """Run it as a build does; its lines, also where it fails."""
    lines: list[str] = []

    def show(line: str) -> None:
        lines.append(line)
        on_line(line)

    try:
        run_provisioner(provisioner, ProvisionContext(None, show, cancel or Cancel(), folder, FACTS))
    except Exception as error:
        error.add_note(" ".join(lines))
        raise
    return lines


def alive(pid: int) -> bool:
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


def gone_within(pid: int, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while alive(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not alive(pid)


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_process, "GRACE", 0.5)


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize("script", [STUBBORN, STUBBORN_ITSELF])
def test_what_does_not_end_by_itself_is_ended_when_the_build_is_cancelled(script: str, tmp_path: Path) -> None:
    cancel = Cancel()
    pids: list[int] = []

    def on_line(line: str) -> None:
        pids.append(int(line))
        threading.Timer(0.1, cancel.set).start()

    with pytest.raises(Cancelled):
        local(ShellLocal(inline=[script]), tmp_path, cancel, on_line)
    assert gone_within(pids[0], 5)


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize("script", [STUBBORN, STUBBORN_ITSELF])
def test_what_does_not_end_by_itself_is_ended_when_its_time_is_over(script: str, tmp_path: Path) -> None:
    pids: list[int] = []
    with pytest.raises(WaitTimeout, match="waited 1 s for provisioner shell-local to end"):
        local(ShellLocal(inline=[script], timeout=1), tmp_path, on_line=lambda line: pids.append(int(line)))
    assert gone_within(pids[0], 5)


def test_what_ends_when_it_is_asked_to_may_say_its_last_words(tmp_path: Path) -> None:
    cancel = Cancel()
    lines: list[str] = []

    def on_line(line: str) -> None:
        lines.append(line)
        cancel.set()

    with pytest.raises(Cancelled):
        local(
            ShellLocal(inline=["trap 'echo cleaned up; exit 0' TERM", "echo on", "sleep 50 & wait"]),
            tmp_path,
            cancel,
            on_line,
        )
    assert lines == ["on", "cleaned up"]


def test_what_a_script_leaves_running_is_not_waited_for_and_lives_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines, "QUIET_AFTER_EXIT", 0.5)
    (line,) = local(ShellLocal(inline=["sleep 50 & echo $!"]), tmp_path)
    assert alive(int(line))
    os.kill(int(line), signal.SIGKILL)


def test_a_script_that_closes_its_output_is_waited_for_and_can_be_cancelled(tmp_path: Path) -> None:
    with pytest.raises(ProvisionerFailed, match="exit code 4"):
        local(ShellLocal(inline=[CLOSED]), tmp_path)
    cancel = Cancel()
    threading.Timer(0.3, cancel.set).start()
    with pytest.raises(Cancelled):
        local(ShellLocal(inline=["exec >&- 2>&-; sleep 50"]), tmp_path, cancel)


def test_much_output_comes_whole(tmp_path: Path) -> None:
    lines = local(ShellLocal(inline=["i=0; while [ $i -lt 20000 ]; do echo line $i; i=$((i+1)); done"]), tmp_path)
    assert lines == [f"line {number}" for number in range(20000)]


BUILD = """
import sys
from pathlib import Path
from tests.unit.provisioners.test_local_process import ShellLocal, local
local(ShellLocal(inline=[sys.argv[1]]), Path(sys.argv[2]), on_line=lambda line: print(line, flush=True))
"""


@pytest.mark.parametrize("script", [STUBBORN, STUBBORN_ITSELF, "sleep 50 & echo $!; wait"])
def test_nothing_of_it_lives_on_when_the_process_of_the_build_is_killed(script: str, tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", BUILD, script, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as build:
        assert build.stdout is not None
        pid = int(build.stdout.readline())
        assert alive(pid)
        build.kill()
        assert gone_within(pid, 20)


def test_the_one_that_looks_after_it_ends_with_it(tmp_path: Path) -> None:
    def children() -> set[str]:
        tasks = Path("/proc/self/task").glob("*/children")
        return {pid for each in tasks for pid in each.read_text().split() if alive(int(pid))}

    before = children()
    local(ShellLocal(inline=["true"]), tmp_path)
    assert children() == before
