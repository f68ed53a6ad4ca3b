"""What is kept on disk of a host, so that it is still there after the emulator restarts. No secrets."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from ucloud_emulator.hosts.spec import DataDisk, MachineSpec, Rule


@dataclass(frozen=True)
class HostRecord:
    """A host as created and changed since; the password is only on its disk, user data in a file beside."""

    id: str
    layers: tuple[str, ...]
    hostname: str
    username: str
    private_ip: str
    private_prefix: int
    public_ips: tuple[str, ...]
    rules: tuple[Rule, ...]
    disks: tuple[DataDisk, ...]
    disk_slots: tuple[int, ...]
    """For each disk its place: 0 is /dev/vdb. Stays when another disk is detached."""
    index: int
    """Numbers the host among the living ones, for the names of interfaces."""
    stand_in: bool
    boot_disk_gb: int = 20

    @classmethod
    def of(cls, spec: MachineSpec, layers: tuple[str, ...], index: int, stand_in: bool) -> HostRecord:
        return cls(
            id=spec.id, layers=layers, hostname=spec.hostname, username=spec.username, private_ip=spec.private_ip,
            private_prefix=spec.private_prefix, public_ips=spec.public_ips, rules=spec.rules, disks=spec.disks,
            disk_slots=tuple(range(len(spec.disks))), index=index, stand_in=stand_in,
            boot_disk_gb=spec.boot_disk_gb,
        )  # fmt: skip

    def slots(self) -> dict[int, DataDisk]:
        return dict(zip(self.disk_slots, self.disks, strict=True))

    def with_disks(self, disks: Sequence[DataDisk]) -> HostRecord:
        """Disks that stay keep their place; new ones take the first that is free."""
        places = {disk.id: slot for slot, disk in self.slots().items()}
        kept = {places[disk.id] for disk in disks if disk.id in places}
        free = (slot for slot in range(len(disks) + len(kept)) if slot not in kept)
        slots = tuple(places[disk.id] if disk.id in places else next(free) for disk in disks)
        return replace(self, disks=tuple(disks), disk_slots=slots)


def write_record(folder: Path, record: HostRecord) -> None:
    part = folder / "host.json.part"
    part.write_text(json.dumps(asdict(record)))
    part.replace(folder / "host.json")


def read_record(folder: Path) -> HostRecord | None:
    """None for a folder that a host was never, or is no longer, complete in."""
    try:
        found = json.loads((folder / "host.json").read_text())
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None
    found["rules"] = tuple(Rule(**rule) for rule in found["rules"])
    found["disks"] = tuple(DataDisk(**disk) for disk in found["disks"])
    for name in ("layers", "public_ips", "disk_slots"):
        found[name] = tuple(found[name])
    return HostRecord(**found)
