"""The command: `python -m tests.faults.matrix` runs every case, `--only ID` one, `--list` names them all."""

from __future__ import annotations

import argparse
import itertools
import multiprocessing
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from tests.faults.matrix.batch import Verdict, run_to_an_end
from tests.faults.matrix.cases import Case, generate
from tests.faults.matrix.own import MOST_WITH_GROUPS
from tests.faults.matrix.record import record
from ucloud_emulator.catalogue import MOST_MORE_PROJECTS

REPEAT = "python -m tests.faults.matrix --only"


@dataclass(frozen=True)
class Result:
    """How a run ended."""

    cases: int
    failures: int
    leaks: int

    @property
    def clean(self) -> bool:
        return self.cases > 0 and not self.failures and not self.leaks

    def __str__(self) -> str:
        return f"{self.cases} cases, {self.failures} failures, {self.leaks} leaks"


def main(arguments: Sequence[str] | None = None) -> int:
    options = _options(arguments)
    if options.list:
        with tempfile.TemporaryDirectory(prefix="fault-matrix-") as folder:
            print("\n".join(case.id for case in generate(record(Path(folder))) if options.only in case.id))
        return 0
    result = run(options.only, options.jobs, options.every)
    print(result)
    return 0 if result.clean else 1


def run(only: str = "", jobs: int = os.cpu_count() or 2, every: int = 1) -> Result:
    """Run each `every`th of the cases whose id contains `only`, saying of each batch how it went."""
    began = time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix="fault-matrix-"))
    cases = [case for case in generate(record(folder / "record")) if only in case.id][::every]
    print(f"{len(cases)} cases were generated from {time.monotonic() - began:.0f} s of recording", flush=True)
    verdicts: list[Verdict] = []
    batches = list(_batches(cases))
    with ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn")) as pool:
        running = [pool.submit(run_to_an_end, batch, folder / f"{number}") for number, batch in enumerate(batches, 1)]
        for done, future in enumerate(as_completed(running), 1):
            found, seconds = future.result()
            verdicts += found
            bad = sum(bool(verdict.problems) for verdict in found)
            print(f"batch {done} of {len(batches)}: {len(found)} cases, {bad} failures, {seconds:.0f} s", flush=True)
            _show(found)
    return _summary(verdicts, folder, time.monotonic() - began)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.matrix", description=__doc__)
    parser.add_argument("--only", default="", metavar="TEXT", help="only cases whose id contains this")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 2, help="batches side by side")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="only each Nth of them: a fair selection")
    parser.add_argument("--list", action="store_true", help="name the cases and run none")
    return parser.parse_args(arguments)


def _batches(cases: Sequence[Case]) -> Iterator[list[Case]]:
    """Cases of one patience together, as many as there are projects (and security groups); the slow ones first."""
    for impatient, groups in itertools.product((True, False), (True, False)):
        alike = [each for each in cases if (each.kind.impatient, each.scenario.has_groups) == (impatient, groups)]
        most = MOST_WITH_GROUPS if groups else MOST_MORE_PROJECTS
        for start in range(0, len(alike), most):
            yield alike[start : start + most]


def _show(verdicts: Sequence[Verdict]) -> None:
    shown: set[tuple[str, ...]] = set()  # a batch that breaks says the same of all its cases
    for verdict in verdicts:
        if verdict.problems:
            print(f"FAILED {verdict.case.id}\n  again: {REPEAT} '{verdict.case.id}'", flush=True)
            if tuple(verdict.problems) not in shown:
                print("\n".join("  " + problem.replace("\n", "\n    ") for problem in verdict.problems), flush=True)
            shown.add(tuple(verdict.problems))


def _summary(verdicts: Sequence[Verdict], folder: Path, seconds: float) -> Result:
    met = [verdict for verdict in verdicts if verdict.met or verdict.problems]
    result = Result(len(met), sum(bool(verdict.problems) for verdict in met), sum(verdict.leaks for verdict in met))
    later = sum(verdict.left_for_later for verdict in met)
    print(
        f"{len(verdicts) - len(met)} more met no call this time. "
        f"In {later} cases something was left for the next up or gc, which found it. {seconds:.0f} s."
    )
    if result.clean:
        shutil.rmtree(folder)
    else:
        print(f"the stacks, their logs and clouds are in {folder}")
    return result


if __name__ == "__main__":
    sys.exit(main())
