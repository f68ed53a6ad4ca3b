"""What is on sale, zone by zone, and whether there is enough of it for an order."""

from __future__ import annotations

from ucloud_emulator import catalogue
from ucloud_emulator.api.image import find_image
from ucloud_emulator.api.uhost_order import order
from ucloud_emulator.catalogue import Offer
from ucloud_emulator.dispatch import Call, Reply, action
from ucloud_emulator.refusals import bad_parameter

MAKERS = ("Intel", "Amd", "Ampere")


NOT_CHECKED = ("OMEM", "OPROG")
"""What CheckUHostResourceCapacity's page does not name: whether there is enough is not said."""


@action("DescribeAvailableInstanceTypes", scope="project")
def describe_available_instance_types(call: Call) -> Reply:
    """Region and Zone are both optional here."""
    asked = call.parameters
    region, zone, wanted = asked.text("Region"), asked.text("Zone"), asked.texts("MachineTypes")
    if region and catalogue.region(region) is None:
        raise bad_parameter("Region", f"no region {region}")
    zones = [each for where in catalogue.REGIONS if region in ("", where.name) for each in where.zones]
    if zone:
        if zone not in zones:
            raise bad_parameter("Zone", f"no zone {zone} in {region or 'any region'}")
        zones = [zone]
    found = [
        _describe(zone, offer)
        for zone in zones
        for offer in catalogue.offers(zone)
        if not wanted or offer.machine.name in wanted
    ]
    return {"AvailableInstanceTypes": found, "Status": "Normal"}


@action("CheckUHostResourceCapacity")
def check_uhost_resource_capacity(call: Call) -> Reply:
    """The same order as CreateUHostInstance takes, refused for the same reasons; only stock is answered."""
    asked = call.parameters
    asked.required("Zone")
    image = find_image(call, asked.required("ImageId"))
    for name in ("MaxCount", "MinCount"):
        asked.integer(name, 1, least=1, most=100)
    offer = order(call, call.zone, image).offer
    if offer.machine.name in NOT_CHECKED:
        return {}
    short = call.cloud.faults.at("capacity", call.project, call.region, call.zone)
    return {"ResourceEnough": offer.buyable and short is None}


def _describe(zone: str, offer: Offer) -> Reply:
    machine = offer.machine
    return {
        "Zone": zone,
        "InstanceType": "uhost",
        "Name": machine.name,
        "Status": offer.status,
        "Description": machine.title,
        "MachineClass": "Normal",
        "ParentType": "",
        "CpuPlatforms": {
            maker: [platform for platform in offer.platforms if platform.startswith(f"{maker}/")] for maker in MAKERS
        },
        "UHostFamilies": [
            {
                "Name": family.name,
                "CpuFrequency": "",
                "CpuPlatforms": [
                    {"Name": platform, "CpuModels": [], "CpuFrequency": ""} for platform in family.platforms
                ],
            }
            for family in offer.families
        ],
        "Disks": _disks(offer),
        "MachineSizes": [
            {
                "Gpu": 0,
                "Collection": [
                    {"Cpu": cpu, "Memory": list(memory), "MinimalCpuPlatform": list(offer.platforms)}
                    for cpu, memory in machine.sizes.items()
                ],
            }
        ],
        "Features": _features(offer),
    }


def _disks(offer: Offer) -> list[Reply]:
    """By group: cloud disks, plain local ones, local SSDs."""
    boot = [catalogue.disk_type(name) for name in offer.disks]
    data = [kind for kind in catalogue.DISK_TYPES if any(kind.name in names for names in offer.disks.values())]
    return [
        {
            "Name": group,
            "BootDisk": [
                {
                    "Name": kind.name,
                    "InstantResize": not kind.local,
                    "MaximalSize": kind.boot_most,
                    "Features": ["SNAPSHOT"] if not kind.local else [],
                }
                for kind in boot
                if kind.group == group
            ],
            "DataDisk": [
                {
                    "Name": kind.name,
                    "MinimalSize": catalogue.LEAST_DISK,
                    "MaximalSize": kind.data_most,
                    "Features": list(kind.data_services),
                    "BackupMode": [],
                }
                for kind in data
                if kind.group == group
            ],
        }
        for group in dict.fromkeys(kind.group for kind in data)
    ]


def _features(offer: Offer) -> list[Reply]:
    modes = [{"Name": "Normal", "RelatedToImageFeature": [], "MinimalCpuPlatform": []}]
    modes += [
        {"Name": name, "RelatedToImageFeature": list(images), "MinimalCpuPlatform": []}
        for name, images in offer.machine.net_modes.items()
    ]
    features = [{"Name": "NetCapability", "Modes": modes}]
    if offer.machine.hotplug:
        mode = {"Name": "Hotplug", "RelatedToImageFeature": ["HotPlug"], "MinimalCpuPlatform": []}
        features.append({"Name": "Hotplug", "Modes": [mode]})
    return features
