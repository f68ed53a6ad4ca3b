"""The table of faults: what may go wrong with a call, and what may become of a change of state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ucloud_emulator.faultrules import OUTCOMES

SHORT = 2.0
"""Seconds that a state lasts too long, and is still waited for."""


@dataclass(frozen=True)
class Kind:
    """A fault's name and its rule, but for what it is to hit."""

    name: str
    rule: Mapping[str, Any]
    passing: bool = False
    """The operation must succeed in spite of it."""
    vanishes: bool = False
    """Somebody else takes things away: the stack has to be refreshed before it can go on."""
    blinding: bool = False
    """No answer ever says what was done: the state may have what is gone."""
    impatient: bool = False
    """It lasts: only with waits and retries cut short does the operation end within a test's time."""


def _passing(name: str, **rule: Any) -> Kind:
    return Kind(name, rule, passing=True)


CALLS = (
    _passing("reset-before", reset_before=True),
    _passing("reset-after", reset_after=True),
    _passing("reset-after-twice", reset_after=True, times=2),
    _passing("http-429", http_status=429),
    _passing("http-500", http_status=500),
    _passing("http-502", http_status=502),
    _passing("http-503", http_status=503),
    _passing("gateway-504", status_after=504),
    _passing("unavailable-150", ret_code=150),
    _passing("truncated", truncate=True),
    _passing("page-before", not_json_before="html"),
    _passing("page-after", not_json_after="html"),
    _passing("empty-after", not_json_after="empty"),
    _passing("slow", delay=0.5, delay_after=1.0),
    Kind("refused", {"ret_code": 5001, "message": "quota exceeded"}),
    Kind("refused-for-ever", {"ret_code": 5001, "message": "quota exceeded", "times": 0}, impatient=True),
    Kind("bad-parameter-for-ever", {"ret_code": 230, "times": 0}, impatient=True),
    Kind("down-for-ever", {"http_status": 503, "times": 0}, impatient=True),
    Kind("lost-for-ever", {"reset_after": True, "times": 0}, impatient=True, blinding=True),
)


def _ending(name: str, outcome: str, *, impatient: bool = False, **more: Any) -> Kind:
    return Kind(name, {"outcome": outcome, **more}, vanishes=outcome == "vanish", impatient=impatient)


STATES = tuple(
    (transition, kind)
    for transition, outcomes in OUTCOMES.items()
    for outcome in outcomes
    for kind in (
        (
            Kind("slow", {"outcome": "never", "for_seconds": SHORT}, passing=True),
            Kind("never", {"outcome": "never", "times": 0}, impatient=True),
        )
        if outcome == "never"
        else (
            _ending(outcome, outcome, impatient=outcome == "vanish"),
            _ending(f"{outcome}-late", outcome, after_seconds=0.7),
            _ending(f"{outcome}-for-ever", outcome, impatient=True, times=0),
        )
    )
)
"""By transition. What vanishes before anybody has seen it is waited for, as a listing may lag behind."""
