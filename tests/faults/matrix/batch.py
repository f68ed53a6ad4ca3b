"""A batch of cases, side by side in one stack.

Set up, fault, look, collect (or not), go on without faults, have gc find nothing more, destroy, look.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from ucloud_provider.build import collect
from ucloud_provider.build.collect import Leftover
from ucloud_provider.build.lease import DURATION
from ucloud_provider.cloud.client import Api, connect
from ucloud_provider.cloud.credentials import Credentials

from tests.faults.matrix import checks
from tests.faults.matrix.cases import Case
from tests.faults.matrix.scenarios import REGIONS
from tests.faults.matrix.stack import BatchStack, Place, errors
from tests.support.emulator import Emulator
from tests.support.journals import journals_in

SETTLED_WITHIN = 20.0
"""Seconds that processes which clear up after a killed provider may take."""


@dataclass
class Verdict:
    """What became of a case."""

    case: Case
    met: bool = False
    """Whether the fault hit anything: where it did not, nothing was tried."""
    problems: list[str] = field(default_factory=list)
    leaks: int = 0
    """Things left behind at the end that nobody knows of."""
    failed: bool = False
    """The operation failed."""
    left_for_later: bool = False
    """The operation itself could not give everything back."""

    def say(self, step: str, problems: Sequence[str]) -> None:
        self.problems += [f"{step}: {problem}" for problem in problems]


def run_batch(cases: Sequence[Case], folder: Path) -> list[Verdict]:
    """Run cases that are of one patience; what became of each."""
    verdicts = [Verdict(case) for case in cases]
    places = [Place(case.scenario, number) for number, case in enumerate(cases, 1)]
    impatient = any(case.kind.impatient for case in cases)
    (folder / "cloud").mkdir(parents=True)
    with Emulator(hosts="paper", projects=len(cases), state=folder / "cloud") as emulator:
        stack = BatchStack(folder / "stack", emulator, places, impatient=impatient)
        try:
            _Run(emulator, stack, list(zip(verdicts, places, strict=True)), folder).all()
        finally:
            emulator.clear_faults()
    return verdicts


def run_to_an_end(cases: list[Case], folder: Path) -> tuple[list[Verdict], float]:
    """The same, and the seconds it took. Where the batch itself breaks, all its cases have failed."""
    began = time.monotonic()
    try:
        verdicts = run_batch(cases, folder)
    except Exception:
        verdicts = [Verdict(case, met=True, problems=[traceback.format_exc()[-3000:]]) for case in cases]
    return verdicts, time.monotonic() - began


@dataclass
class _Run:
    emulator: Emulator
    stack: BatchStack
    pairs: Sequence[tuple[Verdict, Place]]
    folder: Path

    def all(self) -> None:
        self.stack.set_up()
        self._operate()
        self._collect()
        self._go_on()
        self._find_nothing_more()
        self._destroy()

    @property
    def _elsewhere(self) -> Path:
        """The state folder of a machine that has none of the journals."""
        return self.folder / "another-machine"

    def _operate(self) -> None:
        rules = {place.number: self.emulator.fault(**verdict.case.rule(place.project)) for verdict, place in self.pairs}
        output = "".join(outcome.output for outcome in self.stack.act())
        hits = {rule["id"]: rule["hits"] for rule in self.emulator.faults()}
        self.emulator.clear_faults()
        failed = errors(output)
        seen = self._seen()
        for verdict, place in self.pairs:
            error = failed.get(place.resource, "")
            verdict.failed = bool(error)
            verdict.met = hits[rules[place.number]] > 0
            verdict.left_for_later = bool(seen[place.number].strays)
            kind = verdict.case.kind
            # What somebody else takes away may go when the operation is over: a refresh tells, see `_go_on`.
            unsure = kind.vanishes or (bool(error) and kind.blinding)
            verdict.say("operation", checks.after_operation(place, seen[place.number], output, unsure))
            if "Traceback" in error:
                verdict.say("operation", [f"a traceback: {error}"])
            if kind.passing and error:
                verdict.say("operation", [f"failed, though the fault passes: {error.strip()[-1500:]}"])

    def _collect(self) -> None:
        """Of a third of the cases without their journals, once the leases have ended; of a third with them."""
        before = self._seen()
        by_way: dict[int, list[Place]] = {0: [], 1: [], 2: []}
        for verdict, place in self.pairs:
            by_way[verdict.case.afterwards].append(place)
        self._forget({place.project for place in by_way[0]})
        for way, state, now in ((0, self._elsewhere, later()), (1, self.stack.state, time.time())):
            projects = [place.project for place in by_way[way]]
            with journals_in(state):
                self._until_settled(projects, partial(self._gc, projects, now))
        seen = self._seen()
        for verdict, place in self.pairs:
            if verdict.case.afterwards in (0, 1):
                verdict.say("gc", checks.nothing_stray(seen[place.number]))
                if taken := seen[place.number].lost - before[place.number].lost:
                    verdict.say("gc", [f"took what the state has: {', '.join(sorted(taken))}"])

    def _gc(self, projects: Sequence[str], now: float) -> list[Leftover]:
        """What `ucloud-image gc` does, at another time; what it found."""
        account = Credentials(
            Emulator.public_key, Emulator.private_key, Emulator.project, Emulator.region, self.emulator.url
        )
        api = connect(account)
        apis: list[Api] = [api.at(project_id=project, region=region) for project in projects for region in REGIONS]
        found = collect.find(apis, now)
        collect.remove(api, found, lambda _each, _said: None)
        return found

    def _forget(self, projects: set[str]) -> None:
        """Throw the journals of these projects' builds away."""
        for journal in self.stack.state.glob("builds/*/journal.jsonl"):
            with contextlib.suppress(ValueError):
                records = [json.loads(line) for line in journal.read_text().splitlines()]
                if projects & {str(record.get("project_id")) for record in records}:
                    shutil.rmtree(journal.parent)

    def _go_on(self) -> None:
        refresh = [place for verdict, place in self.pairs if verdict.case.kind.vanishes]
        for refreshed in self.stack.refresh(refresh):
            refreshed.succeeded()
        outcome = self.stack.again()
        failed = errors(outcome.output)
        # What succeeded with a note of what it left has nothing to do in the next up: gc is told of in that note.
        noted = [place.project for verdict, place in self.pairs if verdict.left_for_later and not verdict.failed]
        with journals_in(self.stack.state):
            self._until_settled(noted, partial(self._gc, noted, time.time()))
        self._until_settled([place.project for _, place in self.pairs], lambda: None)
        seen = self._seen()
        for verdict, place in self.pairs:
            if outcome.code and (place.resource in failed or not failed):
                verdict.say("next up", [failed.get(place.resource, outcome.output)[-1500:]])
            after = place.scenario.after
            verdict.say("next up", checks.as_wanted(after, seen[place.number], self.emulator, place.project))

    def _find_nothing_more(self) -> None:
        """However a case went on: once all leases are over, gc on a machine without its journal has nothing to do."""
        with journals_in(self._elsewhere):
            found = self._gc([place.project for _, place in self.pairs], later())
        seen = self._seen()
        for verdict, place in self.pairs:
            taken = [f"found {each.thing}: {each.why}" for each in found if each.thing.project_id == place.project]
            verdict.say("gc at the end", [*taken, *checks.nothing_stray(seen[place.number])])
            if lost := seen[place.number].lost:
                verdict.say("gc at the end", [f"in the state, not in the cloud: {', '.join(sorted(lost))}"])

    def _destroy(self) -> None:
        outcome = self.stack.destroy()
        failed = errors(outcome.output)
        for verdict, place in self.pairs:
            if outcome.code and (place.resource in failed or not failed):
                verdict.say("destroy", [failed.get(place.resource, outcome.output)[-1500:]])
            open_rows = self.emulator.ledger(open_only=True, project=place.project)
            left = [row for row in open_rows if row["id"] not in self.stack.own(place)]
            verdict.leaks = len(left)
            if gone := self.stack.own(place) - {row["id"] for row in open_rows}:
                verdict.say("destroy", [f"took what is the user's own: {', '.join(sorted(gone))}"])
            if left:
                verdict.say("destroy", [f"left behind: {checks.shown(left)}"])

    def _seen(self) -> dict[int, checks.Seen]:
        rows = self.emulator.ledger(open_only=True)
        entries = self.stack.entries()
        return {
            place.number: checks.Seen(
                [row for row in rows if row["project"] == place.project and row["id"] not in self.stack.own(place)],
                entries.get(place.resource, []),
            )
            for _, place in self.pairs
        }

    def _stray_in(self, projects: Sequence[str]) -> bool:
        return any(self._seen()[place.number].strays for _, place in self.pairs if place.project in projects)

    def _until_settled(self, projects: Sequence[str], again: Callable[[], object]) -> None:
        """Give what clears up in the background some time; ask `again` meanwhile, at least once."""
        deadline = time.monotonic() + SETTLED_WITHIN
        while True:
            again()
            if not self._stray_in(projects) or time.monotonic() > deadline:
                return
            time.sleep(1)


def later() -> float:
    """When the lease of every build that began so far is over."""
    return time.time() + DURATION + 60
