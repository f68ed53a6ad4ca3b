"""The kernel's limits that many hosts on one machine meet first, raised where that is allowed."""

from __future__ import annotations

import logging
from pathlib import Path

log = logging.getLogger(__name__)

INSTANCES = Path("/proc/sys/fs/inotify/max_user_instances")
WANTED = 8192
"""The default, 128, is enough for about 20 guests."""
PER_GUEST = 6
"""What systemd, D-Bus and the other services of a booted guest take."""
OTHERS = 32
"""What is left to the machine itself."""


def raise_limits(instances: Path = INSTANCES) -> int:
    """Raise what guests need; returns how many guests can run at once. What cannot be raised is logged."""
    limit = int(instances.read_text())
    if limit < WANTED:
        try:
            instances.write_text(f"{WANTED}\n")
            limit = WANTED
        except OSError as error:
            log.warning(
                "fs.inotify.max_user_instances is %d and cannot be raised (%s): at most %d hosts can run",
                limit,
                error.strerror,
                _guests(limit),
            )
    return _guests(limit)


def _guests(limit: int) -> int:
    return max(0, limit - OTHERS) // PER_GUEST
