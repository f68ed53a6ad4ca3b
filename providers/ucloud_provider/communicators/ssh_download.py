"""Fetches files over an SSH connection: one stream through `cat` for a file, one through `tar` for a directory."""

from __future__ import annotations

import re
import secrets
import shlex
import tarfile
from collections.abc import Callable
from pathlib import Path

import paramiko

from ucloud_provider.communicators import ssh_sftp
from ucloud_provider.communicators.ssh_stream import NO_TAR, NoTar, Stream, local_errors
from ucloud_provider.errors import CommunicatorError
from ucloud_provider.run import Cancel
from ucloud_provider.spec.rules import shown

LONGEST_HEADER = 64
"""Bytes that a size and a mode can take."""

_SEND = (
    'f={path}; [ -d "$f" ] && {{ echo "is a directory there" >&2; exit 1; }}; '
    '[ -r "$f" ] || {{ echo "does not exist there, or may not be read" >&2; exit 1; }}; '
    'stat -L -c "%s %a" -- "$f" && exec cat -- "$f"'
)
_PACK = (
    "d={path}; command -v tar >/dev/null || exit {no_tar}; "
    '[ -d "$d" ] || {{ echo "is no directory there" >&2; exit 1; }}; cd -- "$d" && exec tar -c -f - .'
)


def download(transport: paramiko.Transport, remote: str, local: Path, cancel: Cancel) -> None:
    """See `Communicator.download`."""
    what = f"download {remote} → {local}"
    part = local.with_name(f".part-{secrets.token_hex(4)}")  # short: the name may be as long as names can be
    with local_errors(what):
        try:
            with Stream(transport, _SEND.format(path=shlex.quote(remote)), cancel, what) as stream:
                size, mode = _header(stream)
                with part.open("wb") as file:
                    received = 0
                    while data := stream.read(1024 * 1024):
                        received += file.write(data)
                stream.finish()
            if received < size:
                raise CommunicatorError(f"{what}: only {received} of {size} bytes arrived")
            part.chmod(mode & 0o777)
            part.replace(local)
        finally:
            part.unlink(missing_ok=True)


def download_dir(
    transport: paramiko.Transport, remote: str, local: Path, cancel: Cancel, log: Callable[[str], None]
) -> None:
    """See `Communicator.download_dir`."""
    what = f"download {remote}/ → {local}"

    def safe(member: tarfile.TarInfo, path: str) -> tarfile.TarInfo | None:
        """The host is not trusted with this machine: nothing outside `local`, no device, no setuid."""
        try:
            return tarfile.data_filter(member, path)
        except tarfile.FilterError as error:
            log(f"{what}: {member.name} is left out: {error}")
            return None

    try:
        command = _PACK.format(path=shlex.quote(remote), no_tar=NO_TAR)
        with local_errors(what), Stream(transport, command, cancel, what) as stream:
            local.mkdir(parents=True, exist_ok=True)
            try:
                with tarfile.open(mode="r|", fileobj=stream, bufsize=1024 * 1024) as archive:
                    for member in archive:
                        if member.name != ".":
                            archive.extract(member, local, filter=safe)
                while stream.read(1024 * 1024):  # tar pads its last record
                    pass
            except (tarfile.TarError, ValueError, OverflowError) as error:  # tarfile raises the latter, too
                stream.finish()  # says why, where the host knows
                raise CommunicatorError(f"{what}: what arrived is no tar archive: {error}") from error
            stream.finish()
    except NoTar:
        log(f"the host has no tar: {what} by SFTP, file by file")
        ssh_sftp.download_dir(transport, remote, local, cancel)


def _header(stream: Stream) -> tuple[int, int]:
    """The first line, `<size> <mode in octal>`."""
    line = b""
    while not line.endswith(b"\n") and len(line) < LONGEST_HEADER:
        byte = stream.read(1)
        if not byte:
            stream.finish()
            raise CommunicatorError(f"{stream.what}: the host sent nothing")
        line += byte
    header = re.fullmatch(rb"([0-9]{1,18}) ([0-7]{1,6})\n", line)
    if header is None:
        raise CommunicatorError(
            f"{stream.what}: the host sent {shown(line.decode(errors='replace'))} where the file's size is to stand; "
            "does its login print something?"
        )
    return int(header[1]), int(header[2], 8)
