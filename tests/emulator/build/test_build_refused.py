"""What only the cloud knows is checked before anything exists, and all of it at once."""

from __future__ import annotations

import re
from typing import Any

import pytest
from ucloud_provider.cloud import account
from ucloud_provider.communicators.ssh_keys import KeyPair
from ucloud_provider.errors import InvalidSpec
from ucloud_provider.spec.image import ImageCopy

from tests.emulator.build.conftest import DEBIAN, Builds
from ucloud_emulator import catalogue

READ_ONLY = ("Get", "Describe", "Check")


def problems(builds: Builds, **given: Any) -> list[str]:
    with pytest.raises(InvalidSpec) as caught:
        builds.build(**given)
    asked = [each["Action"] for each in builds.requests()]
    assert all(action.startswith(READ_ONLY) for action in asked), asked
    return sorted(caught.value.problems)


WITH_CLOUD_INIT = "uimage-debian12-ci"
KEY = KeyPair.generate()
CONSOLE = "look it up in the console"
PROJECTS = f"one of {', '.join(sorted(each.id for each in catalogue.PROJECTS))}"
REGIONS = "one of REGIONS"
ZONES = "one of ZONES"
NO_CLOUD_INIT = f"image {DEBIAN!r} has no CloudInit to run it; leave it out, or choose an image that has"

REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"availability_zone": "cn-sh2-01"}, f"availability_zone: 'cn-sh2-01' is not a zone of cn-bj2; {ZONES}"),
    (
        {"fallback_availability_zones": ["cn-bj2-02", "cn-bj2-99"]},
        f"fallback_availability_zones[1]: 'cn-bj2-99' is not a zone of cn-bj2; {ZONES}",
    ),
    (
        {"source_image_id": "uimage-x"},
        f"source_image_id: 'uimage-x' is no image of cn-bj2 in org-emulator; {CONSOLE}",
    ),
    (
        {"boot_disk_size": 19},
        "boot_disk_size: 19 GB is below the image's 20 GB; give at least that, or leave it out",
    ),
    (
        {"boot_disk_size": 25},
        "boot_disk_size: 25 GB is between two steps of 10 GB, which cloud disks have; give 30",
    ),
    (
        {"boot_disk_size": 30, "boot_disk_type": "local_ssd"},
        "boot_disk_size: 30 GB, but a local_ssd boot disk has the image's size to the GB, 20; leave it out, or take a "
        "cloud disk",
    ),
    ({"user_data": "#!/bin/sh"}, f"user_data: {NO_CLOUD_INIT}"),
    ({"user_data_file": "key"}, f"user_data_file: {NO_CLOUD_INIT}"),
    (
        {"security_group_id": "firewall-x"},
        f"security_group_id: 'firewall-x' is neither a firewall nor a security group of cn-bj2; {CONSOLE}",
    ),
    (
        {"vpc_id": "uvnet-x", "subnet_id": "OWN_SUBNET"},
        "vpc_id: 'uvnet-x' is not a VPC of cn-bj2. There is DEFAULT_VPC (DefaultVPC) with DEFAULT_SUBNET; OWN_VPC "
        "(own) with OWN_SUBNET",
    ),
    ({"vpc_id": "OWN_VPC", "subnet_id": "subnet-x"}, f"subnet_id: 'subnet-x' is not a subnet of cn-bj2; {CONSOLE}"),
    (
        {"vpc_id": "DEFAULT_VPC", "subnet_id": "OWN_SUBNET"},
        "subnet_id: 'OWN_SUBNET' belongs to OWN_VPC, not to DEFAULT_VPC; give one of that VPC",
    ),
    (
        {"ssh_keypair_name": "nobody's", "ssh_private_key_file": "key", "source_image_id": WITH_CLOUD_INIT},
        f'ssh_keypair_name: "nobody\'s" is no key pair of cn-bj2; {CONSOLE}',
    ),
    (
        {"ssh_private_key_file": "key.pub"},
        "ssh_private_key_file: private key FOLDER/key.pub is a public key; give the private half "
        "(the file without .pub)",
    ),
    (
        {"ssh_private_key_file": "gone"},
        "ssh_private_key_file: private key FOLDER/gone cannot be read: No such file or directory",
    ),
    ({"copies": [ImageCopy(region="cn-bj2")]}, "copies[0]: cn-bj2 is where the image is built; leave this copy out"),
    ({"copies": [ImageCopy(region="atlantis")]}, f"copies[0].region: 'atlantis' is not a region; {REGIONS}"),
    (
        {"copies": [ImageCopy(region="hk"), ImageCopy(project_id="org-x")]},
        f"copies[1].project_id: 'org-x' is not a project of this account; {PROJECTS}",
    ),
]


def test_all_that_is_wrong_is_told_at_once_and_nothing_is_created(paper_builds: Builds) -> None:
    found = problems(
        paper_builds,
        availability_zone="cn-bj2-99",
        source_image_id="uimage-nowhere",
        vpc_id="uvnet-nowhere",
        subnet_id="subnet-nowhere",
        security_group_id="firewall-nowhere",
        ssh_keypair_name="nobody's",
        ssh_private_key_file="key",
        copies=[ImageCopy(region="atlantis"), ImageCopy(project_id="org-nobody")],
    )
    assert [each.split(":")[0] for each in found] == [
        "availability_zone",
        "copies[0].region",
        "copies[1].project_id",
        "security_group_id",
        "source_image_id",
        "ssh_keypair_name",
        "ssh_private_key_file",
        "subnet_id",
        "vpc_id",
    ]
    assert paper_builds.left() == []


def test_all_that_the_source_image_does_not_allow_is_told_at_once(paper_builds: Builds) -> None:
    found = problems(paper_builds, source_image_id=DEBIAN, boot_disk_size=19, user_data="#!/bin/sh")
    assert [each.split(":")[0] for each in found] == ["boot_disk_size", "user_data"]
    assert paper_builds.left() == []


@pytest.mark.parametrize(("given", "says"), REFUSED, ids=lambda value: str(value)[:50])
def test_a_problem_names_its_property_and_value_and_what_to_give(
    paper_builds: Builds, given: dict[str, Any], says: str
) -> None:
    (paper_builds.base_dir / "key").write_text(KEY.private)
    (paper_builds.base_dir / "key.pub").write_text(KEY.public)
    api = paper_builds.api()
    default = next(each["VPCId"] for each in api.read("DescribeVPC")["DataSet"])
    vpc = api.create("CreateVPC", Name="own", Network=["10.99.0.0/16"])["VPCId"]
    subnet = api.create("CreateSubnet", VPCId=vpc, Subnet="10.99.1.0")["SubnetId"]
    own = api.read("DescribeSubnet", VPCId=default)["DataSet"][0]["SubnetId"]
    stands_for = {"DEFAULT_SUBNET": own, "DEFAULT_VPC": default, "OWN_VPC": vpc, "OWN_SUBNET": subnet}
    zones = account.zones(api)
    stands_for["FOLDER"] = str(paper_builds.base_dir)
    stands_for |= {"ZONES": ", ".join(zones["cn-bj2"]), "REGIONS": ", ".join(sorted(zones))}
    paper_builds.forget()
    before = paper_builds.left()
    values = {"source_image_id": DEBIAN, **given}
    values = {name: stands_for.get(value, value) if isinstance(value, str) else value for name, value in values.items()}
    for name, value in stands_for.items():
        says = re.sub(rf"\b{name}\b", value, says)
    assert problems(paper_builds, **values) == [says]
    assert paper_builds.left() == before


def test_a_project_that_is_not_the_accounts_is_one_problem_not_many(paper_builds: Builds) -> None:
    api = paper_builds.api(project_id="org-nobody")
    paper_builds.api = lambda **_where: api  # type: ignore[method-assign]
    says = f"project_id: 'org-nobody' is not a project of this account; {PROJECTS}"
    assert problems(paper_builds, boot_disk_size=19, vpc_id="uvnet-x", subnet_id="subnet-x") == [says]
    assert paper_builds.left() == []


def test_a_region_that_does_not_exist_is_one_problem_not_many(paper_builds: Builds) -> None:
    api = paper_builds.api(region="atlantis")
    paper_builds.api = lambda **_where: api  # type: ignore[method-assign]
    regions = ", ".join(sorted(account.zones(api)))
    found = problems(paper_builds, boot_disk_size=19, vpc_id="uvnet-x", subnet_id="subnet-x")
    assert found == [f"region: 'atlantis' is not a region; one of {regions}"]
    assert paper_builds.left() == []
