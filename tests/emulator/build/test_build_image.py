"""A build on real hosts, over real SSH: what it makes, what it leaves, and what it says when it fails."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from ucloud_provider.build.journal import outstanding
from ucloud_provider.errors import Cancelled, StepFailed
from ucloud_provider.spec.image import ImageCopy

from tests.emulator.build.conftest import Builds, Run


def test_a_build_makes_the_image_and_its_copy_and_leaves_nothing_else(builds: Builds, state: Path) -> None:
    image = builds.build(
        provisioners=[Run(command="echo provisioned; echo made > /etc/made-by")],
        copies=[ImageCopy(region="cn-sh2")],
        image_description="of a test",
    )
    assert builds.left() == []
    assert set(builds.images()) == {image.image_id, image.copies[0].image_id}
    assert [(each.region, each.project_id) for each in image.copies] == [("cn-sh2", builds.emulator.project)]
    assert "provisioned" in builds.progress.lines
    here = builds.api().read("DescribeImage", ImageIds=[image.image_id])["ImageSet"][0]
    there = builds.api(region="cn-sh2").read("DescribeImage", ImageIds=[image.copies[0].image_id])["ImageSet"][0]
    assert (here["ImageName"], here["ImageDescription"], here["State"]) == ("built", "of a test", "Available")
    assert (there["ImageName"], there["ImageDescription"], there["State"]) == ("built", "of a test", "Available")
    for journal in state.glob("builds/*/journal.jsonl"):
        assert outstanding(journal) == []


def test_the_host_is_billed_by_the_hour_and_its_key_pair_and_firewall_are_the_builds_own(builds: Builds) -> None:
    builds.build()
    order = builds.requests("CreateUHostInstance")[0]["params"]
    assert order["ChargeType"] == "Dynamic"
    assert order["LoginMode"] == "Password"
    assert order["NetworkInterface.0.EIP.PayMode"] == "Traffic"
    rules = [value for name, value in builds.requests("CreateFirewall")[0]["params"].items() if "Rule" in name]
    assert [rule.split("|")[:2] for rule in rules] == [["TCP", "22"]]
    assert len(builds.requests("DeleteUHostKeyPairs")) == len(builds.requests("DeleteFirewall")) == 1


def test_every_temporary_thing_carries_the_builds_label(builds: Builds, state: Path) -> None:
    builds.build(communicator="none")
    (folder,) = state.glob("builds/*")
    label = re.compile(rf"ucloud-image-{folder.name}-x\d{{10}}")
    assert label.fullmatch(builds.requests("CreateUHostInstance")[0]["params"]["Tag"])
    assert label.fullmatch(builds.requests("CreateFirewall")[0]["params"]["Name"])
    assert builds.requests("CreateCustomImage")[0]["params"]["Tag"] == f"ucloud-image-{folder.name}"


def test_a_host_can_be_logged_in_to_with_a_password(builds: Builds) -> None:
    builds.build(ssh_password="planted-Pass1", provisioners=[Run(command="true")])
    assert builds.requests("CreateUHostInstance")[0]["params"]["LoginMode"] == "Password"
    assert builds.left() == []


def test_a_failing_provisioner_leaves_nothing_and_is_told_with_its_last_lines(builds: Builds) -> None:
    with pytest.raises(StepFailed) as caught:
        builds.build(provisioners=[Run(command="echo the disk is on fire; exit 3")])
    assert (builds.left(), builds.images()) == ([], [])
    text = str(caught.value)
    assert "provisioning" in text
    assert "exit code 3" in text
    assert "the disk is on fire" in text
    assert "uhost-" in text
    log = Path(caught.value.log_file)
    assert str(log) in text
    assert "the disk is on fire" in log.read_text()


def test_a_cancelled_provisioner_leaves_nothing(builds: Builds) -> None:
    builds.progress.on_line = lambda _line: builds.cancel.set("Ctrl-C")
    with pytest.raises((Cancelled, StepFailed), match="Ctrl-C") as caught:
        builds.build(provisioners=[Run(command="echo started; sleep 600")])
    (log,) = re.findall(r"full log: (\S+)", str(caught.value))
    assert "| started" in Path(log).read_text()
    assert (builds.left(), builds.images()) == ([], [])


@pytest.mark.parametrize(
    "step", ["preparing the login", "opening the", "creating the host", "starting host", "connecting", "stopping"]
)
def test_a_build_cancelled_at_any_step_leaves_nothing(builds: Builds, step: str) -> None:
    builds.progress.on_step = lambda text: builds.cancel.set("Ctrl-C") if text.startswith(step) else None
    with pytest.raises((Cancelled, StepFailed), match="Ctrl-C"):
        builds.build()
    assert (builds.left(), builds.images()) == ([], [])


def test_no_secret_is_in_the_log_or_the_journal(builds: Builds, state: Path) -> None:
    builds.build(ssh_password="planted-Pass1", user_data=None, provisioners=[Run(command="true")])
    written = "".join(file.read_text() for file in state.rglob("*") if file.is_file())
    assert "CreateUHostInstance" in written
    for secret in ("planted-Pass1", builds.emulator.public_key, builds.emulator.private_key, "PRIVATE KEY"):
        assert secret not in written


def test_the_folder_of_a_build_is_its_users_alone(builds: Builds, state: Path) -> None:
    builds.build(communicator="none")
    for file in [state, *state.glob("builds/*"), *state.glob("builds/*/*")]:
        assert file.stat().st_mode & 0o077 == 0, file
