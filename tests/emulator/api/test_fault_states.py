"""Changes of state that fail, never end, or whose thing somebody else takes away meanwhile."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.asker import EIP, Asker
from tests.support.documents import documented
from tests.support.emulator import Emulator


@pytest.fixture(autouse=True)
def cleared(paper_emulator: Emulator) -> Iterator[None]:
    yield
    paper_emulator.clear_faults()


def stays(api: Asker, id: str, state: str, seconds: float = 0.3) -> None:
    """In this state from now on, for a while that is long for a host on paper."""
    api.wait(id, state)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        assert api.host(id)["State"] == state
        time.sleep(0.02)


def start_image(api: Asker, host: str) -> str:
    return str(api.ask("CreateCustomImage", UHostId=host, ImageName="image")["ImageId"])


def start_copy(api: Asker, image: str) -> str:
    reply = api.ask("CopyCustomImage", SourceImageId=image, TargetProjectId="org-emulator", TargetRegion="cn-sh2")
    return str(reply["TargetImageId"])


def test_a_launch_that_fails_ends_in_install_fail_and_can_be_terminated(api: Asker) -> None:
    before = api.open_ids()
    api.emulator.fault(transition="launch", outcome="fail")
    id = api.create_host(NetworkInterface=[{"EIP": EIP}])
    stays(api, id, "Install Fail")
    assert api.refused("StartUHostInstance", UHostId=id) == 8905
    api.remove_host(id)
    assert api.open_ids() == before
    api.remove_host(api.running_host())


def test_a_start_that_fails_leaves_the_host_off_and_it_can_be_started_again(api: Asker) -> None:
    api.emulator.fault(transition="start", outcome="fail")
    id = api.create_host()
    stays(api, id, "Stopped")
    api.ask("StartUHostInstance", UHostId=id)
    api.wait(id, "Running")
    api.remove_host(id)


def test_a_boot_disk_that_never_comes_forbids_the_image_alone(api: Asker) -> None:
    fault = api.emulator.fault(transition="boot_disk", outcome="never")
    id = api.running_host()
    api.ask("StopUHostInstance", UHostId=id)
    api.wait(id, "Stopped")
    assert api.host(id)["BootDiskState"] == "Initializing"
    assert api.refused("CreateCustomImage", UHostId=id, ImageName="early") == 8010
    api.emulator.clear_faults(fault)
    api.until(lambda: api.host(id)["BootDiskState"] == "Normal")
    image = api.made_image(id)
    api.ask("TerminateCustomImage", ImageId=image)
    api.remove_host(id)


def test_a_start_that_never_ends_can_be_powered_off(api: Asker) -> None:
    api.emulator.fault(transition="start", outcome="never", times=0)
    id = api.create_host()
    stays(api, id, "Starting")
    api.ask("PoweroffUHostInstance", UHostId=id)
    api.wait(id, "Stopped")
    api.emulator.clear_faults()
    stays(api, id, "Stopped")
    api.remove_host(id)


def test_a_stop_that_never_ends_goes_on_when_the_fault_is_cleared(api: Asker) -> None:
    id = api.running_host()
    fault = api.emulator.fault(transition="stop", outcome="never")
    api.ask("StopUHostInstance", UHostId=id)
    stays(api, id, "Stopping")
    assert api.refused("TerminateUHostInstance", UHostId=id) == 8856
    api.emulator.clear_faults(fault)
    api.wait(id, "Stopped")
    api.remove_host(id)


@documented("uhost/guide/common.md", "Where a stop has no effect, a power-off ends the host")
def test_a_power_off_ends_a_stop_that_hangs(api: Asker) -> None:
    id = api.running_host()
    api.emulator.fault(transition="stop", outcome="never", times=0)
    api.ask("StopUHostInstance", UHostId=id)
    stays(api, id, "Stopping")
    api.ask("PoweroffUHostInstance", UHostId=id)
    api.wait(id, "Stopped")
    api.ask("StartUHostInstance", UHostId=id)
    api.wait(id, "Running")
    api.emulator.clear_faults()
    stays(api, id, "Running")
    api.remove_host(id)


def test_what_never_ends_may_end_after_some_seconds(api: Asker) -> None:
    id = api.running_host()
    api.emulator.fault(transition="stop", outcome="never", for_seconds=0.5)
    began = time.monotonic()
    api.ask("StopUHostInstance", UHostId=id)
    api.wait(id, "Stopped")
    assert time.monotonic() - began >= 0.5
    api.remove_host(id)


def test_a_termination_that_never_ends_keeps_the_host_and_its_rows(api: Asker) -> None:
    id = api.stopped_host()
    before = api.open_ids()
    api.emulator.fault(transition="terminate", outcome="never")
    api.ask("TerminateUHostInstance", UHostId=id)
    stays(api, id, "Stopped")
    assert api.refused("TerminateUHostInstance", UHostId=id) == 8905
    assert api.open_ids() == before
    api.emulator.clear_faults()
    api.until(lambda: not api.hosts(id))
    assert id not in api.open_ids()


def test_a_resize_that_fails_changes_nothing_and_leaves_a_host_that_can_go(api: Asker) -> None:
    id = api.stopped_host(CPU=2, Memory=4096)
    price = next(row["price"] for row in api.emulator.ledger() if row["id"] == id)
    api.emulator.fault(transition="resize", outcome="fail")
    api.ask("ResizeUHostInstance", UHostId=id, CPU=4, Memory=8192)
    assert (api.host(id)["State"], api.host(id)["CPU"]) == ("Resize Fail", 2)
    assert price == next(row["price"] for row in api.emulator.ledger() if row["id"] == id)
    api.ask("TerminateUHostInstance", UHostId=id, ReleaseUDisk=True)
    api.until(lambda: not api.hosts(id))


def test_an_image_that_fails_is_unavailable_and_its_host_goes_on(api: Asker) -> None:
    id = api.stopped_host()
    api.emulator.fault(transition="image", outcome="fail")
    image = start_image(api, id)
    api.until(lambda: api.image(image)["State"] == "Unavailable")
    assert api.refused("CreateUHostInstance", **wish(api, image)) == 8961
    api.ask("TerminateCustomImage", ImageId=image)
    api.ask("TerminateCustomImage", ImageId=api.made_image(id))
    api.remove_host(id)


def wish(api: Asker, image: str) -> dict[str, Any]:
    disk = {"IsBoot": "True", "Type": "CLOUD_SSD", "Size": 20}
    login = {"LoginMode": "Password", "Password": "UGFzc3dvcmQxMjM="}
    return {"Zone": api.emulator.zone, "ImageId": image, "Disks": [disk], **login}


def test_an_image_that_is_never_done_can_neither_go_nor_let_its_host_go(api: Asker) -> None:
    id = api.stopped_host()
    fault = api.emulator.fault(transition="image", outcome="never")
    image = start_image(api, id)
    time.sleep(0.3)
    assert api.image(image)["State"] == "Making"
    assert api.refused("TerminateCustomImage", ImageId=image) == 8961
    assert api.refused("TerminateUHostInstance", UHostId=id) == 8905
    api.emulator.clear_faults(fault)
    api.until(lambda: api.image(image)["State"] == "Available")
    api.ask("TerminateCustomImage", ImageId=image)
    api.remove_host(id)


@pytest.mark.parametrize("outcome", ["fail", "never", "vanish"])
def test_a_copy_meets_faults_as_an_image_does(api: Asker, elsewhere: Asker, outcome: str) -> None:
    id = api.stopped_host()
    image = api.made_image(id)
    api.emulator.fault(transition="copy", outcome=outcome, region="cn-sh2")
    copy = start_copy(api, image)
    if outcome == "vanish":
        elsewhere.until(lambda: not elsewhere.ask("DescribeImage", ImageId=copy)["ImageSet"])
        assert copy not in api.open_ids()
    else:
        state = {"fail": "Unavailable", "never": "Copying"}[outcome]
        elsewhere.until(lambda: elsewhere.image(copy)["State"] == state)
        if outcome == "never":
            assert elsewhere.refused("TerminateCustomImage", ImageId=copy) == 8961
            api.emulator.clear_faults()
            elsewhere.until(lambda: elsewhere.image(copy)["State"] == "Available")
        elsewhere.ask("TerminateCustomImage", ImageId=copy)
    assert api.image(image)["State"] == "Available"
    api.ask("TerminateCustomImage", ImageId=image)
    api.remove_host(id)


@pytest.mark.parametrize("transition", ["launch", "start", "boot_disk"])
def test_somebody_else_may_terminate_a_host_while_it_comes_up(api: Asker, transition: str) -> None:
    before = api.open_ids()
    api.emulator.fault(transition=transition, outcome="vanish")
    id = api.create_host(NetworkInterface=[{"EIP": EIP}])
    api.until(lambda: not api.hosts(id))
    api.until(lambda: api.open_ids() == before)


def test_a_host_may_go_and_leave_its_eip(api: Asker) -> None:
    before = api.open_ids()
    api.emulator.fault(transition="stop", outcome="vanish", keep_eip=True)
    id = api.running_host(NetworkInterface=[{"EIP": EIP}])
    api.ask("StopUHostInstance", UHostId=id)
    api.until(lambda: not api.hosts(id))
    left = [row for row in api.emulator.ledger(open_only=True) if row["id"] not in before]
    assert sorted(row["kind"] for row in left) == ["eip"]
    api.ask("ReleaseEIP", EIPId=left[0]["id"])


def test_an_image_may_be_deleted_by_somebody_else_after_a_while(api: Asker) -> None:
    id = api.stopped_host()
    api.emulator.fault(transition="image", outcome="vanish", after_seconds=0.3)
    image = start_image(api, id)
    assert api.image(image)["State"] == "Making"
    api.until(lambda: not api.ask("DescribeImage", ImageId=image)["ImageSet"])
    assert image not in api.open_ids()
    api.ask("TerminateCustomImage", ImageId=api.made_image(id))
    api.remove_host(id)


def test_a_rule_is_for_its_project_and_region_alone(api: Asker, elsewhere: Asker) -> None:
    api.emulator.fault(transition="launch", outcome="fail", region="cn-sh2", project="org-second", times=0)
    second = Asker(api.emulator, api.emulator.client(project="org-second", region="cn-sh2"))
    for asker, zone, state in (
        (api, "cn-bj2-02", "Running"),
        (elsewhere, "cn-sh2-01", "Running"),
        (second, "cn-sh2-01", "Install Fail"),
    ):
        id = asker.create_host(Zone=zone)
        asker.wait(id, state)
        asker.remove_host(id)


def test_what_never_ends_holds_up_neither_a_reset_nor_the_end() -> None:
    with Emulator(hosts="paper") as emulator:
        api = Asker(emulator, emulator.client())
        emulator.fault(transition="launch", outcome="never", times=0)
        api.create_host()
        emulator.reset()
        assert emulator.ledger() == []
        emulator.fault(transition="launch", outcome="never", times=0)
        held = api.create_host()
        assert emulator.stop() == 0
        emulator.start()
        api = Asker(emulator, emulator.client())
        api.wait(held, "Install Fail")
        api.remove_host(held)


def test_many_that_never_end_hold_up_no_other(api: Asker) -> None:
    api.emulator.fault(transition="launch", outcome="never", times=40)
    held = [
        id
        for _ in range(4)
        for id in api.ask("CreateUHostInstance", MaxCount=10, **wish(api, "uimage-f1chxn"))["UHostIds"]
    ]
    api.remove_host(api.running_host())
    api.emulator.clear_faults()
    for id in held:
        api.wait(id, "Running")
        api.remove_host(id)
