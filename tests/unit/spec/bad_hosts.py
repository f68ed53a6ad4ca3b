"""Wrong inputs of a host, each with the line it must give."""

from __future__ import annotations

from typing import Any

from tests.unit.spec.bad_images import (
    CORES,
    CPUS,
    DISKS,
    DURATION,
    EMPTY,
    HOST_NAME,
    ID,
    MISSING,
    ONE_OF_TWO,
    PASSWORD,
    USER_DATA,
    Wrong,
)

NO_ARGUMENT = "is not an argument; docs/arguments.md lists them"
INSTANCE_TYPE_IS_REQUIRED = "is required: Such as `n-basic-2`; a change stops the host, resizes it and starts it again."
EIP_CHARGE_MODE = "'free' is not one of traffic, bandwidth, post_accurate_bandwidth"

HOST: dict[str, Any] = {"image_id": "uimage-abc", "availability_zone": "cn-bj2-02", "instance_type": "n-basic-2"}

BAD_HOST: list[Wrong] = [
    ({"image_id": MISSING}, "image_id", "is required: The image to start from."),
    ({"image_id": "web"}, "image_id", f"'web'{ID}"),
    ({"instance_type": "n-basic-5"}, "instance_type", f"'n-basic-5'{CORES}"),
    ({"name": "a b"}, "name", f"'a b'{HOST_NAME}"),
    ({"charge_type": "hourly"}, "charge_type", "'hourly' is not one of dynamic, month, year, postpay"),
    ({"data_disks": [{"size": 5}]}, "data_disks[0].size", "5 is out of range; give 20 to 32000 GB"),
    ({"data_disks": [{"type": "cloud_ssd"}]}, "data_disks[0].size", "is required: Size."),
    (
        {"data_disks": [{"size": 20, "type": "floppy"}]},
        "data_disks[0].type",
        "'floppy' is not one of cloud_normal, cloud_ssd, cloud_rssd",
    ),
    ({"password": "planted"}, "password", PASSWORD),
    ({"password": "Secret-123", "key_pair_id": "uhostkey-1"}, "key_pair_id", f"and password{ONE_OF_TWO}"),
    ({"vpc_id": "uvnet-1"}, "subnet_id", "is missing: vpc_id is 'uvnet-1'; give both or neither"),
    ({"user_data": "x" * 20000}, "user_data", f"has 20000 bytes; UCloud takes 16384{USER_DATA}"),
    ({"bandwidth": 5}, "bandwidth", "is not an argument; did you mean eip_bandwidth?"),
    ({"eip": "yes please"}, "eip", "'yes please' is a text; give True or False"),
    ({"timeout": "ages"}, "timeout", f"'ages'{DURATION}"),
    ({"availability_zone": MISSING}, "availability_zone", "is required: Zone, of `region`."),
    ({"instance_type": MISSING}, "instance_type", INSTANCE_TYPE_IS_REQUIRED),
    ({"name": "网站/一"}, "name", f"'网站/一'{HOST_NAME}"),
    ({"region": ""}, "region", EMPTY),
    ({"project_id": 5}, "project_id", "5 is a number; give a text"),
    ({"boot_disk_type": "ssd"}, "boot_disk_type", f"'ssd'{DISKS}"),
    ({"boot_disk_size": 501}, "boot_disk_size", "501 is out of range; give 20 to 500 GB"),
    ({"boot_disk_size": True}, "boot_disk_size", "True is a truth value; give a whole number"),
    ({"data_disks": {"size": 20}}, "data_disks", "is a dictionary; give a list"),
    ({"data_disks": [20]}, "data_disks[0]", "is a number; give DataDisk(…)"),
    ({"data_disks": [{"size": 20, "kind": "x"}]}, "data_disks[0].kind", NO_ARGUMENT),
    ({"min_cpu_platform": "Intel"}, "min_cpu_platform", f"'Intel'{CPUS}"),
    ({"security_group_id": " "}, "security_group_id", EMPTY),
    ({"eip_bandwidth": 0}, "eip_bandwidth", "0 is out of range; give 1 to 800 Mbps"),
    ({"eip_charge_mode": "free"}, "eip_charge_mode", EIP_CHARGE_MODE),
    ({"password": 5}, "password", "is a number; give a text"),
    ({"user_data": ["planted"]}, "user_data", "is a list; give a text"),
    ({"timeout": 0}, "timeout", "0 is too short; give at least 1 s"),
    ({"subnet_id": "subnet-1"}, "vpc_id", "is missing: subnet_id is 'subnet-1'; give both or neither"),
]
