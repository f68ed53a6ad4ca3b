"""The image layers of one emulator: base layers from the shared cache and those made by snapshots.

A layer remembers the layers below it, and stays as long as a host or another layer stands on it:
on UCloud too an image may go while hosts made from it run on.
"""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from ucloud_emulator.hosts.base import base_folders
from ucloud_emulator.hosts.bootdisk import BootDisk
from ucloud_emulator.hosts.errors import HostError
from ucloud_emulator.hosts.overlay import disk_usage


@dataclass(frozen=True)
class _Record:
    below: tuple[str, ...]
    deleted: bool = False
    size: int = 0
    """Bytes; 0: not measured yet."""


class Layers:
    """Thread-safe; `in_use` of the calls below is what hosts stand on."""

    def __init__(self, folder: Path, cache: Path) -> None:
        self._folder = folder
        self._cache = cache
        self._lock = threading.RLock()
        folder.mkdir(parents=True, exist_ok=True)
        for half in [*folder.glob("*.part"), *(f for f in folder.iterdir() if not (f / "layer.json").is_file())]:
            shutil.rmtree(half, ignore_errors=True)

    def stack(self, layers: Sequence[str]) -> tuple[str, ...]:
        """The layers a host from an image stands on: as recorded with the top one, which knows best."""
        if not layers:
            raise HostError("an image needs at least one layer")
        with self._lock:
            for layer in layers:
                if layer in base_folders(self._cache):
                    self._link_base(layer)
            top = self._read(layers[-1])
            if top.below:
                return (*top.below, layers[-1])
            for layer in layers:
                self._read(layer)
            return tuple(layers)

    def trees(self, stack: Sequence[str]) -> list[Path]:
        """Where the layers can be read, base first."""
        with self._lock:
            return [self._tree(layer) for layer in stack]

    def size(self, stack: Sequence[str]) -> int:
        """The bytes that the layers take, which a disk made of them has used from the start."""
        with self._lock:
            return sum(self._size(layer) for layer in stack)

    def add(self, layer: str, disk: BootDisk, below: Sequence[str]) -> int:
        """Make the disk of a stopped host, mounted, an image layer, by moving it; returns its size in bytes."""
        with self._lock:
            if (self._folder / layer).exists():
                raise HostError(f'there is a layer "{layer}" already')
            part = self._folder / f"{layer}.part"
            part.mkdir()
            size = disk_usage(disk.upper)
            disk.unmount()
            self._write(part, _Record(tuple(below), size=size))
            disk.move(part)
            part.rename(self._folder / layer)
            return size

    def _tree(self, layer: str) -> Path:
        folder = self._folder / layer
        disk = BootDisk(folder)
        if not disk.file.is_file():
            return (folder / "tree").resolve(strict=True)
        disk.mount(read_only=True)
        return disk.upper

    def _size(self, layer: str) -> int:
        record = self._read(layer)
        if record.size == 0:
            record = replace(record, size=disk_usage(self._tree(layer)))
            self._write(self._folder / layer, record)
        return record.size

    def delete(self, layer: str, in_use: Iterable[str]) -> None:
        """Content where there is no such layer. Base layers are the cache's and stay."""
        with self._lock:
            if layer in base_folders(self._cache) or not (self._folder / layer).is_dir():
                return
            self._write(self._folder / layer, replace(self._read(layer), deleted=True))
            self.collect(in_use)

    def collect(self, in_use: Iterable[str]) -> None:
        """Remove the deleted layers that nothing stands on any more."""
        with self._lock:
            used = set(in_use)
            records = {f.name: self._read(f.name) for f in self._folder.iterdir()}
            living = {name for name, record in records.items() if not record.deleted}
            for name in living:
                used.update(records[name].below)
            for name, record in records.items():
                if record.deleted and name not in used:
                    gone = self._folder / f"{name}.part"
                    BootDisk(self._folder / name).unmount()
                    (self._folder / name).rename(gone)
                    shutil.rmtree(gone, ignore_errors=True)

    def _link_base(self, layer: str) -> None:
        """Keep to the build of a base layer that this state's images were made on, while it is in the cache."""
        folder = self._folder / layer
        if (folder / "tree").is_dir():
            return
        built = base_folders(self._cache)[layer]
        if not built.is_dir():
            raise HostError(f'the base image "{layer}" is not built: run "ucloud-emulator prepare"')
        folder.mkdir(exist_ok=True)
        (folder / "tree").unlink(missing_ok=True)
        (folder / "tree").symlink_to(built.resolve())
        self._write(folder, _Record(()))

    def _read(self, layer: str) -> _Record:
        try:
            found = json.loads((self._folder / layer / "layer.json").read_text())
        except FileNotFoundError:
            raise HostError(f'there is no image layer "{layer}"') from None
        return _Record(tuple(found["below"]), bool(found["deleted"]), int(found.get("size", 0)))

    def _write(self, folder: Path, record: _Record) -> None:
        part = folder / "layer.json.part"
        part.write_text(json.dumps(asdict(record)))
        part.replace(folder / "layer.json")
