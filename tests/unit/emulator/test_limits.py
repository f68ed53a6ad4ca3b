"""The kernel's limit that guests meet first is raised, or what it allows is known and logged."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from ucloud_emulator.hosts import limits


def test_a_low_limit_is_raised(tmp_path: Path) -> None:
    file = tmp_path / "max_user_instances"
    file.write_text("128\n")
    assert limits.raise_limits(file) >= 1000
    assert int(file.read_text()) == limits.WANTED


def test_a_higher_limit_stays(tmp_path: Path) -> None:
    file = tmp_path / "max_user_instances"
    file.write_text("100000\n")
    limits.raise_limits(file)
    assert file.read_text() == "100000\n"


def test_what_cannot_be_raised_is_logged_with_what_it_allows(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "max_user_instances"
    file.write_text("128\n")

    def denied(self: Path, text: str) -> int:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "write_text", denied)
    with caplog.at_level(logging.WARNING):
        assert limits.raise_limits(file) == 16
    assert "128 and cannot be raised (Operation not permitted): at most 16 hosts can run" in caplog.text
