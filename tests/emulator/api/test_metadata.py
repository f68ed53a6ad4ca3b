"""What a host reads of itself from the metadata server, by the names on UCloud's page, is what the API says of it."""

from __future__ import annotations

import json

from tests.support.asker import EIP, Asker
from tests.support.documents import documented
from tests.support.ssh import public_ip, run, ssh

ROOT = "http://100.80.80.80/meta-data/latest/uhost"


@documented("uhost/guide/metadata/metadata-server.md", "A folder lists the names in it")
@documented("uhost/guide/metadata/metadata-server.md", "The metadata items of a host")
def test_a_host_reads_what_the_api_says_of_it(real: Asker) -> None:
    host = real.running_host(Name="described", Tag="group", NetworkInterface=[{"EIP": EIP}])
    with ssh(public_ip(real, host), password="Password123") as client:

        def read(path: str) -> str:
            return run(client, f"curl --silent --fail --max-time 5 {ROOT}{path}")

        said = real.host(host)
        boot, (private, public) = said["DiskSet"][0], said["IPSet"]
        items = {
            "/project-id": "org-emulator",
            "/region": "cn-bj2",
            "/zone": said["Zone"],
            "/uhost-id": host,
            "/name": "described",
            "/remark": "",
            "/tag": "group",
            "/image-id": "uimage-f1chxn",
            "/os-name": said["OsName"],
            "/machine-type": said["MachineType"],
            "/cpu": str(said["CPU"]),
            "/memory": str(said["Memory"]),
            "/gpu": "0",
            "/isolation-group": "",
            "/net-capability": said["NetCapability"],
            "/hotplug": "false",
            "/disks/0/disk-id": boot["DiskId"],
            "/disks/0/name": boot["Name"],
            "/disks/0/is-boot": "true",
            "/disks/0/disk-type": boot["DiskType"],
            "/disks/0/size": str(boot["Size"]),
            "/disks/0/drive": "vda",
            "/disks/0/encrypted": "false",
            "/disks/0/backup-type": boot["BackupType"],
            "/network-interfaces/0/vpc-id": private["VPCId"],
            "/network-interfaces/0/subnet-id": private["SubnetId"],
            "/network-interfaces/0/mac": private["Mac"],
            "/network-interfaces/0/ips/0/ip-address": private["IP"],
            "/network-interfaces/0/ips/0/type": "Private",
            "/network-interfaces/0/ips/1/ip-id": public["IPId"],
            "/network-interfaces/0/ips/1/ip-address": public["IP"],
            "/network-interfaces/0/ips/1/type": public["Type"],
            "/network-interfaces/0/ips/1/width": str(public["Bandwidth"]),
        }
        assert {path: read(path) for path in items} == items
        assert set(read("/disks/0/").split()) == {
            path.removeprefix("/disks/0") for path in items if path.startswith("/disks/0/")
        }
        whole = json.loads(run(client, "curl --silent http://100.80.80.80/meta-data/v1.json"))
        assert (whole["instance-id"], whole["uhost"]["cpu"]) == (host, said["CPU"])
        assert whole["local-hostname"] == private["IP"].replace(".", "-")
        real.ask("ModifyUHostInstanceName", UHostId=host, Name="renamed")
        assert read("/name") == "renamed"
    real.remove_host(host)
