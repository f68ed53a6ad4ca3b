"""Hosts beside the real ones that have no guest: Windows can be described, created and stopped, but not booted here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from ucloud_emulator.hosts.machines import DataDisk, Machines, MachineSpec, Rule
from ucloud_emulator.hosts.metadata import Tree
from ucloud_emulator.paper import PaperMachines

GUESTLESS = "windows"
"""The layer of images that nothing can be booted from."""


class WithGuestless(Machines):
    """Real hosts, and on paper those whose image stands on the `windows` layer."""

    def __init__(self, real: Machines, paper: PaperMachines) -> None:
        self._real = real
        self._paper = paper
        self.most = real.most

    def _of(self, id: str) -> Machines:
        return self._paper if id in self._paper.ids() else self._real

    def ids(self) -> tuple[str, ...]:
        return (*self._real.ids(), *self._paper.ids())

    def create(self, spec: MachineSpec) -> None:
        (self._paper if GUESTLESS in spec.layers else self._real).create(spec)

    def boot(self, id: str) -> None:
        self._of(id).boot(id)

    def running(self, id: str) -> bool:
        return self._of(id).running(id)

    def stop(self, id: str, *, force: bool = False) -> None:
        self._of(id).stop(id, force=force)

    def reboot(self, id: str) -> None:
        self._of(id).reboot(id)

    def lose_power(self, id: str) -> None:
        self._of(id).lose_power(id)

    def mishap(self, id: str, kind: str) -> None:
        self._of(id).mishap(id, kind)

    def destroy(self, id: str) -> None:
        self._of(id).destroy(id)

    def snapshot(self, id: str, layer: str) -> int:
        return self._of(id).snapshot(id, layer)

    def delete_layer(self, layer: str) -> None:
        self._real.delete_layer(layer)

    def set_password(self, id: str, password: str) -> None:
        self._of(id).set_password(id, password)

    def set_rules(self, id: str, rules: Sequence[Rule]) -> None:
        self._of(id).set_rules(id, rules)

    def set_public_ips(self, id: str, ips: Sequence[str]) -> None:
        self._of(id).set_public_ips(id, ips)

    def set_disks(self, id: str, disks: Sequence[DataDisk]) -> None:
        self._of(id).set_disks(id, disks)

    def grow_boot_disk(self, id: str, size_gb: int) -> None:
        self._of(id).grow_boot_disk(id, size_gb)

    def copy_disk(self, source: str, target: str) -> None:
        self._real.copy_disk(source, target)

    def set_private_ip(self, id: str, address: str) -> None:
        self._of(id).set_private_ip(id, address)

    def delete_disk(self, disk_id: str) -> None:
        self._real.delete_disk(disk_id)

    def on_exit(self, callback: Callable[[str], None]) -> None:
        self._real.on_exit(callback)
        self._paper.on_exit(callback)

    def describe_by(self, describe: Callable[[str], Tree]) -> None:
        self._real.describe_by(describe)

    def console(self, id: str) -> Path:
        return self._of(id).console(id)

    def close(self) -> None:
        self._real.close()
        self._paper.close()
