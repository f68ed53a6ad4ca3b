"""What the API says holds on the real host: login, firewall, addresses, user data, images, its end."""

from __future__ import annotations

import base64
import contextlib
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import paramiko
import pytest

from tests.support.asker import EIP, Asker
from tests.support.documents import documented
from tests.support.ssh import answers, public_ip, run, ssh

PASSWORD = "Planted-Pass-1"


@dataclass
class Key:
    id: str
    file: Path

    @property
    def login(self) -> dict[str, Any]:
        return {"LoginMode": "KeyPair", "KeyPairId": self.id, "Password": None, "ImageId": "uimage-debian12-ci"}


@pytest.fixture
def key(real: Asker, tmp_path: Path) -> Iterator[Key]:
    file = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "rsa", "-N", "", "-f", file], check=True)
    public = file.with_suffix(".pub").read_text()
    id = real.ask("ImportUHostKeyPairs", KeyPairName=f"key-{tmp_path.name}", PublicKeyBody=public)["KeyPairId"]
    yield Key(id, file)
    real.ask("DeleteUHostKeyPairs", KeyPairIds=[id])


def test_what_was_installed_is_in_the_image_and_runs_in_hosts_of_another_region(real: Asker, key: Key) -> None:
    elsewhere = Asker(real.emulator, real.emulator.client(region="cn-sh2"))
    source = real.running_host(NetworkInterface=[{"EIP": EIP}], **key.login)
    with ssh(public_ip(real, source), key=key.file) as client:
        run(client, "echo made here > /srv/made && chmod 640 /srv/made")
    real.ask("StopUHostInstance", UHostId=source)
    real.wait(source, "Stopped")
    image = real.made_image(source)
    real.remove_host(source)
    copied = real.ask("CopyCustomImage", SourceImageId=image, TargetProjectId="org-emulator", TargetRegion="cn-sh2")
    copy = copied["TargetImageId"]
    elsewhere.until(lambda: elsewhere.image(copy)["State"] == "Available")
    real.ask("TerminateCustomImage", ImageId=image)
    host = elsewhere.running_host(
        ImageId=copy,
        Zone="cn-sh2-01",
        Password=base64.b64encode(PASSWORD.encode()).decode(),
        NetworkInterface=[{"EIP": EIP}],
    )
    with ssh(public_ip(elsewhere, host), password=PASSWORD) as client:
        assert run(client, "cat /srv/made; stat -c %a /srv/made") == "made here\n640"
    elsewhere.remove_host(host)
    elsewhere.ask("TerminateCustomImage", ImageId=copy)


def test_the_firewall_filters_and_changes_hold_at_once(real: Asker, key: Key) -> None:
    firewall = real.ask("CreateFirewall", Name="only-ssh", Rule=["TCP|22|0.0.0.0/0|ACCEPT|HIGH|"])["FWId"]
    host = real.running_host(SecurityGroupId=firewall, NetworkInterface=[{"EIP": EIP}], **key.login)
    ip = public_ip(real, host)
    with ssh(ip, key=key.file) as client:
        run(client, "systemd-run --unit web perl -e 'use IO::Socket; $s = IO::Socket::INET->new(LocalPort => 8080, "
            "Listen => 9, ReuseAddr => 1) or die; while ($c = $s->accept) { print $c qq(hello\\n); close $c }' && "
            "until ss -ltn 2>/dev/null | grep -q 8080 || grep -qi 1F90 /proc/net/tcp; do sleep 0.05; done")  # fmt: skip
    assert not answers(ip, 8080)
    rules = ["TCP|22|0.0.0.0/0|ACCEPT|HIGH|", "TCP|8000-8100|0.0.0.0/0|ACCEPT|LOW|"]
    real.ask("UpdateFirewall", FWId=firewall, Rule=rules)
    assert answers(ip, 8080)
    real.ask("UpdateFirewall", FWId=firewall, Rule=[*rules, "TCP|8080|0.0.0.0/0|DROP|HIGH|"])
    assert not answers(ip, 8080)
    web = next(f for f in real.ask("DescribeFirewall")["DataSet"] if f["Type"] == "recommend web")["FWId"]
    real.ask("GrantFirewall", FWId=web, ResourceType="uhost", ResourceId=host)
    assert not answers(ip, 8080)
    assert answers(ip, 22)
    real.remove_host(host)
    real.ask("DeleteFirewall", FWId=firewall)


@documented(
    "vpc/introduction/secgroup.md", "What no rule lets in stays out; a group's and a rule's smaller number first"
)
def test_security_groups_guard_the_host_in_the_order_of_their_priorities(real: Asker) -> None:
    def group(name: str, act: str) -> str:
        id = str(real.ask("CreateSecGroup", VPCID=vpc, Name=name)["SecGroupId"])
        ssh = {"Direction": "Ingress", "IPRange": "0.0.0.0/0", "ProtocolType": "TCP", "DstPort": "22", "Priority": 9}
        real.ask("CreateSecGroupRule", SecGroupId=id, Rule=[{**ssh, "RuleAction": act, "Remark": name}])
        return id

    vpc = real.ask("DescribeVPC")["DataSet"][0]["VPCId"]
    lets, drops = group("lets", "Accept"), group("drops", "Drop")
    host = real.running_host(
        ImageId="uimage-debian12",
        MachineType="O",
        Disks=[{"IsBoot": "True", "Type": "CLOUD_RSSD", "Size": 20}],
        NetworkInterface=[{"EIP": EIP}],
        SecurityMode="SecGroup",
        SecGroupId=[{"Id": drops, "Priority": 2}, {"Id": lets, "Priority": 1}],
    )
    ip = next(address["IP"] for address in real.host(host)["IPSet"] if address["Type"] == "Bgp")
    real.until(lambda: answers(ip, 22))
    first = {"Direction": "Ingress", "IPRange": "0.0.0.0/0", "ProtocolType": "ALL", "DstPort": "1-65535", "Priority": 1}
    real.ask("CreateSecGroupRule", SecGroupId=lets, Rule=[{**first, "RuleAction": "Drop", "Remark": "all"}])
    assert not answers(ip, 22)
    real.remove_host(host)
    real.ask("DeleteSecGroup", SecGroupId=[lets, drops])


def test_an_eip_reaches_the_host_as_long_as_it_is_bound(real: Asker, key: Key) -> None:
    host = real.running_host(**key.login)
    allocated = real.ask("AllocateEIP", Bandwidth=5, OperatorName="Bgp")["EIPSet"][0]
    ip = allocated["EIPAddr"][0]["IP"]
    bind = {"EIPId": allocated["EIPId"], "ResourceType": "uhost", "ResourceId": host}
    assert not answers(ip, 22)
    real.ask("BindEIP", **bind)
    with ssh(ip, key=key.file) as client:
        assert run(client, "hostname") == real.host(host)["IPSet"][0]["IP"].replace(".", "-")
    real.ask("UnBindEIP", **bind)
    assert not answers(ip, 22)
    real.ask("ReleaseEIP", EIPId=allocated["EIPId"])
    real.remove_host(host)


def test_a_host_that_is_gone_does_not_answer_on_any_of_its_addresses(real: Asker, key: Key) -> None:
    host = real.running_host(NetworkInterface=[{"EIP": EIP}], **key.login)
    addresses = [address["IP"] for address in real.host(host)["IPSet"]]
    with ssh(public_ip(real, host), key=key.file) as client:
        run(client, "true")
    real.remove_host(host)
    began = time.monotonic()
    assert not any(answers(ip, 22, 3) for ip in addresses)
    assert time.monotonic() - began < 3, "unreachable is said at once"


def test_a_host_that_powers_itself_off_is_stopped_and_one_that_reboots_itself_comes_back(real: Asker, key: Key) -> None:
    host = real.running_host(NetworkInterface=[{"EIP": EIP}], **key.login)
    ip = public_ip(real, host)
    with ssh(ip, key=key.file) as client:
        before = run(client, "cat /proc/sys/kernel/random/boot_id; systemctl show -p UserspaceTimestampMonotonic")
        client.exec_command("systemctl reboot")
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with contextlib.suppress(Exception), ssh(ip, key=key.file) as client:
            now = run(client, "cat /proc/sys/kernel/random/boot_id; systemctl show -p UserspaceTimestampMonotonic")
            if now != before:
                break
        time.sleep(0.1)
    assert now != before
    assert real.host(host)["State"] == "Running"
    with ssh(ip, key=key.file) as client:
        client.exec_command("systemctl poweroff")
    real.wait(host, "Stopped")
    real.remove_host(host)


def test_user_data_is_run_by_cloud_init_and_a_changed_password_lets_in(real: Asker) -> None:
    user_data = "#cloud-config\nruncmd:\n  - echo by cloud-init > /srv/user-data\n"
    host = real.running_host(
        ImageId="uimage-debian12-ci",
        Password=base64.b64encode(PASSWORD.encode()).decode(),
        UserData=base64.b64encode(user_data.encode()).decode(),
        NetworkInterface=[{"EIP": EIP}],
    )
    ip = public_ip(real, host)
    with ssh(ip, password=PASSWORD) as client:
        run(client, "cloud-init status --wait >/dev/null; grep -q cloud-init /srv/user-data")
    real.ask("StopUHostInstance", UHostId=host)
    real.wait(host, "Stopped")
    changed = "Another-Pass-2"
    real.ask(
        "ResetUHostInstancePassword", UHostId=host, Password=base64.b64encode(changed.encode()).decode(), AutoStart=True
    )
    real.wait(host, "Running")
    with ssh(ip, password=changed) as client:
        run(client, "true")
    real.remove_host(host)


def test_ubuntu_s_user_logs_in_and_may_do_everything_and_root_does_not_log_in(real: Asker) -> None:
    host = real.running_host(
        ImageId="uimage-ubuntu20",
        Password=base64.b64encode(PASSWORD.encode()).decode(),
        NetworkInterface=[{"EIP": EIP}],
    )
    ip = public_ip(real, host)
    with ssh(ip, password=PASSWORD, username="ubuntu") as client:
        assert run(client, "whoami; sudo -n whoami; cloud-init status --wait >/dev/null; echo $?") == "ubuntu\nroot\n0"
    with ssh(ip, password=PASSWORD, username="ubuntu") as client:
        assert run(client, "whoami") == "ubuntu", "cloud-init left the password alone"
    with pytest.raises(paramiko.AuthenticationException), ssh(ip, password=PASSWORD):
        pass
    real.remove_host(host)


def test_data_disks_are_there_in_the_host(real: Asker, key: Key) -> None:
    data = {"IsBoot": "False", "Type": "CLOUD_SSD", "Size": 30}
    boot = {"IsBoot": "True", "Type": "CLOUD_SSD", "Size": 20}
    host = real.running_host(Disks=[boot, data], NetworkInterface=[{"EIP": EIP}], **key.login)
    disk = real.ask("CreateUDisk", Zone="cn-bj2-02", Name="later", Size=10)["UDiskId"][0]
    real.ask("AttachUDisk", UDiskId=disk, UHostId=host)
    with ssh(public_ip(real, host), key=key.file) as client:
        assert run(client, "blockdev --getsize64 /dev/vdb /dev/vdc").split() == [str(30 << 30), str(10 << 30)]
    real.remove_host(host)
    assert real.ask("DescribeUDisk", UDiskId=disk)["DataSet"] == []
