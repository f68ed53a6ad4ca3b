"""The SSH communicator: logs in however long the host takes to be ready, runs commands, moves files."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import paramiko
import tenacity

from ucloud_provider.communicators import ssh_download, ssh_exec, ssh_upload
from ucloud_provider.communicators.base import Communicator
from ucloud_provider.communicators.placing import KEPT, Placing
from ucloud_provider.communicators.ssh_attempts import Attempts
from ucloud_provider.communicators.ssh_connect import AttemptFailed, SshTarget, log_in
from ucloud_provider.communicators.ssh_keys import HostKey, KeyPair, parse_private_key, read_private_key
from ucloud_provider.communicators.ssh_transport import Transport
from ucloud_provider.errors import CommunicatorError
from ucloud_provider.run import Cancel

__all__ = ["HostKey", "KeyPair", "SshCommunicator", "SshTarget", "parse_private_key", "read_private_key"]


_BOOT_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
BOOT_ID_LIMIT = 15.0
"""Seconds that a host may take to tell its boot id."""


class SshCommunicator(Communicator):
    """A login by SSH, with a key, a password, or both.

    A connection that was lost is made again by the next call; a command that was running then is not run again.
    `watch` is called between attempts to connect: what it raises ends them.

    Example:
        target = SshTarget("198.18.0.7", private_key=pair.private, host_key=known)
        with contextlib.closing(SshCommunicator(target, cancel)) as host:
            host.connect()
            host.run("uname -a", on_line=print)
    """

    def __init__(
        self,
        target: SshTarget,
        cancel: Cancel,
        log: Callable[[str], None] = lambda _line: None,
        watch: Callable[[], None] = lambda: None,
    ) -> None:
        if target.private_key is None and target.password is None:
            raise CommunicatorError(f"no way to log in as {target}: give a private key or a password")
        self.target = target
        self._cancel = cancel
        self._log = log
        self._watch = watch
        self._key = parse_private_key(target.private_key) if target.private_key else None
        self._expected = HostKey.parse(target.host_key) if target.host_key else None
        self._transport: Transport | None = None
        self._last_login = ""
        self._lock = threading.Lock()

    @property
    def host_key(self) -> HostKey | None:
        """The key that the host must show: the given one, or the first one seen."""
        return self._expected

    @property
    def last_login(self) -> str:
        """How the host last let us in: "key" or "password"; "" where it never did."""
        return self._last_login

    def connect(self) -> None:
        self.close()
        started = time.monotonic()
        deadline = started + self.target.timeout
        tried = Attempts(self.target, deadline)

        def attempt() -> tuple[Transport, HostKey]:
            try:
                return log_in(self.target, self._key, self._expected, self._cancel, deadline)
            except AttemptFailed as error:
                tried.failed(error)
                self._log(f"ssh {self.target}: attempt {tried.count}: {error.reason}")
                self._watch()
                raise

        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(AttemptFailed),
            wait=lambda _state: tried.pause(),
            stop=lambda _state: tried.are_enough(),
            sleep=self._cancel.sleep,
            reraise=True,
        )
        self._cancel.raise_if_set()
        try:
            transport, shown = retrying(attempt)
        except AttemptFailed as error:
            raise tried.no_login() from error
        self._transport = transport
        self._last_login = transport.logged_in_by
        if self._expected is None:
            self._expected = shown
            self._log(f"ssh {self.target}: host key {shown.kind} {shown.fingerprint} trusted on first use, pinned now")
        self._log(
            f"ssh {self.target}: logged in by {transport.logged_in_by} after {time.monotonic() - started:.2f} s, "
            f"{tried.count + 1} attempt(s)"
        )

    def run(
        self,
        command: str,
        *,
        on_line: Callable[[str], None],
        stdin: bytes | None = None,
        timeout: float | None = None,
        pty: bool | None = None,
    ) -> int:
        return ssh_exec.execute(
            self._connected(),
            command,
            on_line=on_line,
            cancel=self._cancel,
            stdin=stdin,
            timeout=timeout,
            pty=self.target.pty if pty is None else pty,
            silence=self.target.read_write_timeout,
        )

    def resolve(self, remote: str) -> str:
        return ssh_upload.expanded(self._connected(), remote, self._cancel)

    def upload(self, content: bytes | Path, remote: str, *, mode: int | None = None, placing: Placing = KEPT) -> None:
        placing = placing if mode is None else replace(placing, mode=mode)
        ssh_upload.upload(self._connected(), content, self.resolve(remote), self._cancel, placing)

    def upload_dir(self, local: Path, remote: str, *, placing: Placing = KEPT, exclude: Sequence[str] = ()) -> None:
        remote = self.resolve(remote)
        ssh_upload.upload_dir(self._connected(), local, remote, self._cancel, self._log, placing, exclude)

    def download(self, remote: str, local: Path) -> None:
        ssh_download.download(self._connected(), self.resolve(remote), local, self._cancel)

    def download_dir(self, remote: str, local: Path) -> None:
        ssh_download.download_dir(self._connected(), self.resolve(remote), local, self._cancel, self._log)

    def boot_id(self) -> str:
        said: list[str] = []
        self.run("cat /proc/sys/kernel/random/boot_id", on_line=said.append, timeout=BOOT_ID_LIMIT, pty=False)
        return said[-1] if said and _BOOT_ID.fullmatch(said[-1]) else ""

    def disconnected(self) -> bool:
        return self._transport is None or not self._transport.is_active()

    def close(self) -> None:
        with self._lock:
            transport, self._transport = self._transport, None
        if transport is not None:
            transport.close()

    def _connected(self) -> paramiko.Transport:
        self._cancel.raise_if_set()
        transport = self._transport
        if transport is None or not transport.is_active():
            if self._expected is not None:
                self._log(f"ssh {self.target}: not connected; logging in anew")
            self.connect()
            transport = self._transport
            assert transport is not None
        return transport
