"""A control group for each running host.

systemd-nspawn works in the control group it is started in; two in one would have the guests' systemds
manage each other's services.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
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


def groups_of(tag: str) -> list[Path]:
    """The groups of all hosts of the emulator with this tag."""
    return [
        group
        for tree in hierarchies()
        for group in (tree / "ucloud-emulator").glob(f"{tag}h*")
        if group.name.removeprefix(f"{tag}h").isdecimal()
    ]


def kill_groups(tag: str) -> None:
    """End every process in the groups of this emulator's hosts, and remove the groups.

    The watchdog of a killed predecessor goes first: it must not find the hosts of its successor.
    """
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                if _watchdog(tag).encode() in (entry / "cmdline").read_bytes().split(b"\0"):
                    os.killpg(int(entry.name), signal.SIGKILL)
    for group in groups_of(tag):
        for listed in group.rglob("cgroup.procs"):
            with contextlib.suppress(OSError):
                for pid in listed.read_text().split():
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(int(pid), signal.SIGKILL)
    for name in {group.name for group in groups_of(tag)}:
        remove_cgroups(name)


def _watchdog(tag: str) -> str:
    """The name that a watchdog's process carries."""
    return f"ucloud-emulator-watchdog-{tag}"


class Watchdog:
    """Ends the hosts when the emulator is killed with -9: nspawn dies with it, but its guest's PID 1 may live on.

    A shell that reads a pipe which only the emulator holds open; at its end it kills what is in the hosts' groups.
    """

    def __init__(self, tag: str) -> None:
        patterns = " ".join(f"{tree}/ucloud-emulator/{tag}h[0-9]*" for tree in hierarchies())
        script = (
            'read -r end; [ "$end" = closed ] && exit; '
            f"find {patterns} -name cgroup.procs 2>/dev/null | xargs -r cat | sort -u | xargs -r kill -9"
        )
        self._process = subprocess.Popen(
            ["/bin/sh", "-c", script, _watchdog(tag)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            cwd="/",
        )

    def close(self) -> None:
        """The hosts were ended in an orderly way: nothing to do."""
        with contextlib.suppress(BrokenPipeError):
            self._process.communicate(b"closed\n")
        self._process.wait()


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
            Path(folder).rmdir()
        except FileNotFoundError:
            continue
        except OSError:
            return False
    return True
