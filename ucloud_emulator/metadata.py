"""What the metadata server says of a host, by the names that UCloud's pages and its Go SDK know."""

from __future__ import annotations

from ucloud_emulator.api.uhost import describe
from ucloud_emulator.hosts.metadata import Tree
from ucloud_emulator.records import Host, KeyPair
from ucloud_emulator.store import Store


def metadata(store: Store, id: str) -> Tree:
    """Empty where the host is gone."""
    host = store.get(Host, id)
    if host is None:
        return {}
    pair = store.get(KeyPair, host.key_pair_id)
    return {
        "availability-zone": host.zone,
        "cloud-name": "ucloud",
        "platform": "uhost",
        "public-ssh-keys": [pair.public_key] if pair else [],
        "region": host.region,
        "uhost": _uhost(store, host),
    }


def _uhost(store: Store, host: Host) -> Tree:
    shown = describe(store, host)
    return {
        "project-id": host.project,
        "region": host.region,
        "zone": host.zone,
        "uhost-id": host.id,
        "name": host.name,
        "remark": host.remark,
        "tag": host.tag,
        "image-id": host.image_id,
        "os-name": host.os_name,
        "machine-type": host.machine_type,
        "cpu": host.cpu,
        "memory": host.memory,
        "gpu": 0,
        "isolation-group": shown["IsolationGroup"],
        "net-capability": host.net_capability,
        "hotplug": shown["HotplugFeature"],
        "disks": [
            {
                "disk-id": disk["DiskId"],
                "name": disk["Name"],
                "is-boot": disk["IsBoot"] == "True",
                "disk-type": disk["DiskType"],
                "size": disk["Size"],
                "drive": disk["Drive"].removeprefix("/dev/"),
                "encrypted": disk["Encrypted"] == "true",
                "backup-type": disk["BackupType"],
            }
            for disk in shown["DiskSet"]
        ],
        "network-interfaces": [
            {
                "vpc-id": host.vpc_id,
                "subnet-id": host.subnet_id,
                "mac": shown["IPSet"][0]["Mac"],
                "ips": [
                    {
                        "ip-id": ip["IPId"],
                        "ip-address": ip["IP"],
                        "type": ip["Type"],
                        # The page says width, the Go SDK reads bandwidth.
                        "width": ip["Bandwidth"],
                        "bandwidth": ip["Bandwidth"],
                    }
                    for ip in shown["IPSet"]
                ],
            }
        ],
    }
