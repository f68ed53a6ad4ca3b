"""The cases: every recorded call times every fault of a call, every recorded change of state times its outcomes."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from tests.faults.matrix.kinds import CALLS, STATES, Kind
from tests.faults.matrix.record import Recorded
from tests.faults.matrix.scenarios import BY_NAME, Scenario

AFTERWARDS = ("gc after the lease, without the journal", "gc with the journal", "the next up alone")
"""What a case goes on with. Each ends with gc without the journal, after the lease, which must have nothing to do."""


@dataclass(frozen=True)
class Case:
    """One fault of one call or change of state of one operation."""

    scenario: Scenario
    what: str
    """Such as `CopyCustomImage@cn-bj2#1`: an action or a transition, where, which one of them."""
    kind: Kind
    target: tuple[tuple[str, Any], ...]
    """What of the rule says what it is to hit."""

    @property
    def id(self) -> str:
        return f"{self.scenario.name}/{self.what}/{self.kind.name}"

    @property
    def afterwards(self) -> int:
        """Which of AFTERWARDS; the same on every run."""
        return zlib.crc32(self.id.encode()) % len(AFTERWARDS)

    def rule(self, project: str) -> dict[str, Any]:
        return {**self.kind.rule, **dict(self.target), "project": project}


def generate(recorded: Recorded) -> list[Case]:
    """All cases of what was recorded, in an order that is the same as long as the calls are."""
    found = []
    for name, calls in recorded.calls.items():
        for action, region, number in _numbered(calls):
            target: tuple[tuple[str, Any], ...] = (("action", action), ("region", region), ("skip", number - 1))
            found += [Case(BY_NAME[name], f"{action}@{region}#{number}", kind, target) for kind in CALLS]
    for name, transitions in recorded.transitions.items():
        for transition, times in sorted(transitions.items()):
            for number in range(1, times + 1):
                target = (("transition", transition), ("skip", number - 1))
                found += [
                    Case(BY_NAME[name], f"{transition}#{number}", kind, target)
                    for known, kind in STATES
                    if known == transition
                ]
    return found


def _numbered(calls: Iterable[tuple[str, str]]) -> list[tuple[str, str, int]]:
    """Each call with its number among those of its action and region, in a fixed order."""
    seen: dict[tuple[str, str], int] = {}
    for call in calls:
        seen[call] = seen.get(call, 0) + 1
    return [(*call, number) for call, times in sorted(seen.items()) for number in range(1, times + 1)]


def sample(cases: Sequence[Case], count: int) -> list[Case]:
    """So many of the cases, spread over all operations, calls and kinds; the same on every run."""
    by_scenario: dict[str, list[Case]] = {}
    for case in sorted(cases, key=lambda each: zlib.crc32(each.id.encode())):
        by_scenario.setdefault(case.scenario.name, []).append(case)
    chosen: list[Case] = []
    while len(chosen) < count and any(by_scenario.values()):
        for left in by_scenario.values():
            if left and len(chosen) < count:
                chosen.append(left.pop())
    return chosen
