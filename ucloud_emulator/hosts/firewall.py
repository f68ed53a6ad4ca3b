"""The nftables rules of one emulator: EIPs to hosts, hosts to the internet and to their metadata, each host's firewall.

Everything is in the machine's own network namespace, where a guest, root as it is, cannot reach it.
A host's firewall stands after the address translations, on what goes out to the host's interface:
there the packet has the source that the host will see, and conntrack still knows the EIP it came for.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from ucloud_emulator.hosts.errors import HostError
from ucloud_emulator.hosts.network import Network
from ucloud_emulator.hosts.spec import Rule

PRIORITIES = {"HIGH": 0, "MEDIUM": 1, "LOW": 2}
VERDICTS = {"ACCEPT": "accept", "DROP": "drop"}

METADATA = "100.80.80.80"
"""Where hosts find the metadata server; no interface has the address."""


@dataclass(frozen=True)
class Port:
    """A host's place in the network while it runs."""

    interface: str
    transit: str
    """The address behind the EIPs: the private one, or its stand-in."""
    public_ips: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = field(default=())


def table_name(network: Network) -> str:
    return f"ucloud_emulator_{network.slot}"


def mark(network: Network) -> str:
    """On packets that come from this emulator's hosts, to route them by a table of their own."""
    return hex(0x75650000 + network.slot)


def ruleset(network: Network, ports: Iterable[Port], metadata_port: int) -> str:
    """The whole table, to replace the one before in a single transaction.

    `metadata_port` is where this emulator's metadata server listens, on the machine's private address.
    """
    ports = tuple(ports)
    table, hosts = table_name(network), f'"{network.tag}h*"'
    to_host = [f"{ip} : {p.transit}" for p in ports for ip in p.public_ips]
    to_eip = [f"{p.transit} : {p.public_ips[0]}" for p in ports if p.public_ips]
    selves = [f'"{p.interface}" . {p.transit}' for p in ports]
    metadata_server = f"ip daddr {network.machine_private} tcp dport {metadata_port}"
    edges = [f'"{p.interface}" : jump {p.interface}' for p in ports]
    chains = "\n".join(_host_chain(network, port) for port in ports)
    return f"""\
table ip {table} {{ }}
delete table ip {table}
table ip {table} {{
    map eip_to_host {{ type ipv4_addr : ipv4_addr; {_elements(to_host)} }}
    set selves {{ type ifname . ipv4_addr; {_elements(selves)} }}
    map host_to_eip {{ type ipv4_addr : ipv4_addr; {_elements(to_eip)} }}
{chains}
    map edges {{ type ifname : verdict; {_elements(edges)} }}
    chain from_hosts {{
        type filter hook prerouting priority mangle;
        iifname {hosts} meta mark set {mark(network)}
    }}
    chain eip {{
        type nat hook prerouting priority dstnat;
        iifname . ip saddr @selves ip daddr {METADATA} tcp dport 80 dnat to {network.machine_private}:{metadata_port}
        dnat to ip daddr map @eip_to_host
    }}
    chain eip_from_here {{
        type nat hook output priority -100;
        dnat to ip daddr map @eip_to_host
    }}
    chain out {{
        type nat hook postrouting priority srcnat;
        oifname {hosts} ct original ip daddr {network.eip_range} snat to ip saddr map @host_to_eip
        oifname != {hosts} ip saddr {network.private_range} masquerade
    }}
    chain firewall {{
        type filter hook postrouting priority srcnat + 10;
        oifname vmap @edges
    }}
    chain elsewhere {{
        comment "what a cloud's metadata server has, of the network this machine is in, is not the hosts' to read"
        type filter hook forward priority filter;
        iifname {hosts} ip daddr {{ 169.254.0.0/16, {METADATA} }} reject
    }}
    chain machine {{
        comment "hosts reach nothing of this machine but its resolver, as from a cloud, and each its own metadata"
        type filter hook input priority filter;
        {metadata_server} ct original ip daddr != {METADATA} reject
        {metadata_server} iifname {hosts} accept
        iifname {hosts} ct state established,related accept
        iifname {hosts} meta l4proto icmp accept
        iifname {hosts} meta l4proto {{ tcp, udp }} th dport 53 accept
        iifname {hosts} reject
    }}
}}
"""


def _elements(pairs: list[str]) -> str:
    return f"elements = {{ {', '.join(pairs)} }}" if pairs else ""


def _host_chain(network: Network, port: Port) -> str:
    eips = ", ".join(port.public_ips)
    lines = [
        "ct direction reply accept",
        f"ct original ip daddr != {network.eip_range} accept",
        # A connection made by an EIP that was this host's and is no longer.
        f"ct original ip daddr != {{ {eips} }} drop" if eips else "drop",
        "ct state established,related accept",
    ]
    lines += [_rule(rule) for rule in sorted(port.rules, key=lambda r: PRIORITIES[r.priority])]
    body = "\n".join(f"        {line}" for line in [*lines, "drop"])
    return f"    chain {port.interface} {{\n{body}\n    }}"


def _rule(rule: Rule) -> str:
    protocol, verdict = rule.protocol.upper(), VERDICTS[rule.action.upper()]
    if protocol in ("TCP", "UDP"):
        what = f"{protocol.lower()} dport {rule.port}" if rule.port else f"meta l4proto {protocol.lower()}"
    elif protocol in ("ICMP", "GRE"):
        what = f"meta l4proto {protocol.lower()}"
    else:
        raise HostError(f'firewall rule: protocol "{rule.protocol}" is none of TCP, UDP, ICMP, GRE')
    return f"ip saddr {rule.source} {what} {verdict}"
