"""Runs one command over an SSH connection: its output line by line, its end told apart from the connection's end."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable

import paramiko

from ucloud_provider.communicators.lines import LineSplitter, heard_out
from ucloud_provider.communicators.login_shell import under_sh
from ucloud_provider.communicators.ssh_transport import BROKEN, broke, last_seen, was_refused
from ucloud_provider.errors import CommunicatorError, Disconnected, StartUnknown, WaitTimeout
from ucloud_provider.run import Cancel

_NAMES = "HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM"
SIGNALS = {name: number for number, name in enumerate(_NAMES.split(), start=1)}
"""Linux's, and with them all that RFC 4254 names: the system that we are on may number them otherwise, or have none."""

TICK = 0.25
"""How often a waiting loop looks whether it should stop."""

PIECE = 32 * 1024 - 64
"""One SSH packet's worth of data: larger writes are only cut up, and copied, again."""


START_LIMIT = 30.0
"""How long the server may take to open a session, and then to start the command."""

STARTING = "to start the command"
"""What is waited for once the command was sent."""

STALLED_AFTER = 120.0
"""Seconds without one byte moving after which a transfer is given up."""

END_OF_FILE = b"\x04"
"""What a terminal takes for the end of its input, for one reader at a time: so it is typed again and again."""

TYPE_EVERY = 0.5
MOST_TYPED = 2048
"""Seconds between two of them, and how many at most: a terminal keeps 4096 characters that nobody reads."""

STOP_LIMIT = 2.0
"""How long a host may take to be told to stop; one that takes no byte more is hung up on."""


def open_channel(
    transport: paramiko.Transport,
    command: str,
    cancel: Cancel,
    *,
    window: int | None = None,
    pty: bool = False,
    combine_stderr: bool = False,
) -> paramiko.Channel:
    """Start a command.

    Raises `StartUnknown` where it was asked for and the answer was lost: it may have started. Any other
    `CommunicatorError` says that it did not, and may safely be tried again.
    """
    channel: paramiko.Channel | None = None
    stage = "to open a session"
    asked = time.monotonic()
    overdue = threading.Event()

    def give_up() -> None:
        overdue.set()
        if channel is not None:
            stop(channel)  # what may have started is not to go on beside a second try

    try:
        channel = transport.open_session(window_size=window, timeout=START_LIMIT)
        channel.settimeout(TICK)
        channel.set_combine_stderr(combine_stderr)
        stalled = threading.Timer(START_LIMIT, give_up)  # the calls below wait without limit
        stalled.daemon = True
        stalled.start()
        try:
            with cancel.on_cancel(lambda: close(channel)):
                if pty:
                    stage = "to give the command a terminal"
                    channel.get_pty(term="xterm", width=200, height=50)
                stage = STARTING
                channel.exec_command(command)
        finally:
            stalled.cancel()
    except BROKEN as error:
        refused = channel is not None and was_refused(channel)
        if channel is not None:
            close(channel)
        cancel.raise_if_set()
        late = time.monotonic() - asked >= START_LIMIT and transport.is_active()
        if refused:
            why = f"the SSH server refused {stage}"
        elif overdue.is_set() or (late and channel is None):
            why = f"waited {START_LIMIT:g} s for the SSH server {stage}; last seen: {last_seen(transport)}"
        else:
            why = broke(transport, describe(error))
        if stage == STARTING and not refused:
            raise StartUnknown(f"the command was sent, and whether it started is not known: {why}") from error
        raise CommunicatorError(f"the host did not start the command: {why}") from error
    return channel


def execute(
    transport: paramiko.Transport,
    command: str,
    *,
    on_line: Callable[[str], None],
    cancel: Cancel,
    stdin: bytes | None = None,
    timeout: float | None = None,
    pty: bool = False,
    silence: float = 0,
) -> int:
    """Run a command by /bin/sh and return its exit code; 128 + n where signal n ended it.

    A command that reads gets `stdin`, then the end of file, in a terminal too. It has ended when its exit code is
    there: one that closes its output goes on. `silence` is the number of seconds without any output after which the
    command is given up; 0: never.
    """
    cancel.raise_if_set()
    # Joined on the host, where their order is known; here two streams would come interleaved at any byte.
    channel = open_channel(transport, under_sh(f"exec 2>&1; {command}"), cancel, pty=pty, combine_stderr=True)
    try:
        with cancel.on_cancel(lambda: stop(channel)):
            _converse(channel, on_line, cancel, stdin or b"", timeout, silence, pty=pty)
        return exit_code(transport, channel)
    finally:
        close(channel)


def _converse(
    channel: paramiko.Channel,
    on_line: Callable[[str], None],
    cancel: Cancel,
    stdin: bytes,
    timeout: float | None,
    silence: float,
    *,
    pty: bool,
) -> None:
    """Pass input in and output out until the command has ended, or its channel has."""
    started = heard = time.monotonic()
    exited = 0.0
    lines = LineSplitter()
    given = _Input(channel, stdin, pty=pty)
    hears = True
    while True:
        given.pass_on()
        try:
            if not hears:
                channel.status_event.wait(TICK)
            elif given.is_over or channel.recv_ready():
                data = channel.recv(64 * 1024)
                hears = bool(data)
                if data:
                    heard = time.monotonic()
                for line in lines.feed(data):
                    on_line(line)
                if data and not exited:
                    continue
        except TimeoutError:
            pass
        except BROKEN:  # receiving sends, too: that more may come
            break
        now = time.monotonic()
        cancel.raise_if_set()
        if channel.exit_status_ready() and not exited:
            exited = now
        if exited and (not hears or heard_out(exited, heard, now)):
            break
        if not exited and timeout is not None and now - started > timeout:
            stop(channel)
            raise WaitTimeout("the command to end", timeout, "still running; it was sent SIGTERM")
        if not exited and silence and now - heard > silence:
            stop(channel)
            raise WaitTimeout("output of the command", silence, "silence; the command was sent SIGTERM")
    for line in lines.end():
        on_line(line)
    cancel.raise_if_set()


class _Input:
    """What a command reads: the bytes given, then the end of file."""

    def __init__(self, channel: paramiko.Channel, data: bytes, *, pty: bool) -> None:
        self._channel = channel
        self._data = memoryview(data)
        self._pty = pty
        self._typed = 0
        self._typed_at = 0.0
        self.is_over = False
        """Whether all of the bytes were taken."""

    def pass_on(self) -> None:
        """A piece of it, where there is more; waits for `TICK` seconds at most."""
        try:
            if self._data:
                self._data = self._data[self._channel.send(bytes(self._data[:PIECE])) :]
            elif not self.is_over:
                self.is_over = True
                if not self._pty:
                    self._channel.shutdown_write()
            elif self._pty:
                self._type()
        except TimeoutError:
            pass
        except BROKEN:  # the command does not want more, or the connection broke
            self._data = self._data[:0]
            self._pty = False

    def _type(self) -> None:
        """A terminal stays open where the client's input has ended: who reads from it would wait without limit."""
        now = time.monotonic()
        if now - self._typed_at > TYPE_EVERY and self._typed < MOST_TYPED and self._channel.send_ready():
            self._channel.send(END_OF_FILE)
            self._typed += 1
            self._typed_at = now


def exit_code(transport: paramiko.Transport, channel: paramiko.Channel) -> int:
    """How the command ended, once it or the connection has."""
    channel.status_event.wait()  # set by the channel's end, too
    if channel.exit_status != -1:
        return channel.exit_status
    name = getattr(channel, "exit_signal", "")
    if name:
        try:
            return 128 + SIGNALS[name]
        except KeyError:
            return 255
    how = "the connection broke while the command ran, and whether it ended is not known"
    raise Disconnected(broke(transport, how))


def close(channel: paramiko.Channel) -> None:
    """Close it; that the connection broke is no matter then."""
    with contextlib.suppress(*BROKEN):
        channel.close()


def stop(channel: paramiko.Channel) -> None:
    """Send the command's processes SIGTERM and close its channel; the connection, too, where nothing can be sent."""
    # Sending waits without limit where the host takes nothing, and nobody who ends something can wait for that.
    thread = threading.Thread(target=_stop, args=(channel,), name="ssh-stop", daemon=True)
    thread.start()
    thread.join(STOP_LIMIT)
    if thread.is_alive() and channel.transport is not None:
        channel.transport.close()


def _stop(channel: paramiko.Channel) -> None:
    message = paramiko.Message()  # RFC 4254, 6.9: paramiko has no call for it
    message.add_byte(b"\x62")  # SSH_MSG_CHANNEL_REQUEST
    message.add_int(channel.remote_chanid)
    message.add_string("signal")
    message.add_boolean(False)
    message.add_string("TERM")
    send = getattr(channel.transport, "_send_user_message", None)
    with contextlib.suppress(*BROKEN):
        if send is not None and not channel.closed:
            send(message)
    close(channel)


def describe(error: BaseException) -> str:
    """An error of paramiko's or the system's in words: some have none of their own."""
    if isinstance(error, paramiko.ChannelException):
        return f"the server refused the session ({error.text})"
    if isinstance(error, EOFError):
        return "the connection was closed"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__
