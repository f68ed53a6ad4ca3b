"""The host, or the connection to it, goes away in mid-build: what is said, and what is run again."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from ucloud_provider.errors import StepFailed
from ucloud_provider.provisioners.shell import Shell

from tests.emulator.build.conftest import DEBIAN, Builds, Run
from tests.support.asker import Asker

DROP = "sleep 0.5; pkill -9 -f '^sshd: root@notty'; sleep 60"
"""Ends the SSH session that runs it, as a broken network would, once what was said before has come through."""


def by_somebody_else(builds: Builds, *actions: str) -> Callable[[str], None]:
    """Does this to the build's host, once, when the provisioner says `now`."""
    api = Asker(builds.emulator, builds.emulator.client())

    def on_line(line: str) -> None:
        if line != "now":
            return
        (id,) = [row["id"] for row in builds.left() if row["kind"] == "uhost"]
        for action in actions:
            api.ask(action, UHostId=id)
            if action == "PoweroffUHostInstance":
                api.wait(id, "Stopped")

    return on_line


@pytest.mark.parametrize(
    ("actions", "says"),
    [
        (["StopUHostInstance"], r"host uhost-\w+ is Stopp(ing|ed): .* somebody else"),
        (["PoweroffUHostInstance", "TerminateUHostInstance"], r"host uhost-\w+ no longer exists: somebody else"),
    ],
    ids=lambda value: value[-1] if isinstance(value, list) else "",
)
def test_a_host_that_somebody_else_ends_is_told_of(builds: Builds, actions: list[str], says: str) -> None:
    builds.progress.on_line = by_somebody_else(builds, *actions)
    with pytest.raises(StepFailed, match=says) as caught:
        builds.build(provisioners=[Run(command="echo before; echo now; sleep 60")])
    assert "  before" in str(caught.value).splitlines()
    assert (builds.left(), builds.images()) == ([], [])


def test_the_eip_of_a_host_that_somebody_else_terminates_before_it_runs_is_given_back(builds: Builds) -> None:
    builds.emulator.fault(transition="start", outcome="vanish", keep_eip=True, after_seconds=1.0)
    with pytest.raises(StepFailed, match="no longer exists: somebody else terminated it"):
        builds.build()
    assert len(builds.requests("UpdateEIPAttribute")) == 1
    assert (builds.left(), builds.images()) == ([], [])


def test_an_eip_that_cannot_be_labelled_is_told_of_and_given_back_all_the_same(builds: Builds) -> None:
    builds.emulator.fault(action="UpdateEIPAttribute", ret_code=299, message="no permission")
    builds.build()
    assert any("is not labelled (UpdateEIPAttribute failed: no permission" in each for each in builds.progress.notes)
    assert builds.left() == []


def test_a_host_that_is_stopped_is_not_tried_for_long(builds: Builds) -> None:
    builds.progress.on_line = by_somebody_else(builds, "PoweroffUHostInstance")
    with pytest.raises(StepFailed, match="is Stopped"):
        builds.build(ssh_timeout="1h", provisioners=[Shell(inline=["echo now", "sleep 60"], max_retries=3)])
    assert builds.progress.lines.count("now") == 1


def test_a_connection_that_breaks_ends_the_build_and_the_command_is_not_run_again(builds: Builds) -> None:
    with pytest.raises(StepFailed, match="the connection broke while the command ran"):
        builds.build(provisioners=[Run(command=f"echo run; {DROP}")])
    assert builds.progress.lines == ["run"]


def test_a_command_is_run_again_over_a_new_connection_where_retries_are_asked_for(builds: Builds) -> None:
    command = f"echo run; [ -e /root/again ] && exit; touch /root/again; {DROP}"
    builds.build(provisioners=[Run(command=command, max_retries=2)])
    assert [line for line in builds.progress.lines if line == "run"] == ["run", "run"]


def test_the_next_command_connects_anew(builds: Builds) -> None:
    builds.build(
        provisioners=[Shell(inline=["echo first", DROP], expect_disconnect=True), Run(command="echo second")],
    )
    assert [line for line in builds.progress.lines if line in ("first", "second")] == ["first", "second"]


def test_a_reboot_is_expected_where_it_is_said_and_the_host_keeps_its_pinned_key(builds: Builds) -> None:
    boot = "cat /proc/sys/kernel/random/boot_id; stat -c %Z /proc/1"
    builds.build(
        source_image_id=DEBIAN,
        provisioners=[
            Run(command=f"echo began at $({boot.split(';')[1]})"),
            Shell(inline=["sleep 1.1", "reboot", "sleep 60"], expect_disconnect=True),
            Run(command=f"echo began at $({boot.split(';')[1]}); systemctl is-system-running --wait"),
        ],
    )
    first, second = [line for line in builds.progress.lines if line.startswith("began at ")]
    assert first != second
    assert builds.progress.lines[-1] == "running"
