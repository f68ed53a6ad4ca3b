"""The time that a program gives a call by Pulumi's resource option `custom_timeouts`.

The engine hands it on and leaves it to the provider; the host does not look at it. When it is over, the call is
cancelled: what it made is given back, as after Ctrl-C. Where something else ends the call sooner, that comes first.
"""

from __future__ import annotations

import threading
from typing import Any, Final

from ucloud_provider.run import Cancel

_OPTIONS: Final = {"Create": "create", "Update": "update", "Delete": "delete"}


def seconds_of(request: Any) -> float:
    """The time given; 0 where none is."""
    given = getattr(request, "timeout", 0)
    return float(given) if isinstance(given, int | float) and given > 0 else 0.0


def watch(request: Any, method: str, cancel: Cancel) -> threading.Timer | None:
    """Cancel the call when its time is over; None where it has as long as it takes. The timer ends with the call."""
    seconds = seconds_of(request)
    if not seconds or method not in _OPTIONS:
        return None
    reason = f"custom_timeouts gives {_OPTIONS[method]} {seconds:g} s, which are over; give it more, or less to do"
    timer = threading.Timer(min(seconds, threading.TIMEOUT_MAX), cancel.set, (reason,))
    timer.daemon = True
    timer.start()
    return timer
