"""Pauses between retries are not waited for here: what is tested is whether there is a retry, not how long it takes."""

from __future__ import annotations

import pytest
from ucloud_provider.run import Cancel


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Cancel, "sleep", lambda self, _seconds: self.raise_if_set())
