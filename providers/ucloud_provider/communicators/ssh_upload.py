"""Puts files onto a host over SSH: one stream through `cat` for a file, one through `tar` for a directory.

SFTP waits for an answer to every request, several for each file; one stream does not, and needs no more of the host
than a shell. A host without tar gets SFTP (`ssh_sftp.py`). What exists on the host keeps mode, owner and kind: so the
host is asked first which of the names exist.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shlex
import tarfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import IO

import paramiko

from ucloud_provider.communicators import ssh_sftp
from ucloud_provider.communicators.placing import FUNCTIONS, HOME, Placing
from ucloud_provider.communicators.ssh_exec import PIECE
from ucloud_provider.communicators.ssh_stream import NO_TAR, NoTar, Stream, local_errors
from ucloud_provider.errors import CommunicatorError, UCloudImageError
from ucloud_provider.local_tree import Entry, Kind, kind_of, mode_there, walk
from ucloud_provider.run import Cancel
from ucloud_provider.spec.rules import shown

# A link is followed, as writing into it would; one that leads into no folder is written to, which says why. Where no
# file can be made beside the target, the content is put together in the folder for temporary files: a connection that
# breaks leaves no half of it.
_RECEIVE = (
    'f={path}; [ -d "$f" ] && {{ echo "is a directory there; end the path with a slash to put the file into it" >&2; '
    'exit 1; }}; [ -e "$f" ] && [ ! -f "$f" ] && {{ echo "is no regular file there" >&2; exit 1; }}; '
    'if [ -L "$f" ]; then r=$(readlink -f -- "$f" 2>/dev/null) && [ -n "$r" ] && f=$r; fi; '
    "case $f in */*) b=${{f%/*}}/;; *) b=./;; esac; t=${{b}}.part-$$; umask 077; beside=yes; "
    '{{ [ ! -L "$f" ] && (: >"$t") 2>/dev/null; }} || {{ beside=; t=$(mktemp "${{TMPDIR:-/tmp}}/part-XXXXXX")'
    " || exit 1; }}; "
    'trap \'rm -f -- "$t"\' EXIT; trap "exit 1" HUP INT TERM; cat >"$t" || exit 1; n=$(($(wc -c <"$t"))); '
    '[ "$n" = {size} ] || {{ echo "only $n of {size} bytes arrived" >&2; exit 1; }}; '
    'if [ ! -e "$f" ]; then if [ -n "$beside" ]; then chmod {new:o} "$t" && mv -f -- "$t" "$f" || exit 1; '
    'else cat -- "$t" >"$f" && chmod {new:o} "$f" || exit 1; fi; '
    'elif [ -n "$beside" ]; then put "$t" "$f" || exit 1; else cat -- "$t" >"$f" || exit 1; fi; '
    'own "$f" && {{ [ -z "$mode" ] || chmod "$mode" "$f"; }}'
)

# A letter for each name: nothing there, a directory, a link to one, another link, a file beside which another can be
# made, a file beside which none can, something else.
_LOOK = (
    "d={path}; {{ command -v tar && command -v xargs; }} >/dev/null || exit {no_tar}; "
    'if [ ! -d "$d" ]; then {{ [ -e "$d" ] || [ -L "$d" ]; }} && {{ echo "is no directory there" >&2; exit 1; }}; '
    'cat >/dev/null; echo none; exit; fi; cd -- "$d" || exit 1; echo; exec xargs -0 sh -c {each} sh'
)
_LOOK_EACH = (
    'for f do if [ -L "$f" ]; then if [ -d "$f" ]; then printf D; else printf l; fi; elif [ -d "$f" ]; then printf d; '
    'elif [ ! -e "$f" ]; then printf n; elif [ ! -f "$f" ]; then printf o; else d=${{f%/*}}; '
    'if [ "$d" != "$last" ]; then last=$d; t=$d/{part}-; free=f; '
    '(: >"$t") 2>/dev/null && rm -f -- "$t" || free=w; fi; printf $free; fi; done'
)
_NOTHING, _FOLDER, _FOLDER_LINK, _LINK, _FILE, _FILE_ALONE = "ndDlfw"
_THERE = {
    _FOLDER: "a directory",
    _FOLDER_LINK: "a link to a directory",
    _LINK: "a link that leads to no directory",
    _FILE: "a file",
    _FILE_ALONE: "a file",
    "o": "a device, pipe or socket",
}
_FITS = {
    Kind.FOLDER: (_NOTHING, _FOLDER, _FOLDER_LINK),
    Kind.FILE: (_NOTHING, _FILE, _FILE_ALONE, _LINK),
    Kind.LINK: (_NOTHING, _LINK, _FOLDER_LINK),
}

_UNPACK = (
    'd={path}; [ -d "$d" ] || {{ mkdir -p -- "$d" && chmod {mode:o} "$d"; }} || exit 1; '
    # bsdtar takes no name that leads through a link otherwise, such as /lib on a merged-usr system.
    'k=; case $(tar --version 2>/dev/null) in bsdtar*) k=-P;; esac; cd -- "$d" && exec tar -x -p -o $k -f -'
)

# Each argument is what is to be done, `F<number of its temporary file>`, `D` or `L`, a slash, and the name.
_FINISH = (
    'd={path}; cd -- "$d" || exit 1; exec xargs -0 -n 20 sh -c {each} sh'  # 20: more may be too long for one command
)
_FINISH_EACH = (
    "{functions}for a do k=${{a%%/*}}; f=${{a#*/}}; case $k in L) h=-h;; *) h=;; esac; "
    'case $k in F?*) put "${{f%/*}}/{part}-${{k#F}}" "$f" || exit 255;; esac; own "$f" || exit 255; '
    'case $k in F*) [ -z "$mode" ] || chmod "$mode" "$f" || exit 255;; '
    'D) [ -z "$dir_mode" ] || chmod "$dir_mode" "$f" || exit 255;; esac; done'
)


def expanded(transport: paramiko.Transport, remote: str, cancel: Cancel) -> str:
    """The path with the home folder that it begins with, as `~` or `~user`, written out."""
    home = HOME.match(remote)
    if home is None:
        return remote
    with Stream(transport, f"printf %s {home[0]}", cancel, remote) as stream:
        said = _all(stream).decode(errors="surrogateescape")
        stream.finish()
    if said.startswith("~") or not said:
        raise CommunicatorError(f"{remote}: the host has no user {home[1]}, or none with a home folder")
    return said + remote[home.end() :]


def upload(transport: paramiko.Transport, content: bytes | Path, remote: str, cancel: Cancel, placing: Placing) -> None:
    """See `Communicator.upload`."""
    what = f"{content} → {remote}" if isinstance(content, Path) else f"{len(content)} bytes → {remote}"
    with local_errors(what), contextlib.ExitStack() as stack:
        source: IO[bytes] | None = None
        if isinstance(content, Path):
            source = stack.enter_context(content.open("rb", buffering=0))
            status = os.fstat(source.fileno())
            if kind_of(status.st_mode) is not Kind.FILE:
                raise CommunicatorError(f"upload {what}: not a regular file")
            size, new = status.st_size, mode_there(status.st_mode, Kind.FILE)
        else:
            size, new = len(content), 0o644
        new = new if placing.mode is None else placing.mode
        command = placing.settings() + FUNCTIONS + _RECEIVE.format(path=shlex.quote(remote), size=size, new=new)
        with Stream(transport, command, cancel, f"upload {what}") as stream:
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
    transport: paramiko.Transport,
    local: Path,
    remote: str,
    cancel: Cancel,
    log: Callable[[str], None],
    placing: Placing,
    exclude: Sequence[str],
) -> None:
    """See `Communicator.upload_dir`."""
    what = f"upload {local}/ → {remote}"
    if not local.is_dir():
        raise CommunicatorError(f"{what}: {local} is no directory")
    with local_errors(what):
        entries = list(walk(local, exclude))
        for each in entries:
            if each.kind is Kind.OTHER:
                log(f"{each.path} is a socket, pipe or device: left out")
        entries = [each for each in entries if each.kind is not Kind.OTHER]
        try:
            _Folder(transport, local, remote, cancel, placing, what).upload(entries)
        except NoTar:
            log(f"the host has no tar: {what} by SFTP, file by file")
            made = ssh_sftp.upload_dir(transport, local, remote, cancel, entries)
            _Folder(transport, local, remote, cancel, placing, what).finish(entries, {}, made=made)


class _Folder:
    """One upload of a folder."""

    def __init__(
        self, transport: paramiko.Transport, local: Path, remote: str, cancel: Cancel, placing: Placing, what: str
    ) -> None:
        self._transport = transport
        self._local = local
        self._remote = remote
        self._cancel = cancel
        self._placing = placing
        self._what = what
        self._part = f".part-{secrets.token_hex(4)}"

    def upload(self, entries: Sequence[Entry]) -> None:
        there, made = self._look(entries)
        wrong = [
            f"{each.name} is {_THERE[letter]} there and {each.kind.value} here"
            for each, letter in zip(entries, there, strict=True)
            if letter not in _FITS[each.kind]
        ]
        if wrong:
            more = f", and {len(wrong) - 3} more" if len(wrong) > 3 else ""
            raise CommunicatorError(
                f"{self._what}: {'; '.join(wrong[:3])}{more}; what exists is not replaced by another "
                "kind of thing: remove it there first, or exclude it"
            )
        alone = [
            each
            for each, letter in zip(entries, there, strict=True)
            if each.kind is Kind.FILE and letter in (_LINK, _FILE_ALONE)
        ]
        parts = {
            each.name: number
            for number, (each, letter) in enumerate(zip(entries, there, strict=True))
            if each.kind is Kind.FILE and letter == _FILE
        }
        packed = [
            each
            for each, letter in zip(entries, there, strict=True)
            if each not in alone and not (each.kind is Kind.FOLDER and letter in (_FOLDER, _FOLDER_LINK))
        ]
        try:
            if packed or made:
                self._unpack(packed, parts)
            for each in alone:
                upload(
                    self._transport, each.path, f"{self._remote.rstrip('/')}/{each.name}", self._cancel, self._placing
                )
            self.finish([each for each in entries if each not in alone], parts, made=made)
        except UCloudImageError:
            with contextlib.suppress(UCloudImageError):  # what went wrong is what the user must hear
                self._take_back(parts)
            raise

    def _look(self, entries: Sequence[Entry]) -> tuple[str, bool]:
        """What is there of each, and whether the folder itself has to be made."""
        each = shlex.quote(_LOOK_EACH.format(part=self._part))
        command = _LOOK.format(path=shlex.quote(self._remote), no_tar=NO_TAR, each=each)
        with Stream(self._transport, command, self._cancel, self._what) as stream:
            stream.write(_arguments(entry.name for entry in entries))
            stream.finish()
            first, _newline, letters = _all(stream).decode(errors="replace").rpartition("\n")
        if first.endswith("none"):
            return _NOTHING * len(entries), True
        if entries and len(letters) != len(entries):
            raise CommunicatorError(
                f"{self._what}: the host said {shown(letters)} where a letter for each of {len(entries)} files is to "
                "stand; does its login print something?"
            )
        return letters if entries else "", False

    def _unpack(self, entries: Iterable[Entry], parts: dict[str, int]) -> None:
        mode = mode_there(self._local.stat().st_mode, Kind.FOLDER)
        command = _UNPACK.format(path=shlex.quote(self._remote), mode=mode)
        with Stream(self._transport, command, self._cancel, self._what) as stream:
            with tarfile.open(mode="w|", fileobj=stream, bufsize=PIECE, format=tarfile.GNU_FORMAT) as archive:
                for each in entries:
                    self._cancel.raise_if_set()
                    _pack(archive, each, parts.get(each.name), self._part)
            stream.finish()

    def finish(self, entries: Iterable[Entry], parts: dict[str, int], *, made: bool) -> None:
        """Put files in the places of those that exist, and give all the modes and owners that were asked for."""
        placing = self._placing
        todo = ["D/."] if made and (placing.owners or placing.dir_mode is not None) else []
        for each in entries:
            letter = {Kind.FILE: "F", Kind.FOLDER: "D", Kind.LINK: "L"}[each.kind]
            changed = {Kind.FILE: placing.mode, Kind.FOLDER: placing.dir_mode}.get(each.kind) is not None
            if each.name in parts or changed or placing.owners:
                todo.append(f"{letter}{parts.get(each.name, '')}/./{each.name}")
        if not todo:
            return
        script = _FINISH_EACH.format(functions=placing.settings() + FUNCTIONS, part=self._part)
        command = _FINISH.format(path=shlex.quote(self._remote), each=shlex.quote(script))
        with Stream(self._transport, command, self._cancel, self._what) as stream:
            stream.write(b"".join(os.fsencode(each) + b"\0" for each in todo))
            stream.finish()

    def _take_back(self, parts: dict[str, int]) -> None:
        if not parts or not self._transport.is_active():
            return
        command = f"cd -- {shlex.quote(self._remote)} && exec xargs -0 rm -f --"
        with Stream(self._transport, command, self._cancel, self._what) as stream:
            stream.write(_arguments(_beside(name, self._part, number) for name, number in parts.items()))
            stream.finish()


def _pack(archive: tarfile.TarFile, each: Entry, number: int | None, part: str) -> None:
    """Add a file, directory or link; owners of this machine mean nothing on the host."""
    archive.inodes = {}  # type: ignore[attr-defined] # else a second name of a file is a link to the first
    name = each.name if number is None else _beside(each.name, part, number)
    member = archive.gettarinfo(each.path, name)
    member.mode = each.mode if number is None else 0o600
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    if member.isreg():
        with each.path.open("rb") as file:
            archive.addfile(member, file)
    else:
        archive.addfile(member)


def _beside(name: str, part: str, number: int) -> str:
    """The name of a temporary file in the folder of another: short, as that one may be as long as names can be."""
    folder, slash, _name = name.rpartition("/")
    return f"{folder}{slash}{part}-{number}"


def _arguments(names: Iterable[str]) -> bytes:
    """Names for `xargs -0`; none begins like an option."""
    return b"".join(b"./" + os.fsencode(name) + b"\0" for name in names)


def _all(stream: Stream) -> bytes:
    said = b""
    while data := stream.read():
        said += data
    return said
