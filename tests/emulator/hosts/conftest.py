"""Real hosts for the tests: base images built once, one emulator's machines a test module, SSH into them."""

from __future__ import annotations

import itertools
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import paramiko
import pytest

from ucloud_emulator.hosts.base import ensure_bases
from ucloud_emulator.hosts.machines import Machines, MachineSpec, Network, Rule

PASSWORD = "Correct-horse-7"
SSH_ALLOWED = Rule("TCP", "22", "0.0.0.0/0", "ACCEPT", "HIGH")


@dataclass(frozen=True)
class Shell:
    """A root login on a host."""

    client: paramiko.SSHClient

    def run(self, command: str) -> str:
        """The output of a command that must succeed."""
        status, output = self.attempt(command)
        assert status == 0, f"{command}: exit status {status}: {output}"
        return output

    def attempt(self, command: str) -> tuple[int, str]:
        _, stdout, stderr = self.client.exec_command(command, timeout=60)
        output = (stdout.read() + stderr.read()).decode()
        return stdout.channel.recv_exit_status(), output.strip()


def login(ip: str, password: str | None = PASSWORD, key: paramiko.PKey | None = None, port: int = 22) -> Shell:
    """Log in as soon as the host answers."""
    deadline = time.monotonic() + 60
    while True:
        client = paramiko.SSHClient()
        client.set_missing_host_key_policy(paramiko.AutoAddPolicy())
        try:
            client.connect(
                ip, port, "root", password=password, pkey=key, timeout=5, banner_timeout=30,
                allow_agent=False, look_for_keys=False,
            )  # fmt: skip
            return Shell(client)
        except paramiko.AuthenticationException:
            raise
        except (OSError, paramiko.SSHException):
            client.close()
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def connects(ip: str, port: int, timeout: float = 1.0) -> bool:
    """Whether something listens there and the way to it is open (False: refused, dropped or no route)."""
    try:
        socket.create_connection((ip, port), timeout).close()
    except OSError:
        return False
    return True


@pytest.fixture(scope="session")
def bases() -> None:
    ensure_bases(progress=print)


@pytest.fixture(scope="module")
def network(bases: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    found = Network.allocate(tmp_path_factory.mktemp("emulator"))
    yield found
    found.release()


@pytest.fixture(scope="module")
def machines(network: Network, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machines]:
    running = Machines(tmp_path_factory.mktemp("machines"), network)
    yield running
    running.close()


@pytest.fixture
def new_spec(network: Network, request: pytest.FixtureRequest) -> Callable[..., MachineSpec]:
    """A spec with addresses and an id that no other has."""

    def make(**changes: Any) -> MachineSpec:
        number = next(NUMBERS)
        spec = MachineSpec(
            id=f"uhost-{number}", layers=("base",), hostname=f"host-{number}",
            private_ip=str(network.private_range[256 + number]), private_prefix=16,
            public_ips=(str(network.eip_range[256 + number]),), password=PASSWORD, rules=(SSH_ALLOWED,),
        )  # fmt: skip
        return replace(spec, **changes)

    return make


NUMBERS = itertools.count()


@pytest.fixture
def start(machines: Machines, new_spec: Callable[..., MachineSpec]) -> Iterator[Callable[..., MachineSpec]]:
    """Creates and boots hosts, and destroys them after the test."""
    started = []

    def make(**changes: Any) -> MachineSpec:
        spec = new_spec(**changes)
        started.append(spec.id)
        machines.create(spec)
        machines.boot(spec.id)
        return spec

    yield make
    for id in started:
        machines.destroy(id)


def eip(spec: MachineSpec) -> str:
    return spec.public_ips[0]


def state_of(machines: Machines, id: str) -> Path:
    return machines.console(id).parent
