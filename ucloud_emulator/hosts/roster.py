"""Which hosts there are: by id, each behind a lock, in a folder of its own that outlives the emulator's process."""

from __future__ import annotations

import contextlib
import shutil
import threading
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

from ucloud_emulator.hosts.bootdisk import BootDisk
from ucloud_emulator.hosts.container import Container
from ucloud_emulator.hosts.errors import HostError, NoSuchMachine
from ucloud_emulator.hosts.overlay import unmount
from ucloud_emulator.hosts.record import HostRecord, read_record, write_record
from ucloud_emulator.hosts.spec import MachineSpec

MOST_HOSTS = 1000


class Host:
    """What is known of one host; guarded by its lock."""

    def __init__(self, folder: Path, record: HostRecord) -> None:
        self.lock = threading.RLock()
        self.folder = folder
        self.record = record
        self.container: Container | None = None
        self.destroyed = False

    @property
    def root(self) -> Path:
        return self.folder / "root"

    @property
    def disk(self) -> BootDisk:
        return BootDisk(self.folder)

    @property
    def init(self) -> int | None:
        """The running guest's PID 1."""
        return self.container.init() if self.container else None

    def make_folders(self) -> None:
        """Empty ones, for its disk and where that is mounted."""
        shutil.rmtree(self.folder, ignore_errors=True)
        (self.folder / "root").mkdir(parents=True)

    @property
    def user_data(self) -> bytes:
        file = self.folder / "user-data"
        return file.read_bytes() if file.exists() else b""

    def keep_user_data(self, content: bytes | None) -> None:
        """Beside the disk, not on it: it is the host's, not an image's that is made of it."""
        if content is not None:
            (self.folder / "user-data").touch(mode=0o600)
            (self.folder / "user-data").write_bytes(content)

    def update(self, record: HostRecord) -> None:
        """Write a changed record down; it holds from then on."""
        write_record(self.folder, record)
        self.record = record


class Roster:
    """The hosts below a folder. Thread-safe."""

    def __init__(self, folder: Path, private_range: IPv4Network) -> None:
        """Load what an earlier process left; half-made and half-removed hosts go."""
        self._folder = folder
        self._private_range = private_range
        self._lock = threading.Lock()
        self._hosts: dict[str, Host] = {}
        for each in folder.iterdir():
            if record := read_record(each):
                self._hosts[record.id] = Host(each, record)
            else:
                shutil.rmtree(each, ignore_errors=True)

    def ids(self) -> tuple[str, ...]:
        with self._lock:
            return tuple(self._hosts)

    def all(self) -> list[Host]:
        with self._lock:
            return list(self._hosts.values())

    def find(self, id: str) -> Host | None:
        """The host as it is; not locked."""
        with self._lock:
            return self._hosts.get(id)

    @contextlib.contextmanager
    def locked(self, id: str) -> Iterator[Host]:
        """The host, for this thread alone."""
        host = self.find(id)
        if host is None:
            raise NoSuchMachine(f"there is no host {id}")
        with host.lock:
            if host.destroyed:
                raise NoSuchMachine(f"there is no host {id}")
            yield host

    def add(self, spec: MachineSpec, layers: tuple[str, ...]) -> Host:
        """A new host, locked, without folders; it is kept over a restart once its record is written."""
        with self._lock:
            if spec.id in self._hosts:
                raise HostError(f"there is a host {spec.id} already")
            record = HostRecord.of(spec, layers, self._free_index(), self.needs_stand_in(spec.private_ip))
            host = self._hosts[spec.id] = Host(self._folder / spec.id, record)
            host.lock.acquire()
        return host

    def forget(self, host: Host) -> None:
        unmount(host.root)
        host.disk.unmount()
        host.destroyed = True
        # First out of sight: a half removed folder without record is swept at the next start.
        with contextlib.suppress(FileNotFoundError):
            (host.folder / "host.json").unlink()
        shutil.rmtree(host.folder, ignore_errors=True)
        with self._lock:
            self._hosts.pop(host.record.id, None)

    def layers_in_use(self) -> set[str]:
        return {layer for host in self.all() for layer in host.record.layers}

    def _free_index(self) -> int:
        taken = {host.record.index for host in self._hosts.values()}
        for index in range(1, MOST_HOSTS):
            if index not in taken:
                return index
        raise HostError(f"{MOST_HOSTS} hosts are the most this emulator runs")

    def needs_stand_in(self, private_ip: str) -> bool:
        """Whether the machine cannot route this address to a new owner: somebody has it, or it is not ours."""
        taken = {host.record.private_ip for host in self._hosts.values()}
        return private_ip in taken or IPv4Address(private_ip) not in self._private_range
