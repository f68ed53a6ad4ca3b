"""Runs other people's clients of UCloud against an emulator and prints how much of each passes.

    make clients
    python -m tests.clients --client scenarios --scenario 3611 --pauses 1

Each is a Go module, got by the ordinary client into the user's cache and built there; nothing of theirs is kept in this
repository. The emulator listens on loopback. Ends with 1 if something failed.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence

from rich.console import Console
from rich.table import Table

from tests.clients import cli, packer, scenarios, terraform
from tests.clients.modules import NotGot
from tests.clients.outcome import Outcome, Trial
from tests.support.emulator import Emulator

CLIENTS = ("scenarios", "packer", "cli", "terraform")
TITLES = {
    "scenarios": f"UCloud's Go scenarios {scenarios.SDK.version}",
    "packer": f"Packer {packer.PACKER.version} with plugin {packer.PLUGIN.version}",
    "cli": f"UCloud CLI {cli.CLI.version}",
    "terraform": f"Terraform provider {terraform.PROVIDER.version}",
}
HURRIED = 0.02
"""The part of the scenarios' pauses that is taken: here a change of state takes no minutes."""


def main(arguments: Sequence[str] | None = None) -> int:
    asked = _parse(arguments)
    console = Console()
    outcomes = []
    for client in asked.client or CLIENTS:
        console.print(f"{TITLES[client]} …")
        outcomes.append(_try(client, _runner(client, asked)))
        _tell(console, outcomes[-1])
    table = Table("client", "passed", "tried", "seconds", "")
    for outcome in outcomes:
        table.add_row(
            outcome.client, str(outcome.passed), str(len(outcome.trials)), f"{outcome.seconds:.0f}", outcome.not_tried
        )
    console.print(table)
    return int(any(outcome.not_tried or outcome.passed < len(outcome.trials) for outcome in outcomes))


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.clients", description="Other people's clients, tried.")
    parser.add_argument("--client", action="append", choices=CLIENTS, help="only this one; may be repeated")
    parser.add_argument("--scenario", action="append", choices=scenarios.ALL, help="only this scenario of UCloud's")
    parser.add_argument("--test", default="", help="only the acceptance tests of Terraform's whose name matches this")
    parser.add_argument(
        "--pauses", type=float, default=HURRIED, help=f"the part of the scenarios' pauses to take (default {HURRIED})"
    )
    return parser.parse_args(arguments)


def _runner(client: str, asked: argparse.Namespace) -> Callable[[], list[Trial]]:
    def on_paper(run: Callable[[Emulator], list[Trial]], projects: int = 0) -> list[Trial]:
        with Emulator(hosts="paper", projects=projects) as emulator:
            return run(emulator)

    if client == "scenarios":
        ids = asked.scenario or scenarios.ALL
        return lambda: on_paper(lambda emulator: scenarios.run(emulator, ids, asked.pauses), projects=len(ids))
    if client == "packer":
        return packer.run
    if client == "cli":
        return lambda: on_paper(cli.run)
    return lambda: on_paper(lambda emulator: terraform.run(emulator, asked.test))


def _try(client: str, run: Callable[[], list[Trial]]) -> Outcome:
    began = time.monotonic()
    try:
        trials, why = tuple(run()), ""
    except NotGot as missing:
        trials, why = (), str(missing)
    return Outcome(TITLES[client], trials, why, time.monotonic() - began)


def _tell(console: Console, outcome: Outcome) -> None:
    for trial in outcome.trials:
        console.print(f"  {'passed' if trial.passed else 'FAILED'} {trial.name}: {trial.note}", markup=False)
    if outcome.not_tried:
        console.print(f"  not tried: {outcome.not_tried}", markup=False)


if __name__ == "__main__":
    raise SystemExit(main())
