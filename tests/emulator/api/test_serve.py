"""The emulator as a process: restarts, kills, a second one, the command line, faults on the wire."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.asker import EIP, Asker
from tests.support.emulator import REPOSITORY, Emulator
from tests.support.ssh import public_ip, run, ssh

PASSWORD = "UGFzc3dvcmQxMjM="


def asker(emulator: Emulator) -> Asker:
    return Asker(emulator, emulator.client())


def command(*arguments: str, state: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ucloud_emulator", *arguments, "--state", str(state)],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture
def own() -> Iterator[Emulator]:
    with Emulator(hosts="paper") as emulator:
        yield emulator


def test_a_restart_keeps_everything_and_what_ran_runs_again() -> None:
    with Emulator() as emulator:
        api = asker(emulator)
        on = api.running_host(NetworkInterface=[{"EIP": EIP}])
        off = api.stopped_host()
        image = api.made_image(off)
        ip = public_ip(api, on)
        with ssh(ip, password="Password123") as client:
            run(client, "echo kept > /srv/kept")
        ledger = [(row["id"], row["released"]) for row in emulator.ledger()]
        assert emulator.stop() == 0
        emulator.start()
        api = asker(emulator)
        assert [(row["id"], row["released"]) for row in emulator.ledger()] == ledger
        api.wait(on, "Running")
        assert api.host(off)["State"] == "Stopped"
        assert api.image(image)["State"] == "Available"
        with ssh(ip, password="Password123") as client:
            assert run(client, "cat /srv/kept") == "kept"
        api.remove_host(api.running_host(ImageId=image))


def test_a_killed_emulator_leaves_nothing_that_a_restart_does_not_take_over() -> None:
    with Emulator() as emulator:
        api = asker(emulator)
        host = api.running_host(NetworkInterface=[{"EIP": EIP}])
        ip = public_ip(api, host)
        with ssh(ip, password="Password123") as client:
            run(client, "sync")
        emulator.kill()
        emulator.start()
        api = asker(emulator)
        api.wait(host, "Running")
        with ssh(ip, password="Password123") as client:
            run(client, "true")
        api.remove_host(host)
        assert emulator.ledger(open_only=True) == []


def test_what_was_under_way_at_the_end_comes_to_an_end_after_a_restart() -> None:
    with Emulator(hosts="paper", latency="scaled") as emulator:
        api = asker(emulator)
        going, imaged = api.stopped_host(), api.stopped_host()
        image = api.made_image(imaged)
        copied = api.ask("CopyCustomImage", SourceImageId=image, TargetProjectId="org-second")["TargetImageId"]
        making = api.ask("CreateCustomImage", UHostId=imaged, ImageName="unfinished")["ImageId"]
        api.ask("TerminateUHostInstance", UHostId=going)
        emulator.kill()
        emulator.start()
        api = asker(emulator)
        api.until(lambda: not api.hosts(going))
        second = Asker(emulator, emulator.client(project="org-second"))
        second.until(lambda: second.image(copied)["State"] == "Available")
        assert api.image(making)["State"] in ("Unavailable", "Available")
        api.ask("TerminateCustomImage", ImageId=making)
        api.remove_host(imaged)


def test_a_second_emulator_on_the_same_state_is_refused_and_says_what_to_do(own: Emulator) -> None:
    second = command("serve", "--port", "0", "--hosts", "paper", state=own.state)
    assert second.returncode == 1
    assert "running on" in second.stderr
    assert "ucloud-emulator stop" in second.stderr
    assert len(second.stderr.splitlines()) == 1


def test_the_command_line_shows_status_and_ledger_resets_and_stops() -> None:
    with Emulator(hosts="paper") as emulator:
        api = asker(emulator)
        host = api.running_host(Name="shown", NetworkInterface=[{"EIP": EIP}])
        status = command("status", state=emulator.state)
        assert f"running at {emulator.url}" in status.stdout
        assert host in status.stdout
        rows = command("ledger", "--open", state=emulator.state)
        assert rows.returncode == 2
        assert "shown" in rows.stdout
        assert "3 rows" in rows.stdout
        as_json = json.loads(command("ledger", "--open", "--json", state=emulator.state).stdout)
        assert {row["kind"] for row in as_json} == {"uhost", "udisk", "eip"}
        assert command("reset", state=emulator.state).returncode == 0
        assert api.hosts(host) == []
        assert command("ledger", "--open", state=emulator.state).returncode == 0
        api.remove_host(api.running_host())
        assert command("stop", state=emulator.state).returncode == 0
        gone = command("status", state=emulator.state)
        assert gone.returncode == 1
        assert "no emulator is running" in gone.stderr
        emulator.start()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_either_signal_ends_it_cleanly(number: signal.Signals) -> None:
    with Emulator(hosts="paper") as emulator:
        record = emulator.state / "emulator.json"
        assert json.loads(record.read_text()) == {"url": emulator.url, "pid": emulator.pid}
        os.kill(emulator.pid, number)
        assert emulator.wait() == 0
        assert not record.exists()
        emulator.start()


def test_describing_stays_quick_while_hosts_boot(real: Asker) -> None:
    ids = [real.create_host() for _ in range(4)]
    before = len(real.emulator.requests())
    real.until(lambda: all(host["State"] == "Running" for host in real.hosts(*ids)))
    asked = [entry["ms"] for entry in real.emulator.requests()[before:] if entry["Action"] == "DescribeUHostInstance"]
    assert sorted(asked)[len(asked) // 2] < 5
    for id in ids:
        real.remove_host(id)
