"""Moves files over an SSH connection: one stream through `cat` for a file, one through `tar` for a directory.

SFTP waits for an answer to every request, several for each file; one stream does not, and needs no more of the host
than a shell. A host without tar gets SFTP (`ssh_sftp.py`).
"""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import stat
import tarfile
import time
from collections.abc import Callable, Iterator
from io import RawIOBase
from pathlib import Path
from typing import IO, Any

import paramiko

from ucloud_provider.communicators import ssh_sftp
from ucloud_provider.communicators.login_shell import under_sh
from ucloud_provider.communicators.ssh_exec import PIECE, STALLED_AFTER, close, exit_code, open_channel, stop
from ucloud_provider.communicators.ssh_transport import BROKEN, broke
from ucloud_provider.errors import CommunicatorError, Disconnected, HostFull
from ucloud_provider.run import Cancel
from ucloud_provider.spec.rules import shown

WINDOW = 4 * 1024 * 1024
"""How much the host may send before it must wait for us: enough for 100 Mbit/s at 300 ms."""

NO_TAR = 91
"""What our commands exit with where the host has no tar."""

LONGEST_HEADER = 64
"""Bytes that a size and a mode can take."""

# Written beside the target, checked for its size, then renamed: nobody ever sees half a file. A link is followed and
# an existing file's owner kept, as writing into it would. One line, so that any login shell can pass it on.
_RECEIVE = (
    'f={path}; [ -d "$f" ] && {{ echo "is a directory there; end the path with a slash to put the file into it" >&2; '
    'exit 1; }}; [ -L "$f" ] && f=$(readlink -f -- "$f"); t="$f.part-$$"; umask 077; trap \'rm -f -- "$t"\' EXIT; '
    'trap "exit 1" HUP INT TERM; cat >"$t" || exit 1; n=$(($(wc -c <"$t"))); [ "$n" = {size} ] || '
    '{{ echo "only $n of {size} bytes arrived" >&2; exit 1; }}; '
    '[ -e "$f" ] && chown "$(stat -c %u:%g -- "$f")" "$t" 2>/dev/null; chmod {mode:o} "$t" && mv -f -- "$t" "$f"'
)
_SEND = (
    'f={path}; [ -d "$f" ] && {{ echo "is a directory there" >&2; exit 1; }}; '
    '[ -r "$f" ] || {{ echo "does not exist there, or may not be read" >&2; exit 1; }}; '
    'stat -L -c "%s %a" -- "$f" && exec cat -- "$f"'
)
# GNU tar would otherwise put a directory in the place of a link to one: /lib, say, on a merged-usr system.
_UNPACK = (
    "d={path}; command -v tar >/dev/null || exit {no_tar}; "
    '[ -d "$d" ] || {{ mkdir -p -- "$d" && chmod {mode:o} "$d"; }} || exit 1; '
    "k=; case $(tar --version 2>/dev/null) in *GNU*) k=--keep-directory-symlink;; esac; "
    'cd -- "$d" && exec tar -x -p -o $k -f -'
)
_PACK = (
    "d={path}; command -v tar >/dev/null || exit {no_tar}; "
    '[ -d "$d" ] || {{ echo "is no directory there" >&2; exit 1; }}; cd -- "$d" && exec tar -c -f - .'
)


def upload(transport: paramiko.Transport, content: bytes | Path, remote: str, mode: int | None, cancel: Cancel) -> None:
    """See `Communicator.upload`."""
    what = f"{content} → {remote}" if isinstance(content, Path) else f"{len(content)} bytes → {remote}"
    with _local_errors(what), contextlib.ExitStack() as stack:
        source: IO[bytes] | None = None
        if isinstance(content, Path):
            source = stack.enter_context(content.open("rb", buffering=0))
            status = os.fstat(source.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise CommunicatorError(f"upload {what}: not a regular file")
            size, permissions = status.st_size, stat.S_IMODE(status.st_mode)
        else:
            size, permissions = len(content), 0o644
        command = _RECEIVE.format(path=shlex.quote(remote), size=size, mode=permissions if mode is None else mode)
        with _Stream(transport, command, cancel, f"upload {what}") as stream:
            if source is None:
                assert isinstance(content, bytes)
                stream.write(content)
            else:
                left = size
                while left and (piece := source.read(min(PIECE, left))):
                    stream.write(piece)
                    left -= len(piece)
            stream.finish()


def upload_dir(
    transport: paramiko.Transport, local: Path, remote: str, cancel: Cancel, log: Callable[[str], None]
) -> None:
    """See `Communicator.upload_dir`."""
    if not local.is_dir():
        raise CommunicatorError(f"upload {local} → {remote}: {local} is no directory")
    mode = stat.S_IMODE(local.stat().st_mode)
    command = _UNPACK.format(path=shlex.quote(remote), no_tar=NO_TAR, mode=mode)
    what = f"upload {local}/ → {remote}"
    try:
        with _local_errors(what), _Stream(transport, command, cancel, what) as stream:
            with tarfile.open(mode="w|", fileobj=stream, bufsize=PIECE, format=tarfile.GNU_FORMAT) as archive:
                for path in sorted(local.rglob("*")):
                    _pack(archive, path, path.relative_to(local).as_posix(), log)
            stream.finish()
    except _NoTar:
        log(f"the host has no tar: {what} by SFTP, file by file")
        ssh_sftp.upload_dir(transport, local, remote, cancel)


def download(transport: paramiko.Transport, remote: str, local: Path, cancel: Cancel) -> None:
    """See `Communicator.download`."""
    what = f"download {remote} → {local}"
    part = local.with_name(f"{local.name}.part-{os.getpid()}")
    with _local_errors(what):
        try:
            with _Stream(transport, _SEND.format(path=shlex.quote(remote)), cancel, what) as stream:
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
        with _local_errors(what), _Stream(transport, command, cancel, what) as stream:
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
    except _NoTar:
        log(f"the host has no tar: {what} by SFTP, file by file")
        ssh_sftp.download_dir(transport, remote, local, cancel)


def _pack(archive: tarfile.TarFile, path: Path, name: str, log: Callable[[str], None]) -> None:
    """Add a file, directory or link; owners of this machine mean nothing on the host."""
    member = archive.gettarinfo(path, name)
    if member is None or not (member.isreg() or member.isdir() or member.issym() or member.islnk()):
        log(f"{path} is a socket, pipe or device: left out")
        return
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    if member.isreg():
        with path.open("rb") as file:
            archive.addfile(member, file)
    else:
        archive.addfile(member)


def _header(stream: _Stream) -> tuple[int, int]:
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


@contextlib.contextmanager
def _local_errors(what: str) -> Iterator[None]:
    try:
        yield
    except CommunicatorError:
        raise
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        raise CommunicatorError(f"{what}: {where}{error.strerror or error} (on this machine)") from error


class _NoTar(Exception):
    pass


class _Stream(RawIOBase):
    """The input and output of a command on the host, as a file. `finish` says how the command ended."""

    def __init__(self, transport: paramiko.Transport, command: str, cancel: Cancel, what: str) -> None:
        super().__init__()
        self.what = what
        self._transport = transport
        self._cancel = cancel
        self._channel = open_channel(transport, under_sh(command), cancel, window=WINDOW)
        self._registration = cancel.on_cancel(lambda: stop(self._channel))

    def writable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int:
        view = memoryview(data)
        at = 0
        moved = time.monotonic()
        while at < len(view):
            self._cancel.raise_if_set()
            try:
                sent = self._channel.send(bytes(view[at : at + PIECE]))
            except TimeoutError:
                self._stalled(moved)
                continue
            except BROKEN:
                sent = 0
            if sent == 0:  # the command has ended, and why is in its error output; or the connection broke
                self.finish()
                raise CommunicatorError(f"{self.what}: the host ended it early")
            at += sent
            moved = time.monotonic()
        return len(view)

    def read(self, size: int = -1, /) -> bytes:
        moved = time.monotonic()
        while True:
            self._cancel.raise_if_set()
            try:
                return self._channel.recv(size if size > 0 else WINDOW)
            except TimeoutError:
                self._stalled(moved)
            except BROKEN:
                return b""  # `finish` says why

    def _stalled(self, moved: float) -> None:
        if not self._transport.is_active():
            raise Disconnected(f"{self.what}: {broke(self._transport)}")
        if time.monotonic() - moved > STALLED_AFTER:
            stop(self._channel)
            raise CommunicatorError(f"{self.what}: not one byte moved for {STALLED_AFTER:g} s")

    def finish(self) -> None:
        """Close the input, wait for the end, and raise unless the command did what it should."""
        with contextlib.suppress(*BROKEN):
            self._channel.shutdown_write()
        said = b""
        waited = time.monotonic()
        while not self._channel.exit_status_ready() and not self._channel.closed:
            self._cancel.raise_if_set()
            self._channel.status_event.wait(0.2)
            if time.monotonic() - waited > STALLED_AFTER:
                stop(self._channel)
                raise CommunicatorError(f"{self.what}: the host did not end it within {STALLED_AFTER:g} s")
        self._cancel.raise_if_set()
        with contextlib.suppress(*BROKEN):
            while data := self._channel.recv_stderr(64 * 1024):
                said += data
                if len(said) > 64 * 1024:
                    break
        try:
            code = exit_code(self._transport, self._channel)
        except Disconnected as error:
            raise Disconnected(f"{self.what}: {broke(self._transport)}") from error
        if code == NO_TAR:
            raise _NoTar
        if code:
            reason = said.decode(errors="replace").strip().replace("\n", "; ") or f"exit code {code}"
            raise (HostFull if HostFull.SAID in reason else CommunicatorError)(f"{self.what}: {reason}")

    def close(self) -> None:
        if not self.closed:
            self._registration.__exit__()
            stop(self._channel) if not self._channel.exit_status_ready() else close(self._channel)
        super().close()
