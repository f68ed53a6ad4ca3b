"""`make acceptance` on the emulator, as if it were an account: it proves what it says, and keeps to its ceiling."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.acceptance.assumed import ASSUMPTIONS
from tests.support.emulator import REPOSITORY, Emulator

WHERE = ("--zone", "cn-bj2-02", "--instance-type", "n-basic-2", "--disk-type", "cloud_ssd", "--image", "uimage-f1chxn")


def accept(cloud: Emulator, *arguments: str) -> tuple[int, str]:
    paths = os.pathsep.join(map(str, (REPOSITORY, REPOSITORY / "providers")))
    done = subprocess.run(
        [sys.executable, "-m", "tests.acceptance", *WHERE, *arguments],
        env={**os.environ, **cloud.environment(), "PYTHONPATH": paths},
        cwd=REPOSITORY,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_a_run_builds_fails_is_stopped_and_proves_that_nothing_is_left(cloud: Emulator) -> None:
    code, said = accept(cloud, "--yes", "--ceiling", "20", "--copy-region", "cn-sh2")
    assert code == 0, said
    for told in (
        "are Available; host uhost-",
        "the failed build left nothing",
        "the stopped build left nothing",
        "Nothing is left of any build",
        "the stack is gone",
        "spent at most ¥1.",
        "nothing is left: every list is as it was before",
        "confirmed: Imported key pairs must be ssh-rsa",
    ):
        assert told in said, said
    assert "REFUTED" not in said
    assert [row for row in cloud.ledger(open_only=True) if row["billable"]] == []


def test_a_step_that_could_pass_the_ceiling_is_not_begun(cloud: Emulator) -> None:
    made = len(cloud.ledger())
    code, said = accept(cloud, "--yes", "--ceiling", "0.4")
    assert code == 1
    assert "¥0.40 of the ceiling are left: not begun" in said
    assert not [row for row in cloud.ledger()[made:] if row["kind"] in ("uhost", "eip")]


def test_without_a_yes_nothing_is_made(cloud: Emulator) -> None:
    made = len(cloud.ledger())
    code, said = accept(cloud, "--ceiling", "20")
    assert code != 0, said
    assert len(cloud.ledger()) == made


@pytest.mark.parametrize("assumption", ASSUMPTIONS, ids=lambda each: each.row)
def test_each_assumption_is_a_row_of_the_page(assumption: object) -> None:
    rows = (REPOSITORY / "docs" / "assumptions.md").read_text()
    assert f"| {assumption.row}" in rows  # type: ignore[attr-defined]


def test_it_is_no_part_of_ci() -> None:
    for file in (".ci/run", "Makefile"):
        text = (REPOSITORY / file).read_text()
        assert "make acceptance" not in text.replace("`make acceptance`", "")
    assert "tests.acceptance" not in Path(REPOSITORY / ".ci/run").read_text()
