"""What a host is made of, as the API asks for it: image layers, addresses, login, firewall, disks."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Rule:
    """One firewall rule, for traffic that comes in by an EIP."""

    protocol: str
    """TCP, UDP, ICMP or GRE."""
    port: str
    """"22", "20-30", or "" for every port (and always for ICMP and GRE)."""
    source: str
    """The addresses it speaks of, as CIDR."""
    action: str
    """ACCEPT or DROP."""
    priority: str
    """HIGH, MEDIUM or LOW: the first match in this order decides; no match means drop."""


@dataclass(frozen=True)
class DataDisk:
    """A data disk: a sparse file behind a loop device, /dev/vdb, /dev/vdc, ... in the host, not formatted."""

    id: str
    size_gb: int


@dataclass(frozen=True)
class MachineSpec:
    """A host to create."""

    id: str
    layers: tuple[str, ...]
    """The image: its layers, base first. For a layer made by snapshot() the stack recorded with it is used."""
    hostname: str
    private_ip: str
    private_prefix: int
    public_ips: tuple[str, ...] = ()
    password: str | None = None
    authorized_keys: tuple[str, ...] = ()
    username: str = "root"
    user_data: bytes | None = field(default=None, repr=False)
    """What the host reads from the metadata server, whether its image has cloud-init or not."""
    boot_disk_gb: int = 20
    rules: tuple[Rule, ...] = ()
    disks: tuple[DataDisk, ...] = ()
