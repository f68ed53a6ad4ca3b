"""What the arguments of a build do: in the calls to the cloud, on real hosts, and in the copies."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest
from ucloud_provider.cloud import keypairs
from ucloud_provider.communicators.ssh_keys import KeyPair
from ucloud_provider.errors import StepFailed
from ucloud_provider.spec.image import ImageCopy

from tests.emulator.build.conftest import Builds, Run

WITH_CLOUD_INIT = "uimage-debian12-ci"


def network_of(builds: Builds) -> dict[str, str]:
    """The default network, named as a user would name one."""
    vpc = builds.api().read("DescribeVPC")["DataSet"][0]["VPCId"]
    subnet = builds.api().read("DescribeSubnet", VPCId=vpc)["DataSet"][0]["SubnetId"]
    return {"vpc_id": vpc, "subnet_id": subnet}


def test_the_order_of_the_host_is_as_the_arguments_say(paper_builds: Builds) -> None:
    network = network_of(paper_builds)
    firewall = paper_builds.api().create("CreateFirewall", Name="mine", Rule=["TCP|22|0.0.0.0/0|ACCEPT|HIGH|"])["FWId"]
    paper_builds.build(
        **network,
        communicator="none",
        source_image_id=WITH_CLOUD_INIT,
        availability_zone="cn-bj2-03",
        instance_type="o-customized-2-8",
        instance_name="构建-1",
        boot_disk_type="cloud_rssd",
        boot_disk_size=40,
        min_cpu_platform="Amd/Epyc2",
        security_group_id=firewall,
        eip_bandwidth=25,
        eip_charge_mode="post_accurate_bandwidth",
    )
    order = paper_builds.requests("CreateUHostInstance")[0]["params"]
    wanted: dict[str, Any] = {
        "Zone": "cn-bj2-03",
        "MachineType": "O",
        "CPU": "2",
        "Memory": "8192",
        "Name": "构建-1",
        "Disks.0.IsBoot": "True",
        "Disks.0.Type": "CLOUD_RSSD",
        "Disks.0.Size": "40",
        "MinimalCpuPlatform": "Amd/Epyc2",
        "ChargeType": "Dynamic",
        "VPCId": network["vpc_id"],
        "SubnetId": network["subnet_id"],
        "SecurityGroupId": firewall,
        "NetworkInterface.0.EIP.Bandwidth": "25",
        "NetworkInterface.0.EIP.PayMode": "PostAccurateBandwidth",
        "NetworkInterface.0.EIP.OperatorName": "Bgp",
    }
    assert {name: order.get(name) for name in wanted} == wanted
    assert paper_builds.requests("CreateFirewall")[1:] == [], "the user's own firewall is used"
    assert [row["id"] for row in paper_builds.left()] == [firewall], "and stays"


def test_without_arguments_the_order_has_the_defaults(paper_builds: Builds) -> None:
    paper_builds.build(communicator="none")
    order = paper_builds.requests("CreateUHostInstance")[0]["params"]
    wanted = {
        "Disks.0.Type": "CLOUD_SSD",
        "Disks.0.Size": "20",
        "MinimalCpuPlatform": "Intel/Auto",
        "NetworkInterface.0.EIP.Bandwidth": "10",
        "NetworkInterface.0.EIP.PayMode": "Traffic",
        "LoginMode": "Password",
    }
    assert {name: order.get(name) for name in wanted} == wanted, "a random password where nobody logs in"
    assert "VPCId" not in order
    assert order["Password"] == "<secret>"


def test_a_larger_boot_disk_is_the_images_size(paper_builds: Builds) -> None:
    assert paper_builds.build(communicator="none", boot_disk_size=40).size == 40


@pytest.mark.parametrize(("kind", "bits"), [("rsa", 2048), ("ecdsa", 384), ("ed25519", None)])
def test_the_key_pair_made_for_a_build_may_be_of_any_kind(builds: Builds, kind: str, bits: int | None) -> None:
    builds.build(
        temporary_key_pair_type=kind, temporary_key_pair_bits=bits, provisioners=[Run(command="echo logged in")]
    )
    assert "logged in" in builds.progress.lines
    assert builds.left() == []


def test_a_key_pair_of_the_users_own_lets_in_and_stays(builds: Builds, tmp_path: Path) -> None:
    pair = KeyPair.generate("mine", kind="rsa", bits=2048)
    key_pair_id = keypairs.import_public(builds.api(), "mine", pair.public)
    (tmp_path / "key").write_text(pair.private)
    builds.build(
        source_image_id=WITH_CLOUD_INIT,
        ssh_keypair_name="mine",
        ssh_private_key_file="key",
        provisioners=[Run(command="cat ~/.ssh/authorized_keys")],
    )
    assert builds.requests("CreateUHostInstance")[0]["params"]["KeyPairId"] == key_pair_id
    assert pair.public.split()[1] in "\n".join(builds.progress.lines)
    assert [row["id"] for row in builds.left()] == [key_pair_id]


def test_user_data_makes_the_user_and_the_port_that_the_build_logs_in_with(builds: Builds, tmp_path: Path) -> None:
    pair = KeyPair.generate("builder")
    (tmp_path / "key").write_text(pair.private)
    (tmp_path / "user-data").write_text(
        "#cloud-config\n"
        "users: [{name: builder, shell: /bin/bash, sudo: 'ALL=(ALL) NOPASSWD:ALL', "
        f"ssh_authorized_keys: ['{pair.public}']}}]\n"
        "runcmd: ['echo Port 2222 > /etc/ssh/sshd_config.d/port.conf', 'systemctl restart ssh']\n"
    )
    builds.build(
        source_image_id=WITH_CLOUD_INIT,
        user_data_file="user-data",
        ssh_username="builder",
        ssh_private_key_file="key",
        ssh_port=2222,
        provisioners=[Run(command="echo $USER came by port $(echo $SSH_CONNECTION | cut -d' ' -f4)")],
    )
    assert "builder came by port 2222" in builds.progress.lines
    (rule,) = [v for name, v in builds.requests("CreateFirewall")[0]["params"].items() if name.startswith("Rule")]
    assert rule.startswith("TCP|2222|"), "and no other port is open"
    assert builds.left() == []


def test_user_data_arrives_as_it_is(builds: Builds) -> None:
    text = "#!/bin/sh\necho 'user data, to the letter: $HOME 密' > /etc/from-user-data\n"
    builds.build(
        source_image_id=WITH_CLOUD_INIT,
        user_data=text,
        provisioners=[Run(command="cloud-init status --wait >/dev/null; cat /etc/from-user-data")],
    )
    assert "user data, to the letter: $HOME 密" in builds.progress.lines
    log = next(Path(each).read_text() for each in builds.base_dir.glob("state/builds/*/build.log"))
    assert "UserData='***'" in log
    assert base64.b64encode(text.encode()).decode()[:20] not in log


def test_by_the_private_address_there_is_no_eip_at_all(builds: Builds) -> None:
    builds.build(
        **network_of(builds),
        use_ssh_private_ip=True,
        provisioners=[Run(command="echo $SSH_CONNECTION | cut -d' ' -f3")],
    )
    order = builds.requests("CreateUHostInstance")[0]["params"]
    assert not [name for name in order if "EIP" in name]
    assert {row["kind"] for row in builds.emulator.ledger()} & {"eip"} == set()
    assert builds.progress.lines[-1].startswith("10."), builds.progress.lines


def test_another_address_may_be_connected_to_and_is_given_up_in_time(builds: Builds) -> None:
    with pytest.raises(StepFailed, match=r"no SSH login as root@198\.18\.255\.254:2200 within 2 s") as caught:
        builds.build(ssh_host="198.18.255.254", ssh_port=2200, ssh_timeout=2)
    assert "connecting failed" in str(caught.value)
    assert (builds.left(), builds.images()) == ([], [])


def test_commands_run_in_a_terminal_only_if_asked_for(builds: Builds) -> None:
    where = Run(command="test -t 0 && echo a terminal || echo no terminal")
    builds.build(provisioners=[where])
    builds.build(provisioners=[where], ssh_pty=True)
    assert [each for each in builds.progress.lines if "terminal" in each] == ["no terminal", "a terminal"]


def test_a_command_that_is_silent_for_too_long_is_given_up(builds: Builds) -> None:
    with pytest.raises(StepFailed, match="waited 1 s for output of the command") as caught:
        builds.build(ssh_read_write_timeout=1, provisioners=[Run(command="echo hello; sleep 600")])
    assert "last lines of the output:\n  hello\n" in str(caught.value)
    assert (builds.left(), builds.images()) == ([], [])


def test_copies_go_to_other_projects_and_regions_under_their_own_names(paper_builds: Builds) -> None:
    second = paper_builds.emulator.second_project
    made = paper_builds.build(
        communicator="none",
        image_name="original",
        image_description="as built",
        copies=[
            ImageCopy(project_id=second),
            ImageCopy(region="hk", name="abroad", description="for hk"),
            ImageCopy(project_id=second, region="hk"),
        ],
    )
    found = [
        paper_builds.api(project_id=each.project_id, region=each.region).read("DescribeImage", ImageId=each.image_id)
        for each in made.copies
    ]
    assert [(each.project_id, each.region) for each in made.copies] == [
        (second, "cn-bj2"),
        (paper_builds.emulator.project, "hk"),
        (second, "hk"),
    ]
    described = [(each["ImageSet"][0]["ImageName"], each["ImageSet"][0]["ImageDescription"]) for each in found]
    assert described == [("original", "as built"), ("abroad", "for hk"), ("original", "as built")]
