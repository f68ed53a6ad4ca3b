"""The metadata server: each host reads its own data at UCloud's address, and nobody else reads any."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Callable

import pytest

from tests.emulator.hosts.conftest import eip, login, state_of
from tests.support.documents import documented
from ucloud_emulator.hosts.commands import run
from ucloud_emulator.hosts.machines import Machines, MachineSpec, Network

Start = Callable[..., MachineSpec]
SERVER = "http://100.80.80.80"
FETCH = "curl --silent --fail --max-time 5"


@documented("uhost/guide/metadata/userdata.md", "A host reads its user data at http://100.80.80.80/user-data")
@documented("uhost/guide/metadata/metadata-server.md", "A host reads its metadata below http://100.80.80.80/meta-data/")
def test_each_host_reads_its_own_data_whether_it_has_cloud_init_or_not(machines: Machines, start: Start) -> None:
    first, second = start(user_data=b"the first's"), start(user_data=b"the second's\x00\xff")
    shells = [login(eip(spec)) for spec in (first, second)]
    assert shells[0].run(f"{FETCH} {SERVER}/user-data") == "the first's"
    assert shells[1].run(f"{FETCH} {SERVER}/user-data | od -An -c | tr -d ' \\n'") == "thesecond's\\0377"
    for spec, shell in zip((first, second), shells, strict=True):
        assert shell.run(f"{FETCH} {SERVER}/meta-data/v1/instance-id") == spec.id
        assert shell.attempt(f"{FETCH} {SERVER}/meta-data/latest/none")[0] == 22


def test_the_data_is_there_after_a_stop_and_is_not_on_the_disk(machines: Machines, start: Start) -> None:
    spec = start(user_data=b"only-to-be-read")
    login(eip(spec))
    machines.stop(spec.id)
    machines.boot(spec.id)
    shell = login(eip(spec))
    assert shell.run(f"{FETCH} {SERVER}/user-data") == "only-to-be-read"
    assert shell.run("grep -rls only-to-be-read /etc /opt /root /srv /usr/local /var || true") == ""
    machines.stop(spec.id)
    machines.snapshot(spec.id, "uimage-without-data")
    other = login(eip(start(layers=("base", "uimage-without-data"))))
    assert other.run(f"curl --silent {SERVER}/user-data") == ""
    assert oct((state_of(machines, spec.id) / "user-data").stat().st_mode)[-3:] == "600"


def test_hosts_with_the_same_private_address_read_each_their_own(start: Start) -> None:
    specs = [start(private_ip="192.168.7.20", private_prefix=24, user_data=data) for data in (b"one", b"two")]
    assert [login(eip(spec)).run(f"{FETCH} {SERVER}/user-data") for spec in specs] == ["one", "two"]


def test_the_machine_reads_nothing(network: Network, start: Start) -> None:
    spec = start(user_data=b"a secret")
    login(eip(spec))
    assert "100.80.80.80" not in run("ip", "address", "show")
    port = run("nft", "list", "chain", "ip", f"ucloud_emulator_{network.slot}", "eip").split("dnat to ")[1].split()[0]
    assert port.startswith(f"{network.machine_private}:")
    for path in ("user-data", "meta-data"):
        with pytest.raises(OSError, match=r"refused"):
            urllib.request.urlopen(f"http://{port}/{path}", timeout=2)


def test_a_host_cannot_pass_for_another(network: Network, machines: Machines, start: Start) -> None:
    victim, other = start(user_data=b"the victim's"), start(user_data=b"the other's")
    login(eip(victim))
    shell = login(eip(other))
    shell.run(f"ip address add {victim.private_ip}/32 dev eth0")
    status, said = shell.attempt(f"{FETCH} --interface {victim.private_ip} {SERVER}/user-data")
    assert (status != 0, said) == (True, "")
    # Nor by asking the server where it listens, nor for what the machine's own network has at this address.
    port = run("nft", "list", "chain", "ip", f"ucloud_emulator_{network.slot}", "eip").split("dnat to ")[1].split()[0]
    assert shell.attempt(f"{FETCH} http://{port}/user-data")[0] != 0
    assert shell.attempt(f"{FETCH} {SERVER}:8080/")[0] == 7


def test_a_host_that_serves_port_80_itself_still_reads_its_data(start: Start) -> None:
    spec = start(user_data=b"still there")
    shell = login(eip(spec))
    shell.run("printf 'Port 22\\nPort 80\\n' > /etc/ssh/sshd_config.d/ports.conf && systemctl restart ssh")
    assert shell.run(f"{FETCH} {SERVER}/user-data") == "still there"
