"""Faults for a call: where dispatch asks whether something shall go wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """What goes wrong with one call. Each is for itself; none set means nothing does."""

    delay: float = 0.0
    """Seconds before the call is looked at."""
    ret_code: int = 0
    """Answer with this RetCode, without the call's effect."""
    http_status: int = 0
    """Answer with this HTTP status, without the effect."""
    reset_before: bool = False
    """Break the connection before the effect."""
    reset_after: bool = False
    """Have the effect, then break the connection: the answer is lost."""
    truncate: bool = False
    """Have the effect, then send half of the answer."""


NO_FAULT = Fault()


class Faults:
    """The faults that are set. None yet: this is the place where they come in."""

    def next(self, values: Mapping[str, str]) -> Fault:
        """The fault for this call, used up by asking."""
        return NO_FAULT
