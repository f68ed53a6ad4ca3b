"""More calls at once than Pulumi's dynamic host allows for, all of them cancellable."""

from __future__ import annotations

import os
import re
import signal
import time
from pathlib import Path

from tests.e2e.stack import Running, Stack

SIXTEEN = "from stand_in import StandIn\nfor each in range(16):\n    StandIn(f's{each}', %r, 'sleep', %r)\n"


def _all_created(running: Running, journal: Path) -> None:
    running.until(lambda _output: journal.exists() and journal.read_text().count("create ") == 16)


def test_sixteen_creates_run_side_by_side(stack: Stack, tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    stack.create(SIXTEEN % (str(journal), 2.0))
    stack.up("--parallel", "16").succeeded()
    started = [float(line.split()[0]) for line in journal.read_text().splitlines() if " create " in line]
    cleaned = [float(line.split()[0]) for line in journal.read_text().splitlines() if " cleaning " in line]
    assert len(started) == 16
    assert max(started) < min(cleaned), "the last began only after the first had ended"


def test_interrupt_stops_all_creates_which_clean_up(stack: Stack, tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    stack.create(SIXTEEN % (str(journal), 120.0))
    running = stack.start_up("--parallel", "16")
    _all_created(running, journal)

    running.send(signal.SIGINT)
    outcome = running.ended(30).failed()

    assert journal.read_text().count("cleaned ") == 16
    assert "error: cancelled" in outcome.output
    assert not stack.resources("StandIn")
    assert not stack.deployment().get("pending_operations")


def test_killed_engine_ends_the_provider_after_it_has_cleaned_up(stack: Stack, tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    stack.create(SIXTEEN % (str(journal), 120.0))
    running = stack.start_up("--parallel", "16")
    _all_created(running, journal)
    provider = int(re.findall(r"pid (\d+)", journal.read_text())[0])

    running.send(signal.SIGKILL)

    end = time.monotonic() + 30
    while Path(f"/proc/{provider}").exists():
        if time.monotonic() > end:
            os.kill(provider, signal.SIGKILL)
            raise AssertionError("the provider outlived the engine")
        time.sleep(0.05)
    assert journal.read_text().count("cleaned ") == 16
