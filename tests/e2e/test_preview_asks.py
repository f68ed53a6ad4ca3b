"""Mistakes that only UCloud knows come up in preview: all at once, for what will be made, and for nothing else."""

from __future__ import annotations

import pytest

from tests.e2e.stack import Stack
from tests.support.emulator import Emulator

IMAGE = """
from ucloud_image import CustomImage, CustomImageArgs, ImageCopy

CustomImage(
    "web",
    CustomImageArgs(
        availability_zone="cn-bj2-02",
        instance_type={type!r},
        source_image_id="uimage-debian12-ci",
        image_name="web",
        communicator="none",
        {more}
    ),
)
"""
HOST = """
from ucloud_image import UHost, UHostArgs

UHost("web", UHostArgs(availability_zone="cn-bj2-02", instance_type="o-standard-2", image_id={image!r}, {more}))
"""
READING = ("Get", "Describe", "Check")


@pytest.fixture
def cloudy(stack: Stack, paper_cloud: Emulator) -> Stack:
    paper_cloud.reset()
    stack.environment = paper_cloud.environment()
    return stack


def image(type: str = "o-standard-4", more: str = "") -> str:
    return IMAGE.format(type=type, more=more)


def diagnostics(output: str) -> str:
    return output.partition("Diagnostics:")[2]


def actions(cloud: Emulator, since: int = 0) -> list[str]:
    return [each["Action"] for each in cloud.requests()[since:]]


def test_all_that_ucloud_would_refuse_is_told_in_preview_and_nothing_is_made(
    cloudy: Stack, paper_cloud: Emulator
) -> None:
    wrong = 'boot_disk_size=25, security_group_id="firewall-x", copies=[ImageCopy(project_id="org-nobody")]'
    cloudy.create(image(more=wrong))
    told = diagnostics(cloudy.preview().failed().output)
    for problem in ("boot_disk_size: 25 GB is between", "security_group_id: 'firewall-x' is neither", "org-nobody"):
        assert problem in told
    assert "Traceback" not in told
    assert all(action.startswith(READING) for action in actions(paper_cloud)), actions(paper_cloud)


def test_a_machine_type_needs_no_further_argument_and_a_preview_asks_each_question_once(
    cloudy: Stack, paper_cloud: Emulator
) -> None:
    cloudy.create(image())
    cloudy.preview().succeeded()
    asked = [(each["Action"], each["params"].get("ImageType")) for each in paper_cloud.requests()]
    assert ("CheckUHostResourceCapacity", None) in asked
    assert len(asked) == len(set(asked)), asked
    assert paper_cloud.ledger() == []
    cloudy.up().succeeded()
    (order,) = [each["params"] for each in paper_cloud.requests() if each["Action"] == "CreateUHostInstance"]
    assert order["Disks.0.Type"] == "CLOUD_RSSD"


def test_nothing_is_asked_for_what_stays(cloudy: Stack, paper_cloud: Emulator) -> None:
    cloudy.create(image())
    cloudy.up().succeeded()
    since = len(paper_cloud.requests())
    cloudy.preview("--expect-no-changes").succeeded()
    assert actions(paper_cloud, since) == []
    cloudy.write(image(more='copies=[ImageCopy(region="cn-sh2")]'))
    told = cloudy.preview().succeeded().output
    assert "region-level image service" in told
    assert "CheckUHostResourceCapacity" not in actions(paper_cloud, since)
    cloudy.write(image(type="n-basic-2", more='image_description="new"'))
    cloudy.preview().succeeded()
    assert "CheckUHostResourceCapacity" in actions(paper_cloud, since)


def test_without_a_default_vpc_a_preview_names_the_networks_there_are(cloudy: Stack, paper_cloud: Emulator) -> None:
    cloudy.environment["UCLOUD_PROJECT_ID"] = "org-no-vpc"
    cloudy.create(image())
    told = diagnostics(cloudy.preview().failed().output)
    assert "vpc_id: cn-bj2 has no default VPC; give vpc_id and subnet_id." in told
    cloudy.write(HOST.format(image="uimage-debian12-ci", more=""))
    assert "has no default VPC" in cloudy.preview().failed().output


def test_a_refusal_for_the_account_s_own_sake_is_told_where_the_check_of_room_already_meets_it(
    cloudy: Stack, paper_cloud: Emulator
) -> None:
    cloudy.environment["UCLOUD_PROJECT_ID"] = "org-no-hourly"
    cloudy.create(image())
    told = diagnostics(cloudy.preview().failed().output)
    assert "charge_type: 'dynamic', and CheckUHostResourceCapacity failed" in told
    assert "hourly billing is not open to this account" in told
    assert paper_cloud.ledger() == []


def test_a_preview_without_keys_works_and_says_that_it_did_not_look(cloudy: Stack, paper_cloud: Emulator) -> None:
    for name in ("UCLOUD_PUBLIC_KEY", "UCLOUD_PRIVATE_KEY"):
        del cloudy.environment[name]
    cloudy.create(image())
    told = diagnostics(cloudy.preview().succeeded().output)
    assert told.count("not looked up at UCloud: no public and private key") == 1
    assert actions(paper_cloud) == []
    assert "no public and private key" in cloudy.up().failed().output


def test_a_preview_without_a_network_works_and_says_so_once(cloudy: Stack) -> None:
    cloudy.environment["UCLOUD_BASE_URL"] = "http://127.0.0.1:9/"
    cloudy.create(image() + HOST.format(image="uimage-debian12-ci", more=""))
    told = diagnostics(cloudy.preview().succeeded().output)
    assert told.count("not looked up at UCloud") == 1
    assert "cannot be reached" in told


def test_what_is_not_known_yet_is_not_asked_for(cloudy: Stack, paper_cloud: Emulator) -> None:
    program = image().replace("CustomImage(\n", "made = CustomImage(\n")
    host = HOST.format(image="IMAGE", more="eip_bandwidth=5").replace("'IMAGE'", "made.image_id")
    cloudy.create(program + host)
    cloudy.preview().succeeded()
    assert "DescribeUHostInstance" not in actions(paper_cloud)


def test_a_host_is_asked_about_too(cloudy: Stack, paper_cloud: Emulator) -> None:
    cloudy.create(HOST.format(image="uimage-nowhere", more='boot_disk_type="cloud_ssd", key_pair_id="uhostkey-x"'))
    told = diagnostics(cloudy.preview().failed().output)
    for problem in ("image_id: 'uimage-nowhere' is no image of cn-bj2", "boot_disk_type: 'cloud_ssd' cannot be had"):
        assert problem in told
    assert "key_pair_id: 'uhostkey-x' is no key pair" in told
    assert paper_cloud.ledger() == []


def test_whom_provisioners_run_as_is_told_where_it_is_not_root(cloudy: Stack) -> None:
    ubuntu = image().replace("uimage-debian12-ci", "uimage-ubuntu20").replace('communicator="none",', "MORE")
    cloudy.create("")
    for more, told in ("", True), ('ssh_username="ubuntu",', False), ('communicator="none",', False):
        cloudy.write(ubuntu.replace("MORE", more))
        output = cloudy.preview().succeeded().output
        assert ("ssh_username: provisioners run as ubuntu, the default user of image" in output) is told, more


def test_an_image_that_may_turn_out_to_be_adopted_is_not_judged_as_one_to_build(
    cloudy: Stack, paper_cloud: Emulator
) -> None:
    adopting = image(more="adopt_image_id=made.image_id").replace('"web"', '"adopter"')
    wrong = adopting.replace("uimage-debian12-ci", "uimage-long-gone")
    cloudy.create(image().replace("CustomImage(\n", "made = CustomImage(\n") + wrong)
    cloudy.preview().succeeded()
    assert "DescribeImage" in actions(paper_cloud)


def test_the_default_project_is_asked_for_once_whoever_names_none(cloudy: Stack, paper_cloud: Emulator) -> None:
    del cloudy.environment["UCLOUD_PROJECT_ID"]
    cloudy.create("".join(image().replace('"web"', f'"web-{number}"') for number in range(3)))
    cloudy.preview().succeeded()
    # once for the default one, and once more for what an account's projects are
    assert actions(paper_cloud).count("GetProjectList") <= 2


def test_what_may_not_be_looked_up_is_not_taken_for_absent(cloudy: Stack, paper_cloud: Emulator) -> None:
    vpc = paper_cloud.client().invoke("DescribeVPC")["DataSet"][0]["VPCId"]
    for action in ("DescribeSubnet", "DescribeFirewall", "DescribeSecGroup"):
        paper_cloud.fault(action=action, ret_code=299, message="no permission", times=0)
    cloudy.create(image(more=f'vpc_id={vpc!r}, subnet_id="subnet-x", security_group_id="firewall-x"'))
    told = cloudy.preview().succeeded().output
    for action in ("DescribeSubnet", "DescribeFirewall", "DescribeSecGroup"):
        assert f"not looked up at UCloud, as {action} is refused" in told
    paper_cloud.fault(action="DescribeImage", ret_code=299, message="no permission", times=0)
    cloudy.write(image(more='adopt_image_id="uimage-x"'))
    assert "as DescribeImage is refused" in cloudy.preview().succeeded().output
    paper_cloud.reset()


def test_a_place_that_is_not_known_yet_is_said_to_be_why_nothing_is_looked_up(
    cloudy: Stack, paper_cloud: Emulator
) -> None:
    host = HOST.format(image="uimage-debian12-ci", more="").replace("UHost(", "host = UHost(", 1)
    cloudy.create(host + image(more="project_id=host.private_ip, boot_disk_size=25"))
    told = cloudy.preview().succeeded().output
    assert "not looked up at UCloud: project_id is not known yet" in told


def test_a_full_region_is_told_for_an_image_whose_name_is_not_known_yet(cloudy: Stack, paper_cloud: Emulator) -> None:
    cloudy.environment["UCLOUD_PROJECT_ID"] = "org-full"
    host = HOST.format(image="uimage-debian12-ci", more="").replace("UHost(", "host = UHost(", 1)
    cloudy.create(host + image().replace('image_name="web"', "image_name=host.private_ip"))
    assert "image_name: cn-bj2 holds" in cloudy.preview().failed().output
