"""Noticing that the engine is gone, and not taking anything else for it."""

from __future__ import annotations

import os
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
