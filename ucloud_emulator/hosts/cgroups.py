"""A control group for each running host.

systemd-nspawn works in the control group it is started in; two in one would have the guests' systemds
manage each other's services.
"""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path

MOUNT = Path("/sys/fs/cgroup")
ENTER = 'while [ "$1" != -- ]; do echo $$ > "$1/cgroup.procs" || exit 1; shift; done; shift; exec "$@"'


def hierarchies() -> list[Path]:
    """Where systemd keeps its groups: one tree on a usual machine (v2), two where v1 is still mounted."""
    if (MOUNT / "cgroup.procs").is_file():
        return [MOUNT]
    return [tree for tree in (MOUNT / "systemd", MOUNT / "unified") if (tree / "cgroup.procs").is_file()]


def within_cgroup(name: str) -> list[str]:
    """Makes the group; to be put before a command that shall run in it."""
    groups = [tree / "ucloud-emulator" / name for tree in hierarchies()]
    for group in groups:
        group.mkdir(parents=True, exist_ok=True)
    return ["/bin/sh", "-c", ENTER, "enter", *(str(group) for group in groups), "--"]


def remove_cgroups(name: str) -> None:
    """Remove the groups of a host that has ended; its last process may still be on its way out."""
    for tree in hierarchies():
        deadline = time.monotonic() + 2
        while not _remove(tree / "ucloud-emulator" / name) and time.monotonic() < deadline:
            time.sleep(0.01)
        with contextlib.suppress(OSError):
            (tree / "ucloud-emulator").rmdir()


def _remove(group: Path) -> bool:
    for folder, _, _ in os.walk(group, topdown=False):
        try:
            os.rmdir(folder)
        except FileNotFoundError:
            continue
        except OSError:
            return False
    return True
