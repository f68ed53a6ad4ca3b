"""Data disks: sparse files behind loop devices, which a host sees as /dev/vdb, /dev/vdc, ..."""

from __future__ import annotations

import json
import os
import string
from pathlib import Path

from ucloud_emulator.hosts.commands import run, succeeds
from ucloud_emulator.hosts.errors import HostError
from ucloud_emulator.hosts.spec import DataDisk


class Disks:
    """The disks of one emulator, by id. A disk's file exists from its first attachment to remove()."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def attach(self, disk: DataDisk) -> Path:
        """The loop device of the disk, made if it is missing and grown if the disk has grown."""
        file = self._folder / disk.id
        size = disk.size_gb << 30
        grown = False
        if not file.exists() or file.stat().st_size < size:
            with file.open("ab") as handle:
                handle.truncate(size)
            grown = True
        for device in self._devices(file):
            if grown:
                run("losetup", "--set-capacity", str(device))
            return device
        return Path(run("losetup", "--find", "--show", str(file)).strip())

    def detach(self, disk_id: str) -> None:
        """Free the loop device; the data stays."""
        for device in self._devices(self._folder / disk_id):
            succeeds(["losetup", "--detach", str(device)])

    def copy(self, source: str, target: str) -> None:
        """The target has the source's content from now on, and its own size where that is more."""
        if not (self._folder / source).exists():
            return
        part, kept = self._folder / f"{target}.part", self._folder / target
        run("cp", "--sparse=always", "--reflink=auto", str(self._folder / source), str(part), timeout=300)
        size = max(part.stat().st_size, kept.stat().st_size if kept.exists() else 0)
        os.truncate(part, size)
        part.replace(kept)

    def remove(self, disk_id: str) -> None:
        self.detach(disk_id)
        (self._folder / disk_id).unlink(missing_ok=True)

    def detach_all(self) -> None:
        for file in self._folder.iterdir():
            self.detach(file.name)

    def _devices(self, file: Path) -> list[Path]:
        if not file.exists():
            return []
        found = run("losetup", "--json", "--output", "NAME", "--associated", str(file)).strip()
        return [Path(entry["name"]) for entry in json.loads(found)["loopdevices"]] if found else []


def node(slot: int) -> str:
    """The device's name in the host: the boot disk would be vda."""
    if slot >= 25:
        raise HostError("a host takes at most 25 data disks")
    return f"vd{string.ascii_lowercase[slot + 1]}"


def show_in_guest(init: int, name: str, device: Path) -> None:
    """Make the device appear in a running host."""
    number = device.stat().st_rdev
    major, minor = os.major(number), os.minor(number)
    same = f'[ "$(stat -c %t:%T /dev/{name} 2>/dev/null)" = {major:x}:{minor:x} ]'
    _in_guest(init, f"{same} || (umask 117 && mknod /dev/{name} b {major} {minor})")


def hide_in_guest(init: int, name: str) -> None:
    """Make it disappear, from where it is mounted first. (The node itself may be a bind mount from the start.)"""
    _in_guest(init, f"while umount /dev/{name} || umount -l /dev/{name}; do :; done 2>/dev/null; rm -f /dev/{name}")


def _in_guest(init: int, script: str) -> None:
    run("nsenter", "--target", str(init), "--mount", "--pid", "--", "/bin/sh", "-c", script)
