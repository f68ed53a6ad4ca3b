"""What `on_failure="keep"` does: leaves the temporary host of a failed build for a look, until its lease ends.

Not one that was sealed or shut down for the image: nobody can log in to it any more, and what failed after is no matter
of what is on it.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from ucloud_provider.build.journal import JournalFailed
from ucloud_provider.build.state import Build
from ucloud_provider.communicators.ssh import SshCommunicator
from ucloud_provider.errors import Cancelled, CommunicatorError

KEY_FILE = "id_build"
KNOWN_HOSTS_FILE = "known_hosts"
PASSWORD_FILE = "password"  # noqa: S105 -- a file's name

LOGIN_FILES = (KEY_FILE, KNOWN_HOSTS_FILE, PASSWORD_FILE)

KEY_TIMEOUT = 15.0
"""Seconds for a login that tries whether the key lets in."""


class Look(NamedTuple):
    """Whether the host is kept, and what the user is told of it, in lines."""

    kept: bool = False
    lines: Sequence[str] = ()


def keep(build: Build, cause: BaseException) -> Look:
    """Keep the host where that is asked for and somebody can look at it; else why it is not, where it was asked for.

    The journal says until when: no later build on this machine takes it for left behind before that.
    """
    host = build.host
    wanted = build.args.on_failure == "keep" and isinstance(cause, Exception) and not isinstance(cause, Cancelled)
    if not wanted or host is None:
        return Look()
    if build.out_of_sight:
        # Hours of it would be paid for, and nobody could see anything.
        return Look(lines=[f"host {host.id} is not kept for a look (on_failure): {build.out_of_sight}"])
    if "host" not in build.made:
        return Look()
    until = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(build.lease.expires))
    lines = [f"host {host.id} is kept for a look, and billed, until {until}; then, or when it is terminated before,"]
    lines += ["`ucloud-image gc` and the next build collect what is left of it (on_failure)"]
    try:
        if build.args.communicator == "ssh":
            lines.append(f"log in with: {_command(build)}")
        build.journal.event("held", until=build.lease.expires)
    except (OSError, JournalFailed) as error:
        said = f"host {host.id} is not kept for a look (on_failure): {error}"
        build.log(said)
        forget(build.log.path.parent)
        return Look(lines=[said])
    return Look(kept=True, lines=lines)


def remembers(folder: Path) -> bool:
    """Whether a build's folder holds what somebody needs to log in to a kept host."""
    return any((folder / name).exists() for name in LOGIN_FILES)


def forget(folder: Path) -> None:
    """Remove the key, the host's key and the password from a build's folder: the host they are for is gone."""
    for name in LOGIN_FILES:
        (folder / name).unlink(missing_ok=True)


def _command(build: Build) -> str:
    args, login, address, folder = build.args, build.login, build.address, build.log.path.parent
    words = ["ssh"]
    if login.private_key is not None:
        if login.pair is not None:
            key = folder / KEY_FILE
            _write(key, login.private_key)
        else:
            key = build.base_dir / Path(args.ssh_private_key_file or "").expanduser()
        words += ["-i", str(key)]
    communicator = build.communicator
    if isinstance(communicator, SshCommunicator) and communicator.host_key is not None:
        known = folder / KNOWN_HOSTS_FILE
        where = address if args.ssh_port == 22 else f"[{address}]:{args.ssh_port}"
        known.write_text(f"{where} {communicator.host_key}\n")
        words += ["-o", f"UserKnownHostsFile={known}"]
    if args.ssh_port != 22:
        words += ["-p", str(args.ssh_port)]
    command = shlex.join([*words, f"{login.username}@{address}"])
    if login.password is None or login.pair is None or _key_is_taken(build):
        return command
    if args.ssh_password:
        return f"{command} (or with ssh_password)"
    _write(folder / PASSWORD_FILE, login.password)
    return f"{command} (or with the password in {folder / PASSWORD_FILE})"


def _key_is_taken(build: Build) -> bool:
    """Whether the build's own key lets in: an old SSH server may not know its kind, or take no keys at all."""
    communicator = build.communicator
    if not isinstance(communicator, SshCommunicator) or communicator.last_login != "password":
        return isinstance(communicator, SshCommunicator) and communicator.last_login == "key"
    target = replace(communicator.target, password=None, timeout=KEY_TIMEOUT, handshake_attempts=1, key_patience=0)
    try:
        with contextlib.closing(SshCommunicator(target, build.cancel, build.log)) as trial:
            trial.connect()
    except CommunicatorError as error:
        build.log(f"the build's own key does not let in: {error}")
        return False
    return True


def _write(file: Path, secret: str) -> None:
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as opened:
        opened.write(secret)
