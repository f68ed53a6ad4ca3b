"""What UCloud tells of its things, as typed records: the edge where its dicts end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Host:
    """A UHost. `boot_disk_ready` says that an image can be made of it."""

    id: str
    name: str
    state: str
    boot_disk_ready: bool
    private_ip: str
    public_ip: str
    eip_id: str
    image_id: str
    zone: str
    tag: str
    cpu: int
    memory: int
    created: int

    @classmethod
    def of(cls, item: Mapping[str, Any]) -> Host:
        """From an element of DescribeUHostInstance's UHostSet."""
        addresses = item.get("IPSet") or ()
        private: Mapping[str, Any] = next((each for each in addresses if each.get("Type") == "Private"), {})
        public: Mapping[str, Any] = next((each for each in addresses if each.get("Type") not in (None, "Private")), {})
        boot: Mapping[str, Any] = next(
            (each for each in item.get("DiskSet") or () if str(each.get("IsBoot")).lower() == "true"), {}
        )
        boot_state = item.get("BootDiskState") or boot.get("BootDiskState") or "Normal"
        return cls(
            id=item["UHostId"],
            name=item.get("Name") or "",
            state=item.get("State") or "",
            boot_disk_ready=boot_state == "Normal",
            private_ip=private.get("IP") or "",
            public_ip=public.get("IP") or "",
            eip_id=public.get("IPId") or "",
            image_id=item.get("BasicImageId") or item.get("ImageId") or "",
            zone=item.get("Zone") or "",
            tag=item.get("Tag") or "",
            cpu=int(item.get("CPU") or 0),
            memory=int(item.get("Memory") or 0),
            created=int(item.get("CreateTime") or 0),
        )


@dataclass(frozen=True)
class Image:
    """An image. `size` is in GB, `created` in seconds since 1970."""

    id: str
    name: str
    state: str
    type: str
    os_type: str
    os_name: str
    features: tuple[str, ...]
    size: int
    description: str
    tag: str
    created: int

    @classmethod
    def of(cls, item: Mapping[str, Any]) -> Image:
        """From an element of DescribeImage's ImageSet."""
        return cls(
            id=item["ImageId"],
            name=item.get("ImageName") or "",
            state=item.get("State") or "",
            type=item.get("ImageType") or "",
            os_type=item.get("OsType") or "",
            os_name=item.get("OsName") or "",
            features=tuple(item.get("Features") or ()),
            size=int(item.get("ImageSize") or 0),
            description=item.get("ImageDescription") or "",
            tag=item.get("Tag") or "",
            created=int(item.get("CreateTime") or 0),
        )

    @property
    def has_cloud_init(self) -> bool:
        return "CloudInit" in self.features


@dataclass(frozen=True)
class Firewall:
    """A firewall; `type` is `user defined`, `recommend web` or `recommend non web`."""

    id: str
    name: str
    type: str
    tag: str
    remark: str

    @classmethod
    def of(cls, item: Mapping[str, Any]) -> Firewall:
        """From an element of DescribeFirewall's DataSet."""
        return cls(
            id=item["FWId"],
            name=item.get("Name") or "",
            type=item.get("Type") or "",
            tag=item.get("Tag") or "",
            remark=item.get("Remark") or "",
        )


@dataclass(frozen=True)
class KeyPair:
    """A key pair; UCloud keeps its public half."""

    id: str
    name: str
    created: int
