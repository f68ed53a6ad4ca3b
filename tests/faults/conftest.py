"""Clouds and builds for the tests of faults."""

from __future__ import annotations

import subprocess
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from tests.e2e.stack import Stack
from tests.support.emulator import Emulator
from tests.support.gateway import Gateway


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
def gateway(cloud: Emulator) -> Iterator[Gateway]:
    """A line to the cloud, in its first state, that can be held and cut."""
    cloud.reset()
    with Gateway(cloud.url) as between:
        yield between


@pytest.fixture
def small_folder(tmp_path: Path) -> Iterator[Path]:
    """A folder on a file system of its own, of 256 KiB."""
    folder = tmp_path / "small"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(folder)], check=True)
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    """A stack without a program yet."""
    return Stack(tmp_path)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A case that fails says how to run it alone."""
    report = yield
    if report.failed:
        report.sections.append(("to run it alone", f".venv/bin/python -m pytest '{item.nodeid}'"))
    return report
