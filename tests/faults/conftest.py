"""Clouds and builds for the tests of faults."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.stack import Stack
from tests.support.emulator import Emulator


@pytest.fixture(scope="module")
def cloud() -> Iterator[Emulator]:
    """Real hosts, no latency beyond their own."""
    with Emulator() as running:
        yield running


@pytest.fixture(scope="module")
def paper_cloud() -> Iterator[Emulator]:
    """A UCloud whose hosts exist on paper: for what needs no login."""
    with Emulator(hosts="paper") as running:
        yield running


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    """A stack without a program yet."""
    return Stack(tmp_path)
