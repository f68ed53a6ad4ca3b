"""UHosts: create, look at, stop, start, change, terminate."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ucloud_provider.cloud import paging
from ucloud_provider.cloud.answers import new_id
from ucloud_provider.cloud.client import Api
from ucloud_provider.cloud.records import Host
from ucloud_provider.spec.rules import InstanceType

PAY_MODES = {"traffic": "Traffic", "bandwidth": "Bandwidth", "post_accurate_bandwidth": "PostAccurateBandwidth"}


@dataclass(frozen=True)
class Disk:
    """A disk to make with a host: size in GB, type such as `cloud_ssd`."""

    size: int
    type: str


@dataclass(frozen=True)
class HostOrder:
    """Everything CreateUHostInstance is told."""

    name: str
    zone: str
    image_id: str
    instance_type: InstanceType
    boot_disk: Disk
    tag: str = "Default"
    data_disks: tuple[Disk, ...] = ()
    cpu_platform: str = "Intel/Auto"
    charge_type: str = "Dynamic"
    vpc_id: str | None = None
    subnet_id: str | None = None
    firewall_id: str | None = None
    security_group_id: str | None = None
    """A security group in place of a firewall."""
    eip_bandwidth: int | None = None
    eip_charge_mode: str = "traffic"
    user_data: bytes | None = None
    password: str | None = field(default=None, repr=False)
    key_pair_id: str | None = None


def create(api: Api, order: HostOrder) -> str:
    """Order a host; its id. The order says who pays how: see `HostOrder`."""
    params: dict[str, Any] = {
        "Name": order.name,
        "Tag": order.tag,
        "Zone": order.zone,
        "ImageId": order.image_id,
        "MachineType": order.instance_type.machine_type,
        "CPU": order.instance_type.cpu,
        "Memory": order.instance_type.memory,
        "MinimalCpuPlatform": order.cpu_platform,
        "ChargeType": order.charge_type,
        "Disks": disk_parameters(order.boot_disk, order.data_disks),
        "VPCId": order.vpc_id,
        "SubnetId": order.subnet_id,
        "SecurityGroupId": order.firewall_id,
    }
    if order.security_group_id is not None:
        params |= {"SecurityMode": "SecGroup", "SecGroupId": [{"Id": order.security_group_id, "Priority": 1}]}
    if order.eip_bandwidth is not None:
        eip = {
            "Bandwidth": order.eip_bandwidth,
            "PayMode": PAY_MODES[order.eip_charge_mode],
            "OperatorName": operator(api.region or ""),
        }
        params["NetworkInterface"] = [{"EIP": eip}]
    if order.user_data is not None:
        params["UserData"] = base64.b64encode(order.user_data).decode()
    if order.key_pair_id is not None:
        params |= {"LoginMode": "KeyPair", "KeyPairId": order.key_pair_id}
    elif order.password is not None:
        params |= {"LoginMode": "Password", "Password": base64.b64encode(order.password.encode()).decode()}
    else:
        params |= {"LoginMode": "ImagePasswd"}
    return new_id("CreateUHostInstance", api.create("CreateUHostInstance", **params), "UHostIds")


def disk_parameters(boot_disk: Disk, data_disks: Sequence[Disk] = ()) -> list[dict[str, Any]]:
    """A host's disks as calls name them."""
    return [
        {"IsBoot": "True", "Size": boot_disk.size, "Type": boot_disk.type.upper()},
        *({"IsBoot": "False", "Size": each.size, "Type": each.type.upper()} for each in data_disks),
    ]


def operator(region: str) -> str:
    """The line an EIP of this region is on: BGP within the mainland, International elsewhere."""
    return "Bgp" if region.startswith("cn-") else "International"


def describe(api: Api, ids: Sequence[str]) -> dict[str, Host]:
    """The hosts that exist, by id."""
    items = paging.by_ids(api, "DescribeUHostInstance", "UHostSet", parameter="UHostIds", key="UHostId", ids=ids)
    return {host.id: host for host in map(Host.of, items) if host.id in ids}


def find(api: Api, *, tag: str | None = None) -> list[Host]:
    """Hosts, or those with a Tag, over all pages."""
    every = map(Host.of, paging.every(api, "DescribeUHostInstance", "UHostSet", Tag=tag))
    return [host for host in every if tag is None or host.tag == tag]


def stop(api: Api, host_id: str) -> None:
    api.change("StopUHostInstance", UHostId=host_id)


def power_off(api: Api, host_id: str) -> None:
    """Cut the power: for hosts that are on their way out anyway."""
    api.change("PoweroffUHostInstance", UHostId=host_id)


def start(api: Api, host_id: str) -> None:
    api.change("StartUHostInstance", UHostId=host_id)


def terminate(api: Api, host_id: str) -> None:
    """Give a stopped host back, its EIP and data disks with it. Whether it is gone then, only a listing says."""
    api.change("TerminateUHostInstance", UHostId=host_id, ReleaseEIP=True, ReleaseUDisk=True)


def rename(api: Api, host_id: str, name: str) -> None:
    api.change("ModifyUHostInstanceName", UHostId=host_id, Name=name)


def set_tag(api: Api, host_id: str, tag: str) -> None:
    api.change("ModifyUHostInstanceTag", UHostId=host_id, Tag=tag)


def resize(api: Api, host_id: str, size: InstanceType) -> None:
    """Change a stopped host's cores and memory."""
    api.change("ResizeUHostInstance", UHostId=host_id, CPU=size.cpu, Memory=size.memory)


def reset_password(api: Api, host_id: str, password: str) -> None:
    """Set a stopped host's login password."""
    api.change("ResetUHostInstancePassword", UHostId=host_id, Password=base64.b64encode(password.encode()).decode())
