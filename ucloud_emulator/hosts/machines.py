"""Real hosts by id: create, boot, stop, reboot, snapshot, destroy. What the emulator's API drives."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from ipaddress import IPv4Interface
from pathlib import Path

from ucloud_emulator.hosts.base import CACHE
from ucloud_emulator.hosts.cgroups import Watchdog, kill_groups
from ucloud_emulator.hosts.commands import require_root_and_tools
from ucloud_emulator.hosts.container import REBOOT_STATUS, Boot, Container, end_leftovers
from ucloud_emulator.hosts.disks import Disks, hide_in_guest, node, show_in_guest
from ucloud_emulator.hosts.errors import HostError, NoSuchMachine, NotPossibleHere
from ucloud_emulator.hosts.identity import give_identity, refresh_resolvers
from ucloud_emulator.hosts.identity import set_password as write_password
from ucloud_emulator.hosts.layers import Layers
from ucloud_emulator.hosts.limits import raise_limits
from ucloud_emulator.hosts.metadata import MetadataServer, OwnData, Tree
from ucloud_emulator.hosts.mishaps import MISHAPS
from ucloud_emulator.hosts.network import Network, nameservers
from ucloud_emulator.hosts.overlay import is_mounted, mount_overlay, share, stop_sharing, unmount
from ucloud_emulator.hosts.rootfs import Rootfs
from ucloud_emulator.hosts.roster import MOST_HOSTS, Host, Roster
from ucloud_emulator.hosts.spec import DataDisk, MachineSpec, Rule
from ucloud_emulator.hosts.switch import Plug, Switch

__all__ = ["DataDisk", "MachineSpec", "Machines", "Network", "Rule"]

log = logging.getLogger(__name__)


class Machines:
    """All hosts of one emulator. Thread-safe; each method blocks until it is done.

    Hosts are kept in the state directory: after a restart they are there, stopped.
    """

    def __init__(self, state: Path, network: Network, cache: Path = CACHE) -> None:
        """Clean what a killed predecessor of this state left, bring the network up, load the hosts."""
        require_root_and_tools()
        self.most = min(MOST_HOSTS, raise_limits())
        """Hosts that can be at once."""
        self._state = state.resolve()
        if set(":,\\") & set(str(self._state)):
            raise NotPossibleHere(f"state directory {self._state}: a mount cannot have : , or \\ in its paths")
        self._folder = self._state / "hosts"
        self._folder.mkdir(parents=True, exist_ok=True)
        self._switch = Switch(network)
        self._network = network
        self._disks = Disks(self._state / "disks")
        self._clean()
        share(self._state)
        self._layers = Layers(self._state / "layers", cache)
        self._hosts = Roster(self._folder, network.private_range)
        self._layers.collect(self._hosts.layers_in_use())
        self._callbacks: list[Callable[[str], None]] = []
        self._describe: Callable[[str], Tree] = lambda _id: {}
        self._closing = False
        # One thread starts all guests and lives as long as they: see Container.
        self._starter = ThreadPoolExecutor(1, thread_name_prefix="start-hosts")
        self._switch.up()
        self._metadata = MetadataServer(str(network.machine_private), self._own_data)
        self._switch.serve_metadata(self._metadata.port)
        self._watchdog = Watchdog(network.tag)

    def ids(self) -> tuple[str, ...]:
        """Every host that exists, running or not."""
        return self._hosts.ids()

    def create(self, spec: MachineSpec) -> None:
        """Make the host's disk on its image and put name and login on it; does not boot."""
        host = self._hosts.add(spec, self._layers.stack(spec.layers))
        try:
            host.make_folders()
            host.disk.make(spec.boot_disk_gb, self._layers.size(host.record.layers))
            with self._disk(host) as root:
                give_identity(root, spec, nameservers())
            host.keep_user_data(spec.user_data)
            host.update(host.record)
        except BaseException:
            self._forget(host)
            raise
        finally:
            host.lock.release()

    def boot(self, id: str) -> None:
        """Power on. Returns once systemd runs in the host; sshd answers about a second later."""
        with self._hosts.locked(id) as host:
            if host.container is None:
                self._boot(host)

    def running(self, id: str) -> bool:
        host = self._hosts.find(id)
        return host is not None and host.container is not None

    def stop(self, id: str, *, force: bool = False) -> None:
        """Power off: orderly, or with force like pulling the plug. Content where it is off already."""
        with self._hosts.locked(id) as host:
            self._stop(host, force=force)

    def reboot(self, id: str) -> None:
        with self._hosts.locked(id) as host:
            self._stop(host, force=False)
            self._boot(host)

    def lose_power(self, id: str) -> None:
        """The host dies by itself, as it stands; on_exit() hears of it."""
        with self._hosts.locked(id) as host:
            if host.container is None:
                raise HostError(f"{id} is not running")
            self._switch.unplug(host.record.index)
            host.container.kill()

    def mishap(self, id: str, kind: str) -> None:
        """Let one of MISHAPS happen inside the running host."""
        with self._hosts.locked(id) as host:
            if host.init is None:
                raise HostError(f"{id} is not running")
            MISHAPS[kind](host.init)

    def destroy(self, id: str) -> None:
        """Power off at once and remove disk, data disks and addresses. Content where there is no such host."""
        with contextlib.suppress(NoSuchMachine), self._hosts.locked(id) as host:
            self._stop(host, force=True)
            for disk in host.record.disks:
                self._disks.remove(disk.id)
            self._forget(host)

    def snapshot(self, id: str, layer: str) -> int:
        """Make the stopped host's disk the layer of an image; returns the layer's size in bytes.

        A host from it is created with layers = those of this host's spec and `layer`. The disk is not
        copied: it becomes the layer, and the host goes on with an empty one on top of it.
        """
        with self._hosts.locked(id) as host:
            if host.container is not None:
                raise HostError(f"{id} runs: an image is made from a stopped host")
            unmount(host.root)
            host.disk.mount()
            size = self._layers.add(layer, host.disk, host.record.layers)
            host.update(replace(host.record, layers=(*host.record.layers, layer)))
            host.disk.make(host.record.boot_disk_gb, self._layers.size(host.record.layers))
            host.disk.unmount()
            return size

    def delete_layer(self, layer: str) -> None:
        """Remove an image's layer, at once or when the last host and image that stand on it are gone."""
        self._layers.delete(layer, self._hosts.layers_in_use())

    def set_password(self, id: str, password: str) -> None:
        with self._hosts.locked(id) as host, self._disk(host) as root:
            write_password(root, host.record.username, password)

    def set_rules(self, id: str, rules: Sequence[Rule]) -> None:
        """Replace the firewall's rules; holds for new connections at once."""
        with self._hosts.locked(id) as host:
            host.update(replace(host.record, rules=tuple(rules)))
            self._switch.set_rules(host.record.index, tuple(rules))

    def set_public_ips(self, id: str, ips: Sequence[str]) -> None:
        """Replace the host's EIPs; connections by an EIP that is gone end."""
        with self._hosts.locked(id) as host:
            host.update(replace(host.record, public_ips=tuple(ips)))
            self._switch.set_public_ips(host.record.index, tuple(ips))

    def set_disks(self, id: str, disks: Sequence[DataDisk]) -> None:
        """Attach, detach or grow data disks. A detached one keeps its data until delete_disk()."""
        with self._hosts.locked(id) as host:
            before, init = host.record.slots(), host.init
            host.update(host.record.with_disks(disks))
            after = host.record.slots()
            for slot, disk in before.items():
                if after.get(slot, disk).id != disk.id or slot not in after:
                    if init is not None:
                        hide_in_guest(init, node(slot))
                    self._disks.detach(disk.id)
            for slot, disk in after.items():
                if init is not None and before.get(slot) != disk:
                    show_in_guest(init, node(slot), self._disks.attach(disk))

    def grow_boot_disk(self, id: str, size_gb: int) -> None:
        """Make the boot disk larger: from the host's next boot on, its file system too."""
        with self._hosts.locked(id) as host:
            host.update(replace(host.record, boot_disk_gb=size_gb))

    def copy_disk(self, source: str, target: str) -> None:
        """Give a data disk, or a snapshot of one, another's content; one that was never attached has none."""
        self._disks.copy(source, target)

    def set_private_ip(self, id: str, address: str) -> None:
        """Of a host that is off: it has the address from its next start."""
        with self._hosts.locked(id) as host:
            if host.container is not None:
                raise HostError(f"{id} runs: its address is changed while it is off")
            stand_in = self._hosts.needs_stand_in(address)
            host.update(replace(host.record, private_ip=address, stand_in=stand_in))

    def delete_disk(self, disk_id: str) -> None:
        """Remove a data disk that no host has. (destroy() removes those attached then.)"""
        self._disks.remove(disk_id)

    def on_exit(self, callback: Callable[[str], None]) -> None:
        """Have callback(id) called when a guest powers itself off (a guest's own reboot comes back by itself)."""
        self._callbacks.append(callback)

    def describe_by(self, describe: Callable[[str], Tree]) -> None:
        """Have describe(id) say what hosts read of themselves, beside their id and name."""
        self._describe = describe

    def console(self, id: str) -> Path:
        """The file with the host's console output of all boots."""
        with self._hosts.locked(id) as host:
            return host.folder / "console.log"

    def close(self) -> None:
        """Power everything off and take the network down. Disks and layers stay in the state directory."""
        self._closing = True
        hosts = self._hosts.all()

        def end(host: Host) -> None:
            with host.lock:
                self._stop(host, force=True)

        with ThreadPoolExecutor(16) as pool:
            ended = [pool.submit(end, host) for host in hosts]
        self._metadata.close()
        self._clean()
        self._watchdog.close()
        self._starter.shutdown()
        for future in ended:
            future.result()

    def _own_data(self, address: str) -> OwnData | None:
        """What the host with this address reads from the metadata server."""
        index = self._switch.index_at(address)
        host = next((host for host in self._hosts.all() if host.record.index == index), None)
        if host is None:
            return None
        # A new instance id makes cloud-init run again on a host whose image ran it before.
        own: Tree = {"instance-id": host.record.id, "local-hostname": host.record.hostname}
        return OwnData({**self._describe(host.record.id), **own}, host.user_data)

    def _boot(self, host: Host) -> None:
        record = host.record
        if self._closing:
            raise HostError(f"{record.id}: the emulator is ending")
        try:
            self._mount(host)
            with Rootfs(host.root) as root:
                refresh_resolvers(root, nameservers())
            devices = tuple((self._disks.attach(disk), node(slot)) for slot, disk in record.slots().items())
            private = IPv4Interface(f"{record.private_ip}/{record.private_prefix}")
            namespace = self._switch.plug(Plug(record.index, private, record.public_ips, record.rules, record.stand_in))
            boot = Boot(
                self._switch.name(record.index), record.hostname, host.root, namespace,
                host.folder / "console.log", devices,
            )  # fmt: skip
            container = self._starter.submit(Container, boot).result()
            container.wait_until_booting()
        except BaseException:
            self._power_is_off(host)
            raise
        host.container = container
        threading.Thread(target=self._watch, args=(host, container), name=f"watch-{record.id}", daemon=True).start()

    def _stop(self, host: Host, *, force: bool) -> None:
        if (container := host.container) is None:
            return
        # From outside the host is gone before its services are.
        if force:
            self._switch.unplug(host.record.index)
            container.kill()
        else:
            container.power_off()
        host.container = None
        self._power_is_off(host)

    def _watch(self, host: Host, container: Container) -> None:
        """Follow a guest to its end; where it ended by itself, boot it again or tell whoever asked."""
        container.exited.wait()
        with host.lock:
            if host.container is not container or host.destroyed:
                return
            host.container = None
            self._power_is_off(host)
            level = logging.INFO if container.status in (0, REBOOT_STATUS) else logging.WARNING
            said = container.last_words()
            log.log(level, "%s ended by itself, exit status %s: %s", host.record.id, container.status, said)
            if container.status == REBOOT_STATUS and not self._closing:
                try:
                    self._boot(host)
                    return
                except Exception:
                    log.exception("%s did not come back from its reboot", host.record.id)
        for callback in self._callbacks:
            callback(host.record.id)

    def _power_is_off(self, host: Host) -> None:
        self._switch.unplug(host.record.index)
        unmount(host.root)
        host.disk.unmount()
        for disk in host.record.disks:
            self._disks.detach(disk.id)

    @contextlib.contextmanager
    def _disk(self, host: Host) -> Iterator[Rootfs]:
        """The host's disk to read and write, whether it runs or not."""
        mounted = is_mounted(host.root)
        if not mounted:
            self._mount(host)
        try:
            with Rootfs(host.root) as root:
                yield root
        finally:
            if not mounted:
                unmount(host.root)
                host.disk.unmount()

    def _mount(self, host: Host) -> None:
        if not is_mounted(host.root):
            host.disk.grow(host.record.boot_disk_gb)
            host.disk.mount()
            mount_overlay(self._layers.trees(host.record.layers), host.disk.upper, host.disk.work, host.root)

    def _forget(self, host: Host) -> None:
        self._hosts.forget(host)
        self._layers.collect(self._hosts.layers_in_use())

    def _clean(self) -> None:
        end_leftovers(self._folder, self._switch.namespaces())
        kill_groups(self._network.tag)
        unmount(self._folder)
        self._disks.detach_all()
        stop_sharing(self._state)
        self._switch.down()
