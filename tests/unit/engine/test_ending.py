"""Noticing that the engine is gone, and not taking anything else for it."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from ucloud_provider import hand_over_notes
from ucloud_provider.engine import calls, ending


def test_the_end_of_the_pipe_is_noticed_and_what_comes_before_is_not_the_end() -> None:
    read, write = os.pipe()
    gone = threading.Event()
    assert ending.watch_standard_input(read, gone.set) is True
    os.write(write, b"hello")
    assert not gone.wait(0.05)
    os.close(write)
    assert gone.wait(30)
    os.close(read)


def test_a_pipe_that_has_ended_already_says_nothing_of_the_engine() -> None:
    read, write = os.pipe()
    os.close(write)
    assert ending.watch_standard_input(read, lambda: None) is False
    os.close(read)


def test_what_is_no_pipe_is_not_watched(tmp_path: Path) -> None:
    with (tmp_path / "file").open("w+") as file:
        assert ending.watch_standard_input(file.fileno(), lambda: None) is False
    with Path(os.devnull).open() as nothing:
        assert ending.watch_standard_input(nothing.fileno(), lambda: None) is False
    assert ending.watch_standard_input(9999, lambda: None) is False


def test_the_watcher_ends_the_process_though_what_it_wakes_has_gone_already() -> None:
    program = (
        "import os, sys, threading, time\n"
        "from ucloud_provider.engine import calls, ending\n"
        "from ucloud_provider.run import Cancel\n"
        "call = calls.Call()\n"
        "def fails(): raise EOFError('closed already')\n"
        "with call:\n"
        "    with call.cancel.on_cancel(fails):\n"
        "        assert ending.watch_standard_input()\n"
        "        print('ready', flush=True)\n"
        "        call.cancel.wait(50)\n"
        "time.sleep(50)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[3] / "providers")},
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        assert process.stdout.readline() == b"ready\n"
        process.stdin.close()
        assert process.wait(40) == 1


def test_only_a_cancel_while_no_call_runs_is_the_end_that_confirms_what_was_handed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UCLOUD_IMAGE_STATE", str(tmp_path))
    monkeypatch.setattr(hand_over_notes, "_expected", True)
    monkeypatch.setattr(hand_over_notes, "_unheard", False)
    hand_over_notes.write("0123456789ab", [{"id": "i-1"}])
    with calls.Call() as running:
        ending.cancelled()
        assert running.cancel.is_set()
    assert hand_over_notes.exists("0123456789ab")
    ending.cancelled()
    assert not hand_over_notes.exists("0123456789ab")
