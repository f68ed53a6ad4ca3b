"""Runs every operation once without faults, and writes down what it asks of the cloud: the matrix's other side."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from tests.faults.matrix.scenarios import SCENARIOS
from tests.faults.matrix.stack import BatchStack, Place
from tests.support.emulator import Emulator
from ucloud_emulator.faultrules import OUTCOMES

NEVER = 1_000_000


@dataclass(frozen=True)
class Recorded:
    """By operation: its calls, each an action and a region, in their order; how often which change of state came."""

    calls: dict[str, list[tuple[str, str]]]
    transitions: dict[str, dict[str, int]]


def record(folder: Path) -> Recorded:
    """What the operations do, each in a project of its own, side by side."""
    with Emulator(hosts="paper", projects=len(SCENARIOS)) as emulator:
        places = [Place(scenario, number) for number, scenario in enumerate(SCENARIOS, 1)]
        stack = BatchStack(folder, emulator, places)
        stack.set_up()
        before = len(emulator.requests())
        # A rule that never hits still counts what it matches.
        counters = {
            (place.scenario.name, transition): emulator.fault(
                transition=transition, outcome=outcomes[0], project=place.project, skip=NEVER
            )
            for place in places
            for transition, outcomes in OUTCOMES.items()
        }
        for outcome in stack.act():
            outcome.succeeded()
        seen = {rule["id"]: rule["seen"] for rule in emulator.faults()}
        requests = emulator.requests()[before:]
    names = {place.project: place.scenario.name for place in places}
    calls: dict[str, list[tuple[str, str]]] = {scenario.name: [] for scenario in SCENARIOS}
    for each in requests:
        calls[names[each["params"]["ProjectId"]]].append((each["Action"], each["params"]["Region"]))
    transitions: dict[str, Counter[str]] = {scenario.name: Counter() for scenario in SCENARIOS}
    for (name, transition), id in counters.items():
        if seen[id]:
            transitions[name][transition] = seen[id]
    return Recorded(calls, {name: dict(counted) for name, counted in transitions.items()})
