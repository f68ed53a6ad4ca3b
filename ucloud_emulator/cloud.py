"""The emulated cloud: everything that the actions work on, and what each project has from the start."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass
from ipaddress import IPv4Network
from pathlib import Path

from ucloud_emulator import catalogue
from ucloud_emulator.faults import Faults
from ucloud_emulator.hosts.machines import Machines
from ucloud_emulator.latency import Latency
from ucloud_emulator.ledger import Ledger
from ucloud_emulator.lifecycle import Lifecycle
from ucloud_emulator.records import Eip, Firewall, Host, Image, Subnet, Vpc
from ucloud_emulator.refusals import Refusal, RetCode
from ucloud_emulator.requestlog import RequestLog
from ucloud_emulator.store import Store, new_id
from ucloud_emulator.wiring import Wiring


def _open(*ports: int) -> tuple[str, ...]:
    return (*(f"TCP|{port}|0.0.0.0/0|ACCEPT|HIGH|" for port in ports), "ICMP||0.0.0.0/0|ACCEPT|HIGH|")


RECOMMENDED = {
    "recommend web": ("Web服务器推荐", _open(22, 80, 443, 3389)),
    "recommend non web": ("非Web服务器推荐", _open(22, 3389)),
}
"""The firewalls of every project, by their type: name and rules."""

DEFAULT_NETWORK = 24
"""Prefix length of a default VPC's network."""

RESERVED_AT_END = 4
"""The last networks of the private range are the emulator's own."""

RESERVED_AT_START = 4
"""The first addresses of a subnet are the network's own."""


@dataclass(frozen=True)
class Ranges:
    """The addresses that this emulator may give out."""

    eips: IPv4Network
    private: IPv4Network


class EmulatedCloud:
    """State, hosts, ledger and latency of one emulator."""

    def __init__(
        self, state: Path, machines: Machines, ranges: Ranges, latency: Latency, *, more_projects: int = 0
    ) -> None:
        self.projects = (*catalogue.PROJECTS, *catalogue.more_projects(more_projects))
        self.store = Store(state / "state.sqlite")
        self.ledger = Ledger(self.store)
        self.ending = threading.Event()
        """Set when the emulator is to end: whoever waits for changes ends too."""
        self.requests = RequestLog(state / "requests.jsonl")
        self.faults = Faults()
        self.machines = machines
        self.wiring = Wiring(self.store, machines)
        self.latency = latency
        self.ranges = ranges
        self.lifecycle = Lifecycle(self.store, self.ledger, machines, self.wiring, latency, self.faults)
        self._resume()

    def has_project(self, id: str) -> bool:
        return any(project.id == id for project in self.projects)

    def project(self, id: str) -> catalogue.Project:
        return next(project for project in self.projects if project.id == id)

    def status(self) -> dict[str, object]:
        return {
            "latency": asdict(self.latency),
            "hosts": {host.id: host.state for host in self.store.all(Host)},
            "images": {image.id: image.state for image in self.store.all(Image)},
            "open": sum(row.billable for row in self.ledger.rows(open_only=True)),
        }

    def reset(self) -> None:
        """Everything is gone, as on the first day: hosts, images, EIPs, faults, ledger, request log."""
        self.faults.clear()
        with self.store.lock:
            for id in self.machines.ids():
                self.machines.destroy(id)
            layers = {image.layers[-1] for image in self.store.all(Image)}
            self.store.clear()
            self.ledger.clear()
            self.requests.clear()
        for layer in layers:
            self.lifecycle.drop_layer(layer)

    def close(self) -> None:
        """End what is under way. Who made the hosts ends them next; the state says what ran, and runs again later."""
        self.lifecycle.close()
        self.requests.close()
        self.store.close()

    def firewalls(self, project: str, region: str) -> list[Firewall]:
        """A project's firewalls in a region; the recommended ones are there when it first looks."""
        with self.store.lock:
            found = self.store.at(Firewall, project, region)
            if not any(firewall.type in RECOMMENDED for firewall in found):
                with self.store.together():
                    for type in RECOMMENDED:
                        self._seed_firewall(project, region, type)
                found = self.store.at(Firewall, project, region)
        return found

    def vpcs(self, project: str, region: str) -> list[Vpc]:
        """A project's VPCs in a region; the default one, where the account has one, is there when it first looks."""
        with self.store.lock:
            found = self.store.at(Vpc, project, region)
            if self.project(project).traits.default_vpc and not any(vpc.default for vpc in found):
                with self.store.together():
                    self._seed_vpc(project, region, int(time.time()))
                found = self.store.at(Vpc, project, region)
        return found

    def subnets(self, project: str, region: str) -> list[Subnet]:
        self.vpcs(project, region)
        return self.store.at(Subnet, project, region)

    def _default_network(self) -> IPv4Network:
        """One that no other default VPC has; where all are taken, one again, as on the real cloud.

        A host whose address another one has is reached by its EIP, and by its private address from hosts alone.
        """
        networks = list(self.ranges.private.subnets(new_prefix=DEFAULT_NETWORK))[:-RESERVED_AT_END]
        used = Counter(network for vpc in self.store.all(Vpc) if vpc.default for network in vpc.networks)
        return min(networks, key=lambda network: used[str(network)])

    def _seed_firewall(self, project: str, region: str, type: str) -> None:
        name, rules = RECOMMENDED[type]
        self.store.put(
            Firewall(
                id=new_id("firewall"),
                project=project,
                region=region,
                name=name,
                created=int(time.time()),
                type=type,
                rules=rules,
            )
        )

    def _seed_vpc(self, project: str, region: str, now: int) -> None:
        network = str(self._default_network())
        vpc = Vpc(
            id=new_id("uvnet"),
            project=project,
            region=region,
            name="DefaultVPC",
            created=now,
            updated=now,
            networks=(network,),
            default=True,
        )
        self.store.put(vpc)
        self.store.put(
            Subnet(
                id=new_id("subnet"),
                project=project,
                region=region,
                name="DefaultNetwork",
                created=now,
                vpc_id=vpc.id,
                network=network,
                default=True,
            )
        )

    def _resume(self) -> None:
        """After a restart: what was under way when the emulator ended comes to its end."""
        known = set(self.machines.ids())
        for id in known:
            if self.store.get(Host, id) is None:
                self.machines.destroy(id)
        for host in self.store.all(Host):
            if host.terminating:
                self.lifecycle.terminate(host.id)
            elif host.id not in known:
                self.store.change(Host, host.id, state="Install Fail", imaging="")
            elif host.state in ("Starting", "Running", "Rebooting", "Initializing"):
                self.store.change(Host, host.id, state="Starting", imaging="")
                self.lifecycle.start(host.id)
            else:
                self.store.change(Host, host.id, state="Stopped", imaging="")
        self.lifecycle.resume_images()

    def free_eip(self) -> str:
        """An address that no EIP has."""
        return self._free("EIP", self.ranges.eips, lambda: {eip.ip for eip in self.store.all(Eip)})

    def free_private_ip(self, subnet: Subnet) -> str:
        return self._free(subnet.id, IPv4Network(subnet.network), lambda: {h.private_ip for h in self.store.all(Host)})

    def _free(self, what: str, network: IPv4Network, taken: Callable[[], set[str]]) -> str:
        """The next address in turn: one that was just given back comes last, lest somebody still means its old host."""
        usable = network.num_addresses - RESERVED_AT_START - 2
        with self.store.lock:
            in_use = taken()
            for _ in range(usable):
                address = str(network[RESERVED_AT_START + self.store.count(what) % usable])
                if address not in in_use:
                    return address
        raise Refusal(RetCode.SERVICE_UNAVAILABLE, f"no address is left in {network}")
