"""Which images stay, as far as this preview has found: so that one does not announce replacements that never come.

Works around: in a preview, Pulumi hands a dynamic resource's update on with every output unknown. A host started from
an image that only gets another copy would look as if it had to be replaced.
"""

from __future__ import annotations

import threading

_lock = threading.Lock()
_stays: dict[str, tuple[str, bool]] = {}


def remember(urn: str, image_id: str, *, stays: bool) -> None:
    """Say what the diff of an image has found."""
    with _lock:
        _stays[urn] = (image_id, stays)


def stays(image_id: str) -> bool:
    """Whether an image was found to stay as it is."""
    with _lock:
        return any(known == image_id and staying for known, staying in _stays.values())
