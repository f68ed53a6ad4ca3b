"""One attempt at logging in over SSH: connect, compare the host key, authenticate. `ssh.py` decides about the next."""

from __future__ import annotations

import enum
import errno
import logging
import os
import select
import socket
import time
from dataclasses import dataclass, field

import paramiko

from ucloud_provider.communicators.ssh_exec import describe
from ucloud_provider.communicators.ssh_keys import HostKey
from ucloud_provider.communicators.ssh_transport import Transport
from ucloud_provider.errors import CommunicatorError
from ucloud_provider.run import Cancel

_logger = logging.getLogger("ucloud_provider.paramiko")
_logger.addHandler(logging.NullHandler())
_logger.propagate = False  # paramiko logs tracebacks of mere connection failures; what matters is in our errors


@dataclass(frozen=True)
class SshTarget:
    """Where and how to log in. Without a `host_key` the first one seen is trusted, and pinned from then on."""

    host: str
    port: int = 22
    username: str = "root"
    password: str | None = field(default=None, repr=False)
    private_key: str | None = field(default=None, repr=False)
    host_key: str | None = None
    timeout: float = 300
    handshake_attempts: int = 10
    key_patience: float = 0
    """Seconds from the first refused login on for which the key may be on its way to it."""
    keep_alive_interval: float = 5
    read_write_timeout: float = 0
    pty: bool = False

    def __str__(self) -> str:
        return f"{self.username}@{self.host}:{self.port}"


class Reached(enum.IntEnum):
    """How far an attempt came: what stopped the one that came furthest is why nobody gets in."""

    NOTHING = 0
    """No connection."""
    PORT = 1
    """A connection, and no end of the key exchange on it."""
    SERVER = 2
    """An SSH server, to which the connection broke."""
    REFUSAL = 3
    """The host itself said no to the login."""
    OTHER_HOST = 4
    """A host with another key than the one that is meant."""


class AttemptFailed(Exception):
    """This attempt did not work; another may."""

    def __init__(self, reason: str, reached: Reached = Reached.NOTHING) -> None:
        self.reason = reason
        self.reached = reached
        super().__init__(reason)


def log_in(
    target: SshTarget, private_key: paramiko.PKey | None, expected: HostKey | None, cancel: Cancel, deadline: float
) -> tuple[Transport, HostKey]:
    """One attempt, until the monotonic time `deadline` at most. Returns the connection and the key the host showed."""
    sock = _dial(target, cancel, min(deadline, time.monotonic() + 10))
    try:
        transport = Transport(sock)
    except (paramiko.SSHException, OSError) as error:
        sock.close()
        raise AttemptFailed(describe(error), Reached.PORT) from error
    try:
        with cancel.on_cancel(transport.close):
            shown = _negotiate(transport, expected, deadline)
            transport.logged_in_by = _authenticate(transport, target, private_key, deadline)
    except BaseException:
        transport.close()
        cancel.raise_if_set()
        raise
    if target.keep_alive_interval > 0:
        transport.watch(target.keep_alive_interval)
    return transport, shown


def _dial(target: SshTarget, cancel: Cancel, deadline: float) -> socket.socket:
    """A TCP connection. Not `socket.create_connection`, which nothing can interrupt."""
    try:
        family, kind, protocol, _name, address = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)[
            0
        ]
    except (socket.gaierror, UnicodeError) as error:  # the latter of a name that cannot be one
        why = error.strerror if isinstance(error, socket.gaierror) else str(error)
        raise AttemptFailed(f"the name {target.host} is not known ({why})") from error
    sock = socket.socket(family, kind, protocol)
    try:
        sock.setblocking(False)
        code = sock.connect_ex(address)
        while code in (errno.EINPROGRESS, errno.EWOULDBLOCK):  # the latter on Windows
            cancel.raise_if_set()
            if time.monotonic() > deadline:
                raise AttemptFailed("no answer; the host is still starting, or a firewall drops the connection")
            _r, writable, failed = select.select([], [sock], [sock], 0.2)
            if writable or failed:  # failed: how Windows tells of a connection that is refused
                code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                break
        if code == errno.ECONNREFUSED:
            raise AttemptFailed("connection refused; sshd does not listen there yet")
        if code:
            raise AttemptFailed(os.strerror(code).lower())
        sock.setblocking(True)
        _tune(sock, target)
    except OSError as error:
        sock.close()
        raise AttemptFailed(describe(error)) from error
    except BaseException:
        sock.close()
        raise
    return sock


def _tune(sock: socket.socket, target: SshTarget) -> None:
    """Small packets at once; a peer that is gone is noticed, since keep-alives that nobody acknowledges end it."""
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    if target.keep_alive_interval > 0 and hasattr(socket, "TCP_USER_TIMEOUT"):
        limit = max(30.0, 6 * target.keep_alive_interval)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(limit * 1000))


def _negotiate(transport: Transport, expected: HostKey | None, deadline: float) -> HostKey:
    """Agree on keys, and make sure that the host is the one it should be, before it is shown any secret."""
    left = deadline - time.monotonic()
    transport.set_log_channel(_logger.name)
    transport.banner_timeout = max(1, min(15, left))
    options = transport.get_security_options()
    if expected is not None:
        options.key_types = [each for each in expected.algorithms if each in options.key_types]
    try:
        transport.start_client(timeout=max(1, min(30, left)))
        if not transport.initial_kex_done:
            raise AttemptFailed(_before_login(transport, "it did not agree on keys in time"), Reached.PORT)
        key = transport.get_remote_server_key()
    except paramiko.SSHException as error:
        if expected is not None and "host key" in str(error).lower():
            said = f"the host has no {expected.kind} host key, as was expected"
            raise AttemptFailed(said, Reached.OTHER_HOST) from error
        if isinstance(error, paramiko.ssh_exception.IncompatiblePeer):
            raise CommunicatorError(f"SSH server and client have no algorithm in common: {error}") from error
        raise AttemptFailed(_before_login(transport, describe(error)), Reached.PORT) from error
    except (OSError, EOFError) as error:
        raise AttemptFailed(_before_login(transport, describe(error)), Reached.PORT) from error
    shown = HostKey(key.get_name(), key.asbytes())
    if expected is not None and shown.blob != expected.blob:
        raise AttemptFailed(
            f"the host key is not the expected one: {shown.fingerprint} in place of {expected.fingerprint}; "
            "another machine answers there, or the host has made new keys",
            Reached.OTHER_HOST,
        )
    return shown


def _before_login(transport: Transport, otherwise: str) -> str:
    """What came in place of an SSH server's first words; `otherwise`, where these came, is what came after them."""
    first = transport.first_words
    if first.startswith("SSH-"):
        return f"an SSH server answers, and the connection broke before the login: {otherwise}"
    if first:
        return f"what answers there says {first!r}: it is no SSH server, or one that turns this machine away"
    if transport.hung_up:
        return "the connection is closed before an SSH server says anything; sshd is starting, or lets nobody in"
    return f"connected, but no SSH server said anything within {transport.banner_timeout:.0f} s"


def _authenticate(transport: Transport, target: SshTarget, key: paramiko.PKey | None, deadline: float) -> str:
    """Log in, by the key first; "key" or "password". A dialogue that asks for the password gets it."""
    transport.auth_timeout = max(1, min(30, deadline - time.monotonic()))
    refused: list[str] = []
    try:
        if key is not None:
            try:
                transport.auth_publickey(target.username, key)
                if transport.is_authenticated():
                    return "key"
            except paramiko.AuthenticationException as error:
                refused.append(f"key {key.fingerprint}: {_refusal(error)}")
        if target.password is not None and transport.is_active():
            try:
                transport.auth_password(target.username, target.password)
                if transport.is_authenticated():
                    return "password"
            except paramiko.AuthenticationException as error:
                refused.append(f"password: {_refusal(error)}")
    except (paramiko.SSHException, OSError, EOFError) as error:
        raise AttemptFailed(f"the connection broke while logging in: {describe(error)}", Reached.SERVER) from error
    raise AttemptFailed(
        f"login as {target.username} refused ({'; '.join(refused) or 'more is asked for than was given'})",
        Reached.REFUSAL,
    )


def _refusal(error: paramiko.AuthenticationException) -> str:
    if isinstance(error, paramiko.BadAuthenticationType):
        return f"the server takes {', '.join(error.allowed_types)} only"
    return describe(error).rstrip(".").lower()
