"""Wrong inputs of an image, each with the line it must give: the property, the value unless secret, the remedy."""

from __future__ import annotations

from typing import Any

IMAGE: dict[str, Any] = {
    "image_name": "basic",
    "source_image_id": "uimage-f1chxn",
    "availability_zone": "cn-bj2-02",
    "instance_type": "n-basic-2",
}
"""Right, with a provisioner `Shell(inline=["true"])`."""

Wrong = tuple[dict[str, Any], str, str]
"""What is given besides, the property that is named, and all that is said of it. PROJECT is the project's folder."""


class Missing:
    """Says that an argument is left out. Its repr, part of the tests' names, is the same in every process."""

    def __repr__(self) -> str:
        return "(left out)"


MISSING = Missing()

# What is said of many.
NAME = " is no image name; use 1 to 63 Chinese characters, letters, digits and - _ , . : [ ]"
HOST_NAME = " is no host name; use 1 to 63 Chinese characters, letters, digits and - _ ."
ID = " is no image id; it looks like uimage-f1chxn"
EMPTY = "is empty; give a value, or leave the argument out"
TYPE = "; write family-kind-cores such as n-basic-2 or o-standard-4, or n-customized-<cores>-<GB>"
CORES = ": cores are 1 or an even number up to 128"
MEMORY = ": memory is between half a GB and 12 GB a core"
CPUS = (
    " is not one of Intel/Auto, Intel/IvyBridge, Intel/Haswell, Intel/Broadwell, Intel/Skylake, Intel/Cascadelake, "
    "Intel/CascadelakeR, Intel/IceLake, Intel/SapphireRapids, Amd/Auto, Amd/Epyc2, Ampere/Auto, Ampere/Altra"
)
DISKS = " is not one of local_normal, local_ssd, cloud_ssd, cloud_rssd"
DURATION = " is no duration; give seconds, or such as 30s, 5m, 1h30m"
PASSWORD = (
    "is no password UCloud takes; use 8 to 30 characters of at least two of: upper case, lower case, digits, "
    "and ()`~!@#$%^&*-+=_|{}[]:;'<>,.?/"
)
USER_DATA = ": shorten it, or fetch the rest"
MISSING_FILE = " does not exist in PROJECT; correct the path"
NO_FILE = " is no file in PROJECT; correct the path"
BITS = "; rsa takes 2048 to 8192, ecdsa 256, 384 or 521, ed25519 none"
KEPT = (
    " is not one of cloud_init, machine_id, shell_history, random_seed, dhcp_leases, logs, temporary_files, password, "
    "ssh_host_keys"
)
CIDR = " is no IPv4 network; write such as 203.0.113.7/32 or 0.0.0.0/0"
ONE_OF_TWO = " are both given; give one of the two"
HALF = "holds half a character, which no text can; give Unicode"
PLAIN = "give texts, numbers, True or False, lists and dictionaries"

BAD_IMAGE: list[Wrong] = [
    # names
    ({"image_name": MISSING}, "image_name", "is required: The image's name."),
    ({"image_name": ""}, "image_name", f"''{NAME}"),
    ({"image_name": "a b"}, "image_name", f"'a b'{NAME}"),
    ({"image_name": "x" * 64}, "image_name", f"'{'x' * 64}'{NAME}"),
    ({"image_name": "a/b"}, "image_name", f"'a/b'{NAME}"),
    ({"image_name": "naïve"}, "image_name", f"'naïve'{NAME}"),
    ({"image_name": 7}, "image_name", "7 is a number; give a text"),
    ({"image_name": ["a"]}, "image_name", "is a list; give a text"),
    ({"charge_type": "year"}, "charge_type", "'year' is not one of dynamic, postpay, month"),
    ({"instance_name": "a b"}, "instance_name", f"'a b'{HOST_NAME}"),
    ({"instance_name": "a,b"}, "instance_name", f"'a,b'{HOST_NAME}"),
    ({"instance_name": ""}, "instance_name", f"''{HOST_NAME}"),
    # required
    ({"source_image_id": MISSING}, "source_image_id", "is required: The image that the temporary host starts from."),
    ({"availability_zone": MISSING}, "availability_zone", "is required: Zone of the temporary host; of `region`."),
    ({"instance_type": MISSING}, "instance_type", "is required: Such as `n-basic-2` or `n-customized-1-2`."),
    ({"source_image_id": "f1chxn"}, "source_image_id", f"'f1chxn'{ID}"),
    ({"source_image_id": "uimage-"}, "source_image_id", f"'uimage-'{ID}"),
    ({"adopt_image_id": "my image"}, "adopt_image_id", f"'my image'{ID}"),
    ({"availability_zone": " "}, "availability_zone", EMPTY),
    ({"region": ""}, "region", EMPTY),
    ({"project_id": ""}, "project_id", EMPTY),
    # unknown arguments
    ({"image_nam": "x"}, "image_nam", "is not an argument; did you mean image_name?"),
    ({"instanceType": "x"}, "instanceType", "is not an argument; did you mean instance_type?"),
    ({"ssh_user": "x"}, "ssh_user", "is not an argument; did you mean ssh_username?"),
    ({"zzz": 1}, "zzz", "is not an argument; docs/arguments.md lists them"),
    # instance types
    ({"instance_type": "n-basic"}, "instance_type", f"'n-basic' is no instance type{TYPE}"),
    ({"instance_type": "n-basic-3"}, "instance_type", f"'n-basic-3'{CORES}"),
    ({"instance_type": "n-basic-0"}, "instance_type", f"'n-basic-0'{CORES}"),
    ({"instance_type": "n-basic-256"}, "instance_type", f"'n-basic-256'{CORES}"),
    (
        {"instance_type": "z-basic-2"},
        "instance_type",
        f"'z-basic-2': unknown host family 'z', one of n, c, o, om, omem, opro, oprog{TYPE}",
    ),
    ({"instance_type": "n-huge-2"}, "instance_type", f"'n-huge-2' is no instance type{TYPE}"),
    ({"instance_type": "n-basic-two"}, "instance_type", f"'n-basic-two' is no instance type{TYPE}"),
    ({"instance_type": "n-customized-2"}, "instance_type", f"'n-customized-2' is no instance type{TYPE}"),
    (
        {"instance_type": "n-customized-2-3"},
        "instance_type",
        "'n-customized-2-3': memory is 1 GB or an even number of GB",
    ),
    ({"instance_type": "n-customized-2-64"}, "instance_type", f"'n-customized-2-64'{MEMORY}"),
    ({"instance_type": "n-customized-8-2"}, "instance_type", f"'n-customized-8-2'{MEMORY}"),
    ({"instance_type": "n-customized-0-2"}, "instance_type", f"'n-customized-0-2'{CORES}"),
    (
        {"instance_type": ""},
        "instance_type",
        f"'': unknown host family '', one of n, c, o, om, omem, opro, oprog{TYPE}",
    ),
    ({"instance_type": 2}, "instance_type", "2 is a number; give a text"),
    # choices
    ({"boot_disk_type": "ssd"}, "boot_disk_type", f"'ssd'{DISKS}"),
    ({"boot_disk_type": "CLOUD_SSD"}, "boot_disk_type", f"'CLOUD_SSD'{DISKS}"),
    (
        {"eip_charge_mode": "free"},
        "eip_charge_mode",
        "'free' is not one of traffic, bandwidth, post_accurate_bandwidth",
    ),
    ({"min_cpu_platform": "Intel"}, "min_cpu_platform", f"'Intel'{CPUS}"),
    ({"min_cpu_platform": "Arm/Auto"}, "min_cpu_platform", f"'Arm/Auto'{CPUS}"),
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
    (
        {"eip_bandwidth": 301},
        "eip_bandwidth",
        "301 Mbps is above the 300 Mbps of eip_charge_mode 'traffic'; give less, or another mode",
    ),
    ({"image_description": "x" * 256}, "image_description", "has 256 characters; UCloud takes 255: shorten it"),
    ({"eip_bandwidth": "10 Mbps"}, "eip_bandwidth", "'10 Mbps' is a text; give a whole number"),
    ({"ssh_port": 0}, "ssh_port", "0 is out of range; give 1 to 65535"),
    ({"ssh_port": 65536}, "ssh_port", "65536 is out of range; give 1 to 65535"),
    ({"ssh_handshake_attempts": 0}, "ssh_handshake_attempts", "0 is out of range; give 1 to 1000"),
    ({"use_ssh_private_ip": "maybe"}, "use_ssh_private_ip", "'maybe' is a text; give True or False"),
    ({"ssh_pty": [1]}, "ssh_pty", "is a list; give True or False"),
    # durations
    ({"ssh_timeout": "5 minutes"}, "ssh_timeout", f"'5 minutes'{DURATION}"),
    ({"ssh_timeout": ""}, "ssh_timeout", f"''{DURATION}"),
    ({"ssh_timeout": 0}, "ssh_timeout", "0 is too short; give at least 1 s"),
    ({"ssh_timeout": "-5s"}, "ssh_timeout", f"'-5s'{DURATION}"),
    ({"ssh_timeout": "30m1h"}, "ssh_timeout", f"'30m1h'{DURATION}"),
    ({"ssh_timeout": {"m": 5}}, "ssh_timeout", "is a dictionary; give seconds, or such as 30s, 5m, 1h30m"),
    ({"wait_image_ready_timeout": "0s"}, "wait_image_ready_timeout", "'0s' is too short; give at least 1 s"),
    ({"pause_before_connecting": -1}, "pause_before_connecting", "-1 is too short; give at least 0 s"),
    ({"ssh_keep_alive_interval": "often"}, "ssh_keep_alive_interval", f"'often'{DURATION}"),
    ({"ssh_read_write_timeout": "1d"}, "ssh_read_write_timeout", f"'1d'{DURATION}"),
    # passwords: never shown
    ({"ssh_password": "planted"}, "ssh_password", PASSWORD),
    ({"ssh_password": "planted-" * 5}, "ssh_password", PASSWORD),
    ({"ssh_password": "plantedplanted"}, "ssh_password", PASSWORD),
    ({"ssh_password": "planted 1234"}, "ssh_password", PASSWORD),
    ({"ssh_password": "planted密码1234"}, "ssh_password", PASSWORD),
    ({"ssh_password": ["planted"]}, "ssh_password", "is a list; give a text"),
    # together
    ({"vpc_id": "uvnet-1"}, "subnet_id", "is missing: vpc_id is 'uvnet-1'; give both or neither"),
    ({"subnet_id": "subnet-1"}, "vpc_id", "is missing: subnet_id is 'subnet-1'; give both or neither"),
    (
        {"use_ssh_private_ip": True},
        "use_ssh_private_ip",
        "True needs vpc_id and subnet_id: a VPC that this machine is connected to",
    ),
    ({"user_data": "#!", "user_data_file": "here"}, "user_data_file", f"and user_data{ONE_OF_TWO}"),
    ({"user_data": "x" * 16385}, "user_data", f"has 16385 bytes; UCloud takes 16384{USER_DATA}"),
    ({"user_data": "密" * 6000}, "user_data", f"has 18000 bytes; UCloud takes 16384{USER_DATA}"),
    ({"user_data_file": "nowhere"}, "user_data_file", f"'nowhere'{NO_FILE}"),
    ({"user_data_file": "large"}, "user_data_file", "'large' has 16385 bytes; UCloud takes 16384: shorten it"),
    ({"ssh_private_key_file": "nowhere"}, "ssh_private_key_file", f"'nowhere'{NO_FILE}"),
    (
        {"ssh_keypair_name": "mine"},
        "ssh_keypair_name",
        "'mine' needs ssh_private_key_file, the private half of that key pair",
    ),
    (
        {"ssh_password": "Secret-123", "ssh_keypair_name": "mine", "ssh_private_key_file": "key"},
        "ssh_keypair_name",
        f"and ssh_password{ONE_OF_TWO}",
    ),
    ({"temporary_key_pair_bits": 256}, "temporary_key_pair_bits", f"256 does not go with ed25519{BITS}"),
    (
        {"temporary_key_pair_type": "rsa", "temporary_key_pair_bits": 1024},
        "temporary_key_pair_bits",
        f"1024 does not go with rsa{BITS}",
    ),
    (
        {"replace_on": ["instance_typ"]},
        "replace_on[0]",
        "'instance_typ' is not an argument; did you mean instance_type?",
    ),
    ({"replace_on": "instance_type"}, "replace_on", "'instance_type' is a text; give a list"),
    (
        {"communicator": "none"},
        "communicator",
        "'none' cannot run provisioners; use ssh, or leave the provisioners out",
    ),
    ({"keep_in_image": ["history"]}, "keep_in_image[0]", f"'history'{KEPT}"),
    ({"keep_in_image": ["logs", ""]}, "keep_in_image[1]", f"''{KEPT}"),
    ({"keep_in_image": "logs"}, "keep_in_image", "'logs' is a text; give a list"),
    ({"keep_in_image": [7]}, "keep_in_image[0]", "7 is a number; give a text"),
    (
        {"temporary_security_group_source_cidrs": ["203.0.113.7", "203.0.113.7/24"]},
        "temporary_security_group_source_cidrs[1]",
        f"'203.0.113.7/24'{CIDR}",
    ),
    ({"temporary_security_group_source_cidrs": ["::/0"]}, "temporary_security_group_source_cidrs[0]", f"'::/0'{CIDR}"),
    (
        {"temporary_security_group_source_cidrs": ["10.0.0.0/8"], "security_group_id": "firewall-1"},
        "temporary_security_group_source_cidrs",
        f"and security_group_id{ONE_OF_TWO}: there is no temporary firewall with your own",
    ),
    ({"temporary_host_key": "no"}, "temporary_host_key", "'no' is a text; give True or False"),
    # copies
    ({"copies": [{}]}, "copies[0]", "names neither region nor project_id; give where to copy to"),
    ({"copies": [{"name": "x"}]}, "copies[0]", "names neither region nor project_id; give where to copy to"),
    ({"copies": [{"regio": "hk"}]}, "copies[0].regio", "is not an argument; did you mean region?"),
    ({"copies": [{"region": ""}]}, "copies[0].region", EMPTY),
    ({"copies": [{"region": 5}]}, "copies[0].region", "5 is a number; give a text"),
    ({"copies": [{"region": "hk"}, {"region": "hk"}]}, "copies[1]", "goes where copies[0] goes, hk; leave one out"),
    ({"copies": [{"region": "hk", "name": "a b"}]}, "copies[0].name", f"'a b'{NAME}"),
    (
        {"region": "cn-bj2", "copies": [{"region": "cn-bj2"}]},
        "copies[0]",
        "cn-bj2 is where the image is built; leave this copy out",
    ),
    ({"copies": {"region": "hk"}}, "copies", "is a dictionary; give a list"),
    ({"copies": ["hk"]}, "copies[0]", "is a text; give ImageCopy(…)"),
    # provisioners
    (
        {"provisioners": [{"type": "shel"}]},
        "provisioners[0].type",
        "'shel' is no provisioner; one of file, shell, shell-local",
    ),
    ({"provisioners": [{}]}, "provisioners[0].type", "None is no provisioner; one of file, shell, shell-local"),
    ({"provisioners": ["yum install -y nginx"]}, "provisioners[0]", "is a text; give one such as Shell(inline=[…])"),
    (
        {"provisioners": [{"type": "shell", "inlin": ["x"]}]},
        "provisioners[0].inlin",
        "is not an argument; did you mean inline?",
    ),
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
        f"'soon'{DURATION}",
    ),
    (
        {"provisioners": [{"type": "shell", "script": "nowhere.sh"}]},
        "provisioners[0].script",
        f"'nowhere.sh'{MISSING_FILE}",
    ),
    # what no text, no digest and no wait can hold
    ({"image_description": "\ud800"}, "image_description", HALF),
    ({"triggers": {"a": {"b": ["\udfff"]}}}, "triggers.a.b[0]", HALF),
    ({"triggers": {"a": float("nan")}}, "triggers", "holds nan, which is no number; give another value"),
    ({"triggers": {"a": [b""]}}, "triggers", f"holds a bytes; {PLAIN}"),
    ({"triggers": ["a"]}, "triggers", "is a list; give a dictionary"),
    ({"ssh_timeout": "9000h"}, "ssh_timeout", "'9000h' is too long; give at most 366 days, 8784h"),
    ({"ssh_timeout": 10**10}, "ssh_timeout", "10000000000 is too long; give at most 366 days, 8784h"),
    ({"ssh_timeout": float("inf")}, "ssh_timeout", f"inf{DURATION}"),
    ({"ssh_private_key_file": "~nobody-here/key"}, "ssh_private_key_file", f"'~nobody-here/key'{NO_FILE}"),
    ({"ssh_private_key_file": "folder"}, "ssh_private_key_file", f"'folder'{NO_FILE}"),
    ({"user_data_file": "x" * 5000}, "user_data_file", f"'{'x' * 75}…'{NO_FILE}"),
    # what replaces another argument
    (
        {"delete_adopted": True},
        "delete_adopted",
        "True needs adopt_image_id; an image that was built is deleted anyway",
    ),
    ({"fallback_instance_types": ["n-basic-2", "n-basic-3"]}, "fallback_instance_types[1]", f"'n-basic-3'{CORES}"),
    ({"fallback_availability_zones": [""]}, "fallback_availability_zones[0]", EMPTY),
    ({"fallback_availability_zones": "cn-bj2-03"}, "fallback_availability_zones", "'cn-bj2-03' is a text; give a list"),
    ({"replace_on": [""]}, "replace_on[0]", "'' is not an argument; docs/arguments.md lists them"),
    ({"": 1}, "''", "is not an argument; docs/arguments.md lists them"),
    ({"a\nb": 1}, "'a\\nb'", "is not an argument; docs/arguments.md lists them"),
    # copies, once more
    ({"copies": [None]}, "copies[0]", "is nothing; give ImageCopy(…)"),
    ({"copies": [{"region": "hk", "description": 5}]}, "copies[0].description", "5 is a number; give a text"),
    ({"copies": [{"project_id": " "}]}, "copies[0].project_id", EMPTY),
    (
        {"project_id": "org-x", "region": "hk", "copies": [{"project_id": "org-x"}]},
        "copies[0]",
        "org-x in hk is where the image is built; leave this copy out",
    ),
]
