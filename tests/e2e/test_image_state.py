"""Resources and the state of a stack: nothing is in one that is not in the other. Hosts exist on paper here."""

from __future__ import annotations

from tests.e2e.stack import Stack
from tests.support.emulator import Emulator

IMAGE = """
import pulumi
from ucloud_image import CustomImage, CustomImageArgs, ImageCopy, UHost, UHostArgs

image = CustomImage(
    "web",
    CustomImageArgs(
        availability_zone="cn-bj2-02",
        instance_type="n-basic-2",
        source_image_id="uimage-f1chxn",
        image_name="web",
        communicator="none",
        {more}
    ),
)
pulumi.export("image_id", image.image_id)
pulumi.export("name", image.name)
"""
HOST = """
from ucloud_image import UHost, UHostArgs
host = UHost(
    "host",
    UHostArgs(availability_zone="cn-bj2-02", instance_type="{type}", image_id=image.image_id, {more}),
)
pulumi.export("host", host.id)
pulumi.export("state", host.state)
"""


def create(stack: Stack, cloud: Emulator, program: str) -> None:
    stack.environment = cloud.environment()
    stack.create(program)


def images(cloud: Emulator) -> set[str]:
    found = cloud.client().uhost().describe_image({"ImageType": "Custom", "Limit": 100})["ImageSet"]
    return {each["ImageId"] for each in found}


def firewall_of(cloud: Emulator, host_id: str) -> tuple[str, str]:
    found = cloud.client().unet().describe_firewall({"ResourceId": host_id, "ResourceType": "uhost"})["DataSet"]
    return found[0]["Type"], found[0]["Name"]


def test_a_missing_image_is_gone_from_the_state_after_a_refresh_and_built_anew(
    stack: Stack, paper_cloud: Emulator
) -> None:
    create(stack, paper_cloud, IMAGE.format(more=""))
    stack.up().succeeded()
    first = stack.outputs()["image_id"]
    paper_cloud.client().uhost().terminate_custom_image({"ImageId": first})
    stack.run("refresh", "--yes", "--skip-preview").succeeded()
    assert stack.resources("CustomImage") == []
    stack.up().succeeded()
    assert stack.outputs()["image_id"] in images(paper_cloud) - {first}
    # delete is content where the image is gone already
    paper_cloud.client().uhost().terminate_custom_image({"ImageId": stack.outputs()["image_id"]})
    stack.destroy().succeeded()


def test_an_adopted_image_is_deleted_only_if_asked_for(stack: Stack, paper_cloud: Emulator) -> None:
    create(stack, paper_cloud, IMAGE.format(more=""))
    stack.up().succeeded()
    image_id = stack.outputs()["image_id"]
    other = Stack(stack.folder / "other")
    create(other, paper_cloud, IMAGE.format(more=f"adopt_image_id={image_id!r}, copies=[ImageCopy(region='hk')]"))
    other.up().succeeded()
    assert other.outputs() == {"image_id": image_id, "name": "web"}
    other.destroy().succeeded()
    assert image_id in images(paper_cloud)
    other.up().succeeded()
    other.write(IMAGE.format(more=f"adopt_image_id={image_id!r}, delete_adopted=True"))
    other.up().succeeded()
    other.destroy().succeeded()
    assert image_id not in images(paper_cloud)
    stack.destroy().succeeded()
    assert paper_cloud.ledger(open_only=True, billable_only=True) == []


def test_an_image_to_adopt_that_does_not_exist_is_named(stack: Stack, paper_cloud: Emulator) -> None:
    create(stack, paper_cloud, IMAGE.format(more="adopt_image_id='uimage-nowhere'"))
    outcome = stack.preview().failed()
    assert "adopt_image_id: 'uimage-nowhere' is no image of cn-bj2" in outcome.output
    assert "Traceback" not in outcome.output


def test_wrong_arguments_fail_in_preview_all_at_once(stack: Stack, paper_cloud: Emulator) -> None:
    create(stack, paper_cloud, IMAGE.format(more="boot_disk_size=7, vpc_id='uvnet-1', eip_charge_mode='free'"))
    output = stack.preview().failed().output
    for name in ("boot_disk_size", "subnet_id", "eip_charge_mode"):
        assert f"resource 'web' has a problem: {name}: " in output
    assert "Traceback" not in output


def test_missing_keys_fail_in_preview_with_where_to_put_them(stack: Stack, paper_cloud: Emulator) -> None:
    create(stack, paper_cloud, IMAGE.format(more=""))
    del stack.environment["UCLOUD_PRIVATE_KEY"]
    output = stack.preview().failed().output
    assert "UCLOUD_PRIVATE_KEY" in output
    assert "ucloud:privateKey" in output
    assert "Traceback" not in output


def test_wrong_keys_and_a_cloud_that_is_not_there_are_one_line_that_says_what_to_check(
    stack: Stack, paper_cloud: Emulator
) -> None:
    create(stack, paper_cloud, IMAGE.format(more=""))
    stack.environment["UCLOUD_PRIVATE_KEY"] = "another"
    output = stack.up().failed().output
    assert (
        "Signature VerifyAC Error: the private key does not go with the public one; check ucloud:privateKey" in output
    )
    stack.environment |= {"UCLOUD_PRIVATE_KEY": paper_cloud.private_key, "UCLOUD_SECURITY_TOKEN": "another"}
    assert "get new ones, and set UCLOUD_SECURITY_TOKEN too" in stack.up().failed().output
    stack.environment["UCLOUD_BASE_URL"] = "http://127.0.0.1:9"
    output += stack.up().failed().output
    assert "http://127.0.0.1:9 cannot be reached (Connection refused); is the network there?" in output
    assert "Traceback" not in output


def test_a_host_changes_in_place_where_it_can(stack: Stack, paper_cloud: Emulator) -> None:
    create(stack, paper_cloud, IMAGE.format(more="") + HOST.format(type="n-basic-2", more="eip_bandwidth=10"))
    stack.up().succeeded()
    first = stack.outputs()
    assert first["state"] == "Running"
    mine = paper_cloud.client().unet().create_firewall({"Name": "mine", "Rule": ["TCP|22|0.0.0.0/0|ACCEPT|HIGH|"]})
    changes = f"eip_bandwidth=20, name='renamed', security_group_id='{mine['FWId']}'"
    stack.write(IMAGE.format(more="") + HOST.format(type="n-basic-4", more=changes))
    preview = stack.preview().succeeded().output
    assert "1 to update" in preview
    stack.up().succeeded()
    assert stack.outputs()["host"] == first["host"]
    assert firewall_of(paper_cloud, first["host"]) == ("user defined", "mine")
    (found,) = paper_cloud.client().uhost().describe_uhost_instance({"UHostIds": [first["host"]]})["UHostSet"]
    assert (found["CPU"], found["Name"], found["State"]) == (4, "renamed", "Running")
    assert [each["Bandwidth"] for each in found["IPSet"] if each["Type"] != "Private"] == [20]
    # what is no longer given is as it would have been without
    stack.write(IMAGE.format(more="") + HOST.format(type="n-basic-4", more="name='renamed'"))
    stack.up().succeeded()
    assert firewall_of(paper_cloud, first["host"])[0] == "recommend web"
    (found,) = paper_cloud.client().uhost().describe_uhost_instance({"UHostIds": [first["host"]]})["UHostSet"]
    assert [each["Bandwidth"] for each in found["IPSet"] if each["Type"] != "Private"] == [10]
    stack.destroy().succeeded()
    assert paper_cloud.ledger(open_only=True, billable_only=True) == []


def test_a_host_is_replaced_the_new_one_first_unless_told_otherwise(stack: Stack, paper_cloud: Emulator) -> None:
    def host_calls() -> list[str]:
        """What happened to hosts since, without the build's own."""
        calls = paper_cloud.requests()[before:]
        return [c["Action"] for c in calls if c["Action"] in ("CreateUHostInstance", "TerminateUHostInstance")]

    create(stack, paper_cloud, IMAGE.format(more="") + HOST.format(type="n-basic-2", more=""))
    stack.up().succeeded()
    first = stack.outputs()["host"]
    before = len(paper_cloud.requests())
    stack.write(IMAGE.format(more="") + HOST.format(type="n-basic-2", more="eip=False"))
    stack.up().succeeded()
    second = stack.outputs()["host"]
    assert second != first
    assert host_calls() == ["CreateUHostInstance", "TerminateUHostInstance"]

    before = len(paper_cloud.requests())
    told = "), pulumi.ResourceOptions(delete_before_replace=True)"
    text = HOST.format(type="n-basic-2", more="eip=True").replace("),\n)", f"{told},\n)")
    assert told in text
    stack.write(IMAGE.format(more="") + text)
    stack.up().succeeded()
    assert host_calls() == ["TerminateUHostInstance", "CreateUHostInstance"]
    rows = paper_cloud.ledger(open_only=True, billable_only=True)
    assert sorted(each["kind"] for each in rows) == ["eip", "image", "udisk", "uhost"], "EIPs and disks went along"
    stack.destroy().succeeded()
    assert paper_cloud.ledger(open_only=True, billable_only=True) == []


def test_a_host_that_somebody_terminated_is_noticed_by_a_refresh_and_made_anew(
    stack: Stack, paper_cloud: Emulator
) -> None:
    create(stack, paper_cloud, IMAGE.format(more="") + HOST.format(type="n-basic-2", more=""))
    stack.up().succeeded()
    first = stack.outputs()["host"]
    uhost = paper_cloud.client().uhost()
    uhost.poweroff_uhost_instance({"UHostId": first})
    uhost.terminate_uhost_instance({"UHostId": first, "ReleaseEIP": True, "ReleaseUDisk": True})
    stack.run("refresh", "--yes", "--skip-preview").succeeded()
    assert stack.resources("UHost") == []
    stack.up().succeeded()
    second = stack.outputs()["host"]
    assert second != first
    # delete is content where the host is gone already
    uhost.poweroff_uhost_instance({"UHostId": second})
    uhost.terminate_uhost_instance({"UHostId": second, "ReleaseEIP": True, "ReleaseUDisk": True})
    stack.destroy().succeeded()
    assert paper_cloud.ledger(open_only=True, billable_only=True) == []


LAYERS = """
import pulumi
from ucloud_image import CustomImage, CustomImageArgs, ImageCopy

where = {{"availability_zone": "cn-bj2-02", "instance_type": "n-basic-2", "communicator": "none"}}
base = CustomImage(
    "base",
    CustomImageArgs(**where, source_image_id="uimage-f1chxn", image_name="base", triggers={{"release": {release}}}),
)
app = CustomImage(
    "app",
    CustomImageArgs(
        **where,
        source_image_id=base.image_id,
        image_name=pulumi.Output.concat("app-on-", base.name),
        copies=[ImageCopy(region=pulumi.Output.from_input("hk"), description=base.digest)],
    ),
)
pulumi.export("base", base.image_id)
pulumi.export("source", app.source_image_id)
pulumi.export("name", app.name)
pulumi.export("ids", app.image_ids)
"""


def test_an_image_may_be_made_of_another_images_outputs_and_follows_it(stack: Stack, paper_cloud: Emulator) -> None:
    create(stack, paper_cloud, LAYERS.format(release=1))
    assert "3 to create" in stack.preview().succeeded().output, "what is not known yet is no error"
    stack.up().succeeded()
    first = stack.outputs()
    assert first["source"] == first["base"]
    assert first["name"] == "app-on-base"
    assert set(first["ids"]) == {"cn-bj2", "hk"}
    assert "3 unchanged" in stack.up().succeeded().output

    stack.write(LAYERS.format(release=2))
    preview = stack.preview().succeeded().output
    assert "new image: triggers" in preview
    assert "source_image_id: not known yet" in preview
    assert "2 to replace" in preview
    stack.up().succeeded()
    second = stack.outputs()
    assert second["source"] == second["base"] != first["base"]
    assert images(paper_cloud) == {second["base"], second["ids"]["cn-bj2"]}
    stack.destroy().succeeded()
    assert paper_cloud.ledger(open_only=True, billable_only=True) == []
