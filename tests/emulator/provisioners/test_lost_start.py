"""A command was sent and the answer that it started is lost: it may have, and is not run again. Real hosts and sshd."""

from __future__ import annotations

import contextlib
import dataclasses
import threading
import time
from collections.abc import Callable, Iterator
from typing import Literal

import paramiko
import pytest
from ucloud_provider.communicators import ssh_exec
from ucloud_provider.communicators.ssh import SshCommunicator, SshTarget
from ucloud_provider.errors import CommunicatorError, StartUnknown
from ucloud_provider.provisioners.shell import Shell

from tests.emulator.provisioners.conftest import Provisioned
from tests.support.relay import Relay

COUNT = "echo ran >> /root/t/count"
How = Literal["the connection breaks", "no answer in time"]
WAYS: tuple[How, ...] = ("the connection breaks", "no answer in time")


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ssh_exec, "START_LIMIT", 5.0)


@pytest.fixture
def relay(target: SshTarget) -> Iterator[Relay]:
    with Relay(target.host) as relay:
        yield relay


@pytest.fixture
def far(provisioned: Provisioned, target: SshTarget, relay: Relay) -> Iterator[Provisioned]:
    """The same host, reached by the relay."""
    there = dataclasses.replace(target, host="127.0.0.1", port=relay.port)
    with contextlib.closing(SshCommunicator(there, provisioned.cancel)) as host:
        host.connect()
        yield Provisioned(host, provisioned.folder, provisioned.cancel)


@pytest.fixture
def lose(provisioned: Provisioned, relay: Relay, monkeypatch: pytest.MonkeyPatch) -> Callable[[How], None]:
    """Has the answer to the next script's start be lost, once the script has run on the host."""
    plain = paramiko.Channel.exec_command

    def lose(how: How) -> None:
        def cut() -> None:
            deadline = time.monotonic() + 20
            while provisioned.says("cat /root/t/count 2>/dev/null || true") == "" and time.monotonic() < deadline:
                time.sleep(0.1)
            relay.cut()

        def exec_command(channel: paramiko.Channel, command: str) -> None:
            if "script_" not in command or "cat >" in command:
                plain(channel, command)
                return
            monkeypatch.setattr(paramiko.Channel, "exec_command", plain)
            relay.keep_back()
            if how == "the connection breaks":
                threading.Thread(target=cut, daemon=True).start()
            try:
                plain(channel, command)
            finally:
                relay.pass_on()

        monkeypatch.setattr(paramiko.Channel, "exec_command", exec_command)

    return lose


def count(provisioned: Provisioned) -> int:
    return len(provisioned.says("cat /root/t/count").splitlines())


@pytest.mark.parametrize("how", WAYS)
def test_a_script_whose_start_was_not_answered_is_not_run_again(
    how: How, provisioned: Provisioned, far: Provisioned, lose: Callable[[How], None]
) -> None:
    lose(how)
    with pytest.raises(StartUnknown, match="whether it started is not known") as caught:
        far.run(Shell(inline=[COUNT]))
    assert count(provisioned) == 1
    if how == "no answer in time":
        assert "waited 5 s for the SSH server to start the command; last seen: " in str(caught.value)


@pytest.mark.parametrize("how", WAYS)
def test_it_is_run_again_where_max_retries_says_so(
    how: How, provisioned: Provisioned, far: Provisioned, lose: Callable[[How], None]
) -> None:
    lose(how)
    far.run(Shell(inline=[COUNT], max_retries=1))
    assert count(provisioned) == 2


def test_an_expected_disconnect_does_not_excuse_a_script_that_may_never_have_started(
    provisioned: Provisioned, far: Provisioned, lose: Callable[[How], None]
) -> None:
    lose("the connection breaks")
    with pytest.raises(StartUnknown):
        far.run(Shell(inline=[COUNT], expect_disconnect=True))
    assert count(provisioned) == 1


def test_a_session_that_is_not_opened_in_time_is_told_and_was_no_start(
    provisioned: Provisioned, far: Provisioned, relay: Relay
) -> None:
    relay.keep_back()
    with pytest.raises(CommunicatorError, match="did not start the command: ") as caught:
        far.host.run(COUNT, on_line=print)
    relay.pass_on()
    assert not isinstance(caught.value, StartUnknown)
    assert "waited 5 s for the SSH server to open a session; last seen: " in str(caught.value)
    assert provisioned.says("ls /root/t") == ""


def test_a_script_is_started_once_the_host_opens_a_session_again(
    provisioned: Provisioned, far: Provisioned, relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = paramiko.Transport.open_session
    refusals = [1, 2]

    def open_session(transport: paramiko.Transport, **given: int | None) -> paramiko.Channel:
        if refusals:
            refusals.pop()
            relay.cut()
        return plain(transport, **given)

    monkeypatch.setattr(paramiko.Transport, "open_session", open_session)
    far.run(Shell(inline=[COUNT]))
    assert count(provisioned) == 1
