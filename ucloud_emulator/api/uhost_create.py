"""CreateUHostInstance: everything is checked first, then host, disks and EIP are there at once, then it boots."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, replace
from ipaddress import IPv4Address, IPv4Network

from ucloud_emulator import catalogue, fields
from ucloud_emulator.api.firewall import default_firewall, find_firewall
from ucloud_emulator.api.image import find_image
from ucloud_emulator.api.isolation_group import chosen_isolation_group
from ucloud_emulator.api.keypair import find_key_pair
from ucloud_emulator.api.secgroup import chosen_groups
from ucloud_emulator.api.uhost_disks import DiskWish
from ucloud_emulator.api.uhost_order import charge, order
from ucloud_emulator.api.unet import add_eip, find_eip, new_eip
from ucloud_emulator.api.vpc import chosen_network
from ucloud_emulator.dispatch import Call, Reply, action
from ucloud_emulator.hosts.machines import MachineSpec
from ucloud_emulator.orders import add_order, disk_hourly, term_price
from ucloud_emulator.records import Disk, Eip, Host, Image, Subnet
from ucloud_emulator.refusals import Refusal, RetCode, bad_parameter
from ucloud_emulator.store import new_id

log = logging.getLogger(__name__)

LOGIN_MODES = ("Password", "KeyPair", "ImagePasswd")
MOST_USER_DATA = 16 * 1024
MOST_AT_ONCE = 100


@dataclass(frozen=True)
class Login:
    mode: str
    password: str | None = None
    key_pair_id: str = ""
    authorized_keys: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"Login({self.mode})"


def login(call: Call, image: Image) -> Login:
    """What LoginMode, Password and KeyPairId ask for, of a host of this image."""
    asked = call.parameters
    mode = asked.one_of("LoginMode", LOGIN_MODES, "Password")
    if mode == "KeyPair":
        if image.os_type != "Linux" or "CloudInit" not in image.features:
            raise bad_parameter("LoginMode", f"KeyPair is for Linux with CloudInit, which image {image.id} is not")
        pair = find_key_pair(call, asked.required("KeyPairId"))
        return Login(mode, None, pair.id, (pair.public_key,))
    if mode == "ImagePasswd":
        if image.type != "Custom":
            raise bad_parameter("LoginMode", "ImagePasswd is for custom images")
        return Login(mode)
    return Login(mode, password(call, image.os_type))


def password(call: Call, os_type: str) -> str:
    """Password, decoded and found to be one that UCloud takes."""
    asked = call.parameters
    asked.required("Password")
    decoded = asked.base64("Password", most=1024) or b""
    try:
        text = decoded.decode()
    except UnicodeDecodeError as error:
        raise bad_parameter("Password", "not text") from error
    if problem := fields.password_problem(text, os_type):
        raise bad_parameter("Password", problem)
    return text


@dataclass(frozen=True)
class EipWish:
    existing: Eip | None
    fresh: Eip | None


def _eip_wishes(call: Call, host_id: str) -> tuple[EipWish, ...]:
    """NetworkInterface.N.EIP: a new one, or one that is free already."""
    wishes = []
    for interface in call.parameters.groups("NetworkInterface"):
        asked = interface.group("EIP")
        if asked.has("ExistEIPId"):
            eip = find_eip(call, asked.text("ExistEIPId"))
            if eip.host_id:
                raise Refusal(RetCode.EIP_IN_USE, f"EIP [{eip.id}] is bound already")
            wishes.append(EipWish(eip, None))
        elif asked.has("Bandwidth") or asked.has("OperatorName"):
            fresh = new_eip(call, asked, charge_type=charge(call), host_id=host_id)
            wishes.append(EipWish(None, replace(fresh, tag=fields.tag(asked if asked.has("Tag") else call.parameters))))
    return tuple(wishes)


def _private_ip(call: Call, subnet: Subnet) -> str:
    wanted = call.parameters.texts("PrivateIp")
    if not wanted:
        return call.cloud.free_private_ip(subnet)
    try:
        inside = IPv4Address(wanted[0]) in IPv4Network(subnet.network)
    except ValueError:
        inside = False
    if len(wanted) > 1 or not inside:
        raise bad_parameter("PrivateIp", f"not one address of {subnet.id}")
    if call.cloud.store.all(Host, lambda host: host.subnet_id == subnet.id and host.private_ip == wanted[0]):
        raise bad_parameter("PrivateIp", f"{wanted[0]} is taken")
    return wanted[0]


def user_data(call: Call, image: Image) -> bytes | None:
    user_data = call.parameters.base64("UserData", most=MOST_USER_DATA)
    if user_data is not None and "CloudInit" not in image.features:
        raise bad_parameter("UserData", f"image {image.id} has no CloudInit feature")
    return user_data


@action("CreateUHostInstance")
def create_uhost_instance(call: Call) -> Reply:
    count = call.parameters.integer("MaxCount", 1, least=1, most=MOST_AT_ONCE)
    with call.cloud.store.lock:
        _room_for(call, count)
        plan = _Plan(call)
        made = [plan.carry_out() for _ in range(count)]
    for _, spec in made:
        call.cloud.lifecycle.launch(spec)
    reply: Reply = {"UHostIds": [host.id for host, _ in made]}
    if count == 1:
        host, spec = made[0]
        reply["IPs"] = [host.private_ip, *spec.public_ips]
    return reply


def _room_for(call: Call, count: int) -> None:
    """Refuse what this machine cannot run, rather than let hosts die as they start."""
    most = call.cloud.machines.most
    if len(call.cloud.store.all(Host)) + count > most:
        log.warning("refused: this machine runs at most %d hosts (fs.inotify.max_user_instances)", most)
        raise Refusal(RetCode.SOLD_OUT, f"this machine runs at most {most} hosts; its log says why")


class _Plan:
    """A host as a call asks for it, found possible; nothing is made before carry_out()."""

    def __init__(self, call: Call) -> None:
        asked = call.parameters
        self.call = call
        asked.required("Zone")
        self.zone = call.zone
        self.image = find_image(call, asked.required("ImageId"))
        if self.image.state != "Available":
            raise Refusal(RetCode.WRONG_IMAGE_STATE, f"Image [{self.image.id}] is {self.image.state}")
        asked.required("LoginMode")
        self.login = login(call, self.image)
        self.name = fields.name(asked, "Name", "UHost")
        self.tag = fields.tag(asked)
        self.order = order(call, self.zone, self.image)
        short = call.cloud.faults.at("capacity", call.project, call.region, self.zone)
        if short is not None or not self.order.offer.buyable:
            machine = self.order.offer.machine.name
            raise Refusal(RetCode.SOLD_OUT, f"MachineType [{machine}] is sold out in {self.zone}")
        self.quantity = self._quantity()
        self.user_data = user_data(call, self.image)
        self.vpc, self.subnet = chosen_network(call)
        firewall = asked.text("SecurityGroupId")
        self.sec_groups = chosen_groups(call, self.vpc, self.order.offer.machine.name)
        found = find_firewall(call, firewall) if firewall else default_firewall(call)
        self.firewall_id = "" if self.sec_groups else found.id
        self.isolation_group = chosen_isolation_group(call, self.zone)
        _eip_wishes(call, "")

    def _quantity(self) -> int:
        """Months from 0 (to the month's end) to 9, years from 1 to 3; nothing where an hour is paid at a time."""
        least, most = {"Month": (0, 9), "Year": (1, 3)}.get(self.order.charge_type, (0, 100))
        return self.call.parameters.integer("Quantity", 1, least=least, most=most)

    def carry_out(self) -> tuple[Host, MachineSpec]:
        call, cloud = self.call, self.call.cloud
        host = self._host(new_id("uhost"))
        eips = _eip_wishes(call, host.id)
        cloud.store.put(host)
        price = catalogue.host_price(host.cpu, host.memory, host.machine_type)
        cloud.ledger.open(host.id, "uhost", host.name, host.project, host.region, price)
        hourly = price + sum(disk_hourly(wish.size, wish.type, wish.backup) for wish in self.order.disks)
        add_order(call, "OT_BUY", term_price(hourly, host.charge_type), host)
        for number, wish in enumerate(self.order.disks):
            self._add_disk(host, wish, number)
        for eip in eips:
            if eip.fresh is not None:
                add_eip(call, eip.fresh)
            elif eip.existing is not None:
                cloud.store.change(Eip, eip.existing.id, host_id=host.id, bound=time.time())
        spec = MachineSpec(
            id=host.id,
            layers=host.layers,
            hostname=host.private_ip.replace(".", "-"),
            private_ip=host.private_ip,
            private_prefix=IPv4Network(self.subnet.network).prefixlen,
            public_ips=cloud.wiring.public_ips(host),
            password=self.login.password,
            username=host.user,
            authorized_keys=self.login.authorized_keys,
            user_data=self.user_data,
            boot_disk_gb=self.order.disks[0].size,
            rules=cloud.wiring.rules(host),
            disks=cloud.wiring.data_disks(host),
        )
        return host, spec

    def _host(self, id: str) -> Host:
        return Host(
            id=id,
            project=self.call.project,
            region=self.call.region,
            name=self.name,
            tag=self.tag,
            created=int(time.time()),
            zone=self.zone,
            state="Initializing",
            boot_disk_state="Initializing",
            image_id=self.image.id,
            basic_image_id=self.image.basic_image_id,
            basic_image_name=self.image.basic_image_name,
            layers=self.image.layers,
            os_name=self.image.os_name,
            cloud_init="CloudInit" in self.image.features,
            os_type=self.image.os_type,
            user=self.image.user,
            features=self.image.features,
            cpu=self.order.cpu,
            memory=self.order.memory,
            machine_type=self.order.offer.machine.name,
            family=self.order.family,
            hotplug=self.order.hotplug,
            cpu_platform=self.order.platform,
            net_capability=self.order.net_capability,
            charge_type=self.order.charge_type,
            quantity=self.quantity,
            vpc_id=self.vpc.id,
            subnet_id=self.subnet.id,
            private_ip=_private_ip(self.call, self.subnet),
            firewall_id=self.firewall_id,
            sec_groups=self.sec_groups,
            login_mode=self.login.mode,
            key_pair_id=self.login.key_pair_id,
            isolation_group=self.isolation_group,
            delete_protected=self.call.parameters.boolean("DeletionProtection"),
        )

    def _add_disk(self, host: Host, wish: DiskWish, number: int) -> None:
        disk = Disk(
            id=new_id("bsm" if wish.boot else "bs"),
            project=host.project,
            region=host.region,
            name=f"{'Sys' if wish.boot else f'Data{number}'}_{host.name}"[:63],
            tag=host.tag,
            created=host.created,
            zone=host.zone,
            size=wish.size,
            type=wish.type,
            boot=wish.boot,
            status="InUse",
            charge_type=host.charge_type,
            host_id=host.id,
            backup=wish.backup,
        )
        self.call.cloud.store.put(disk)
        self.call.cloud.ledger.open(
            disk.id, "udisk", disk.name, disk.project, disk.region, catalogue.disk_price(disk.size, disk.type)
        )
