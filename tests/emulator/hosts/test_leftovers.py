"""An emulator that ends, or is killed, leaves nothing running; one that starts again has its hosts and images."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.emulator.hosts.conftest import PASSWORD, SSH_ALLOWED, connects, login
from ucloud_emulator.hosts.commands import run
from ucloud_emulator.hosts.errors import NotPossibleHere
from ucloud_emulator.hosts.machines import DataDisk, Machines, MachineSpec, Network

EMULATOR = f"""
import json, sys, time
from pathlib import Path
from ucloud_emulator.hosts.machines import DataDisk, Machines, MachineSpec, Network, Rule
state = Path(sys.argv[1])
network = Network.allocate(state)
machines = Machines(state, network)
ips = []
for number in range(2):
    ips.append(str(network.eip_range[20 + number]))
    machines.create(MachineSpec(
        id=f"uhost-{{number}}", layers=("base",), hostname=f"host-{{number}}",
        private_ip=str(network.private_range[20 + number]), private_prefix=16, public_ips=(ips[-1],),
        password="{PASSWORD}", rules=(Rule("TCP", "22", "0.0.0.0/0", "ACCEPT", "HIGH"),),
        disks=(DataDisk(f"bsi-{{number}}", 1),),
    ))
    machines.boot(f"uhost-{{number}}")
print(json.dumps(ips), flush=True)
time.sleep(600)
"""


def traces(network: Network, state: Path) -> dict[str, list[str]]:
    """Everything on this machine that belongs to these ranges or this state directory."""
    tag, table = network.tag, f"ucloud_emulator_{network.slot}"
    found = {
        "namespaces": [line for line in run("ip", "netns").splitlines() if line.startswith(f"{tag}h")],
        "interfaces": [
            link["ifname"]
            for link in json.loads(run("ip", "-j", "link"))
            if link["ifname"] == tag or link["ifname"].startswith(f"{tag}h")
        ],
        "tables": [line for line in run("nft", "list", "tables").splitlines() if line.endswith(table)],
        "routes": [
            line
            for line in run("ip", "route", "show", "table", "all").splitlines()
            if str(network.eip_range) in line or str(network.private_range) in line or f"dev {tag}" in line
        ],
        "rules": [line for line in run("ip", "rule").splitlines() if f"lookup {7000 + network.slot}" in line],
        "mounts": [line for line in Path("/proc/mounts").read_text().splitlines() if str(state) in line],
        "loops": [line for line in run("losetup", "--list").splitlines() if str(state) in line],
        "processes": [line for line in run("ps", "-eo", "args").splitlines() if f"--directory={state}" in line],
        "groups": [str(path) for path in Path("/sys/fs/cgroup").rglob(f"ucloud-emulator/{tag}h*")],
    }
    return {kind: lines for kind, lines in found.items() if lines}


def wait_for(condition: object, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


@pytest.fixture
def killed(bases: None, tmp_path: Path) -> tuple[Path, list[str]]:
    """The state and addresses of an emulator with two running hosts that was killed with -9."""
    process = subprocess.Popen(
        [sys.executable, "-c", EMULATOR, str(tmp_path)], stdout=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    try:
        assert process.stdout
        ips = json.loads(process.stdout.readline())
        for ip in ips:
            login(ip).run("sync; echo kept > /root/kept")
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    return tmp_path, ips


def test_the_hosts_of_a_killed_emulator_die_with_it(killed: tuple[Path, list[str]]) -> None:
    state, ips = killed
    wait_for(lambda: not any(connects(ip, 22) for ip in ips))
    wait_for(lambda: f"--directory={state}" not in run("ps", "-eo", "args"))
    machines = Machines(state, network := Network.allocate(state))
    machines.close()
    network.release()


def test_the_next_emulator_cleans_up_and_has_the_hosts_of_the_killed_one(killed: tuple[Path, list[str]]) -> None:
    state, ips = killed
    network = Network.allocate(state)
    machines = Machines(state, network)
    try:
        assert sorted(machines.ids()) == ["uhost-0", "uhost-1"]
        assert not machines.running("uhost-0")
        machines.boot("uhost-0")
        assert login(ips[0]).run("cat /root/kept && hostname") == "kept\nhost-0"
        machines.destroy("uhost-1")
    finally:
        machines.close()
        network.release()
    assert traces(network, state) == {}


def test_close_leaves_nothing_running_and_keeps_disks_and_images(bases: None, tmp_path: Path) -> None:
    network = Network.allocate(tmp_path)
    machines = Machines(tmp_path, network)
    address = str(network.eip_range[9])
    spec = MachineSpec(
        id="uhost-1", layers=("base",), hostname="host", private_ip=str(network.private_range[9]), private_prefix=16,
        public_ips=(address,), password=PASSWORD, rules=(SSH_ALLOWED,), disks=(DataDisk("bsi-1", 1),),
    )  # fmt: skip
    machines.create(spec)
    machines.boot("uhost-1")
    login(address).run("touch /root/kept; sync")
    assert traces(network, tmp_path).keys() >= {"namespaces", "interfaces", "tables", "routes", "mounts", "processes"}
    machines.close()
    network.release()
    assert traces(network, tmp_path) == {}
    again = Network.allocate(tmp_path)
    assert again.eip_range == network.eip_range
    machines = Machines(tmp_path, again)
    try:
        machines.boot("uhost-1")
        login(address).run("test -e /root/kept")
    finally:
        machines.close()
        again.release()


def test_two_emulators_have_different_ranges_and_one_state_is_one_emulators(bases: None, tmp_path: Path) -> None:
    first, second = Network.allocate(tmp_path / "one"), Network.allocate(tmp_path / "two")
    try:
        assert not first.eip_range.overlaps(second.eip_range)
        assert not first.private_range.overlaps(second.private_range)
        with pytest.raises(NotPossibleHere, match=f"process {os.getpid()}"):
            Network.allocate(tmp_path / "one")
    finally:
        first.release()
        second.release()
