"""Reaching an emulated UHost: is a port open, what does a command say."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import paramiko

from tests.support.asker import Asker


def public_ip(api: Asker, id: str) -> str:
    return str(next(address["IP"] for address in api.host(id)["IPSet"] if address["Type"] == "Bgp"))


def answers(ip: str, port: int, seconds: float = 1.0) -> bool:
    with contextlib.suppress(OSError), socket.create_connection((ip, port), seconds):
        return True
    return False


@contextlib.contextmanager
def ssh(
    ip: str, *, key: Path | None = None, password: str | None = None, username: str = "root"
) -> Iterator[paramiko.SSHClient]:
    deadline = time.monotonic() + 30
    while not answers(ip, 22):
        assert time.monotonic() < deadline, f"{ip} does not answer"
        time.sleep(0.05)
    with paramiko.SSHClient() as client:
        client.set_missing_host_key_policy(paramiko.AutoAddPolicy())
        client.connect(
            ip,
            username=username,
            password=password,
            key_filename=str(key) if key else None,
            look_for_keys=False,
            allow_agent=False,
            timeout=20,
        )
        yield client


def run(client: paramiko.SSHClient, command: str) -> str:
    _, output, errors = client.exec_command(command, timeout=60)
    text = output.read().decode()
    assert output.channel.recv_exit_status() == 0, errors.read().decode()
    return text.strip()
