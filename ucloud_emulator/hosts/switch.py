"""The emulator's network on this machine: hosts are plugged in when they run and unplugged when they do not.

Every host has a network namespace and a veth pair of its own and is routed, not bridged: no host
sees another's packets, two VPCs may use the same addresses, and an address whose host is gone meets the
`unreachable` route that covers the whole range, at once, instead of leaving the machine.
"""

from __future__ import annotations

import json
import re
import threading
from dataclasses import dataclass, replace
from ipaddress import IPv4Interface
from pathlib import Path

from ucloud_emulator.hosts.commands import run, succeeds
from ucloud_emulator.hosts.firewall import Port, mark, ruleset, table_name
from ucloud_emulator.hosts.network import Network
from ucloud_emulator.hosts.spec import Rule

METRIC = "4200000000"
SYSCTL = Path("/proc/sys/net")


@dataclass(frozen=True)
class Plug:
    """Where a host is to be plugged in."""

    index: int
    private: IPv4Interface
    public_ips: tuple[str, ...]
    rules: tuple[Rule, ...]
    stand_in: bool
    """The private address is not (or not alone) the host's to route: reach it by a stand-in."""


class Switch:
    """Thread-safe. up() first, then serve_metadata(); down() removes all."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self._ports: dict[int, Port] = {}
        self._metadata_port = 0
        self._lock = threading.Lock()
        self._table = str(7000 + network.slot)

    def up(self) -> None:
        network = self.network
        self._ip(
            f"link add {network.tag} type bridge",
            f"address add {network.machine_eip}/32 dev {network.tag}",
            f"address add {network.machine_private}/32 dev {network.tag}",
            f"link set {network.tag} up",
            f"route replace unreachable {network.eip_range} metric {METRIC}",
            f"route replace unreachable {network.private_range} metric {METRIC}",
            f"rule add fwmark {mark(network)} lookup {self._table} priority {self._table}",
        )
        forward = SYSCTL / "ipv4/ip_forward"
        if forward.read_text().strip() != "1":
            forward.write_text("1")

    def serve_metadata(self, port: int) -> None:
        """Lead the hosts to the metadata server on this port of the machine's private address, and nobody else."""
        with self._lock:
            self._metadata_port = port
            self._apply_locked()

    def index_at(self, address: str) -> int | None:
        """The plugged-in host whose packets have this source on the machine."""
        with self._lock:
            return next((index for index, port in self._ports.items() if port.transit == address), None)

    def down(self) -> None:
        """Remove all that this emulator, or a killed one of the same ranges, has in the machine's network."""
        ours = re.compile(rf"{self.network.tag}(h\d+)?")
        for link in json.loads(run("ip", "-j", "link", "show")):
            if ours.fullmatch(link["ifname"]):
                succeeds(["ip", "link", "delete", link["ifname"]])
        for name in self.namespaces():
            succeeds(["ip", "netns", "delete", name])
        succeeds(["nft", "delete", "table", "ip", table_name(self.network)])
        for target in (self.network.eip_range, self.network.private_range):
            succeeds(["ip", "route", "delete", "unreachable", str(target), "metric", METRIC])
        while succeeds(["ip", "rule", "delete", "fwmark", mark(self.network), "lookup", self._table]):
            pass
        self._ports.clear()

    def namespaces(self) -> list[str]:
        """The network namespaces of this emulator's hosts."""
        folder = Path("/run/netns")
        names = [entry.name for entry in folder.iterdir()] if folder.is_dir() else []
        return [name for name in names if re.fullmatch(rf"{self.network.tag}h\d+", name)]

    def name(self, index: int) -> str:
        """Of the host's namespace, of its interface here, and of its machine."""
        return f"{self.network.tag}h{index}"

    def plug(self, plug: Plug) -> Path:
        """Make the host's namespace with its address, and let traffic to it in; returns the namespace's path."""
        name, network = self.name(plug.index), self.network
        subnet, private = plug.private.network, plug.private.ip
        gateway = subnet[1] if subnet[1] != private else subnet[-2]
        transit = network.transit_range[plug.index] if plug.stand_in else private
        tail = f"{network.slot:02x}:{plug.index >> 8:02x}:{plug.index & 255:02x}"
        here, there, mtu = f"02:75:65:{tail}", f"52:54:00:{tail}", self._mtu()
        self._ip(
            f"netns add {name}",
            f"link add {name} address {here} mtu {mtu} type veth peer name eth0 address {there} mtu {mtu} netns {name}",
        )
        self._set(f"ipv6/conf/{name}/disable_ipv6", "1")
        self._set(f"ipv4/conf/{name}/rp_filter", "0")
        self._set(f"ipv4/conf/{name}/src_valid_mark", "1")
        self._set(f"ipv4/conf/{name}/send_redirects", "0")
        inside = [
            "link set lo up",
            "link set eth0 up",
            f"address add {private}/{subnet.prefixlen} dev eth0 noprefixroute",
            f"neighbour replace {gateway} lladdr {here} dev eth0 nud permanent",
            f"route add {gateway}/32 dev eth0 scope link src {private}",
            f"route add default via {gateway} dev eth0 src {transit}",
        ]
        if plug.stand_in:
            inside.insert(3, f"address add {transit}/32 dev eth0 noprefixroute")
            inside.append(f"route add {subnet} via {gateway} dev eth0 src {private}")
        run("ip", "-n", name, "-batch", "-", stdin="\n".join(inside))
        with self._lock:
            self._ports[plug.index] = Port(name, str(transit), plug.public_ips, plug.rules)
            self._apply_locked()
        lines = [
            f"link set {name} up",
            f"neighbour replace {transit} lladdr {there} dev {name} nud permanent",
            f"route add {transit}/32 dev {name} src {network.machine_private}",
            *self._eip_routes(name, plug.public_ips),
        ]
        if plug.stand_in:
            # Only hosts ask this table. Of two hosts with one address the first keeps it.
            lines.append(f"neighbour replace {private} lladdr {there} dev {name} nud permanent")
        self._ip(*lines)
        if plug.stand_in:
            succeeds(["ip", "route", "add", f"{private}/32", "dev", name, "table", self._table])
        return Path("/run/netns") / name

    def unplug(self, index: int) -> None:
        """The host's addresses are unreachable from now on; content where it is not plugged in."""
        name = self.name(index)
        succeeds(["ip", "link", "delete", name])
        succeeds(["ip", "netns", "delete", name])
        with self._lock:
            if self._ports.pop(index, None):
                self._apply_locked()

    def set_rules(self, index: int, rules: tuple[Rule, ...]) -> None:
        with self._lock:
            if index in self._ports:
                self._ports[index] = replace(self._ports[index], rules=rules)
                self._apply_locked()

    def set_public_ips(self, index: int, ips: tuple[str, ...]) -> None:
        with self._lock:
            if (port := self._ports.get(index)) is None:
                return
            self._ports[index] = replace(port, public_ips=ips)
            self._apply_locked()
            gone = [f"route delete {ip}/32 dev {port.interface}" for ip in port.public_ips if ip not in ips]
            new = tuple(ip for ip in ips if ip not in port.public_ips)
            self._ip(*gone, *self._eip_routes(port.interface, new))

    def _eip_routes(self, name: str, ips: tuple[str, ...]) -> list[str]:
        return [f"route replace {ip}/32 dev {name} src {self.network.machine_eip}" for ip in ips]

    def _apply_locked(self) -> None:
        run("nft", "-f", "-", stdin=ruleset(self.network, self._ports.values(), self._metadata_port))

    def _ip(self, *lines: str) -> None:
        if lines:
            run("ip", "-batch", "-", stdin="\n".join(lines) + "\n")

    def _mtu(self) -> int:
        """Of the machine's way out: larger packets of a host would not fit there."""
        routes = json.loads(run("ip", "-4", "-j", "route", "show", "default") or "[]")
        for route in routes:
            link = json.loads(run("ip", "-j", "link", "show", "dev", route.get("dev", "lo")))
            return min(1500, int(link[0]["mtu"]))
        return 1500

    def _set(self, name: str, value: str) -> None:
        file = SYSCTL / name
        if file.exists():
            file.write_text(value)
