"""What the cloud holds: one frozen record a thing, changed by replacing it in the store."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Record:
    """A thing of a project in a region; region "" where the thing is the project's everywhere."""

    id: str
    project: str
    region: str
    name: str
    tag: str = "Default"
    remark: str = ""
    created: int


@dataclass(frozen=True, kw_only=True)
class Host(Record):
    zone: str
    state: str
    boot_disk_state: str
    image_id: str
    basic_image_id: str
    basic_image_name: str
    layers: tuple[str, ...]
    os_name: str
    cloud_init: bool
    cpu: int
    memory: int
    machine_type: str
    cpu_platform: str
    net_capability: str
    charge_type: str
    vpc_id: str
    subnet_id: str
    private_ip: str
    firewall_id: str
    """"" where security groups guard it."""
    login_mode: str
    os_type: str = "Linux"
    user: str = "root"
    features: tuple[str, ...] = ()
    """Its image's: an image that is made of it has them too."""
    family: str = ""
    quantity: int = 1
    """Months or years that are paid for; 0 months: to the end of this one."""
    hotplug: bool = False
    key_pair_id: str = ""
    isolation_group: str = ""
    delete_protected: bool = False
    terminating: bool = False
    release_eip: bool = False
    release_disks: bool = False
    sec_groups: tuple[str, ...] = ()
    """Ids of security groups, the one that is asked first at the front."""
    imaging: str = ""
    """The image that is being made from it; until then it stays as it is."""


@dataclass(frozen=True, kw_only=True)
class Disk(Record):
    zone: str
    size: int
    type: str
    """As UHost names it: CLOUD_SSD, LOCAL_NORMAL, ..."""
    boot: bool
    status: str
    charge_type: str
    host_id: str = ""
    backup: str = "NONE"
    """NONE, or DATAARK: its data could be had back of any second."""

    @property
    def in_cloud(self) -> bool:
        """A UDisk, which outlives its host unless told otherwise; a local disk never does."""
        return self.type.startswith("CLOUD")


@dataclass(frozen=True, kw_only=True)
class Eip(Record):
    ip: str
    operator: str
    bandwidth: int
    pay_mode: str
    charge_type: str
    host_id: str = ""
    bound: float = 0.0
    """Since when it is the host's, in seconds since 1970."""
    weight: int = 50


@dataclass(frozen=True, kw_only=True)
class Firewall(Record):
    type: str
    rules: tuple[str, ...]
    """As the API has them: "TCP|22|0.0.0.0/0|ACCEPT|HIGH|remark"."""


@dataclass(frozen=True, kw_only=True)
class SecGroup(Record):
    vpc_id: str
    rules: tuple[str, ...] = ()
    """Each as `api/secgroup.py` writes it: id|direction|sources|priority|protocol|ports|action|remark."""


@dataclass(frozen=True, kw_only=True)
class Vpc(Record):
    networks: tuple[str, ...]
    default: bool
    updated: int


@dataclass(frozen=True, kw_only=True)
class Subnet(Record):
    vpc_id: str
    network: str
    """CIDR."""
    default: bool


@dataclass(frozen=True, kw_only=True)
class KeyPair(Record):
    public_key: str
    fingerprint: str


@dataclass(frozen=True, kw_only=True)
class Image(Record):
    type: str
    state: str
    size: int
    layers: tuple[str, ...]
    features: tuple[str, ...]
    os_name: str
    basic_image_id: str
    basic_image_name: str
    os_type: str = "Linux"
    user: str = "root"
    minimal_cpu: str = ""


@dataclass(frozen=True, kw_only=True)
class IsolationGroup(Record):
    """Hosts of one never share a machine. Which host is in which, the hosts know."""


@dataclass(frozen=True, kw_only=True)
class Snapshot(Record):
    """Of a disk, made by hand."""

    zone: str
    disk_id: str
    disk_name: str
    disk_type: str
    boot: bool
    size: int
    host_id: str = ""
    host_name: str = ""


@dataclass(frozen=True, kw_only=True)
class Order(Record):
    """What was paid, in the order of paying."""

    type: str
    """OT_BUY or OT_UPGRADE."""
    amount: float
    """Yuan."""
    charge_type: str
    resource_type: str
    resource_id: str


KINDS: tuple[type[Record], ...] = (
    Host,
    Disk,
    Eip,
    Firewall,
    SecGroup,
    Vpc,
    Subnet,
    KeyPair,
    Image,
    IsolationGroup,
    Snapshot,
    Order,
)
