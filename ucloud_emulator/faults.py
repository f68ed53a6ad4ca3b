"""The faults that are set: calls and changes of state ask here whether something shall go wrong with them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ucloud_emulator.faultrules import Fault, Rule, StateFault

__all__ = ["Fault", "Faults", "Held", "StateFault"]

MOST_RULES = 10_000
GLANCE = 0.05
"""Seconds between two looks at whether a held change may go on."""


class TooManyRules(Exception):
    """Nobody needs so many; somebody forgot to clear them."""


@dataclass
class _Set:
    """A rule that is set, and what it has met."""

    id: str
    rule: Rule
    seen: int = 0
    hits: int = 0
    cleared: threading.Event = field(default_factory=threading.Event)

    @property
    def due(self) -> bool:
        """Whether the one that was just seen is one to hit."""
        return self.seen > self.rule.skip and (self.rule.times == 0 or self.hits < self.rule.times)


@dataclass(frozen=True)
class Held:
    """What a change of state met: its fault, and until when a `never` holds it."""

    fault: StateFault
    cleared: threading.Event

    def wait(self, ending: threading.Event) -> None:
        """Take the time that the fault takes: see `after_seconds`, and of a `never` until it goes on or `ending`."""
        if self.fault.outcome != "never":
            ending.wait(self.fault.after_seconds)
            return
        until = None if self.fault.for_seconds is None else time.monotonic() + self.fault.for_seconds
        while not self.cleared.wait(GLANCE) and not ending.is_set():
            if until is not None and time.monotonic() >= until:
                return


class Faults:
    """Thread-safe. Rules are asked in the order they were set; the first that hits has its effect.

    Each rule counts everything that matches it, whoever hits it. Nothing is kept over a restart.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rules: dict[str, _Set] = {}
        self._number = 0

    def add(self, rule: Rule) -> str:
        """Set a rule from now on; its id."""
        with self._lock:
            if len(self._rules) >= MOST_RULES:
                raise TooManyRules(f"{MOST_RULES} rules are set: clear some")
            self._number += 1
            id = f"fault-{self._number}"
            self._rules[id] = _Set(id, rule)
            return id

    def rules(self) -> list[dict[str, object]]:
        """Every rule that is set: what was given, its id, how often it matched (`seen`) and had its effect (`hits`)."""
        with self._lock:
            found = list(self._rules.values())
            return [
                {"id": each.id, **each.rule.model_dump(exclude_unset=True), "seen": each.seen, "hits": each.hits}
                for each in found
            ]

    def clear(self, id: str | None = None) -> int:
        """Take back one rule, or all; how many there were. What a `never` held goes on."""
        with self._lock:
            gone = [each for each in self._rules.values() if id in (None, each.id)]
            for each in gone:
                del self._rules[each.id]
                each.cleared.set()
        return len(gone)

    def next(self, values: Mapping[str, str], project: str) -> Fault | None:
        """The fault for this call of this project, used up by asking."""

        def matches(rule: Rule) -> bool:
            return (
                isinstance(rule, Fault)
                and rule.action in ("*", values.get("Action", ""))
                and _place(rule, project, values.get("Region", ""), values.get("Zone", ""))
                and all(text in values.get(name, "") for name, text in rule.parameters.items())
            )

        met = self._meet(matches)
        return met.rule if met and isinstance(met.rule, Fault) else None

    def at(self, transition: str, project: str, region: str, zone: str = "") -> Held | None:
        """The fault for this change of state, used up by asking."""

        def matches(rule: Rule) -> bool:
            here = isinstance(rule, StateFault) and rule.transition == transition
            return here and _place(rule, project, region, zone)

        met = self._meet(matches)
        return Held(met.rule, met.cleared) if met and isinstance(met.rule, StateFault) else None

    def _meet(self, matches: Callable[[Rule], bool]) -> _Set | None:
        met = None
        with self._lock:
            for each in self._rules.values():
                if matches(each.rule):
                    each.seen += 1
                    if met is None and each.due:
                        each.hits += 1
                        met = each
        return met


def _place(rule: Rule, project: str, region: str, zone: str) -> bool:
    return rule.project in ("", project) and rule.region in ("", region) and rule.zone in ("", zone)
