"""What a client tried and what of it passed."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Trial:
    name: str
    passed: bool
    note: str = ""
    """What went wrong, or what is to be known of a pass."""


@dataclass(frozen=True)
class Outcome:
    client: str
    trials: tuple[Trial, ...] = ()
    not_tried: str = ""
    """Why the client did not run at all."""
    seconds: float = field(default=0.0, compare=False)

    @property
    def passed(self) -> int:
        return sum(trial.passed for trial in self.trials)
