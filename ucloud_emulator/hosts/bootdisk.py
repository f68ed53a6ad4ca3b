"""A host's boot disk: a file system of the disk's size in a sparse file, with the writable layer of the host in it.

What the image below takes up counts as used, so `df` in the guest says the disk's size, and a full disk is full at it.
The sparse file takes only what was written.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

from ucloud_emulator.hosts.commands import run
from ucloud_emulator.hosts.errors import HostError
from ucloud_emulator.hosts.overlay import is_mounted, unmount

FILE = "disk.img"
OPTIONS = "loop,noatime"
RELEASED_WITHIN = 10.0


class BootDisk:
    """The disk in a folder: of a host, which writes on it, or of an image's layer, which nobody changes any more."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / FILE
        self._point = folder / "disk"

    @property
    def upper(self) -> Path:
        """The host's writable layer."""
        return self._point / "upper"

    @property
    def work(self) -> Path:
        """What an overlay needs beside it."""
        return self._point / "work"

    def make(self, size_gb: int, taken: int) -> None:
        """An empty one; `taken` bytes of it are used by the image below. Leaves it mounted."""
        self._point.mkdir(exist_ok=True)
        with self.file.open("wb") as file:
            file.truncate(size_gb << 30)
        # No journal: a power cut loses what was not written, as it may anywhere, and nobody repairs these disks.
        run("mkfs.ext4", "-q", "-O", "^has_journal", "-E", "lazy_itable_init=1,nodiscard", "-m", "0", str(self.file))
        self.mount()
        self.upper.mkdir()
        self.upper.chmod(0o755)
        self.work.mkdir()
        if taken:
            # Reserved in the file system, not written: it takes nothing on this machine.
            with (self._point / "image").open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, taken)

    def mount(self, *, read_only: bool = False) -> None:
        """Content where it is mounted already."""
        if not is_mounted(self._point):
            options = f"{OPTIONS},ro" if read_only else OPTIONS
            run("mount", "-t", "ext4", "-o", options, str(self.file), str(self._point))

    def unmount(self) -> None:
        """Returns once nobody uses the file any more.

        A host that starts at this moment begins with a copy of all mounts and keeps them for an instant.
        """
        unmount(self._point)
        deadline = time.monotonic() + RELEASED_WITHIN
        while self.file.exists() and run("losetup", "--associated", str(self.file)):
            if time.monotonic() > deadline:
                raise HostError(f"{self.file} is still in use {RELEASED_WITHIN:g} s after it was unmounted")
            time.sleep(0.02)

    def grow(self, size_gb: int) -> None:
        """Make it as large as that, while nobody has it mounted; content where it is."""
        if self.file.stat().st_size < size_gb << 30:
            with self.file.open("r+b") as file:
                file.truncate(size_gb << 30)
            run("e2fsck", "-f", "-p", str(self.file), check=False)  # resize2fs wants it to have been checked
            run("resize2fs", str(self.file))

    def move(self, folder: Path) -> BootDisk:
        """Move it, not mounted, to another folder."""
        moved = BootDisk(folder)
        self.file.rename(moved.file)
        moved._point.mkdir(exist_ok=True)
        return moved
