"""The API as the SDK's own client sees it. Hosts are on paper here unless a test is about the host itself."""

from __future__ import annotations

import pytest

from tests.support.asker import Asker
from tests.support.emulator import Emulator


@pytest.fixture
def api(paper_emulator: Emulator) -> Asker:
    return Asker(paper_emulator, paper_emulator.client())


@pytest.fixture
def elsewhere(paper_emulator: Emulator) -> Asker:
    """The same project in another region."""
    return Asker(paper_emulator, paper_emulator.client(region="cn-sh2"))


@pytest.fixture
def real(emulator: Emulator) -> Asker:
    """An emulator whose hosts boot."""
    return Asker(emulator, emulator.client())
