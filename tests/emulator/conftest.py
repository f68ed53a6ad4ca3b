"""One emulator with real hosts for all tests here, and one on paper for the tests of the API alone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.emulator import Emulator


@pytest.fixture(scope="session")
def emulator() -> Iterator[Emulator]:
    """Real hosts, no latency beyond their own. Ends cleanly, or the session fails."""
    with Emulator() as running:
        yield running


@pytest.fixture(scope="session")
def paper_emulator() -> Iterator[Emulator]:
    """The same API; its hosts exist on paper only."""
    with Emulator(hosts="paper") as running:
        yield running
