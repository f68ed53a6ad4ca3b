"""The seven faults that Packer was tried with (docs/reliability.md), each against a real `pulumi up`.

After each: nothing is left in the cloud, nothing of it is in the state, and the next `pulumi up` succeeds.
"""

from __future__ import annotations

from pathlib import Path

from tests.e2e.stack import Outcome, Stack
from tests.faults import aftermath, deaths
from tests.support.emulator import Emulator
from tests.support.gateway import Gateway

POINTS = {point.name: point for point in deaths.POINTS}


def nothing_is_left(stack: Stack, cloud: Emulator) -> None:
    assert aftermath.rows(cloud) == []
    aftermath.unlock(stack)
    assert stack.resources(":CustomImage") == []


def the_next_up_succeeds(stack: Stack, cloud: Emulator) -> None:
    stack.up().succeeded()
    aftermath.check_one_image_and_one_copy(stack, cloud)
    aftermath.check_destroy(stack, cloud)


def told(outcome: Outcome, *texts: str) -> None:
    """The command failed and said why in words."""
    outcome.failed()
    assert "Traceback" not in outcome.output
    for text in texts:
        assert text in outcome.output


def test_1_install_fail(cloud: Emulator, gateway: Gateway, tmp_path: Path) -> None:
    stack = deaths.stack_for(tmp_path, POINTS["creating"], cloud, gateway)
    cloud.fault(transition="launch", outcome="fail")
    told(stack.up(), "creating the host failed", "Install Fail")
    nothing_is_left(stack, cloud)
    the_next_up_succeeds(stack, cloud)


def test_2_image_not_ready_in_time(cloud: Emulator, gateway: Gateway, tmp_path: Path) -> None:
    stack = deaths.stack_for(tmp_path, POINTS["creating"], cloud, gateway)
    program = (stack.project / "__main__.py").read_text()
    stack.write(program.replace("image_name=", "wait_image_ready_timeout=2, image_name="))
    cloud.fault(transition="image", outcome="never", for_seconds=8)
    told(stack.up(), "making the image failed", "waited 2 s for image", "last seen: Making")
    nothing_is_left(stack, cloud)
    stack.write(program)
    the_next_up_succeeds(stack, cloud)


def test_3_ctrl_c_while_the_host_is_created(cloud: Emulator, gateway: Gateway, tmp_path: Path) -> None:
    point = POINTS["after CreateUHostInstance"]
    stack = deaths.stack_for(tmp_path, point, cloud, gateway)
    assert "cancelled" in deaths.die(stack, gateway, point, "Ctrl-C")
    nothing_is_left(stack, cloud)
    the_next_up_succeeds(stack, cloud)


def test_4_kill_9_of_pulumi(cloud: Emulator, gateway: Gateway, tmp_path: Path) -> None:
    stack = deaths.stack_for(tmp_path, POINTS["provisioning"], cloud, gateway)
    deaths.die(stack, gateway, POINTS["provisioning"], "engine killed")
    nothing_is_left(stack, cloud)
    the_next_up_succeeds(stack, cloud)


def test_4_kill_9_of_every_process_at_once(cloud: Emulator, gateway: Gateway, tmp_path: Path) -> None:
    stack = deaths.stack_for(tmp_path, POINTS["provisioning"], cloud, gateway)
    deaths.die(stack, gateway, POINTS["provisioning"], "machine gone")
    assert "uhost" in {row["kind"] for row in aftermath.rows(cloud)}, "nobody was there to give it back"
    aftermath.unlock(stack)
    the_next_up_succeeds(stack, cloud)


def test_5_a_provisioner_fails(cloud: Emulator, gateway: Gateway, tmp_path: Path) -> None:
    stack = deaths.stack_for(tmp_path, POINTS["creating"], cloud, gateway)
    program = (stack.project / "__main__.py").read_text()
    stack.write(program.replace("echo provisioned", "echo why it failed >&2; exit 7"))
    told(stack.up(), "provisioning failed", "exit code 7", "why it failed")
    nothing_is_left(stack, cloud)
    stack.write(program)
    the_next_up_succeeds(stack, cloud)


def test_6_ctrl_c_while_provisioning(cloud: Emulator, gateway: Gateway, tmp_path: Path) -> None:
    stack = deaths.stack_for(tmp_path, POINTS["provisioning"], cloud, gateway)
    assert "cancelled" in deaths.die(stack, gateway, POINTS["provisioning"], "Ctrl-C")
    nothing_is_left(stack, cloud)
    the_next_up_succeeds(stack, cloud)


def test_7_ctrl_c_while_the_image_is_made(cloud: Emulator, gateway: Gateway, tmp_path: Path) -> None:
    stack = deaths.stack_for(tmp_path, POINTS["making image"], cloud, gateway)
    assert "cancelled" in deaths.die(stack, gateway, POINTS["making image"], "Ctrl-C")
    nothing_is_left(stack, cloud)
    the_next_up_succeeds(stack, cloud)
