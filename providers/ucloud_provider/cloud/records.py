"""What UCloud tells of its things, as typed records: the edge where its dicts end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ucloud_provider.cloud.answers import key, listed, number, text


@dataclass(frozen=True)
class HostDisk:
    """A disk of a host: its type as UCloud writes it, such as `CLOUD_SSD`, and its size in GB."""

    type: str
    size: int
    boot: bool

    @classmethod
    def of(cls, item: Mapping[str, Any]) -> HostDisk:
        """From an element of a host's DiskSet."""
        boot = str(item.get("IsBoot")).lower() == "true"
        return cls(text(item, "DiskType", "Type"), number(item, "Size"), boot)


@dataclass(frozen=True)
class Host:
    """A UHost. `boot_disk_ready` says that an image can be made of it. Disks' sizes are in GB."""

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
    machine_type: str = ""
    cpu_maker: str = ""
    """`Intel` or `Amd`; empty where UCloud does not say, or prices know no such maker."""
    disks: tuple[HostDisk, ...] = ()

    @classmethod
    def of(cls, item: Mapping[str, Any]) -> Host:
        """From an element of DescribeUHostInstance's UHostSet."""
        action = "DescribeUHostInstance"
        addresses = [each for each in listed(action, item, "IPSet") if text(each, "Type")]
        private: Mapping[str, Any] = next((each for each in addresses if each["Type"] == "Private"), {})
        public: Mapping[str, Any] = next((each for each in addresses if each["Type"] != "Private"), {})
        boot: Mapping[str, Any] = next(
            (each for each in listed(action, item, "DiskSet") if str(each.get("IsBoot")).lower() == "true"), {}
        )
        maker = text(item, "CpuPlatform").partition("/")[0]
        boot_state = text(item, "BootDiskState") or text(boot, "BootDiskState") or "Normal"
        return cls(
            id=key(action, item, "UHostId"),
            name=text(item, "Name"),
            state=text(item, "State"),
            boot_disk_ready=boot_state == "Normal",
            private_ip=text(private, "IP"),
            public_ip=text(public, "IP"),
            eip_id=text(public, "IPId"),
            image_id=text(item, "BasicImageId", "ImageId"),
            zone=text(item, "Zone"),
            tag=text(item, "Tag"),
            cpu=number(item, "CPU"),
            memory=number(item, "Memory"),
            created=number(item, "CreateTime"),
            machine_type=text(item, "MachineType"),
            cpu_maker=maker if maker in ("Intel", "Amd") else "",
            disks=tuple(map(HostDisk.of, listed(action, item, "DiskSet"))),
        )

    @property
    def boot_disk_type(self) -> str:
        """Such as `cloud_ssd`; empty where UCloud does not say."""
        return next((each.type.lower() for each in self.disks if each.boot), "")


@dataclass(frozen=True)
class Image:
    """An image. `size` is in GB, `created` in seconds since 1970."""

    id: str
    name: str
    state: str
    os_type: str
    features: tuple[str, ...]
    size: int
    tag: str
    created: int
    os_name: str = ""

    @classmethod
    def of(cls, item: Mapping[str, Any]) -> Image:
        """From an element of DescribeImage's ImageSet."""
        features = item.get("Features")
        return cls(
            id=key("DescribeImage", item, "ImageId"),
            name=text(item, "ImageName"),
            state=text(item, "State"),
            os_type=text(item, "OsType"),
            features=tuple(each for each in features if isinstance(each, str)) if isinstance(features, list) else (),
            size=number(item, "ImageSize"),
            tag=text(item, "Tag"),
            created=number(item, "CreateTime"),
            os_name=text(item, "OsName"),
        )

    @property
    def default_user(self) -> str:
        """Whom the image lets in, and whose password UCloud sets: `ubuntu` on Ubuntu, else `root`."""
        return "ubuntu" if "ubuntu" in (self.os_name or self.name).lower() else "root"

    @property
    def has_cloud_init(self) -> bool:
        return "CloudInit" in self.features


@dataclass(frozen=True)
class Vpc:
    """A VPC. `type` is `DefaultVPC` or `DefinedVPC`; empty where UCloud does not say."""

    id: str
    name: str
    type: str

    @classmethod
    def of(cls, item: Mapping[str, Any]) -> Vpc:
        """From an element of DescribeVPC's DataSet."""
        return cls(id=key("DescribeVPC", item, "VPCId"), name=text(item, "Name"), type=text(item, "VPCType"))


@dataclass(frozen=True)
class Rule:
    """A rule for what comes in: what it lets in or keeps out; ports as UCloud writes them, such as `80,8000-8080`."""

    accepts: bool
    protocol: str
    ports: str

    @classmethod
    def of(cls, item: Mapping[str, Any]) -> Rule:
        """From an element of a firewall's or a security group's Rule."""
        accepts = text(item, "RuleAction").upper() == "ACCEPT"
        return cls(accepts, text(item, "ProtocolType").upper(), text(item, "DstPort"))

    def may_open(self, port: int) -> bool:
        """Whether a TCP connection to the port may come in by this rule; also where its text is not understood."""
        if not self.accepts or self.protocol in ("UDP", "ICMP", "ICMPV6", "GRE"):
            return False
        return self.protocol != "TCP" or any(_may_be(each.strip(), port) for each in self.ports.split(","))


def _may_be(ports: str, port: int) -> bool:
    first, _, last = ports.partition("-")
    if not all(each.isdecimal() and len(each) <= 5 for each in (first, last or first)):
        return True
    return int(first) <= port <= int(last or first)


def _inbound(item: Mapping[str, Any]) -> tuple[Rule, ...] | None:
    rules = item.get("Rule")
    if not isinstance(rules, list):
        return None
    return tuple(Rule.of(each) for each in rules if isinstance(each, Mapping) and each.get("Direction") != "Egress")


@dataclass(frozen=True)
class Firewall:
    """A firewall; `type` is `user defined`, `recommend web` or `recommend non web`. Rules: None where not told."""

    id: str
    name: str
    type: str
    rules: tuple[Rule, ...] | None = None

    @classmethod
    def of(cls, item: Mapping[str, Any]) -> Firewall:
        """From an element of DescribeFirewall's DataSet."""
        return cls(
            id=key("DescribeFirewall", item, "FWId"),
            name=text(item, "Name"),
            type=text(item, "Type"),
            rules=_inbound(item),
        )


@dataclass(frozen=True)
class SecGroup:
    """A security group, with its VPC, empty where UCloud does not say it, and its rules as a firewall's."""

    id: str
    vpc_id: str
    rules: tuple[Rule, ...] | None = None

    @classmethod
    def of(cls, item: Mapping[str, Any]) -> SecGroup:
        """From an element of DescribeSecGroup's DataSet."""
        return cls(id=key("DescribeSecGroup", item, "SecGroupId"), vpc_id=text(item, "VPCId"), rules=_inbound(item))


@dataclass(frozen=True)
class Eip:
    """A public address, and whether something has it. `bandwidth` is in Mbps, `created` in seconds since 1970."""

    id: str
    tag: str
    bound: bool
    operator: str
    bandwidth: int
    charge_mode: str
    created: int

    @classmethod
    def of(cls, item: Mapping[str, Any]) -> Eip:
        """From an element of DescribeEIP's EIPSet."""
        action = "DescribeEIP"
        return cls(
            id=key(action, item, "EIPId"),
            tag=text(item, "Tag"),
            bound=text(item, "Status") != "free",
            operator=next((text(each, "OperatorName") for each in listed(action, item, "EIPAddr")), ""),
            bandwidth=number(item, "Bandwidth"),
            charge_mode=text(item, "PayMode"),
            created=number(item, "CreateTime"),
        )


@dataclass(frozen=True)
class KeyPair:
    """A key pair; UCloud keeps its public half."""

    id: str
    name: str
    created: int

    @classmethod
    def of(cls, item: Mapping[str, Any]) -> KeyPair:
        """From an element of DescribeUHostKeyPairs's KeyPairs."""
        return cls(
            id=key("DescribeUHostKeyPairs", item, "KeyPairId"),
            name=text(item, "KeyPairName"),
            created=number(item, "CreateTime"),
        )
