"""Why nobody could log in: what stopped the attempt that came furthest, whatever the last one met. Loopback only."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator

import paramiko
import pytest
from paramiko import common
from ucloud_provider.communicators.ssh import SshCommunicator, SshTarget
from ucloud_provider.communicators.ssh_attempts import Attempts
from ucloud_provider.communicators.ssh_connect import AttemptFailed, Reached
from ucloud_provider.communicators.ssh_keys import KeyPair
from ucloud_provider.errors import NoLogin
from ucloud_provider.run import Cancel

Serve = Callable[[socket.socket], None]


@pytest.fixture
def serving() -> Iterator[Callable[[Serve], int]]:
    """A port of this machine on which each connection is given to a function."""
    with contextlib.ExitStack() as opened:

        def serve(answer: Serve) -> int:
            listener = opened.enter_context(socket.create_server(("127.0.0.1", 0)))

            def accept() -> None:
                with contextlib.suppress(OSError):
                    while True:
                        answer(opened.enter_context(contextlib.closing(listener.accept()[0])))

            threading.Thread(target=accept, daemon=True).start()
            return int(listener.getsockname()[1])

        yield serve


class Refuses(paramiko.ServerInterface):
    """Lets nobody in."""

    def get_allowed_auths(self, username: str) -> str:
        return "publickey,password"

    def check_auth_password(self, username: str, password: str) -> int:
        return common.AUTH_FAILED


def refusing(connection: socket.socket) -> None:
    there = paramiko.Transport(connection)
    there.add_server_key(paramiko.ECDSAKey.generate())
    there.start_server(threading.Event(), Refuses())


def first(once: Serve, then: Serve) -> Serve:
    """Answers the first connection one way, and all others another."""
    answers = [once]
    return lambda connection: (answers.pop() if answers else then)(connection)


def silent(_connection: socket.socket) -> None:
    """It never says a word."""


def failure(port: int, host: str = "127.0.0.1", **given: object) -> NoLogin:
    target = SshTarget(**{"host": host, "port": port, "password": "wrong", "timeout": 1.5, **given})  # type: ignore[arg-type]
    with pytest.raises(NoLogin) as caught:
        SshCommunicator(target, Cancel()).connect()
    return caught.value


def test_a_port_on_which_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert str(failure(port)).endswith("s: connection refused; sshd does not listen there yet")


def test_a_network_that_is_not_reached() -> None:
    assert str(failure(22, host="255.255.255.255")).endswith(("s: network is unreachable", "s: permission denied"))


def test_a_name_that_is_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_given: object, **_more: object) -> object:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    said = str(failure(22, host="nowhere.example"))
    assert said.endswith("s: the name nowhere.example is not known (Name or service not known)")


def test_a_name_that_cannot_be_one() -> None:
    assert "the name a..example is not known" in str(failure(22, host="a..example"))


def test_a_server_that_is_no_ssh(serving: Callable[[Serve], int]) -> None:
    port = serving(lambda connection: connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n"))
    assert "s: what answers there says 'HTTP/1.1 400 Bad Request': it is no SSH server" in str(failure(port))


def test_a_server_that_says_nothing(serving: Callable[[Serve], int]) -> None:
    assert "s: connected, but no SSH server said anything within " in str(failure(serving(silent)))


def test_a_server_that_hangs_up_at_once(serving: Callable[[Serve], int]) -> None:
    port = serving(lambda connection: connection.shutdown(socket.SHUT_RDWR))
    assert "s: the connection is closed before an SSH server says anything" in str(failure(port))


def test_a_server_that_never_ends_the_key_exchange(serving: Callable[[Serve], int]) -> None:
    port = serving(lambda connection: connection.sendall(b"SSH-2.0-hangs\r\n"))
    assert (
        "s: an SSH server answers, and the connection broke before the login: it did not agree on keys in time"
        in str(failure(port))
    )


def test_a_refused_login_is_why_although_the_attempts_after_it_are_cut_off(serving: Callable[[Serve], int]) -> None:
    error = failure(serving(first(refusing, silent)), timeout=4, handshake_attempts=100)
    assert "login as root refused (password: authentication failed)" in str(error)
    assert "seen last" not in str(error)
    assert error.login_refused
    assert not error.other_host


def test_another_host_key_is_why_although_the_attempts_after_it_are_cut_off(serving: Callable[[Serve], int]) -> None:
    expected = KeyPair.generate(kind="ecdsa").public
    error = failure(serving(first(refusing, silent)), timeout=4, handshake_attempts=100, host_key=expected)
    assert "the host key is not the expected one" in str(error)
    assert "no SSH server said anything" not in str(error)
    assert error.other_host


def test_a_refused_login_is_why_and_what_came_of_the_host_afterwards_is_told_too(
    serving: Callable[[Serve], int],
) -> None:
    port = serving(first(refusing, lambda connection: connection.shutdown(socket.SHUT_RDWR)))
    said = str(failure(port, handshake_attempts=100))
    assert "s: login as root refused (password: authentication failed); seen last: the connection is closed" in said


def test_a_login_that_is_refused_for_good_ends_after_its_attempts(serving: Callable[[Serve], int]) -> None:
    said = str(failure(serving(refusing), timeout=600, handshake_attempts=2))
    assert "after 2 attempts that the host refused (handshake attempts: 2)" in said


def test_a_key_that_may_be_on_its_way_is_waited_for_and_no_longer(serving: Callable[[Serve], int]) -> None:
    said = str(failure(serving(refusing), timeout=600, handshake_attempts=1, key_patience=1.2))
    assert "attempts that the host refused (handshake attempts: 1, and 1.2 s for the key to come)" in said
    assert "after 1 attempts" not in said


def attempts(*reached: Reached, ended: bool = False) -> Attempts:
    tried = Attempts(SshTarget("h", password="p"), time.monotonic() + 60)
    for index, each in enumerate(reached):
        if ended and index == len(reached) - 1:
            tried.deadline = 0.0
        tried.failed(AttemptFailed(f"{each.name} {index}", each))
    return tried


@pytest.mark.parametrize(
    ("reached", "said"),
    [
        ((Reached.NOTHING, Reached.REFUSAL), "REFUSAL 1"),
        ((Reached.REFUSAL, Reached.REFUSAL), "REFUSAL 1"),
        ((Reached.PORT, Reached.NOTHING), "PORT 0; seen last: NOTHING 1"),
        ((Reached.REFUSAL, Reached.OTHER_HOST, Reached.SERVER), "OTHER_HOST 1; seen last: SERVER 2"),
    ],
)
def test_why_is_what_stopped_the_attempt_that_came_furthest(reached: tuple[Reached, ...], said: str) -> None:
    assert str(attempts(*reached).no_login()).endswith(f" s: {said}")


def test_an_attempt_that_the_time_cuts_off_says_nothing_unless_it_is_the_only_one() -> None:
    assert str(attempts(Reached.NOTHING, Reached.PORT, ended=True).no_login()).endswith(" s: NOTHING 0")
    assert str(attempts(Reached.PORT, ended=True).no_login()).endswith(" s: PORT 0")
    assert str(attempts(Reached.NOTHING, Reached.REFUSAL, ended=True).no_login()).endswith(" s: REFUSAL 1")
