"""Tests with the real engine: where it is, and stacks to run it on."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from stack import Stack


@pytest.fixture(scope="session")
def tools() -> Path:
    """The folder of `pulumi`: from PATH, else from this project's tools."""
    on_path = shutil.which("pulumi")
    if on_path is not None:
        return Path(on_path).parent
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ucloud-image"
    for found in sorted(cache.glob("**/pulumi")):
        if found.is_file() and os.access(found, os.X_OK):
            return found.parent
    pytest.fail("pulumi is neither on PATH nor among the tools: run `make tools`")


@pytest.fixture
def stack(tmp_path: Path, tools: Path) -> Stack:
    """A stack without a program yet."""
    return Stack(tmp_path, tools)
