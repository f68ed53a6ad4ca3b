"""What hosts and their disks are upgraded to, and what it costs; by the old parameters for disks, too."""

from __future__ import annotations

import time
from dataclasses import replace

from ucloud_emulator import catalogue
from ucloud_emulator.api.udisk import find_disk, resize
from ucloud_emulator.api.uhost import RESIZE_FAIL, disks_of, in_state
from ucloud_emulator.api.uhost_order import cpu_and_memory
from ucloud_emulator.dispatch import Call, Reply, action
from ucloud_emulator.orders import add_order, disk_upgrade, term_price
from ucloud_emulator.records import Disk, Host
from ucloud_emulator.refusals import Refusal, RetCode, bad_parameter
from ucloud_emulator.store import new_id

CHARGE_TYPES = ("Year", "Month", "Dynamic")


def size_asked_for(call: Call, host: Host) -> tuple[int, int]:
    """CPU and Memory, the host's own where the call names none; one of the pairs of its machine type."""
    offer = catalogue.offer(host.zone, host.machine_type)
    if offer is None:
        raise Refusal(RetCode.SOLD_OUT, f"MachineType [{host.machine_type}] is no longer sold in {host.zone}")
    return cpu_and_memory(
        call.parameters,
        offer.machine.sizes,
        host.cpu,
        host.memory,
        wrong_cpu=RetCode.WRONG_CPU_TO_RESIZE,
        wrong_memory=RetCode.WRONG_MEMORY_TO_RESIZE,
    )


def host_upgrade(host: Host, cpu: int, memory: int) -> float:
    more = catalogue.host_price(cpu, memory, host.machine_type)
    return term_price(more - catalogue.host_price(host.cpu, host.memory, host.machine_type), host.charge_type)


def old_sizes(call: Call, host: Host) -> list[tuple[Disk, int]]:
    """BootDiskSpace and DiskSpace, which pages no longer list: the disk (a new one has size 0) and its size to be."""
    asked, found = call.parameters, disks_of(call.cloud.store, host)
    wishes = []
    boot, local = found[0], next((disk for disk in found if not disk.boot and not disk.in_cloud), None)
    if asked.has("BootDiskSpace"):
        wishes.append((boot, asked.integer("BootDiskSpace", 0, least=boot.size, most=500)))
    if asked.integer("DiskSpace", 0, least=0, most=8000):
        disk = local or replace(boot, id=new_id("bs"), boot=False, size=0, name=f"Data1_{host.name}"[:63])
        size = asked.integer("DiskSpace", 0)
        if size < disk.size:
            raise bad_parameter("DiskSpace", f"{size} GB is less than the disk's {disk.size}")
        wishes.append((disk, size))
    return wishes


def resize_by_old_sizes(call: Call, host: Host) -> float:
    """Carry out what old_sizes() says; returns what it costs."""
    amount = 0.0
    for disk, size in old_sizes(call, host):
        amount += disk_upgrade(disk, size, disk.backup)
        if disk.size == 0:
            made = replace(disk, size=size, created=int(time.time()))
            call.cloud.store.put(made)
            price = catalogue.disk_price(size, made.type)
            call.cloud.ledger.open(made.id, "udisk", made.name, made.project, made.region, price)
            call.cloud.wiring.apply(host.id, disks=True)
        elif size > disk.size:
            resize(call, disk, size)
    return amount


@action("GetUHostUpgradePrice")
def get_uhost_upgrade_price(call: Call) -> Reply:
    host = call.host(call.parameters.required("UHostId"))
    cpu, memory = size_asked_for(call, host)
    amount = host_upgrade(host, cpu, memory)
    amount += sum(disk_upgrade(disk, size, disk.backup) for disk, size in old_sizes(call, host))
    return {"Price": round(amount, 2), "OriginalPrice": round(amount, 2)}


@action("ResizeUHostInstance")
def resize_uhost_instance(call: Call) -> Reply:
    """CPU and memory of a stopped host. The real host here has the machine's own: only price and answers change."""
    with call.cloud.store.lock:
        host = in_state(call.host(call.parameters.required("UHostId")), "Stopped", RESIZE_FAIL)
        cpu, memory = size_asked_for(call, host)
        old_sizes(call, host)
        if call.cloud.faults.at("resize", call.project, call.region, host.zone):
            call.cloud.store.change(Host, host.id, state=RESIZE_FAIL)
            return {"UHostId": host.id}
        amount = host_upgrade(host, cpu, memory) + resize_by_old_sizes(call, host)
        add_order(call, "OT_UPGRADE", round(amount, 2), host)
        start = call.parameters.boolean("AutoStart")
        call.cloud.store.change(Host, host.id, cpu=cpu, memory=memory, state="Starting" if start else "Stopped")
        call.cloud.ledger.reprice(host.id, catalogue.host_price(cpu, memory, host.machine_type))
    if start:
        call.cloud.lifecycle.start(host.id)
    return {"UHostId": host.id}


@action("UpgradeUHostInstance")
def upgrade_uhost_instance(call: Call) -> Reply:
    """More CPU and memory while the host runs."""
    with call.cloud.store.lock:
        host = in_state(call.host(call.parameters.required("UHostId")), "Running")
        if not host.hotplug:
            raise bad_parameter("UHostId", f"{host.id} was made without HotplugFeature")
        cpu, memory = size_asked_for(call, host)
        if cpu < host.cpu or memory < host.memory:
            raise bad_parameter("CPU", "a running host only grows")
        add_order(call, "OT_UPGRADE", host_upgrade(host, cpu, memory), host)
        call.cloud.store.change(Host, host.id, cpu=cpu, memory=memory)
        call.cloud.ledger.reprice(host.id, catalogue.host_price(cpu, memory, host.machine_type))
    return {"UHostId": host.id}


@action("GetUHostRenewPrice")
def get_uhost_renew_price(call: Call) -> Reply:
    asked = call.parameters
    host = call.host(asked.required("UHostId"))
    asked.required("ChargeType")
    types = (asked.one_of("ChargeType", CHARGE_TYPES, "Month"),)
    hourly = catalogue.host_price(host.cpu, host.memory, host.machine_type)
    hourly += sum(catalogue.disk_price(disk.size, disk.type) for disk in disks_of(call.cloud.store, host))
    prices = [(type, term_price(hourly, type)) for type in types]
    return {"PriceSet": [{"ChargeType": type, "Price": price, "OriginalPrice": price} for type, price in prices]}


@action("GetAttachedDiskUpgradePrice")
def get_attached_disk_upgrade_price(call: Call) -> Reply:
    asked = call.parameters
    host = call.host(asked.required("UHostId"))
    id = asked.required("DiskId")
    disk = next((disk for disk in disks_of(call.cloud.store, host) if disk.id == id), None)
    if disk is None:
        raise Refusal(RetCode.NO_SUCH_DISK, f"Disk [{id}] of {host.id} not found")
    size = asked.required_integer("DiskSpace", least=disk.size)
    backup = asked.one_of("BackupMode", ("NONE", "DATAARK", "SNAPSHOT"), disk.backup)
    total, bare = disk_upgrade(disk, size, backup), disk_upgrade(disk, size, disk.backup)
    detail = {"UDisk": bare, "Snapshot": round(total - bare, 2)}
    prices = dict.fromkeys(("Price", "OriginalPrice", "ListPrice"), total)
    return {**prices, **dict.fromkeys(("PriceDetail", "OriginalPriceDetail", "ListPriceDetail"), detail)}


@action("SetUDiskUDataArkMode")
def set_udisk_udataark_mode(call: Call) -> Reply:
    asked = call.parameters
    asked.required("Zone")
    with call.cloud.store.lock:
        disk = find_disk(call, asked.required("UDiskId"))
        backup = "DATAARK" if asked.one_of("UDataArkMode", ("Yes", "No"), "No") == "Yes" else "NONE"
        add_order(call, "OT_UPGRADE", disk_upgrade(disk, disk.size, backup), disk)
        call.cloud.store.change(Disk, disk.id, backup=backup)
    return {}


@action("UpgradeToArkUHostInstance")
def upgrade_to_ark_uhost_instance(call: Call) -> Reply:
    """The data ark for every disk of hosts that are off."""
    call.parameters.required("Zone")
    ids = call.parameters.texts("UHostIds")
    if not ids:
        call.parameters.required("UHostIds.0")
    with call.cloud.store.lock:
        hosts = [in_state(call.host(id), "Stopped") for id in ids]
        for host in hosts:
            for disk in disks_of(call.cloud.store, host):
                add_order(call, "OT_UPGRADE", disk_upgrade(disk, disk.size, "DATAARK"), disk)
                call.cloud.store.change(Disk, disk.id, backup="DATAARK")
    return {"UHostSet": list(ids)}
