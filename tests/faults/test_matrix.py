"""A selection of the fault matrix, the same on every run, in every operation; `make faults` runs all of it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from ucloud_provider import cloud

import ucloud_emulator.api  # noqa: F401 -- registers its actions
from tests.faults.matrix.batch import Verdict, run_to_an_end
from tests.faults.matrix.cases import Case, generate, sample
from tests.faults.matrix.record import record
from tests.faults.matrix.scenarios import SCENARIOS
from ucloud_emulator.catalogue import MOST_MORE_PROJECTS
from ucloud_emulator.dispatch import ACTIONS

LEAST = 500

ELSEWHERE = {
    "UpdateFirewall": "needs a login, and hosts here are on paper: test_login_calls.py",
    "ReleaseEIP": "only of a host that somebody else ended, and left its EIP: test_gc.py",
    "GetUHostInstancePrice": "gc alone asks for prices, to print them",
    "GetEIPPrice": "likewise",
}
"""Calls that no operation of the matrix makes, and why."""


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> list[Case]:
    return generate(record(tmp_path_factory.mktemp("matrix") / "record"))


def actions() -> set[str]:
    """Every action that the product's client for the cloud knows."""
    texts = (each.read_text() for each in Path(cloud.__file__).parent.glob("*.py"))
    return {name for text in texts for name in re.findall(r'"([A-Z]\w+)"', text) if name in ACTIONS}


def test_the_matrix_has_every_operation_and_every_call_of_the_product(cases: list[Case]) -> None:
    assert len(cases) == len({case.id for case in cases}) >= LEAST
    assert {case.scenario.name for case in cases} == {scenario.name for scenario in SCENARIOS}
    hit = {case.what.partition("@")[0] for case in cases if "@" in case.what}
    missing = actions() - hit - set(ELSEWHERE)
    assert not missing, f"no case has {', '.join(sorted(missing))} fail: add an operation to scenarios.py that calls it"
    assert not hit & set(ELSEWHERE), "what the matrix has needs no exception"
    assert actions() > set(ELSEWHERE)


def test_cases_of_every_operation_leave_nothing_behind_and_lose_nothing(cases: list[Case], tmp_path: Path) -> None:
    chosen = sample([case for case in cases if not case.kind.impatient], MOST_MORE_PROJECTS)
    verdicts, _ = run_to_an_end(chosen, tmp_path / "batch")
    assert problems(verdicts) == {}
    assert [verdict.case.id for verdict in verdicts if verdict.leaks] == []
    # Of polls there are more or fewer from run to run: a fault of the last of them may meet none.
    assert sum(verdict.met for verdict in verdicts) > MOST_MORE_PROJECTS * 3 // 4


def problems(verdicts: list[Verdict]) -> dict[str, list[str]]:
    return {verdict.case.id: verdict.problems for verdict in verdicts if verdict.problems}
