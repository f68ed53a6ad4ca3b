"""Hosts on paper: states change, nothing boots. For tests of the API alone, and where there is no root."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from ipaddress import IPv4Network
from pathlib import Path

from ucloud_emulator.hosts.errors import HostError, NotPossibleHere
from ucloud_emulator.hosts.machines import DataDisk, Machines, MachineSpec, Rule
from ucloud_emulator.hosts.metadata import Tree

PAPER_EIPS = IPv4Network("198.18.0.0/20")
PAPER_PRIVATE = IPv4Network("10.200.0.0/16")


class PaperMachines(Machines):
    """Remembers who is on, and nothing else."""

    def __init__(self, file: Path) -> None:
        self.most = 1_000_000
        self._lock = threading.Lock()
        self._file = file
        ids = json.loads(file.read_text()) if file.exists() else []
        self._running: dict[str, bool] = dict.fromkeys(ids, False)
        self._callbacks: list[Callable[[str], None]] = []

    def _remember(self) -> None:
        part = self._file.with_suffix(".part")
        part.write_text(json.dumps(list(self._running)))
        part.replace(self._file)

    def ids(self) -> tuple[str, ...]:
        with self._lock:
            return tuple(self._running)

    def create(self, spec: MachineSpec) -> None:
        with self._lock:
            self._running[spec.id] = False
            self._remember()

    def boot(self, id: str) -> None:
        with self._lock:
            self._running[id] = True

    def running(self, id: str) -> bool:
        with self._lock:
            return self._running.get(id, False)

    def stop(self, id: str, *, force: bool = False) -> None:
        with self._lock:
            self._running[id] = False

    def reboot(self, id: str) -> None:
        self.boot(id)

    def destroy(self, id: str) -> None:
        with self._lock:
            self._running.pop(id, None)
            self._remember()

    def snapshot(self, id: str, layer: str) -> int:
        return 0

    def delete_layer(self, layer: str) -> None:
        pass

    def set_password(self, id: str, password: str) -> None:
        pass

    def set_rules(self, id: str, rules: Sequence[Rule]) -> None:
        pass

    def set_public_ips(self, id: str, ips: Sequence[str]) -> None:
        pass

    def set_disks(self, id: str, disks: Sequence[DataDisk]) -> None:
        pass

    def grow_boot_disk(self, id: str, size_gb: int) -> None:
        pass

    def copy_disk(self, source: str, target: str) -> None:
        pass

    def set_private_ip(self, id: str, address: str) -> None:
        pass

    def delete_disk(self, disk_id: str) -> None:
        pass

    def on_exit(self, callback: Callable[[str], None]) -> None:
        self._callbacks.append(callback)

    def lose_power(self, id: str) -> None:
        """As if the guest had powered itself off."""
        if not self.running(id):
            raise HostError(f"{id} is not running")
        self.stop(id)
        for callback in self._callbacks:
            callback(id)

    def mishap(self, id: str, kind: str) -> None:
        raise NotPossibleHere(f"{kind}: hosts on paper have no disk and no SSH; start the emulator with --hosts real")

    def describe_by(self, describe: Callable[[str], Tree]) -> None:
        pass

    def console(self, id: str) -> Path:
        return Path("/dev/null")

    def close(self) -> None:
        with self._lock:
            self._running = dict.fromkeys(self._running, False)
