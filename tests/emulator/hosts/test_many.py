"""Many hosts on one machine, and what is told where one does not start."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.emulator.hosts.conftest import eip, login
from ucloud_emulator.hosts.machines import Machines, MachineSpec

Start = Callable[..., MachineSpec]


def test_what_a_guest_says_as_it_dies_is_in_the_log(
    machines: Machines, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    spec = start()
    shell = login(eip(spec))
    ended: list[str] = []
    machines.on_exit(ended.append)
    with caplog.at_level(logging.INFO, "ucloud_emulator"):
        shell.run("echo 'the last thing it said' > /dev/console")
        shell.client.exec_command("systemctl exit 7 --force --force || kill -SEGV 1")
        deadline = time.monotonic() + 60
        while spec.id not in ended:
            assert time.monotonic() < deadline, "the guest did not end"
            time.sleep(0.05)
    (told,) = [line for line in caplog.messages if f"{spec.id} ended by itself" in line]
    assert "the last thing it said" in told


@pytest.mark.full
def test_64_hosts_run_at_once(machines: Machines, start: Start) -> None:
    with ThreadPoolExecutor(4) as pool:
        specs = list(pool.map(lambda _: start(), range(64)))
        names = list(pool.map(lambda spec: login(eip(spec)).run("systemctl is-system-running; hostname"), specs))
    assert [each.split()[-1] for each in names] == [spec.hostname for spec in specs]
    assert all(machines.running(spec.id) for spec in specs)
