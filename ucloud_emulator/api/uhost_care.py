"""What is done to a host that is there: reinstalled, given another address, watched by VNC, counted by tag."""

from __future__ import annotations

from collections import Counter
from hashlib import sha256
from ipaddress import IPv4Address, IPv4Network

from ucloud_emulator.api.image import find_image
from ucloud_emulator.api.uhost import disks_of, in_state
from ucloud_emulator.api.uhost_create import login, user_data
from ucloud_emulator.api.unet import find_eip
from ucloud_emulator.dispatch import Call, Reply, action
from ucloud_emulator.hosts.machines import MachineSpec
from ucloud_emulator.records import Eip, Host, Subnet
from ucloud_emulator.refusals import Refusal, RetCode, bad_parameter

FIRST_VNC_PORT = 61000


@action("ReinstallUHostInstance")
def reinstall_uhost_instance(call: Call) -> Reply:
    """A new boot disk from an image, the same host, addresses and data disks. It runs afterwards."""
    asked = call.parameters
    with call.cloud.store.lock:
        host = in_state(call.host(asked.required("UHostId")), "Stopped")
        image = find_image(call, asked.text("ImageId", host.image_id))
        if image.state != "Available":
            raise Refusal(RetCode.WRONG_IMAGE_STATE, f"Image [{image.id}] is {image.state}")
        boot = disks_of(call.cloud.store, host)[0]
        if image.size > boot.size:
            raise bad_parameter("ImageId", f"{image.id} has {image.size} GB, the boot disk {boot.size}")
        if asked.one_of("ReserveDisk", ("Yes", "No"), "Yes") == "No":
            raise bad_parameter("ReserveDisk", "data disks are always kept here")
        chosen = login(call, image)
        data = user_data(call, image)
        host = (
            call.cloud.store.change(
                Host,
                host.id,
                state="Initializing",
                boot_disk_state="Initializing",
                image_id=image.id,
                basic_image_id=image.basic_image_id,
                basic_image_name=image.basic_image_name,
                layers=image.layers,
                os_name=image.os_name,
                os_type=image.os_type,
                features=image.features,
                cloud_init="CloudInit" in image.features,
                user=image.user,
                login_mode=chosen.mode,
                key_pair_id=chosen.key_pair_id,
            )
            or host
        )
    call.cloud.lifecycle.reinstall(
        MachineSpec(
            id=host.id,
            layers=host.layers,
            hostname=host.private_ip.replace(".", "-"),
            private_ip=host.private_ip,
            private_prefix=_network(call, host).prefixlen,
            public_ips=call.cloud.wiring.public_ips(host),
            password=chosen.password,
            username=host.user,
            authorized_keys=chosen.authorized_keys,
            user_data=data,
            boot_disk_gb=boot.size,
            rules=call.cloud.wiring.rules(host),
            disks=call.cloud.wiring.data_disks(host),
        )
    )
    return {"UHostId": host.id}


def _network(call: Call, host: Host) -> IPv4Network:
    subnet = call.cloud.store.get(Subnet, host.subnet_id)
    if subnet is None:
        raise Refusal(RetCode.NO_SUCH_RESOURCE, f"Subnet [{host.subnet_id}] not found")
    return IPv4Network(subnet.network)


@action("ModifyUHostIP")
def modify_uhost_ip(call: Call) -> Reply:
    """Another private address of the same subnet; the host has to be off, as its network is made at its start."""
    asked = call.parameters
    asked.required("Zone")
    wanted = asked.required("PresentIpAddress")
    with call.cloud.store.lock:
        host = in_state(call.host(asked.required("UHostId")), "Stopped")
        if asked.text("PreviousIpAddress", host.private_ip) != host.private_ip:
            raise bad_parameter("PreviousIpAddress", f"{host.id} has {host.private_ip}")
        try:
            inside = IPv4Address(wanted) in _network(call, host)
        except ValueError:
            inside = False
        if not inside:
            raise bad_parameter("PresentIpAddress", f"{wanted} is no address of {host.subnet_id}")
        others = call.cloud.store.all(Host, lambda h: (h.subnet_id, h.private_ip) == (host.subnet_id, wanted))
        if others:
            raise bad_parameter("PresentIpAddress", f"{wanted} is taken by {others[0].id}")
        call.cloud.store.change(Host, host.id, private_ip=wanted)
    call.cloud.machines.set_private_ip(host.id, wanted)
    return {"UHostId": host.id}


@action("GetUHostInstanceVncInfo")
def get_uhost_instance_vnc_info(call: Call) -> Reply:
    """Where UCloud would show the host's screen. Nothing listens there: hosts here have none."""
    host = call.host(call.parameters.required("UHostId"))
    digest = sha256(host.id.encode()).digest()
    return {
        "UHostId": host.id,
        "VncIP": "127.0.0.1",
        "VncPort": FIRST_VNC_PORT + digest[0],
        "VncPassword": digest[1:5].hex(),
    }


@action("DescribeUHostTags")
def describe_uhost_tags(call: Call) -> Reply:
    hosts = [host for host in call.cloud.store.at(Host, call.project, call.region) if call.zone in ("", host.zone)]
    counted = sorted(Counter((host.zone, host.tag) for host in hosts).items())
    shown = [{"Zone": zone, "Tag": tag, "TotalCount": count} for (zone, tag), count in counted]
    return {"TotalCount": len({tag for (_, tag), _ in counted}), "TagSet": shown}


@action("ModifyEIPWeight")
def modify_eip_weight(call: Call) -> Reply:
    eip = find_eip(call, call.parameters.required("EIPId"))
    weight = call.parameters.required_integer("Weight", least=0, most=100)
    call.cloud.store.change(Eip, eip.id, weight=weight)
    return {}
