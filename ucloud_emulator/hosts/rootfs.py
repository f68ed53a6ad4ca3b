"""Reads and writes files in a guest's tree from outside without ever leaving it.

A guest is root in its tree: its /etc may be a link to anywhere. Every path is resolved by the kernel with
the tree as the root (openat2), so that a link in an image cannot make the emulator write to the machine.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import stat
from pathlib import Path, PurePosixPath
from types import TracebackType

SYS_OPENAT2 = 437
RESOLVE_IN_ROOT = 0x10
RESOLVE_NO_MAGICLINKS = 0x02
LIBC = ctypes.CDLL(None, use_errno=True)


class _OpenHow(ctypes.Structure):
    _fields_ = (("flags", ctypes.c_uint64), ("mode", ctypes.c_uint64), ("resolve", ctypes.c_uint64))


class Rootfs:
    """A tree, to be used in a with statement; paths are absolute within it."""

    def __init__(self, root: Path) -> None:
        self._root = os.open(root, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)

    def __enter__(self) -> Rootfs:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._root)

    def read(self, path: str) -> bytes | None:
        """The content of a regular file, None where there is none."""
        try:
            # Not blocking: a guest may have put a named pipe there.
            descriptor = self._open(path, os.O_RDONLY | os.O_NONBLOCK)
        except (FileNotFoundError, NotADirectoryError):
            return None
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                return None
            return file.read()

    def write(
        self, path: str, content: bytes, *, mode: int | None = None, owner: tuple[int, int] | None = None
    ) -> None:
        """Put a file there in one step, in place of whatever was; mode and owner stay unless given."""
        target = PurePosixPath(path)
        folder = self._open(str(target.parent), os.O_PATH | os.O_DIRECTORY)
        try:
            before = None
            with contextlib.suppress(FileNotFoundError):
                before = os.stat(target.name, dir_fd=folder, follow_symlinks=False)
            kept = before if before is not None and stat.S_ISREG(before.st_mode) else None
            if mode is None:
                mode = stat.S_IMODE(kept.st_mode) if kept else 0o644
            if owner is None:
                owner = (kept.st_uid, kept.st_gid) if kept else (0, 0)
            part = f".{target.name}.new"
            flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
            with os.fdopen(os.open(part, flags, 0o600, dir_fd=folder), "wb") as file:
                file.write(content)
                os.fchown(file.fileno(), *owner)
                os.fchmod(file.fileno(), mode)
            os.rename(part, target.name, src_dir_fd=folder, dst_dir_fd=folder)
        finally:
            os.close(folder)

    def make_folder(self, path: str, *, mode: int = 0o755, owner: tuple[int, int] = (0, 0)) -> None:
        """Make a folder and its missing parents; one that is there stays as it is."""
        at = PurePosixPath("/")
        for part in PurePosixPath(path).parts[1:]:
            try:
                os.close(self._open(str(at / part), os.O_PATH | os.O_DIRECTORY))
            except FileNotFoundError:
                above = self._open(str(at), os.O_PATH | os.O_DIRECTORY)
                try:
                    os.mkdir(part, mode, dir_fd=above)
                    os.chown(part, *owner, dir_fd=above, follow_symlinks=False)
                finally:
                    os.close(above)
            at /= part

    def is_link(self, path: str) -> bool:
        target = PurePosixPath(path)
        folder = self._open(str(target.parent), os.O_PATH | os.O_DIRECTORY)
        try:
            return stat.S_ISLNK(os.stat(target.name, dir_fd=folder, follow_symlinks=False).st_mode)
        except FileNotFoundError:
            return False
        finally:
            os.close(folder)

    def _open(self, path: str, flags: int) -> int:
        how = _OpenHow(flags | os.O_CLOEXEC, 0, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS)
        descriptor = LIBC.syscall(
            ctypes.c_long(SYS_OPENAT2), ctypes.c_int(self._root), os.fsencode(path), ctypes.byref(how),
            ctypes.c_size_t(ctypes.sizeof(how)),
        )  # fmt: skip
        if descriptor < 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number), path)
        return int(descriptor)
