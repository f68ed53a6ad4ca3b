"""States from which a build cannot go on: told with what was waited for and what was seen last; nothing is left."""

from __future__ import annotations

import re
import time

import pytest
from ucloud_provider.build import launch, release, snapshot
from ucloud_provider.build.state import CopyFailed
from ucloud_provider.cloud import waits
from ucloud_provider.cloud.retcodes import remedy
from ucloud_provider.errors import StepFailed
from ucloud_provider.spec.image import ImageCopy

from tests.emulator.build.conftest import Builds
from tests.support.documents import documented


def failure(builds: Builds, **given: object) -> str:
    with pytest.raises(StepFailed) as caught:
        builds.build(communicator="none", **given)
    assert (builds.left(), builds.images()) == ([], [])
    return str(caught.value)


def test_a_host_that_could_not_be_set_up(paper_builds: Builds) -> None:
    paper_builds.emulator.fault(transition="launch", outcome="fail", times=1)
    assert "is in state 'Install Fail'; UCloud could not set it up" in failure(paper_builds)


def test_a_host_that_could_not_be_set_up_is_not_kept_for_a_look(paper_builds: Builds) -> None:
    paper_builds.emulator.fault(transition="launch", outcome="fail", times=1)
    assert "kept for a look" not in failure(paper_builds, on_failure="keep")


def test_a_host_that_somebody_else_terminates(paper_builds: Builds, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waits, "LISTING_LAG", 2.0)
    monkeypatch.setattr(release, "IN_FLIGHT", 3.0)
    paper_builds.emulator.fault(transition="launch", outcome="vanish", times=1)
    assert "no longer exists: somebody else terminated it" in failure(paper_builds)


def test_a_boot_disk_that_never_becomes_normal(paper_builds: Builds, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshot, "BOOT_DISK_TIMEOUT", 1.0)
    paper_builds.emulator.fault(transition="boot_disk", outcome="never", times=1)
    said = failure(paper_builds)
    assert "waited 1 s for the boot disk of host uhost-" in said
    assert "last seen: Running, boot disk Initializing" in said


def test_an_image_that_could_not_be_made(paper_builds: Builds) -> None:
    paper_builds.emulator.fault(transition="image", outcome="fail", times=1)
    assert "is Unavailable: UCloud could not make it" in failure(paper_builds)


def test_an_image_that_somebody_else_deletes(paper_builds: Builds, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waits, "LISTING_LAG", 2.0)
    monkeypatch.setattr(release, "IN_FLIGHT", 3.0)
    paper_builds.emulator.fault(transition="image", outcome="vanish", times=1)
    assert "no longer exists: somebody else deleted it" in failure(paper_builds)


def test_an_image_that_is_not_ready_in_time(paper_builds: Builds) -> None:
    paper_builds.emulator.fault(transition="image", outcome="never", times=1, for_seconds=4)
    said = failure(paper_builds, wait_image_ready_timeout=1)
    assert "waited 1 s for image uimage-" in said
    assert "in cn-bj2 to be Available; last seen: Making" in said


def test_an_image_that_is_still_made_after_its_time_is_told_with_the_time_until_which_it_is_waited_for(
    builds: Builds,
) -> None:
    builds.emulator.fault(transition="image", outcome="never", times=1, for_seconds=4)
    before = time.time()
    failure(builds, wait_image_ready_timeout=1)
    (said,) = [step for step in builds.progress.steps if "still Making" in step]
    told = re.fullmatch(
        r"image uimage-\w+ is still Making: neither it nor host uhost-\w+ is given back before that ends; "
        r"waiting until (\d\d:\d\d:\d\d) UTC",
        said,
    )
    assert told is not None, said
    times = {time.strftime("%H:%M:%S", time.gmtime(before + each)) for each in range(590, 680)}
    assert told[1] in times


@pytest.mark.parametrize("ends_as", ["Available", "Unavailable", "deleted by somebody else"])
def test_the_host_is_terminated_in_the_very_answer_that_ends_making(builds: Builds, ends_as: str) -> None:
    outcome = {"Available": "never", "Unavailable": "fail"}.get(ends_as, "vanish")
    time_it_takes = {"for_seconds": 4} if outcome == "never" else {"after_seconds": 4}
    builds.emulator.fault(transition="image", outcome=outcome, times=1, **time_it_takes)
    failure(builds, wait_image_ready_timeout=1)
    asked = builds.requests()
    (at,) = [index for index, each in enumerate(asked) if each["Action"] == "TerminateUHostInstance"]
    assert asked[at]["RetCode"] == 0
    last = max(index for index, each in enumerate(asked[:at]) if each["Action"] == "DescribeImage")
    assert {each["Action"] for each in asked[last + 1 : at]} <= {"DescribeUHostInstance"}
    assert "TerminateCustomImage" not in [each["Action"] for each in asked[:at]]


def test_a_host_that_goes_off_before_it_was_running_is_told_at_once(builds: Builds) -> None:
    builds.emulator.fault(transition="start", outcome="fail", times=1)
    said = failure(builds)
    assert re.search(r"creating the host failed: host uhost-\w+ is Stopped: it went off before it was Running", said)
    assert "see what its image and its user data do at boot" in said


@documented("api/uhost-api/error_code.md", "8905: the host's power state is wrong for now, try again later")
def test_an_image_that_is_refused_for_a_while_after_the_stop_is_asked_for_again(
    paper_builds: Builds, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshot, "SHORTEST_PAUSE", 0.1)
    paper_builds.emulator.fault(action="CreateCustomImage", ret_code=8905, message="not now", times=2)
    made = paper_builds.build(communicator="none")
    assert [each["RetCode"] for each in paper_builds.requests("CreateCustomImage")] == [8905, 8905, 0]
    assert (paper_builds.left(), paper_builds.images()) == ([], [made.image_id])


@pytest.mark.parametrize("code", [8905, 5001])
def test_an_image_that_is_always_refused_is_given_up(
    paper_builds: Builds, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    monkeypatch.setattr(snapshot, "SHORTEST_PAUSE", 0.1)
    monkeypatch.setattr(snapshot, "REFUSED_PATIENCE", 0.5)
    paper_builds.emulator.fault(action="CreateCustomImage", ret_code=code, message="not now", times=0)
    assert f"CreateCustomImage failed: not now (RetCode {code})" in failure(paper_builds)
    assert len(paper_builds.requests("CreateCustomImage")) > 1


@documented("uhost/guide/common.md", "Where a stop has no effect, a power-off does")
@documented(
    "api/uhost-api/poweroff_uhost_instance.md", "A power-off may damage file systems: no image is made after one"
)
def test_a_host_that_hangs_in_its_stop_makes_no_image_and_is_powered_off_and_released(
    paper_builds: Builds, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launch, "STOP_TIMEOUT", 2.0)
    monkeypatch.setattr(launch, "SETTLE_TIMEOUT", 1.0)
    paper_builds.emulator.fault(transition="stop", outcome="never", times=1)
    said = failure(paper_builds)
    assert "to be Stopped (only a proper stop leaves its disk whole); last seen: Stopping" in said
    assert paper_builds.requests("CreateCustomImage") == []
    assert len(paper_builds.requests("PoweroffUHostInstance")) == 1


@pytest.mark.parametrize(
    ("action", "code", "message", "step"),
    [
        ("CreateCustomImage", 230, "Params [ImageName] not available", "making the image failed"),
        ("CreateUHostInstance", 8095, "UHost quota exceeded: 10 of 10 in use", "creating the host failed"),
    ],
)
def test_a_name_that_is_taken_and_a_quota_that_is_used_up_are_told_and_leave_nothing(
    paper_builds: Builds, action: str, code: int, message: str, step: str
) -> None:
    paper_builds.emulator.fault(action=action, ret_code=code, message=message, times=0)
    said = failure(paper_builds)
    assert step in said
    assert f"{action} failed: {message}{remedy(code)} (RetCode {code})" in said
    assert len(paper_builds.requests(action)) == 1, "the same call would be refused again"
    paper_builds.emulator.clear_faults()
    made = paper_builds.build(communicator="none")
    assert (paper_builds.left(), paper_builds.images()) == ([], [made.image_id])


def test_a_copy_whose_name_is_taken_is_told_and_the_image_and_the_other_copies_stay(paper_builds: Builds) -> None:
    wanted = [ImageCopy(region=region) for region in ("cn-sh2", "hk", "cn-gd")]
    refused = {"ret_code": 8960, "message": "ImageName [built] already exists"}
    paper_builds.emulator.fault(action="CopyCustomImage", parameters={"TargetRegion": "hk"}, times=0, **refused)
    with pytest.raises(CopyFailed) as caught:
        paper_builds.build(communicator="none", copies=wanted)
    (said,) = caught.value.failures
    refusal = "hk (org-emulator): CopyCustomImage failed: ImageName [built] already exists (RetCode 8960)"
    assert said.startswith(refusal)
    assert said in str(caught.value)
    made = caught.value.made
    assert [each.region for each in made.copies] == ["cn-sh2", "cn-gd"]
    there = {made.image_id, *(each.image_id for each in made.copies)}
    assert (paper_builds.left(), set(paper_builds.images())) == ([], there)
    paper_builds.emulator.clear_faults()
    # What the next `pulumi up` does: only the one that is missing.
    (late,) = paper_builds.copies([wanted[1]], made.image_id)
    assert (paper_builds.left(), set(paper_builds.images())) == ([], there | {late.image_id})
    assert [each["params"]["TargetRegion"] for each in paper_builds.requests("CopyCustomImage")].count("hk") == 2
    assert len(paper_builds.requests("CopyCustomImage")) == 4


def test_a_retry_is_shown_while_it_happens(paper_builds: Builds) -> None:
    paper_builds.emulator.fault(action="StopUHostInstance", http_status=503, times=1)
    paper_builds.build(communicator="none")
    shown = [line for line in paper_builds.progress.lines if "trying again" in line]
    assert len(shown) == 1
    assert shown[0].startswith("StopUHostInstance failed: UCloud answered with an error (HTTP 503); trying again in ")
