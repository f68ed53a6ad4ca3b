"""What goes wrong inside a running host when a test asks for it: SSH that drops or stalls, a full disk, a reboot."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from ucloud_emulator.hosts.commands import run
from ucloud_emulator.hosts.errors import HostError

REBOOT = signal.SIGRTMIN + 5
"""What systemd takes for: reboot, in an orderly way."""

FULL = "/run/full-disk"
FOLDERS = "boot etc home media mnt opt root srv tmp usr var"

# A host's disk is part of the machine's own, which must not be filled. So each folder gets a layer on top of what is
# in it, on a file system that has no byte left: all can be read, what is written fails with ENOSPC as on a full disk.
FILL = f"""
set -e
[ ! -d {FULL} ] || exit 0
mkdir {FULL}
mount -t tmpfs -o size=1m,mode=700 full-disk {FULL}
for folder in {FOLDERS}; do
    [ -d /$folder ] && [ ! -L /$folder ] || continue
    mkdir {FULL}/$folder {FULL}/$folder.work
    chown --reference=/$folder {FULL}/$folder
    chmod --reference=/$folder {FULL}/$folder
    options=lowerdir=/$folder,upperdir={FULL}/$folder,workdir={FULL}/$folder.work
    mount -t overlay -o $options full-disk /$folder
done
dd if=/dev/zero of={FULL}/filled bs=4k 2>/dev/null || true
"""
FREE = f"""
[ -d {FULL} ] || exit 0
for folder in {FOLDERS}; do
    grep -q " /$folder overlay .*upperdir={FULL}/" /proc/self/mounts && umount -l /$folder
done
umount -l {FULL} && rmdir {FULL}
"""


def drop_ssh(init: int) -> None:
    """Every SSH connection breaks; new ones are answered."""
    for pid in _sshd(init, sessions_only=True):
        _signal(pid, signal.SIGKILL)


def stall_ssh(init: int) -> None:
    """Every SSH connection, and each new one, hangs without a word."""
    for pid in _sshd(init):
        _signal(pid, signal.SIGSTOP)


def resume_ssh(init: int) -> None:
    """SSH goes on where it was stalled."""
    for pid in _sshd(init):
        _signal(pid, signal.SIGCONT)


def fill_disk(init: int) -> None:
    """Nothing more can be written, but for /run and /dev; until free_disk(), or until the power is off."""
    _in_guest(init, FILL)


def free_disk(init: int) -> None:
    """The disk has space again; nothing that was on it is lost."""
    _in_guest(init, FREE)


def reboot(init: int) -> None:
    """The guest reboots by itself."""
    _signal(init, REBOOT)


MISHAPS: Mapping[str, Callable[[int], None]] = {
    "drop_ssh": drop_ssh,
    "stall_ssh": stall_ssh,
    "resume_ssh": resume_ssh,
    "fill_disk": fill_disk,
    "free_disk": free_disk,
    "reboot": reboot,
}
"""By name; each is given the guest's PID 1 as this machine numbers it."""


def _sshd(init: int, *, sessions_only: bool = False) -> Iterator[int]:
    """The guest's sshd processes, the one that listens first: it starts no session while the others are looked for."""
    network = _network(init)
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            with contextlib.suppress(OSError):
                pid = int(entry.name)
                if (entry / "comm").read_text().strip() == "sshd" and _network(pid) == network:
                    title = (entry / "cmdline").read_bytes()
                    session = title.startswith(b"sshd: ") and b"[listener]" not in title
                    if session or not sessions_only:
                        found.append((session, pid))
    yield from (pid for _, pid in sorted(found))


def _network(pid: int) -> int:
    return Path(f"/proc/{pid}/ns/net").stat().st_ino


def _signal(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def _in_guest(init: int, script: str) -> None:
    if not Path(f"/proc/{init}").exists():
        raise HostError("the host is not running")
    run("nsenter", "--target", str(init), "--mount", "--pid", "--", "/bin/sh", "-c", script)
