"""Directories by SFTP, file by file: for hosts that have no tar."""

from __future__ import annotations

import posixpath
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import paramiko

from ucloud_provider.communicators.ssh_exec import STALLED_AFTER, close, describe, stop
from ucloud_provider.communicators.ssh_transport import BROKEN, broke
from ucloud_provider.errors import CommunicatorError, Disconnected
from ucloud_provider.run import Cancel


def upload_dir(transport: paramiko.Transport, local: Path, remote: str, cancel: Cancel) -> None:
    """Put what is in `local` into `remote`, with modes and links."""
    with _session(transport, f"upload {local}/ → {remote} by SFTP", cancel) as sftp:
        if not _exists(sftp, remote):
            _make(sftp, remote)
            sftp.chmod(remote, stat.S_IMODE(local.stat().st_mode))
        for path in sorted(local.rglob("*")):
            cancel.raise_if_set()
            target = posixpath.join(remote, path.relative_to(local).as_posix())
            if path.is_symlink():
                if _exists(sftp, target):
                    sftp.remove(target)
                sftp.symlink(str(path.readlink()), target)
                continue
            if path.is_dir():
                _make(sftp, target)
            elif path.is_file():
                sftp.put(str(path), target, confirm=True)
            else:
                continue
            sftp.chmod(target, stat.S_IMODE(path.stat().st_mode))


def download_dir(transport: paramiko.Transport, remote: str, local: Path, cancel: Cancel) -> None:
    """Fetch what is in `remote` into `local`: files and directories, with modes. Links are left out."""
    with _session(transport, f"download {remote}/ → {local} by SFTP", cancel) as sftp:
        local.mkdir(parents=True, exist_ok=True)
        _fetch(sftp, remote, local, cancel)


def _fetch(sftp: paramiko.SFTPClient, remote: str, local: Path, cancel: Cancel) -> None:
    for entry in sftp.listdir_attr(remote):
        cancel.raise_if_set()
        if "/" in entry.filename or entry.filename in (".", ".."):
            continue  # a host does not choose paths on this machine
        source, target, mode = posixpath.join(remote, entry.filename), local / entry.filename, entry.st_mode or 0
        if stat.S_ISDIR(mode):
            target.mkdir(exist_ok=True)
            _fetch(sftp, source, target, cancel)
        elif stat.S_ISREG(mode):
            sftp.get(source, str(target))
        else:
            continue
        target.chmod((mode & 0o755) | 0o600)


def _make(sftp: paramiko.SFTPClient, remote: str) -> None:
    """The directory and those on the way to it."""
    if remote in ("", "/") or _exists(sftp, remote):
        return
    _make(sftp, posixpath.dirname(remote.rstrip("/")))
    sftp.mkdir(remote)


def _exists(sftp: paramiko.SFTPClient, remote: str) -> bool:
    try:
        sftp.lstat(remote)
    except FileNotFoundError:
        return False
    return True


@contextmanager
def _session(transport: paramiko.Transport, what: str, cancel: Cancel) -> Iterator[paramiko.SFTPClient]:
    sftp: paramiko.SFTPClient | None = None
    channel: paramiko.Channel | None = None
    try:
        sftp = paramiko.SFTPClient.from_transport(transport)
        if sftp is None:
            raise CommunicatorError(f"{what}: the host has neither tar nor SFTP; install tar first")
        channel = sftp.get_channel()
        assert channel is not None
        channel.settimeout(STALLED_AFTER)
        with cancel.on_cancel(lambda: stop(channel)):
            yield sftp
    except BROKEN as error:
        cancel.raise_if_set()
        if not transport.is_active():
            raise Disconnected(f"{what}: {broke(transport)}") from error
        if isinstance(error, TimeoutError) and channel is not None:
            stop(channel)
            raise CommunicatorError(f"{what}: not one byte moved for {STALLED_AFTER:g} s") from error
        raise CommunicatorError(f"{what}: {describe(error)}") from error
    finally:
        if channel is not None:
            close(channel)
