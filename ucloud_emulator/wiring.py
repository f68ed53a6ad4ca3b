"""From what the cloud says of a host's network to the real host: its firewall's rules, its EIPs, its data disks."""

from __future__ import annotations

import ipaddress
import re

from ucloud_emulator.hosts.errors import NoSuchMachine
from ucloud_emulator.hosts.machines import DataDisk, Machines, Rule
from ucloud_emulator.records import Disk, Eip, Firewall, Host, SecGroup
from ucloud_emulator.refusals import Refusal, RetCode, bad_parameter
from ucloud_emulator.store import Store

PROTOCOLS = ("TCP", "UDP", "ICMP", "GRE")
MOST_SOURCES = 10
_PORTS = re.compile(r"([0-9]{1,5})(?:-([0-9]{1,5}))?")


def parse_rule(text: str) -> tuple[Rule, ...]:
    """ "TCP|22|10.0.0.1,192.168.1.1/22|DROP|LOW|remark" as a rule for each source; refuses what UCloud would."""
    parts = text.split("|", 5)
    if len(parts) < 5:
        raise _bad(text, "not protocol|port|source|action|priority|remark")
    protocol, port, sources, action, priority = (part.strip() for part in parts[:5])
    if protocol not in PROTOCOLS:
        raise _bad(text, f"protocol is none of {', '.join(PROTOCOLS)}")
    if protocol in ("TCP", "UDP"):
        match = _PORTS.fullmatch(port)
        if not match or not 1 <= int(match[1]) <= int(match[2] or match[1]) <= 65535:
            raise _bad(text, "port is neither 1-65535 nor a range")
    else:
        port = ""
    if sources.count(",") >= MOST_SOURCES:
        raise _bad(text, f"more than {MOST_SOURCES} sources")
    try:
        networks = [ipaddress.IPv4Network(source.strip(), strict=False) for source in sources.split(",")]
    except ValueError as error:
        raise _bad(text, "source is no IPv4 address or network") from error
    if action not in ("ACCEPT", "DROP"):
        raise _bad(text, "action is neither ACCEPT nor DROP")
    if priority not in ("HIGH", "MEDIUM", "LOW"):
        raise Refusal(RetCode.BAD_PRIORITY, f"Rule {text[:80]!r}: priority is none of HIGH, MEDIUM, LOW")
    if len(parts) == 6 and len(parts[5]) > 64:
        raise _bad(text, "remark is longer than 64 characters")
    return tuple(Rule(protocol, port, str(network), action, priority) for network in networks)


def _bad(text: str, reason: str) -> Refusal:
    return bad_parameter("Rule", f"{text[:80]!r}: {reason}")


def inbound(group: SecGroup) -> tuple[Rule, ...]:
    """A security group's rules for what comes in, the one of the smallest number first."""
    found = []
    for text in sorted(group.rules, key=lambda text: int(text.split("|")[3])):
        _, direction, sources, _, protocol, ports, action, _ = text.split("|", 7)
        if direction != "Ingress" or protocol == "ICMPv6":
            continue
        for kind in ("TCP", "UDP", "ICMP", "GRE") if protocol == "ALL" else (protocol,):
            for port in ports.split(",") if kind == protocol and kind in ("TCP", "UDP") else ("",):
                found += [Rule(kind, port, source, action.upper(), "HIGH") for source in sources.split(",")]
    return tuple(found)


class Wiring:
    """Brings a real host's network in line with the store, at once."""

    def __init__(self, store: Store, machines: Machines) -> None:
        self._store = store
        self._machines = machines

    def rules(self, host: Host) -> tuple[Rule, ...]:
        groups = [group for id in host.sec_groups if (group := self._store.get(SecGroup, id))]
        if host.sec_groups:
            return tuple(rule for group in groups for rule in inbound(group))
        firewall = self._store.get(Firewall, host.firewall_id)
        return tuple(rule for text in firewall.rules for rule in parse_rule(text)) if firewall else ()

    def public_ips(self, host: Host) -> tuple[str, ...]:
        return tuple(eip.ip for eip in self._store.all(Eip, lambda eip: eip.host_id == host.id))

    def data_disks(self, host: Host) -> tuple[DataDisk, ...]:
        disks = self._store.all(Disk, lambda disk: disk.host_id == host.id and not disk.boot)
        return tuple(DataDisk(disk.id, disk.size) for disk in disks)

    def apply(self, id: str, *, rules: bool = False, eips: bool = False, disks: bool = False) -> None:
        """Bring what is named in line. Content where the host is not made yet: its launch asks again."""
        host = self._store.get(Host, id)
        if host is None:
            return
        try:
            if rules:
                self._machines.set_rules(id, self.rules(host))
            if eips:
                self._machines.set_public_ips(id, self.public_ips(host))
            if disks:
                self._machines.set_disks(id, self.data_disks(host))
        except NoSuchMachine:
            return
