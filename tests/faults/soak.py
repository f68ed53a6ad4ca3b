"""A randomized soak: `python -m tests.faults.soak`, for SECONDS (1200), from SEED (random), which it prints first.

Rounds of random operations on random stacks, with the real engine: edits, runs, deaths of every kind, faults of the
cloud, others at work on the same account. The same seed draws the same operations; where a signal strikes exactly is
this machine's chance. Ends with a line that counts rounds, operations and violations, and with code 1 where there are
any.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import secrets
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.faults.soak_machine import SoakMachine
from tests.faults.soak_world import World
from tests.support.emulator import Emulator

ROUNDS = 8
"""In one go of Hypothesis: of more it would make the first ones short."""

SETTINGS = settings(
    max_examples=ROUNDS,
    stateful_step_count=12,
    phases=[Phase.generate],
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


class Enough(BaseException):
    """The time is up, or something was violated. No Exception: Hypothesis would try the round again."""


class Soak:
    """A soak of so many seconds; `said` gets its lines."""

    def __init__(self, seconds: float, number: int, folder: Path, said: Callable[[str], None]) -> None:
        self.number = number
        self.violations: list[str] = []
        self._folder = folder
        self._said = said
        self._began = time.monotonic()
        self._seconds = seconds
        self._rounds = 0
        self._operations = 0
        self._named = 0
        self._history: list[str] = []
        self._clouds: dict[bool, Emulator] = {}

    @property
    def violated(self) -> bool:
        return bool(self.violations)

    @property
    def summary(self) -> str:
        return (
            f"soak: seed {self.number}, {self._rounds} rounds, {self._operations} operations, "
            f"{self._named} named at the hand-over, {len(self.violations)} violations"
        )

    def run(self) -> None:
        """Rounds until time is up or the first violation, which ends the soak: what comes after one proves nothing."""
        self._said(f"soak: seed {self.number}, {self._seconds:g} s")

        class Machine(SoakMachine):
            soak: ClassVar[Soak] = self

        with contextlib.ExitStack() as stack, contextlib.suppress(Enough):
            self._clouds = {real: stack.enter_context(Emulator(hosts=kind)) for real, kind in HOSTS}
            for go in itertools.count():
                self._in_time()
                run_state_machine_as_test(seed(self.number + go * 2**32)(Machine), settings=SETTINGS)
        self._said(self.summary)

    def new_world(self, real: bool) -> World:
        """What a round begins with."""
        self._in_time()
        self._rounds += 1
        self._history = []
        return World.begin(self._clouds[real], self._folder / f"round-{self._rounds}")

    def operation(self, what: str, act: Callable[[], str | None]) -> None:
        """Do it, tell of it, and end everything where it shows a violation."""
        self._in_time()
        self._do(what, act)

    def finish_round(self, world: World) -> None:
        """Whatever happened before: a run with nothing in the way puts everything right, and destroy leaves nothing."""
        self._do("last up", world.up)
        self._do("last destroy", world.destroy)
        self._named += world.named

    def _do(self, what: str, act: Callable[[], str | None]) -> None:
        self._operations += 1
        where = f"round {self._rounds}, operation {len(self._history) + 1}"
        try:
            outcome = act()
        except Exception as error:
            self._history.append(what)
            steps = "\n".join(f"  {number}. {each}" for number, each in enumerate(self._history, 1))
            self.violations.append(
                f"VIOLATION with seed {self.number} in {where} ({what}): {error}\nthe round so far:\n{steps}\n"
                f"run it again: make soak SEED={self.number}\n{''.join(traceback.format_exception(error))}"
            )
            self._said(self.violations[-1])
            raise Enough from None
        told = f"{what}: {outcome}" if outcome else what
        self._history.append(told)
        self._said(f"{time.monotonic() - self._began:6.0f} s  {where}: {told}")

    def _in_time(self) -> None:
        if time.monotonic() - self._began > self._seconds:
            raise Enough


HOSTS = ((True, "real"), (False, "paper"))


def main() -> int:
    seconds = float(os.environ.get("SECONDS") or 1200)
    number = int(os.environ.get("SEED") or secrets.randbelow(2**32))
    # An end by SIGTERM takes the emulators along, as Ctrl-C does.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    folder = Path(tempfile.mkdtemp(prefix="soak-"))
    soak = Soak(seconds, number, folder, lambda text: print(text, flush=True))
    soak.run()
    if soak.violations:
        print(f"the stacks, their journals and logs are in {folder}")
    else:
        shutil.rmtree(folder)
    return 1 if soak.violations else 0


if __name__ == "__main__":
    sys.exit(main())
