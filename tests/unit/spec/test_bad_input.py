"""Wrong inputs, each with the line it must give: the property, the value, the remedy. Nothing secret is ever shown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ucloud_provider.spec.check import check_custom_image, check_uhost

IMAGE: dict[str, Any] = {
    "image_name": "basic",
    "source_image_id": "uimage-f1chxn",
    "availability_zone": "cn-bj2-02",
    "instance_type": "n-basic-2",
}
HOST: dict[str, Any] = {"image_id": "uimage-abc", "availability_zone": "cn-bj2-02", "instance_type": "n-basic-2"}
NAME_CHARACTERS = "use 1 to 63 Chinese characters, letters, digits and"


class Missing:
    """Says that an argument is left out. Its repr, part of the tests' names, is the same in every process."""

    def __repr__(self) -> str:
        return "(left out)"


MISSING = Missing()

BAD_IMAGE: list[tuple[dict[str, Any], str, str]] = [
    # names
    ({"image_name": MISSING}, "image_name", "is required: The image's name."),
    ({"image_name": ""}, "image_name", f"'' is no image name; {NAME_CHARACTERS}"),
    ({"image_name": "a b"}, "image_name", f"'a b' is no image name; {NAME_CHARACTERS}"),
    ({"image_name": "x" * 64}, "image_name", NAME_CHARACTERS),
    ({"image_name": "a/b"}, "image_name", f"'a/b' is no image name; {NAME_CHARACTERS}"),
    ({"image_name": "naïve"}, "image_name", f"'naïve' is no image name; {NAME_CHARACTERS}"),
    ({"image_name": 7}, "image_name", "7 is a number; give a text"),
    ({"image_name": ["a"]}, "image_name", "is a list; give a text"),
    ({"instance_name": "a b"}, "instance_name", f"'a b' is no host name; {NAME_CHARACTERS}"),
    ({"instance_name": "a,b"}, "instance_name", f"'a,b' is no host name; {NAME_CHARACTERS}"),
    ({"instance_name": ""}, "instance_name", f"'' is no host name; {NAME_CHARACTERS}"),
    # required
    ({"source_image_id": MISSING}, "source_image_id", "is required: The image that the temporary host starts from."),
    ({"availability_zone": MISSING}, "availability_zone", "is required: Zone of the temporary host"),
    ({"instance_type": MISSING}, "instance_type", "is required: Such as `n-basic-2`"),
    ({"source_image_id": "f1chxn"}, "source_image_id", "'f1chxn' is no image id; it looks like uimage-f1chxn"),
    ({"source_image_id": "uimage-"}, "source_image_id", "'uimage-' is no image id"),
    ({"adopt_image_id": "my image"}, "adopt_image_id", "'my image' is no image id"),
    ({"availability_zone": " "}, "availability_zone", "is empty; give a value, or leave the argument out"),
    ({"region": ""}, "region", "is empty; give a value, or leave the argument out"),
    ({"project_id": ""}, "project_id", "is empty; give a value, or leave the argument out"),
    # unknown arguments
    ({"image_nam": "x"}, "image_nam", "is not an argument; did you mean image_name?"),
    ({"instanceType": "x"}, "instanceType", "is not an argument; did you mean instance_type?"),
    ({"ssh_user": "x"}, "ssh_user", "is not an argument; did you mean ssh_username?"),
    ({"zzz": 1}, "zzz", "is not an argument; docs/arguments.md lists them"),
    # instance types
    ({"instance_type": "n-basic"}, "instance_type", "'n-basic' is no instance type; write family-kind-cores"),
    ({"instance_type": "n-basic-3"}, "instance_type", "'n-basic-3': cores are 1 or an even number"),
    ({"instance_type": "n-basic-0"}, "instance_type", "'n-basic-0': cores are 1 or an even number"),
    ({"instance_type": "n-basic-256"}, "instance_type", "'n-basic-256': cores are 1 or an even number up to 128"),
    ({"instance_type": "z-basic-2"}, "instance_type", "'z-basic-2': unknown host family 'z', one of n, c, o"),
    ({"instance_type": "n-huge-2"}, "instance_type", "'n-huge-2' is no instance type"),
    ({"instance_type": "n-basic-two"}, "instance_type", "'n-basic-two' is no instance type"),
    ({"instance_type": "n-customized-2"}, "instance_type", "'n-customized-2' is no instance type"),
    ({"instance_type": "n-customized-2-3"}, "instance_type", "'n-customized-2-3': memory is 1 GB or an even number"),
    ({"instance_type": "n-customized-2-64"}, "instance_type", "memory is between half a GB and 12 GB a core"),
    ({"instance_type": "n-customized-8-2"}, "instance_type", "memory is between half a GB and 12 GB a core"),
    ({"instance_type": "n-customized-0-2"}, "instance_type", "cores are 1 or an even number"),
    ({"instance_type": ""}, "instance_type", "unknown host family ''"),
    ({"instance_type": 2}, "instance_type", "2 is a number; give a text"),
    # choices
    ({"boot_disk_type": "ssd"}, "boot_disk_type", "'ssd' is not one of local_normal, local_ssd, cloud_ssd, cloud_rssd"),
    ({"boot_disk_type": "CLOUD_SSD"}, "boot_disk_type", "'CLOUD_SSD' is not one of"),
    (
        {"eip_charge_mode": "free"},
        "eip_charge_mode",
        "'free' is not one of traffic, bandwidth, post_accurate_bandwidth",
    ),
    ({"min_cpu_platform": "Intel"}, "min_cpu_platform", "'Intel' is not one of Intel/Auto"),
    ({"min_cpu_platform": "Arm/Auto"}, "min_cpu_platform", "'Arm/Auto' is not one of Intel/Auto"),
    ({"communicator": "telnet"}, "communicator", "'telnet' is not one of ssh, none"),
    ({"communicator": "winrm"}, "communicator", "'winrm' cannot be used yet; build from a Linux image with ssh"),
    ({"temporary_key_pair_type": "dsa"}, "temporary_key_pair_type", "'dsa' is not one of ed25519, rsa, ecdsa"),
    ({"on_failure": "ask"}, "on_failure", "'ask' is not one of cleanup, keep"),
    # numbers
    ({"boot_disk_size": 10}, "boot_disk_size", "10 is out of range; give 20 to 500 GB"),
    ({"boot_disk_size": 501}, "boot_disk_size", "501 is out of range; give 20 to 500 GB"),
    ({"boot_disk_size": "big"}, "boot_disk_size", "'big' is a text; give a whole number"),
    ({"boot_disk_size": 20.5}, "boot_disk_size", "20.5 is a number; give a whole number"),
    ({"eip_bandwidth": 0}, "eip_bandwidth", "0 is out of range; give 1 to 800 Mbps"),
    ({"eip_bandwidth": -1}, "eip_bandwidth", "-1 is out of range; give 1 to 800 Mbps"),
    ({"eip_bandwidth": 801}, "eip_bandwidth", "801 is out of range; give 1 to 800 Mbps"),
    ({"eip_bandwidth": "10 Mbps"}, "eip_bandwidth", "'10 Mbps' is a text; give a whole number"),
    ({"ssh_port": 0}, "ssh_port", "0 is out of range; give 1 to 65535"),
    ({"ssh_port": 65536}, "ssh_port", "65536 is out of range; give 1 to 65535"),
    ({"ssh_handshake_attempts": 0}, "ssh_handshake_attempts", "0 is out of range; give 1 to 1000"),
    ({"use_ssh_private_ip": "maybe"}, "use_ssh_private_ip", "'maybe' is a text; give True or False"),
    ({"ssh_pty": [1]}, "ssh_pty", "is a list; give True or False"),
    # durations
    (
        {"ssh_timeout": "5 minutes"},
        "ssh_timeout",
        "'5 minutes' is no duration; give seconds, or such as 30s, 5m, 1h30m",
    ),
    ({"ssh_timeout": ""}, "ssh_timeout", "'' is no duration"),
    ({"ssh_timeout": 0}, "ssh_timeout", "0 is too short; give at least 1 s"),
    ({"ssh_timeout": "-5s"}, "ssh_timeout", "'-5s' is no duration"),
    ({"ssh_timeout": "30m1h"}, "ssh_timeout", "'30m1h' is no duration"),
    ({"ssh_timeout": {"m": 5}}, "ssh_timeout", "is a dictionary; give seconds, or such as 30s, 5m, 1h30m"),
    ({"wait_image_ready_timeout": "0s"}, "wait_image_ready_timeout", "'0s' is too short; give at least 1 s"),
    ({"pause_before_connecting": -1}, "pause_before_connecting", "-1 is too short; give at least 0 s"),
    ({"ssh_keep_alive_interval": "often"}, "ssh_keep_alive_interval", "'often' is no duration"),
    ({"ssh_read_write_timeout": "1d"}, "ssh_read_write_timeout", "'1d' is no duration"),
    # passwords: never shown
    ({"ssh_password": "planted"}, "ssh_password", "is no password UCloud takes; use 8 to 30 characters"),
    ({"ssh_password": "planted-" * 5}, "ssh_password", "is no password UCloud takes"),
    ({"ssh_password": "plantedplanted"}, "ssh_password", "at least two of: upper case, lower case, digits"),
    ({"ssh_password": "planted 1234"}, "ssh_password", "is no password UCloud takes"),
    ({"ssh_password": "planted密码1234"}, "ssh_password", "is no password UCloud takes"),
    ({"ssh_password": ["planted"]}, "ssh_password", "is a list; give a text"),
    # together
    ({"vpc_id": "uvnet-1"}, "subnet_id", "is missing: vpc_id is 'uvnet-1'; give both or neither"),
    ({"subnet_id": "subnet-1"}, "vpc_id", "is missing: subnet_id is 'subnet-1'; give both or neither"),
    ({"use_ssh_private_ip": True}, "use_ssh_private_ip", "True needs vpc_id and subnet_id"),
    ({"user_data": "#!", "user_data_file": "here"}, "user_data_file", "and user_data are both given"),
    ({"user_data": "x" * 16385}, "user_data", "has 16385 bytes; UCloud takes 16384: shorten it"),
    ({"user_data": "密" * 6000}, "user_data", "has 18000 bytes; UCloud takes 16384"),
    ({"user_data_file": "nowhere"}, "user_data_file", "'nowhere' is no file in"),
    ({"user_data_file": "large"}, "user_data_file", "'large' has 16385 bytes; UCloud takes 16384: shorten it"),
    ({"ssh_private_key_file": "nowhere"}, "ssh_private_key_file", "'nowhere' is no file in"),
    ({"ssh_keypair_name": "mine"}, "ssh_keypair_name", "needs ssh_private_key_file, the private half"),
    ({"ssh_password": "Secret-123", "ssh_keypair_name": "mine"}, "ssh_keypair_name", "ssh_p"),
    ({"temporary_key_pair_bits": 256}, "temporary_key_pair_bits", "256 does not go with ed25519"),
    (
        {"temporary_key_pair_type": "rsa", "temporary_key_pair_bits": 1024},
        "temporary_key_pair_bits",
        "1024 does not go with rsa; rsa takes 2048 to 8192",
    ),
    ({"replace_on": ["instance_typ"]}, "replace_on[0]", "is not an argument; did you mean instance_type?"),
    ({"replace_on": "instance_type"}, "replace_on", "'instance_type' is a text; give a list"),
    ({"communicator": "none"}, "communicator", "'none' cannot run provisioners; use ssh"),
    ({"keep_in_image": ["history"]}, "keep_in_image[0]", "'history' is not one of cloud_init, machine_id"),
    ({"keep_in_image": ["logs", ""]}, "keep_in_image[1]", "'' is not one of cloud_init"),
    ({"keep_in_image": "logs"}, "keep_in_image", "'logs' is a text; give a list"),
    ({"keep_in_image": [7]}, "keep_in_image[0]", "7 is a number; give a text"),
    (
        {"temporary_security_group_source_cidrs": ["203.0.113.7", "203.0.113.7/24"]},
        "temporary_security_group_source_cidrs[1]",
        "'203.0.113.7/24' is no IPv4 network; write such as 203.0.113.7/32",
    ),
    (
        {"temporary_security_group_source_cidrs": ["::/0"]},
        "temporary_security_group_source_cidrs[0]",
        "'::/0' is no IPv4 network",
    ),
    (
        {"temporary_security_group_source_cidrs": ["10.0.0.0/8"], "security_group_id": "firewall-1"},
        "temporary_security_group_source_cidrs",
        "and security_group_id are both given; give one of the two",
    ),
    ({"temporary_host_key": "no"}, "temporary_host_key", "'no' is a text; give True or False"),
    # copies
    ({"copies": [{}]}, "copies[0]", "names neither region nor project_id; give where to copy to"),
    ({"copies": [{"name": "x"}]}, "copies[0]", "names neither region nor project_id"),
    ({"copies": [{"regio": "hk"}]}, "copies[0].regio", "is not an argument; did you mean region?"),
    ({"copies": [{"region": ""}]}, "copies[0].region", "is empty"),
    ({"copies": [{"region": 5}]}, "copies[0].region", "5 is a number; give a text"),
    ({"copies": [{"region": "hk"}, {"region": "hk"}]}, "copies[1]", "goes where copies[0] goes, hk; leave one out"),
    ({"copies": [{"region": "hk", "name": "a b"}]}, "copies[0].name", "'a b' is no image name"),
    ({"region": "cn-bj2", "copies": [{"region": "cn-bj2"}]}, "copies[0]", "cn-bj2 is where the image is built"),
    ({"copies": {"region": "hk"}}, "copies", "is a dictionary; give a list"),
    ({"copies": ["hk"]}, "copies[0]", "is a text; give ImageCopy("),
    # provisioners
    ({"provisioners": [{"type": "shel"}]}, "provisioners[0].type", "'shel' is no provisioner; one of file, shell"),
    ({"provisioners": [{}]}, "provisioners[0].type", "None is no provisioner; one of file, shell"),
    ({"provisioners": ["yum install -y nginx"]}, "provisioners[0]", "is a text; give one such as Shell("),
    ({"provisioners": [{"type": "shell", "inlin": ["x"]}]}, "provisioners[0].inlin", "did you mean inline?"),
    ({"provisioners": [{"type": "shell", "inline": "x"}]}, "provisioners[0].inline", "'x' is a text; give a list"),
    (
        {
            "provisioners": [
                {"type": "shell", "inline": ["true"]},
                {"type": "shell", "inline": ["x"], "max_retries": -1},
            ]
        },
        "provisioners[1].max_retries",
        "-1 is out of range; give 0 to 100",
    ),
    (
        {"provisioners": [{"type": "shell", "inline": ["x"], "timeout": "soon"}]},
        "provisioners[0].timeout",
        "'soon' is no duration",
    ),
    (
        {"provisioners": [{"type": "shell", "script": "nowhere.sh"}]},
        "provisioners[0].script",
        "'nowhere.sh' does not exist in",
    ),
]

BAD_HOST: list[tuple[dict[str, Any], str, str]] = [
    ({"image_id": MISSING}, "image_id", "is required: The image to start from."),
    ({"image_id": "web"}, "image_id", "'web' is no image id; it looks like uimage-f1chxn"),
    ({"instance_type": "n-basic-5"}, "instance_type", "'n-basic-5': cores are 1 or an even number"),
    ({"name": "a b"}, "name", f"'a b' is no host name; {NAME_CHARACTERS}"),
    ({"charge_type": "hourly"}, "charge_type", "'hourly' is not one of dynamic, month, year, postpay"),
    ({"data_disks": [{"size": 5}]}, "data_disks[0].size", "5 is out of range; give 20 to 32000 GB"),
    ({"data_disks": [{"type": "cloud_ssd"}]}, "data_disks[0].size", "is required: Size."),
    ({"data_disks": [{"size": 20, "type": "floppy"}]}, "data_disks[0].type", "'floppy' is not one of cloud_normal"),
    ({"password": "planted"}, "password", "is no password UCloud takes"),
    ({"password": "Secret-123", "key_pair_id": "uhostkey-1"}, "key_pair_id", "and password are both given"),
    ({"vpc_id": "uvnet-1"}, "subnet_id", "is missing: vpc_id is 'uvnet-1'; give both or neither"),
    ({"user_data": "x" * 20000}, "user_data", "has 20000 bytes; UCloud takes 16384"),
    ({"bandwidth": 5}, "bandwidth", "is not an argument; did you mean eip_bandwidth?"),
    ({"eip": "yes please"}, "eip", "'yes please' is a text; give True or False"),
    ({"timeout": "ages"}, "timeout", "'ages' is no duration"),
]


def changed(base: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in {**base, **change}.items() if value is not MISSING}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "here").write_text("#!/bin/sh\n")
    (tmp_path / "large").write_text("x" * 16385)
    return tmp_path


@pytest.mark.parametrize(("change", "name", "reason"), BAD_IMAGE, ids=lambda v: str(v)[:40])
def test_a_wrong_image_input_is_named_with_its_remedy(
    change: dict[str, Any], name: str, reason: str, project: Path
) -> None:
    base = {**IMAGE, "provisioners": [{"type": "shell", "inline": ["true"]}]}
    failures = check_custom_image(changed(base, change), project).failures
    found = {failure.property: failure.reason for failure in failures}
    assert list(found) == [name]
    assert reason in found[name]
    assert "planted" not in str(failures)
    assert "\n" not in found[name]


@pytest.mark.parametrize(("change", "name", "reason"), BAD_HOST, ids=lambda v: str(v)[:40])
def test_a_wrong_host_input_is_named_with_its_remedy(change: dict[str, Any], name: str, reason: str) -> None:
    failures = check_uhost(changed(HOST, change)).failures
    assert [failure.property for failure in failures] == [name]
    assert reason in failures[0].reason
    assert "planted" not in str(failures)


def test_there_are_a_hundred_wrong_inputs() -> None:
    assert len(BAD_IMAGE) + len(BAD_HOST) >= 100


def test_all_that_is_wrong_is_told_at_once(project: Path) -> None:
    wrong = changed(IMAGE, {"image_name": "a b", "instance_type": "n-basic-3", "vpc_id": "v", "copies": [{}]})
    failures = check_custom_image(wrong, project).failures
    assert [failure.property for failure in failures] == ["image_name", "instance_type", "subnet_id", "copies[0]"]


def test_a_provisioners_wrong_argument_does_not_hide_what_else_is_wrong_with_it(project: Path) -> None:
    provisioners = [
        {"type": "shell", "script": "nowhere.sh", "valid_exit_codes": ["x"], "env": {"A B": "1"}},
        {"type": "shell", "script": 5},
        {"type": "file", "sources": ["here", "gone"], "destination": "/x", "timeout": "never"},
        {"type": "shell-local", "command": "a", "inline": ["b"], "pause_before": "soon"},
    ]
    failures = check_custom_image({**IMAGE, "provisioners": provisioners}, project).failures
    assert {each.property.removeprefix("provisioners") for each in failures} == {
        "[0].valid_exit_codes[0]",
        "[0].script",
        "[0].env",
        "[1].script",
        "[2].timeout",
        "[2].sources[1]",
        "[3].pause_before",
        "[3].inline",
    }


class Unknown:
    """Stands for `pulumi.output.Unknown`, which is told by its name."""

    def __repr__(self) -> str:
        return "(unknown)"


@pytest.mark.parametrize(
    "change",
    [
        {"image_name": Unknown()},
        {"source_image_id": Unknown()},
        {"vpc_id": "uvnet-1", "subnet_id": Unknown()},
        {"use_ssh_private_ip": True, "vpc_id": Unknown(), "subnet_id": Unknown()},
        {"copies": Unknown()},
        {"copies": [{"region": Unknown()}]},
        {"provisioners": Unknown()},
        {"provisioners": [Unknown()]},
        {"provisioners": [{"type": "shell", "inline": Unknown()}]},
        {"provisioners": [{"type": "shell", "inline": [Unknown()]}]},
        {"provisioners": [{"type": "shell", "inline": ["x"], "environment_vars": {"A": Unknown()}}]},
        {"ssh_password": Unknown()},
        {"boot_disk_size": Unknown()},
    ],
    ids=str,
)
def test_what_is_not_known_yet_is_not_judged(change: dict[str, Any], project: Path) -> None:
    checked = check_custom_image({**IMAGE, **change}, project)
    assert checked.failures == ()
    assert "digest" not in checked.inputs


def test_what_is_known_is_judged_beside_what_is_not(project: Path) -> None:
    checked = check_custom_image({**IMAGE, "image_name": Unknown(), "eip_bandwidth": 0.0}, project)
    assert [failure.property for failure in checked.failures] == ["eip_bandwidth"]
