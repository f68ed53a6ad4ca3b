"""Processes as Windows allows: a tree in place of a group, a thread in place of a wait for a pipe. Tried on Linux."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from ucloud_provider import processes
from ucloud_provider.errors import Cancelled
from ucloud_provider.processes import Pumped, Tree
from ucloud_provider.provisioners import local_process
from ucloud_provider.run import Cancel

SECONDS = 30.0


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not true() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert true()


def runs(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_a_tree_is_ended_with_all_that_it_started() -> None:
    script = "sleep 50 & echo $!; sh -c 'echo $$; sleep 50; :' & wait"
    with subprocess.Popen(["/bin/sh", "-c", script], stdout=subprocess.PIPE, start_new_session=True) as process:
        assert process.stdout is not None
        pids = [int(process.stdout.readline()) for _ in range(2)]
        tree = Tree(process.pid)
        assert tree.is_there()
        assert tree.kill()
        until(lambda: not tree.is_there())
        assert not any(runs(pid) for pid in pids)
        assert not tree.kill()
        assert not tree.terminate()


def test_a_child_that_was_seen_once_is_known_when_its_parent_is_gone() -> None:
    with subprocess.Popen(["/bin/sh", "-c", "sleep 50 & echo $!; wait"], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        pid = int(process.stdout.readline())
        tree = Tree(process.pid)
        assert tree.is_there()
        process.kill()
        process.wait(SECONDS)
        assert tree.is_there()
        tree.kill()
        until(lambda: not runs(pid))


def test_the_tree_of_a_process_that_is_gone_is_empty() -> None:
    with subprocess.Popen(["/bin/true"]) as process:
        process.wait(SECONDS)
    assert not Tree(process.pid).is_there()


def test_output_by_a_thread_comes_whole_and_then_its_end() -> None:
    ours, theirs = os.pipe()
    with os.fdopen(theirs, "wb", buffering=0) as writer:
        output = Pumped(os.fdopen(ours, "rb", buffering=0))
        assert output.read(0.01) is None
        writer.write(b"one")
        assert output.read(SECONDS) == b"one"
        writer.write(b"two")
    assert output.read(SECONDS) == b"two"
    assert output.read(SECONDS) == b""


@pytest.fixture
def as_on_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "family", Tree)
    monkeypatch.setattr(processes, "output", Pumped)
    monkeypatch.setattr(local_process, "GRACE", 0.5)


def command(script: str, cancel: Cancel, on_line: Callable[[str], None]) -> int:
    given = ["/bin/sh", "-c", script]
    return local_process.run(given, folder=Path("/"), environment={}, on_line=on_line, cancel=cancel)


@pytest.mark.usefixtures("as_on_windows")
def test_a_local_command_says_all_and_ends_with_its_exit_code() -> None:
    lines: list[str] = []
    assert command("for i in $(seq 3000); do echo line $i; done; exit 4", Cancel(), lines.append) == 4
    assert lines == [f"line {number}" for number in range(1, 3001)]


@pytest.mark.usefixtures("as_on_windows")
def test_a_local_command_that_does_not_end_by_itself_is_ended() -> None:
    cancel = Cancel()
    pids: list[int] = []

    def on_line(line: str) -> None:
        pids.append(int(line))
        cancel.set()

    with pytest.raises(Cancelled):
        command("sh -c 'trap \"\" TERM; echo $$; sleep 50; sleep 50' & wait", cancel, on_line)
    until(lambda: not runs(pids[0]))
