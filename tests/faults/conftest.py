"""Clouds and builds for the tests of faults."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.emulator import Emulator


@pytest.fixture(scope="module")
def cloud() -> Iterator[Emulator]:
    """Real hosts, no latency beyond their own."""
    with Emulator() as running:
        yield running
