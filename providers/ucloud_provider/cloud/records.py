"""What UCloud answers, as frozen records. Only what a build or a resource reads is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple


class Place(NamedTuple):
    """A project in a region: where a thing is."""

    project_id: str
    region: str

    def __str__(self) -> str:
        return f"{self.region} of {self.project_id}" if self.project_id else self.region


@dataclass(frozen=True)
class Project:
    id: str
    name: str
    default: bool


@dataclass(frozen=True)
class Zone:
    region: str
    name: str


@dataclass(frozen=True)
class Address:
    """An address of a host; `id` is the EIP's where it is public."""

    ip: str
    id: str
    kind: str
    bandwidth: int

    @property
    def public(self) -> bool:
        return self.kind != "Private"


@dataclass(frozen=True)
class Disk:
    id: str
    boot: bool
    size: int
    type: str


@dataclass(frozen=True)
class Host:
    id: str
    name: str
    state: str
    boot_disk_state: str
    tag: str
    zone: str
    cpu: int
    memory: int
    machine_type: str
    created_time: int
    basic_image_id: str
    addresses: tuple[Address, ...]
    disks: tuple[Disk, ...]

    @property
    def public_ip(self) -> str:
        return next((each.ip for each in self.addresses if each.public), "")

    @property
    def private_ip(self) -> str:
        return next((each.ip for each in self.addresses if not each.public), "")

    @property
    def eip(self) -> Address | None:
        return next((each for each in self.addresses if each.public and each.id), None)

    @classmethod
    def of(cls, raw: Mapping[str, Any]) -> Host:
        return cls(
            id=_text(raw, "UHostId"),
            name=_text(raw, "Name"),
            state=_text(raw, "State"),
            boot_disk_state=_text(raw, "BootDiskState"),
            tag=_text(raw, "Tag"),
            zone=_text(raw, "Zone"),
            cpu=_number(raw, "CPU"),
            memory=_number(raw, "Memory"),
            machine_type=_text(raw, "MachineType"),
            created_time=_number(raw, "CreateTime"),
            basic_image_id=_text(raw, "BasicImageId"),
            addresses=tuple(
                Address(_text(ip, "IP"), _text(ip, "IPId"), _text(ip, "Type"), _number(ip, "Bandwidth"))
                for ip in raw.get("IPSet") or ()
                if _text(ip, "IPMode") != "IPv6"
            ),
            disks=tuple(
                Disk(
                    _text(disk, "DiskId"),
                    _text(disk, "IsBoot").lower() == "true",
                    _number(disk, "Size"),
                    _text(disk, "DiskType"),
                )
                for disk in raw.get("DiskSet") or ()
            ),
        )


@dataclass(frozen=True)
class Image:
    id: str
    name: str
    description: str
    state: str
    type: str
    os_type: str
    os_name: str
    features: tuple[str, ...]
    size_gb: int
    created_time: int
    tag: str

    @property
    def cloud_init(self) -> bool:
        return "CloudInit" in self.features

    @classmethod
    def of(cls, raw: Mapping[str, Any]) -> Image:
        return cls(
            id=_text(raw, "ImageId"),
            name=_text(raw, "ImageName"),
            description=_text(raw, "ImageDescription"),
            state=_text(raw, "State"),
            type=_text(raw, "ImageType"),
            os_type=_text(raw, "OsType"),
            os_name=_text(raw, "OsName"),
            features=tuple(raw.get("Features") or ()),
            size_gb=_number(raw, "ImageSize"),
            created_time=_number(raw, "CreateTime"),
            tag=_text(raw, "Tag"),
        )


@dataclass(frozen=True)
class KeyPair:
    id: str
    name: str


@dataclass(frozen=True)
class Firewall:
    id: str
    name: str
    type: str
    tag: str


@dataclass(frozen=True)
class Vpc:
    id: str
    name: str
    default: bool


@dataclass(frozen=True)
class Subnet:
    id: str
    vpc_id: str


def _text(raw: Mapping[str, Any], key: str) -> str:
    value = raw.get(key)
    return "" if value is None else str(value)


def _number(raw: Mapping[str, Any], key: str) -> int:
    try:
        return int(raw.get(key) or 0)
    except (TypeError, ValueError):
        return 0
