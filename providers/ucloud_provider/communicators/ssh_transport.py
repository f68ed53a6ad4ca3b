"""The SSH connection itself: paramiko's, that notices when nobody answers any more, and what killed a command.

A server that hangs still has its TCP acknowledged by its kernel, and answers nothing: only a request that wants an
answer tells it from one whose command is silent.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from typing import ClassVar

import paramiko
from paramiko import common
from paramiko.packet import Packetizer

UNANSWERED = 60.0
"""Seconds without a single packet from the host, keep-alives' answers included, after which it is given up."""

BROKEN = (OSError, EOFError, paramiko.SSHException)
"""What paramiko raises where the connection breaks, from any call that sends or waits."""

FIRST_WORDS = 80
"""Bytes that are told of what is no SSH server."""

LOOK = 0.25
"""Seconds between looks at whether something came."""

_NAMES = {
    common.MSG_REQUEST_SUCCESS: "the answer to a keep-alive",
    common.MSG_REQUEST_FAILURE: "the answer to a keep-alive",
    common.MSG_CHANNEL_DATA: "output",
    common.MSG_CHANNEL_EXTENDED_DATA: "output",
    common.MSG_CHANNEL_WINDOW_ADJUST: "that it takes more input",
    common.MSG_USERAUTH_SUCCESS: "the login",
    common.MSG_CHANNEL_OPEN_SUCCESS: "that the session is open",
    common.MSG_CHANNEL_SUCCESS: "that a command started",
    common.MSG_CHANNEL_CLOSE: "that a session ended",
}


class _Packets(Packetizer):
    """Counts what comes, and remembers the kind of the last."""

    received = 0
    last = 0
    first_bytes = b""
    """What came before, and with, the first line: an SSH server's begins with `SSH-`."""
    hung_up = False
    """Whether the other side closed the connection in these first lines."""

    def _read_timeout(self, timeout: float) -> bytes:
        try:
            piece: bytes = super()._read_timeout(timeout)  # type: ignore[misc]  # private
        except EOFError:
            self.hung_up = True
            raise
        self.first_bytes = (self.first_bytes + piece)[:FIRST_WORDS]
        return piece

    def read_message(self) -> tuple[int, paramiko.Message]:
        kind, message = super().read_message()
        self.received += 1
        self.last = kind
        return kind, message


class Transport(paramiko.Transport):
    """paramiko's, with a command's death by a signal and a refusal noted on its channel, which paramiko drops."""

    _channel_handler_table: ClassVar[dict[int, Callable[[paramiko.Channel, paramiko.Message], None]]] = dict(
        getattr(paramiko.Transport, "_channel_handler_table", {})
    )

    logged_in_by = ""
    """"key" or "password", once logged in."""
    gave_up = ""
    """Why this side closed the connection, where the host did not answer."""

    def __init__(self, sock: paramiko.transport._SocketLike) -> None:
        super().__init__(sock, packetizer_class=_Packets)

    @property
    def first_words(self) -> str:
        """The first line that the other side said, as far as it is text."""
        packets = self.packetizer
        assert isinstance(packets, _Packets)
        return packets.first_bytes.split(b"\n")[0].decode(errors="replace").strip()

    @property
    def hung_up(self) -> bool:
        """Whether the other side closed the connection in its first lines."""
        packets = self.packetizer
        assert isinstance(packets, _Packets)
        return packets.hung_up

    def watch(self, interval: float) -> None:
        """Ask for a sign of life whenever `interval` seconds passed without one; close the connection if none comes.

        That is after `UNANSWERED` seconds, or two intervals where they are longer. Whoever waits for something of the
        host then gets the error of a broken connection, with `gave_up` in it.
        """
        threading.Thread(target=self._watch, args=(interval,), name="ssh-keep-alive", daemon=True).start()

    def _watch(self, interval: float) -> None:
        limit = max(UNANSWERED, 2 * interval)
        packets = self.packetizer
        assert isinstance(packets, _Packets)
        asking: threading.Thread | None = None
        seen, quiet = packets.received, 0.0
        while self.is_active():
            before = time.monotonic()
            time.sleep(LOOK)
            if packets.received != seen:
                seen, quiet = packets.received, 0.0
                continue
            # A look that came late says that this process, or the machine, slept: the host had no time to answer then.
            quiet += min(time.monotonic() - before, 2 * LOOK)
            if quiet >= limit:
                self.gave_up = (
                    f"waited {quiet:.0f} s for any answer of the SSH server, which was asked for one every "
                    f"{interval:g} s; last seen: {last_seen(self)}"
                )
                self.close()
                return
            if quiet >= interval and (asking is None or not asking.is_alive()):
                # A thread of its own: where the host takes nothing either, sending waits as well.
                asking = threading.Thread(target=self._ask, name="ssh-keep-alive-request", daemon=True)
                asking.start()

    def _ask(self) -> None:
        with contextlib.suppress(*BROKEN):
            self.global_request("keepalive@openssh.com", wait=True)


def broke(transport: paramiko.Transport, how: str = "the connection broke") -> str:
    """That the connection broke, in words, and why where it is this side that gave it up."""
    reason = transport.gave_up if isinstance(transport, Transport) else ""
    return f"{how}: {reason}" if reason else how


def last_seen(transport: paramiko.Transport) -> str:
    """The last thing that came from the host, in words."""
    packets = transport.packetizer
    kind = packets.last if isinstance(packets, _Packets) else 0
    return _NAMES.get(kind) or common.MSG_NAMES.get(kind, f"message {kind}")


def was_refused(channel: paramiko.Channel) -> bool:
    """Whether the server said no to what was last asked on this channel, rather than nothing."""
    return bool(getattr(channel, "refused", False))


def _note_refusal(channel: paramiko.Channel, message: paramiko.Message) -> None:
    channel.refused = True  # type: ignore[attr-defined]
    getattr(paramiko.Channel, "_request_failed")(channel, message)  # noqa: B009 (as below)


def _note_exit_signal(channel: paramiko.Channel, message: paramiko.Message) -> None:
    start = message.packet.tell()
    if message.get_text() == "exit-signal":
        message.get_boolean()
        channel.exit_signal = message.get_text()  # type: ignore[attr-defined]
    message.packet.seek(start)
    getattr(paramiko.Channel, "_handle_request")(channel, message)  # noqa: B009 (private: the type checker objects)


_CHANNEL_REQUEST = 98  # SSH_MSG_CHANNEL_REQUEST
if _CHANNEL_REQUEST in Transport._channel_handler_table and hasattr(paramiko.Channel, "_handle_request"):
    Transport._channel_handler_table[_CHANNEL_REQUEST] = _note_exit_signal

# Where this paramiko has other names, a refusal counts as an answer that was lost: never as a start that was not.
if common.MSG_CHANNEL_FAILURE in Transport._channel_handler_table and hasattr(paramiko.Channel, "_request_failed"):
    Transport._channel_handler_table[common.MSG_CHANNEL_FAILURE] = _note_refusal
