"""Addresses and firewall: what is let in, by which address, and that nothing outlives its host."""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable

import pytest

from tests.emulator.hosts.conftest import SSH_ALLOWED, connects, eip, login
from ucloud_emulator.hosts.commands import run
from ucloud_emulator.hosts.machines import Machines, MachineSpec, Network, Rule

Start = Callable[..., MachineSpec]


def serve(spec: MachineSpec, *ports: int) -> None:
    """Have something listen on the ports: sshd, which is there."""
    lines = "".join(f"Port {port}\\n" for port in (22, *ports))
    shell = login(eip(spec))
    shell.run(f"printf '{lines}' > /etc/ssh/sshd_config.d/ports.conf && systemctl restart ssh")


def rule(port: str, action: str = "ACCEPT", priority: str = "HIGH", source: str = "0.0.0.0/0") -> Rule:
    return Rule("TCP", port, source, action, priority)


def test_only_what_a_rule_accepts_comes_in_by_the_eip(machines: Machines, start: Start) -> None:
    spec = start()
    serve(spec, 80, 8000, 8001)
    assert not connects(eip(spec), 80)
    machines.set_rules(spec.id, [SSH_ALLOWED, rule("80"), rule("8000-8001")])
    assert [connects(eip(spec), port) for port in (22, 80, 8000, 8001)] == [True] * 4
    machines.set_rules(spec.id, [])
    assert not connects(eip(spec), 22)


def test_the_rule_of_higher_priority_decides(machines: Machines, start: Start) -> None:
    spec = start()
    machines.set_rules(spec.id, [rule("22", priority="LOW"), rule("22", "DROP", "HIGH")])
    assert not connects(eip(spec), 22)
    machines.set_rules(spec.id, [rule("", "DROP", "LOW"), rule("22", "ACCEPT", "MEDIUM")])
    login(eip(spec))


def test_a_rule_speaks_of_its_source_only(machines: Machines, network: Network, start: Start) -> None:
    spec = start()
    login(eip(spec))
    machines.set_rules(spec.id, [rule("22", source="203.0.113.0/24")])
    assert not connects(eip(spec), 22)
    machines.set_rules(spec.id, [rule("22", source=f"{network.machine_eip}/32")])
    assert connects(eip(spec), 22)


def test_another_host_comes_with_its_eip_as_source(machines: Machines, start: Start) -> None:
    client, server = start(), start()
    shell = login(eip(client))
    machines.set_rules(server.id, [rule("22", source=f"{eip(client)}/32")])
    shell.run(f"timeout 10 bash -c 'until </dev/tcp/{eip(server)}/22; do sleep 0.1; done'")
    machines.set_rules(client.id, [])
    assert not connects(eip(server), 22)


def test_ping_needs_an_icmp_rule(machines: Machines, start: Start) -> None:
    client, server = start(), start()
    shell = login(eip(client))
    assert shell.attempt(f"ping -c1 -W1 {eip(server)}")[0] != 0
    machines.set_rules(server.id, [Rule("ICMP", "", "0.0.0.0/0", "ACCEPT", "HIGH")])
    shell.run(f"ping -c3 -i0.2 -W5 {eip(server)}")


def test_the_firewall_leaves_private_traffic_alone(machines: Machines, start: Start) -> None:
    client, server = start(), start()
    shell = login(eip(client))
    machines.set_rules(server.id, [])
    shell.run(f"timeout 10 bash -c 'until </dev/tcp/{server.private_ip}/22; do sleep 0.1; done'")
    assert login(server.private_ip).run("hostname") == server.hostname


def test_rules_outlive_the_guests_reboot_and_its_root_cannot_change_them(machines: Machines, start: Start) -> None:
    spec = start()
    serve(spec, 80)
    machines.reboot(spec.id)
    login(eip(spec))
    assert not connects(eip(spec), 80)


def test_an_eip_moves_to_another_host_with_the_next_connection(machines: Machines, start: Start) -> None:
    first, second = start(), start(public_ips=())
    shell = login(eip(first))
    moved = eip(first)
    machines.set_public_ips(first.id, [])
    assert not connects(moved, 22)
    machines.set_public_ips(second.id, [moved])
    assert login(moved).run("hostname") == second.hostname
    shell.client.get_transport().set_keepalive(0)  # type: ignore[union-attr]
    shell.client.get_transport().sock.settimeout(2)  # type: ignore[union-attr]
    with pytest.raises(Exception, match=r".*"):
        shell.client.exec_command("hostname", timeout=2)[1].read()


def test_a_host_has_several_eips(start: Start, network: Network) -> None:
    spec = start(public_ips=(str(network.eip_range[100]), str(network.eip_range[101])))
    assert [login(ip).run("hostname") for ip in spec.public_ips] == [spec.hostname] * 2


def test_the_addresses_of_a_destroyed_host_are_unreachable_at_once(machines: Machines, start: Start) -> None:
    spec = start()
    login(eip(spec))
    machines.destroy(spec.id)
    for address in (eip(spec), spec.private_ip):
        with pytest.raises(OSError, match="No route to host") as refused:
            socket.create_connection((address, 22), 1)
        assert refused.value.errno == errno.EHOSTUNREACH


def test_an_address_that_nobody_has_does_not_leave_the_machine(network: Network, machines: Machines) -> None:
    for address in (network.eip_range[77], network.private_range[77]):
        with pytest.raises(OSError, match="No route to host") as refused:
            socket.create_connection((str(address), 22), 1)
        assert refused.value.errno == errno.EHOSTUNREACH


def test_hosts_of_two_vpcs_may_have_the_same_private_address(start: Start) -> None:
    specs = [start(private_ip="192.168.7.10", private_prefix=24) for _ in range(2)]
    shells = [login(eip(spec)) for spec in specs]
    assert [shell.run("hostname") for shell in shells] == [spec.hostname for spec in specs]
    for shell in shells:
        assert "192.168.7.10/24" in shell.run("ip -4 address show eth0")
        shell.run("apt-get -q update")


def test_hosts_of_a_vpc_of_the_users_own_reach_each_other(start: Start, network: Network) -> None:
    client = start(private_ip="192.168.8.10", private_prefix=24)
    server = start(private_ip="192.168.8.11", private_prefix=24)
    login(eip(server))
    login(eip(client)).run(f"timeout 5 bash -c '</dev/tcp/{server.private_ip}/22'")
    # This machine's own 192.168.8.11, if it has one, is not hidden from it.
    assert network.tag not in run("ip", "route", "get", server.private_ip)


def test_a_host_reaches_the_internet_and_not_this_machine(start: Start, network: Network) -> None:
    listener = socket.create_server(("0.0.0.0", 0))
    port = listener.getsockname()[1]
    shell = login(eip(start()))
    shell.run("apt-get -q update")
    for address in (network.machine_private, network.machine_eip):
        assert shell.attempt(f"timeout 2 bash -c '</dev/tcp/{address}/{port}'")[0] != 0
    listener.close()
