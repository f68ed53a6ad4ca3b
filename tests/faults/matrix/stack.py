"""One Pulumi stack for many cases: a resource for each, in a project of its own."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ucloud_provider.communicators.ssh_keys import KeyPair

from tests.e2e.stack import HERE as E2E
from tests.e2e.stack import REPOSITORY, Outcome, Stack
from tests.faults.matrix.own import KEY_FILE, KEY_PAIR_NAME, Own, make
from tests.faults.matrix.scenarios import PROGRAM, Scenario
from tests.support.emulator import Emulator

IMPATIENT = Path(__file__).resolve().parent / "impatient"
_DIAGNOSTIC = re.compile(r"^  \S.*\((c\d\d)(?:-[^)]*)?\):\n((?:    .*\n|[ \t]*\n)+)", re.MULTILINE)


@dataclass(frozen=True)
class Place:
    """Where a case happens: the number of its project and of its resource."""

    scenario: Scenario
    number: int

    @property
    def project(self) -> str:
        return f"org-case-{self.number:02}"

    @property
    def resource(self) -> str:
        return f"c{self.number:02}"


def sources(*, impatient: bool) -> str:
    """The PYTHONPATH of a stack's processes; an impatient one has waits and retries cut short."""
    return os.pathsep.join(map(str, [*([IMPATIENT] if impatient else []), REPOSITORY, REPOSITORY / "providers", E2E]))


class BatchStack:
    """The stack through a batch's commands."""

    def __init__(self, folder: Path, emulator: Emulator, places: Sequence[Place], *, impatient: bool = False) -> None:
        self.state = folder / "journals"
        self._emulator = emulator
        self._places = places
        self._own: dict[str, dict[Own, str]] = {}
        self._stack = Stack(
            folder,
            {
                **emulator.environment(),
                "UCLOUD_IMAGE_STATE": str(self.state),
                "PYTHONPATH": sources(impatient=impatient),
            },
        )

    def set_up(self) -> None:
        """Everything is as it is before the operations."""
        self._stack.create(PROGRAM)
        pair = KeyPair.generate("own", kind="rsa", bits=2048)
        self._stack.write(pair.private, KEY_FILE)
        self._own = {
            place.project: make(self._emulator, place.project, pair, groups=place.scenario.has_groups)
            for place in self._places
        }
        self._want("before")
        self._up().succeeded()

    def own(self, place: Place) -> set[str]:
        """The ids of what the user has in a case's project: none of the stack's, and not to be touched."""
        return {id for own, id in self._own[place.project].items() if own != KEY_PAIR_NAME}

    def act(self) -> Iterator[Outcome]:
        """Carry the operations out."""
        self._want("after")
        yield self._up()
        # A refresh ends with the first resource that cannot be read: so each is refreshed for itself.
        for place in self._places:
            if place.scenario.refresh:
                yield from self.refresh([place])

    def refresh(self, places: Sequence[Place]) -> Iterator[Outcome]:
        """Refresh the resources of these places, in one command."""
        entries = self.entries() if places else {}
        urns = sorted({entry["urn"] for place in places for entry in entries.get(place.resource, ())})
        if urns:
            targets = [word for urn in urns for word in ("--target", urn)]
            yield self._stack.run("refresh", "--yes", "--skip-preview", "--parallel", "64", *targets)

    def again(self) -> Outcome:
        return self._up()

    def destroy(self) -> Outcome:
        return self._stack.run("destroy", "--yes", "--skip-preview", "--continue-on-error", "--parallel", "64")

    def entries(self) -> dict[str, list[dict[str, Any]]]:
        """What the state has, by the resource's name; of one that is being replaced there are two."""
        found: dict[str, list[dict[str, Any]]] = {}
        deployment = self._stack.deployment()
        assert not deployment.get("pending_operations"), deployment["pending_operations"]
        for entry in deployment.get("resources", []):
            if "dynamic/ucloud" in entry["type"]:
                found.setdefault(entry["urn"].rpartition("::")[2], []).append(entry)
        return found

    def _up(self) -> Outcome:
        return self._stack.up("--continue-on-error", "--parallel", "64")

    def _want(self, when: str) -> None:
        wanted = ((place, getattr(place.scenario, when)) for place in self._places)
        declared = [
            each.declared(place.resource, place.project, self._own[place.project])
            for place, each in wanted
            if each is not None
        ]
        self._stack.write(json.dumps(declared), "wanted.json")


def errors(output: str) -> dict[str, str]:
    """By resource: what the command's diagnostics say went wrong with it."""
    found: dict[str, str] = {}
    for name, text in _DIAGNOSTIC.findall(output.partition("Diagnostics:")[2]):
        if "error:" in text:
            found[name] = found.get(name, "") + text
    return found
