"""What is known of a command whose start failed: surely not started, or perhaps. A real SSH server, in this process."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator

import paramiko
import pytest
from paramiko import common
from ucloud_provider.communicators import ssh_exec
from ucloud_provider.communicators.ssh_transport import Transport
from ucloud_provider.errors import CommunicatorError, StartUnknown
from ucloud_provider.run import Cancel

SENT = "the command was sent, and whether it started is not known: "
NOT_STARTED = "the host did not start the command: "


class Server(paramiko.ServerInterface):
    """Lets anybody in, and answers a command's start as it is told."""

    def __init__(self, on_exec: Callable[[paramiko.Channel], bool], *, opens: bool, terminals: bool) -> None:
        self.on_exec = on_exec
        self.opens = opens
        self.terminals = terminals
        self.asked = 0

    def check_auth_none(self, username: str) -> int:
        return common.AUTH_SUCCESSFUL

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return common.OPEN_SUCCEEDED if self.opens else common.OPEN_FAILED_RESOURCE_SHORTAGE

    def check_channel_pty_request(self, *_given: object) -> bool:
        return self.terminals

    def check_channel_exec_request(self, channel: paramiko.Channel, command: bytes) -> bool:
        self.asked += 1
        return self.on_exec(channel)


Start = Callable[..., tuple[CommunicatorError, int]]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts a command on a server that answers so; the error, and how often the server was asked for the command."""
    open_ones: list[paramiko.Transport] = []

    def start(
        on_exec: Callable[[paramiko.Channel], bool] = lambda _channel: False,
        *,
        opens: bool = True,
        terminals: bool = True,
        pty: bool = False,
        cancel: Cancel | None = None,
    ) -> tuple[CommunicatorError, int]:
        near, far = socket.socketpair()
        there = paramiko.Transport(far)
        there.add_server_key(paramiko.ECDSAKey.generate())
        here = Transport(near)
        open_ones.extend((here, there))
        server = Server(on_exec, opens=opens, terminals=terminals)
        there.start_server(threading.Event(), server)
        here.start_client(timeout=20)
        here.auth_none("anybody")
        with pytest.raises(CommunicatorError) as caught:
            ssh_exec.execute(here, "true", on_line=print, cancel=cancel or Cancel(), pty=pty)
        return caught.value, server.asked

    yield start
    for each in open_ones:
        each.close()


def test_a_session_that_is_refused_was_no_start(start: Start) -> None:
    error, asked = start(opens=False)
    assert type(error) is CommunicatorError
    assert str(error) == f"{NOT_STARTED}the server refused the session (Resource shortage)"
    assert asked == 0


def test_a_terminal_that_is_refused_was_no_start(start: Start) -> None:
    error, asked = start(pty=True, terminals=False)
    assert type(error) is CommunicatorError
    assert str(error) == f"{NOT_STARTED}the SSH server refused to give the command a terminal"
    assert asked == 0


def test_a_command_that_is_refused_did_not_start(start: Start) -> None:
    error, asked = start(lambda _channel: False)
    assert type(error) is CommunicatorError
    assert str(error) == f"{NOT_STARTED}the SSH server refused to start the command"
    assert asked == 1


def test_a_command_whose_connection_breaks_before_the_answer_may_have_started(start: Start) -> None:
    def broken(channel: paramiko.Channel) -> bool:
        channel.get_transport().sock.close()
        return True

    error, asked = start(broken)
    assert isinstance(error, StartUnknown)
    assert str(error).startswith(SENT)
    assert asked == 1


def test_a_command_whose_session_is_closed_instead_of_an_answer_may_have_started(start: Start) -> None:
    def closed(channel: paramiko.Channel) -> bool:
        channel.close()
        return True

    error, asked = start(closed)
    assert isinstance(error, StartUnknown)
    assert asked == 1


def test_a_command_that_is_never_answered_may_have_started(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ssh_exec, "START_LIMIT", 0.5)
    ended = threading.Event()

    def silent(_channel: paramiko.Channel) -> bool:
        return ended.wait(20)

    error, asked = start(silent)
    ended.set()
    assert isinstance(error, StartUnknown)
    assert str(error) == (
        f"{SENT}waited 0.5 s for the SSH server to start the command; last seen: that the session is open"
    )
    assert asked == 1


def test_a_terminal_that_is_not_given_in_time_is_told(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ssh_exec, "START_LIMIT", 0.5)
    ended = threading.Event()

    class Slow:
        def __bool__(self) -> bool:
            return ended.wait(20)

    error, asked = start(pty=True, terminals=Slow())
    ended.set()
    assert type(error) is CommunicatorError
    assert str(error) == (
        f"{NOT_STARTED}waited 0.5 s for the SSH server to give the command a terminal; "
        "last seen: that the session is open"
    )
    assert asked == 0
