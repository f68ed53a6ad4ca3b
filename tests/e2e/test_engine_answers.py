"""What the engine shows of a call of ours, and what it keeps: progress, notes, errors, partly made resources."""

from __future__ import annotations

from pathlib import Path

from tests.e2e.stack import Stack


def test_progress_notes_errors_and_partial_state_reach_the_user(stack: Stack, tmp_path: Path) -> None:
    journal = str(tmp_path / "journal")
    stack.create(
        "from stand_in import StandIn\n"
        f"StandIn('talks', {journal!r}, 'talk')\n"
        f"StandIn('fails', {journal!r}, 'fail')\n"
        f"StandIn('blunders', {journal!r}, 'blunder')\n"
        f"StandIn('half', {journal!r}, 'part')\n"
    )

    first = stack.up("--continue-on-error").failed()

    # live progress; without a screen each message stays, so that few lines of output are shown
    assert "talks creating (0s) starting the host" in first.output
    assert first.output.count("starting the host: output") <= 1
    diagnostics = first.output.partition("Diagnostics:")[2]
    assert "made of fine material" in diagnostics
    assert "starting the host" not in diagnostics
    # a foreseen error is its own text; an unforeseen one is a line that names the file with the traceback
    assert "error: start host failed (uhost-1): no such zone\n    last lines:\n      boom\n" in diagnostics
    assert "error: unexpected KeyError: '*** has no such key'; its traceback is in " in diagnostics
    assert "Traceback" not in first.output
    logs = list(tmp_path.glob("state/ucloud-image/errors/*.log"))
    assert len(logs) == 1
    assert "Traceback" in logs[0].read_text()
    assert "s3cret" not in logs[0].read_text() + first.output
    assert logs[0].stat().st_mode & 0o077 == 0
    # what was partly made is in the state, with its outputs and the reason
    assert "copy to cn-sh2 failed" in diagnostics
    (half,) = [each for each in stack.resources("StandIn") if each["urn"].endswith("::half")]
    assert half["id"] == "part-1"
    assert half["outputs"]["made"] == "half"
    assert half["initErrors"] == ["copy to cn-sh2 failed"]

    # and the next update completes it
    stack.write(f"from stand_in import StandIn\nStandIn('half', {journal!r}, 'part')\n")
    stack.up().succeeded()
    assert "update half" in Path(journal).read_text()
    (half,) = stack.resources("StandIn")
    assert half["outputs"]["made"] == "whole"
    assert not half.get("initErrors")
