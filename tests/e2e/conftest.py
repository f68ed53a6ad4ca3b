"""Tests with the real engine: stacks to run it on, and a cloud for them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.stack import Stack
from tests.support.emulator import Emulator


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    """A stack without a program yet."""
    return Stack(tmp_path)


@pytest.fixture(scope="module")
def cloud() -> Iterator[Emulator]:
    """A UCloud with real hosts, for the tests of one file."""
    with Emulator() as running:
        yield running


@pytest.fixture(scope="module")
def paper_cloud() -> Iterator[Emulator]:
    """A UCloud whose hosts exist on paper: for what needs no login."""
    with Emulator(hosts="paper") as running:
        yield running
