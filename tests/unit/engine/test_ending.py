"""Noticing that the engine is gone, and not taking anything else for it."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

from ucloud_provider.engine import ending


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
