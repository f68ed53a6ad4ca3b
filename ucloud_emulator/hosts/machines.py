"""Real hosts by id: create, boot, stop, reboot, snapshot, destroy. What the emulator's API drives."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from ucloud_emulator.hosts.network import Network
from ucloud_emulator.hosts.spec import DataDisk, MachineSpec, Rule

__all__ = ["DataDisk", "MachineSpec", "Machines", "Network", "Rule"]


class Machines:
    """All hosts of one emulator. Thread-safe; each method blocks until it is done.

    Hosts are kept in the state directory: after a restart they are there, stopped.
    """

    def __init__(self, state: Path, network: Network, cache: Path = Path("/var/cache/ucloud-emulator")) -> None:
        """Clean what a killed predecessor of this state left, bring the network up, load the hosts."""
        raise NotImplementedError

    def ids(self) -> tuple[str, ...]:
        """Every host that exists, running or not."""
        raise NotImplementedError

    def create(self, spec: MachineSpec) -> None:
        """Make the host's disk on its image and put name, login and user data on it; does not boot."""
        raise NotImplementedError

    def boot(self, id: str) -> None:
        """Power on. Returns once systemd runs in the host; sshd answers about a second later."""
        raise NotImplementedError

    def running(self, id: str) -> bool:
        raise NotImplementedError

    def stop(self, id: str, *, force: bool = False) -> None:
        """Power off: orderly, or with force like pulling the plug. Content where it is off already."""
        raise NotImplementedError

    def reboot(self, id: str) -> None:
        raise NotImplementedError

    def destroy(self, id: str) -> None:
        """Power off at once and remove disk, data disks and addresses. Content where there is no such host."""
        raise NotImplementedError

    def snapshot(self, id: str, layer: str) -> int:
        """Make the stopped host's disk the layer of an image; returns the layer's size in bytes.

        A host from it is created with layers = those of this host's spec and `layer`.
        """
        raise NotImplementedError

    def delete_layer(self, layer: str) -> None:
        """Remove an image's layer, at once or when the last host and image that stand on it are gone."""
        raise NotImplementedError

    def set_password(self, id: str, password: str) -> None:
        raise NotImplementedError

    def set_rules(self, id: str, rules: Sequence[Rule]) -> None:
        """Replace the firewall's rules; holds for new connections at once."""
        raise NotImplementedError

    def set_public_ips(self, id: str, ips: Sequence[str]) -> None:
        """Replace the host's EIPs; connections by an EIP that is gone end."""
        raise NotImplementedError

    def set_disks(self, id: str, disks: Sequence[DataDisk]) -> None:
        """Attach, detach or grow data disks. A detached one keeps its data until delete_disk()."""
        raise NotImplementedError

    def delete_disk(self, disk_id: str) -> None:
        """Remove a data disk that no host has. (destroy() removes those attached then.)"""
        raise NotImplementedError

    def on_exit(self, callback: Callable[[str], None]) -> None:
        """Have callback(id) called when a guest powers itself off (a guest's own reboot comes back by itself)."""
        raise NotImplementedError

    def console(self, id: str) -> Path:
        """The file with the host's console output of all boots."""
        raise NotImplementedError

    def close(self) -> None:
        """Power everything off and take the network down. Disks and layers stay in the state directory."""
        raise NotImplementedError
