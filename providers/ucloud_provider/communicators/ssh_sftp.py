"""Directories by SFTP, file by file: for hosts that have no tar."""

from __future__ import annotations

import os
import posixpath
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import paramiko

from ucloud_provider.communicators.ssh_exec import STALLED_AFTER, close, describe, stop
from ucloud_provider.communicators.ssh_transport import BROKEN, broke
from ucloud_provider.errors import CommunicatorError, Disconnected
from ucloud_provider.local_tree import Entry, Kind, mode_there
from ucloud_provider.run import Cancel


def upload_dir(
    transport: paramiko.Transport, local: Path, remote: str, cancel: Cancel, entries: Iterable[Entry]
) -> bool:
    """Put what is in `local` into `remote`; what exists there keeps mode, owner and kind. Whether `remote` was made."""
    with _session(transport, f"upload {local}/ → {remote} by SFTP", cancel) as sftp:
        made = _lstat(sftp, remote) is None
        if made:
            _make(sftp, remote)
            sftp.chmod(remote, mode_there(local.stat().st_mode, Kind.FOLDER))
        for each in entries:
            cancel.raise_if_set()
            _put(sftp, each, posixpath.join(remote, each.name))
    return made


def _put(sftp: paramiko.SFTPClient, each: Entry, target: str) -> None:
    there = _lstat(sftp, target)
    is_link = there is not None and stat.S_ISLNK(there)
    leads_to = _lstat(sftp, target, follow=True) if is_link else there
    is_folder = leads_to is not None and stat.S_ISDIR(leads_to)
    wrong = {
        Kind.FOLDER: there is not None and not is_folder,
        Kind.FILE: is_folder or (leads_to is not None and not stat.S_ISREG(leads_to)),
        Kind.LINK: there is not None and not is_link,
    }
    if wrong[each.kind]:
        raise CommunicatorError(
            f"{target} is another kind of thing there, and {each.kind.value} here; what exists is not replaced by "
            "another kind of thing: remove it there first, or exclude it"
        )
    if each.kind is Kind.LINK:
        if is_link:
            sftp.remove(target)
        sftp.symlink(os.fsencode(each.path.readlink()), target)
    elif each.kind is Kind.FOLDER:
        if there is None:
            sftp.mkdir(target)
            sftp.chmod(target, each.mode)
    else:
        if leads_to is None:
            sftp.open(target, "wb").close()
            sftp.chmod(target, 0o600)
        sftp.put(str(each.path), target, confirm=True)
        if leads_to is None:
            sftp.chmod(target, each.mode)


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
    if remote in ("", "/") or _lstat(sftp, remote) is not None:
        return
    _make(sftp, posixpath.dirname(remote.rstrip("/")))
    sftp.mkdir(remote)


def _lstat(sftp: paramiko.SFTPClient, remote: str, *, follow: bool = False) -> int | None:
    """The st_mode of what is there, of a link itself unless it is to be followed; None where there is nothing."""
    try:
        return (sftp.stat(remote) if follow else sftp.lstat(remote)).st_mode or 0
    except FileNotFoundError:
        return None


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
