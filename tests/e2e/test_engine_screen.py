"""On a terminal progress is live: the lines of output replace each other in the status column."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import time
from pathlib import Path

from tests.e2e.stack import Stack


def test_lines_of_output_are_live_on_a_terminal(stack: Stack, tmp_path: Path) -> None:
    journal = str(tmp_path / "journal")
    stack.create(f"from stand_in import StandIn\nStandIn('talks', {journal!r}, 'talk')\n")
    environ = {key: value for key, value in stack.environ().items() if key not in ("CI", "GITHUB_ACTIONS")}
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        ["pulumi", "up", "--yes", "--skip-preview"],
        cwd=stack.project,
        env=environ | {"TERM": "xterm", "COLUMNS": "200", "LINES": "50"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    shown = b""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if select.select([ours], [], [], 1)[0]:
            try:
                shown += os.read(ours, 65536)
            except OSError:  # the terminal's other end is closed
                break
    os.close(ours)
    assert process.wait(30) == 0
    lines = set(re.findall(r"output (\d+)", shown.decode(errors="replace")))
    assert 2 <= len(lines) < 30, shown.decode(errors="replace")
    assert "39" in lines, "the last line before a silence is shown"
