"""Overlay mounts: image layers below, a host's writable layer on top."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from ucloud_emulator.hosts.commands import run
from ucloud_emulator.hosts.errors import HostError

# Plain overlays: a layer must mean the same below another stack as it did on top of its own, so no
# feature that ties an upper layer to the very lower ones it was written over.
OPTIONS = "redirect_dir=off,metacopy=off,index=off,xino=off"


def mount_overlay(layers: Sequence[Path], upper: Path, work: Path, target: Path) -> None:
    """Mount `layers` (base first) with `upper` on top at `target`."""
    lower = ":".join(str(layer) for layer in reversed(layers))
    options = f"{OPTIONS},lowerdir={lower},upperdir={upper},workdir={work}"
    if len(options) > 4000:
        raise HostError(f"{len(layers)} image layers are more than one mount can stack")
    run("mount", "-t", "overlay", "overlay", "-o", options, str(target))


def share(folder: Path) -> None:
    """Have what is unmounted below a folder be unmounted in hosts as well.

    systemd-nspawn starts each guest with a copy of all mounts and hides them below its root: they would be in use
    for as long as the guest runs.
    """
    run("mount", "--bind", str(folder), str(folder))
    run("mount", "--make-shared", str(folder))


def stop_sharing(folder: Path) -> None:
    """Take back what `share` did, an earlier process's too; who has files open there may go on."""
    while is_mounted(folder):
        run("umount", "--lazy", str(folder))


def is_mounted(target: Path) -> bool:
    return str(target) in mounted_below(target)


def mounted_below(folder: Path) -> list[str]:
    """The mount points at or below a folder, innermost first."""
    points = []
    prefix = str(folder.resolve())
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        point = line.split(" ")[4].encode().decode("unicode_escape")
        if point == prefix or point.startswith(prefix + "/"):
            points.append(point)
    return points[::-1]


def unmount(target: Path) -> None:
    """Unmount whatever is at or below target; content where nothing is. Waits a moment for the last user to go."""
    deadline = time.monotonic() + 5
    while points := mounted_below(target):
        try:
            run("umount", points[0])
        except Exception:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)


def disk_usage(folder: Path) -> int:
    """The bytes that a tree takes on disk."""
    return int(run("du", "-s", "-x", "--block-size=1", str(folder), timeout=300).split()[0])
