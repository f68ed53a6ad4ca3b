"""The one place that works around Pulumi's dynamic host: progress, cancellation, concurrency, errors, previews, end.

`prepare` once in a provider's configure, `Call` around each of its methods. What each part works around, and what
happens where a future Pulumi is built differently, stands at the top of its file.
"""

from __future__ import annotations

from ucloud_provider import hand_over_notes
from ucloud_provider.engine import ending, host
from ucloud_provider.engine.calls import Call, PartlyMade, unprinted

__all__ = ["Call", "PartlyMade", "prepare", "unprinted"]

_prepared = False


def prepare() -> None:
    """Set the host up for long, many and cancellable calls. Called on one of its threads; does it once."""
    global _prepared
    if _prepared or host.engine_address() is None:
        return
    rpc = host.current()
    if rpc is None:
        return
    _prepared = True
    host.raise_worker_limit()
    if host.hear_cancel(rpc.servicer, ending.cancelled):
        hand_over_notes.expect()
    ending.watch_standard_input()
