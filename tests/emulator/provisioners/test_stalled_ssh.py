"""An SSH server that hangs is told from one whose command says nothing; nobody waits for it without limit."""

from __future__ import annotations

import contextlib
import dataclasses
import re
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from ucloud_provider.communicators import ssh_sftp, ssh_transport
from ucloud_provider.communicators.ssh import SshCommunicator, SshTarget
from ucloud_provider.errors import Cancelled, Disconnected
from ucloud_provider.local_tree import walk
from ucloud_provider.run import Cancel

from tests.emulator.provisioners.conftest import Provisioned
from tests.support.emulator import Emulator

UNANSWERED = 3.0
GAVE_UP = r"the connection broke.*: waited \d s for any answer of the SSH server, .* every 1 s; last seen: \w+"
ENDLESS = 64 * 1024**3
"""Bytes of a file, all holes, that takes longer to move than any test."""

TAKEN = "net.ipv4.tcp_rmem"
"""How much a host's kernel takes for sshd: the least, the first and the most."""

LIMIT = 60.0
"""Seconds in which a wait that has a limit must have come to its end here."""


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ssh_transport, "UNANSWERED", UNANSWERED)


@pytest.fixture
def stall(provisioned: Provisioned, emulator: Emulator) -> Iterator[Callable[[], None]]:
    """Stalls the host's SSH until the test's end. The file /root/t/endless is there."""
    provisioned.says(f"truncate -s {ENDLESS} /root/t/endless")
    (id,) = [row["id"] for row in emulator.ledger(open_only=True) if row["name"] == "provisioned"]
    yield lambda: emulator.host_fault(id, "stall_ssh")
    emulator.host_fault(id, "resume_ssh")
    provisioned.host.close()
    provisioned.says(f'[ ! -e /root/t/taken ] || sysctl -q -w {TAKEN}="$(cat /root/t/taken)"; rm -rf /root/t')


@pytest.fixture
def cancel() -> Cancel:
    return Cancel()


@pytest.fixture
def host(target: SshTarget, cancel: Cancel) -> Iterator[SshCommunicator]:
    quick = dataclasses.replace(target, keep_alive_interval=1)
    with contextlib.closing(SshCommunicator(quick, cancel)) as connected:
        connected.connect()
        yield connected


@pytest.fixture
def background() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as pool:
        yield pool


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A folder with the endless file in it."""
    folder = tmp_path / "source"
    folder.mkdir()
    with (folder / "endless").open("wb") as file:
        file.truncate(ENDLESS)
    return folder


def check_given_up(error: BaseException | None) -> None:
    assert isinstance(error, Disconnected), repr(error)
    assert re.search(GAVE_UP, str(error)), error


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LIMIT
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def stalled(
    background: ThreadPoolExecutor, work: Callable[[], None], begun: Callable[[], bool], stall: Callable[[], None]
) -> BaseException | None:
    """What a transfer ends with whose host stalls once it has begun."""
    running = background.submit(work)
    wait_until(lambda: running.done() or begun())
    stall()
    return running.exception(LIMIT)


def uploaded(provisioned: Provisioned) -> bool:
    """Whether something of what is sent has come to the host."""
    return bool(provisioned.says("find /root/t -type f -size +0 ! -name taken"))


def _nothing(_result: object) -> None:
    """Leaves out what a piece of work returns."""


def downloaded(folder: Path) -> bool:
    return any(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def test_a_command_ends_when_its_server_stalls(
    host: SshCommunicator, stall: Callable[[], None], background: ThreadPoolExecutor
) -> None:
    lines: list[str] = []

    def on_line(line: str) -> None:
        lines.append(line)
        stall()

    running = background.submit(host.run, "echo started; sleep 600", on_line=on_line)
    check_given_up(running.exception(LIMIT))
    assert lines == ["started"]
    assert host.disconnected()


@pytest.mark.parametrize("kind", ["file", "folder", "sftp"])
def test_an_upload_ends_when_its_server_stalls(
    kind: str,
    host: SshCommunicator,
    stall: Callable[[], None],
    provisioned: Provisioned,
    source: Path,
    cancel: Cancel,
    background: ThreadPoolExecutor,
) -> None:
    work = {
        "file": lambda: host.upload(source / "endless", "/root/t/to"),
        "folder": lambda: host.upload_dir(source, "/root/t/to"),
        "sftp": lambda: _nothing(ssh_sftp.upload_dir(host._connected(), source, "/root/t/to", cancel, walk(source))),
    }[kind]
    check_given_up(stalled(background, work, lambda: uploaded(provisioned), stall))


# paramiko's own thread, which asks for the next pieces of a file, ends in a traceback that it shows.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("kind", ["file", "folder", "sftp"])
def test_a_download_ends_when_its_server_stalls(
    kind: str,
    host: SshCommunicator,
    stall: Callable[[], None],
    tmp_path: Path,
    cancel: Cancel,
    background: ThreadPoolExecutor,
) -> None:
    to = tmp_path / "to"
    to.mkdir()
    work = {
        "file": lambda: host.download("/root/t/endless", to / "file"),
        "folder": lambda: host.download_dir("/root/t", to),
        "sftp": lambda: ssh_sftp.download_dir(host._connected(), "/root/t", to, cancel),
    }[kind]
    check_given_up(stalled(background, work, lambda: downloaded(to), stall))


def test_a_cancel_does_not_wait_for_a_server_that_takes_nothing(
    host: SshCommunicator,
    stall: Callable[[], None],
    provisioned: Provisioned,
    source: Path,
    cancel: Cancel,
    background: ThreadPoolExecutor,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ssh_transport, "UNANSWERED", 3600.0)
    provisioned.says(f"sysctl -n {TAKEN} >/root/t/taken; sysctl -q -w {TAKEN}='4096 8192 16384'")
    with contextlib.closing(SshCommunicator(host.target, cancel)) as patient:
        patient.connect()
        # As where there is no network: what the host takes, and what is kept here to be sent, is soon full.
        sock = patient._connected().sock
        assert isinstance(sock, socket.socket)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        running = background.submit(patient.upload, source / "endless", "/root/t/to")
        wait_until(lambda: running.done() or uploaded(provisioned))
        stall()
        time.sleep(1)
        cancel.set()
        assert isinstance(running.exception(LIMIT), Cancelled)


def test_a_command_that_is_silent_for_longer_is_let_be(host: SshCommunicator) -> None:
    lines: list[str] = []
    assert host.run(f"sleep {2.5 * UNANSWERED}; echo done", on_line=lines.append) == 0
    assert lines == ["done"]


def test_an_upload_that_the_host_takes_nothing_of_for_longer_is_let_be(
    host: SshCommunicator, provisioned: Provisioned, tmp_path: Path, background: ThreadPoolExecutor
) -> None:
    size = 256 * 1024**2
    with (tmp_path / "large").open("wb") as file:
        file.truncate(size)
    running = background.submit(host.upload, tmp_path / "large", "/root/t/to")
    wait_until(lambda: running.done() or uploaded(provisioned))
    provisioned.says("pkill -STOP -x cat")
    time.sleep(2.5 * UNANSWERED)
    assert not running.done()
    provisioned.says("pkill -CONT -x cat")
    assert running.exception(LIMIT) is None
    assert provisioned.says("stat -c %s /root/t/to; rm /root/t/to") == str(size)


def test_where_keep_alives_are_switched_off_nothing_is_given_up(
    target: SshTarget, stall: Callable[[], None], emulator: Emulator, background: ThreadPoolExecutor
) -> None:
    never = dataclasses.replace(target, keep_alive_interval=0)
    with contextlib.closing(SshCommunicator(never, Cancel())) as patient:
        patient.connect()
        running = background.submit(patient.run, "echo started; sleep 600", on_line=lambda _line: stall())
        time.sleep(2.5 * UNANSWERED)
        assert not running.done()
        patient.close()
        assert isinstance(running.exception(LIMIT), Disconnected)
