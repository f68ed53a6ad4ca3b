"""`on_failure="keep"`: the host of a failed build stays for a look, with a way in, until its lease ends."""

from __future__ import annotations

import re
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ucloud_provider.build import collect, recover, snapshot
from ucloud_provider.build.lease import DURATION
from ucloud_provider.errors import Cancelled, StepFailed

from tests.emulator.build.conftest import Builds, Run
from ucloud_image import cli


def fail_and_keep(builds: Builds) -> str:
    with pytest.raises(StepFailed) as caught:
        builds.build(on_failure="keep", provisioners=[Run(command="echo evidence > /root/evidence; exit 3")])
    return str(caught.value)


def test_the_message_tells_how_to_log_in_and_until_when(builds: Builds, state: Path) -> None:
    text = fail_and_keep(builds)
    assert sorted(row["kind"] for row in builds.left()) == ["eip", "firewall", "keypair", "udisk", "uhost"]
    assert re.search(r"host uhost-\w+ is kept for a look, and billed, until \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC", text)
    (command,) = re.findall(r"log in with: (ssh .*)", text)
    options = ["-o", "StrictHostKeyChecking=yes", "-o", "BatchMode=yes"]
    ran = subprocess.run(
        [*command.split(), *options, "cat /root/evidence"], capture_output=True, text=True, timeout=60, check=False
    )
    assert ran.stdout == "evidence\n", ran.stderr
    (key,) = state.glob("builds/*/id_build")
    assert key.stat().st_mode & 0o777 == 0o600


def test_no_later_build_takes_it_away_and_gc_does_when_its_lease_has_ended(builds: Builds, state: Path) -> None:
    fail_and_keep(builds)
    api = builds.api()
    kept = {row["id"] for row in builds.left()}
    assert recover.give_back(api) == []
    assert not any(each.collectable for each in collect.find([api], api.clock()))
    builds.build(communicator="none")
    assert {row["id"] for row in builds.left()} == kept
    later = api.clock() + DURATION + 60
    assert all("released now" in said for said in recover.give_back(replace(api, clock=lambda: later)))
    assert builds.left() == []
    assert list(state.glob("builds/*/id_build")) == []


def test_gc_here_takes_the_key_with_the_host_once_the_lease_has_ended(builds: Builds, state: Path) -> None:
    fail_and_keep(builds)
    api = builds.api()
    later = api.clock() + DURATION + 60
    assert (
        collect.remove(replace(api, clock=lambda: later), collect.find([api], later), lambda _each, _said: None) == []
    )
    assert builds.left() == []
    assert list(state.glob("builds/*/id_build")) == []


def terminated_by_the_user(builds: Builds) -> None:
    """Somebody terminates the kept host in the console, and leaves its EIP."""
    (host,) = [row["id"] for row in builds.left() if row["kind"] == "uhost"]
    builds.emulator.host_fault(host, "terminate", keep_eip=True)
    assert {row["kind"] for row in builds.left()} >= {"eip", "firewall", "keypair"}


def test_once_the_user_has_terminated_it_the_next_build_reclaims_the_rest_at_once(builds: Builds, state: Path) -> None:
    fail_and_keep(builds)
    terminated_by_the_user(builds)
    (key,) = state.glob("builds/*/id_build")
    builds.build(communicator="none", image_name="other")
    assert builds.left() == []
    assert not key.exists()
    assert any("released now: EIP" in note for note in builds.progress.notes)


def test_once_the_user_has_terminated_it_gc_reclaims_the_rest_at_once(
    builds: Builds, state: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fail_and_keep(builds)
    for name, value in builds.emulator.environment().items():
        monkeypatch.setenv(name, value)
    assert cli.main(["gc", "--region", builds.emulator.region]) == 0
    assert "0 of" in capsys.readouterr().out
    (key,) = state.glob("builds/*/id_build")
    assert key.exists(), "the host is still there"
    terminated_by_the_user(builds)
    assert cli.main(["gc", "--region", builds.emulator.region]) == 0
    assert "3 of 3 collected" in capsys.readouterr().out
    assert builds.left() == []
    assert not key.exists()


def test_while_ucloud_does_not_answer_the_host_counts_as_kept(
    paper_builds: Builds, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshot, "BOOT_DISK_TIMEOUT", 1.0)
    paper_builds.emulator.fault(transition="boot_disk", outcome="never", times=1)
    with pytest.raises(StepFailed, match="is kept for a look"):
        paper_builds.build(on_failure="keep", communicator="none")
    kept = {row["id"] for row in paper_builds.left()}
    paper_builds.emulator.fault(action="DescribeUHostInstance", http_status=503, times=0)
    assert recover.give_back(paper_builds.api()) == []
    paper_builds.emulator.clear_faults()
    assert {row["id"] for row in paper_builds.left()} == kept


@pytest.mark.parametrize("run", ["gc", "the next build"])
def test_where_another_machine_reclaims_it_this_machines_next_run_removes_its_key(
    builds: Builds, state: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, run: str
) -> None:
    fail_and_keep(builds)
    (key,) = state.glob("builds/*/id_build")
    api = builds.api()
    then = api.clock() + DURATION + 60
    later = replace(api, clock=lambda: then)
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("UCLOUD_IMAGE_STATE", str(tmp_path / "elsewhere"))
        assert collect.remove(later, collect.find([later], then), lambda _each, _said: None) == []
    assert builds.left() == []
    assert key.exists()
    if run == "gc":
        recover.forget_logins(api)  # as `ucloud-image gc` does
    else:
        builds.build(communicator="none")
    assert list(state.glob("builds/*/id_build")) == []
    assert list(state.glob("builds/*/known_hosts")) == []


def test_a_cancelled_build_keeps_nothing(builds: Builds) -> None:
    builds.progress.on_line = lambda _line: builds.cancel.set("Ctrl-C")
    with pytest.raises((Cancelled, StepFailed), match="Ctrl-C"):
        builds.build(on_failure="keep", provisioners=[Run(command="echo started; sleep 600")])
    assert builds.left() == []


LATE: dict[str, dict[str, Any]] = {
    "the name is taken": {"action": "CreateCustomImage", "ret_code": 230, "message": "ImageName [built] exists"},
    "the image cannot be made": {"transition": "image", "outcome": "fail"},
    "the host cannot be stopped": {"action": "StopUHostInstance", "ret_code": 230, "message": "no"},
}


@pytest.mark.parametrize("fault", LATE)
def test_a_host_that_was_sealed_is_not_kept_and_the_error_says_why(builds: Builds, state: Path, fault: str) -> None:
    builds.emulator.fault(**LATE[fault], times=1)
    with pytest.raises(StepFailed) as caught:
        builds.build(on_failure="keep")
    said = str(caught.value)
    assert re.search(r"host uhost-\w+ is not kept for a look \(on_failure\): it was being sealed for the image", said)
    assert "log in with" not in said
    assert (builds.left(), builds.images()) == ([], [])
    assert list(state.glob("builds/*/id_build")) == []


def test_without_a_connection_a_host_is_kept_until_it_is_to_be_stopped(
    paper_builds: Builds, monkeypatch: pytest.MonkeyPatch
) -> None:
    paper_builds.emulator.fault(**LATE["the name is taken"], times=1)
    with pytest.raises(StepFailed, match=r"is not kept for a look .*: it was being shut down for the image"):
        paper_builds.build(on_failure="keep", communicator="none")
    assert (paper_builds.left(), paper_builds.images()) == ([], [])
    monkeypatch.setattr(snapshot, "BOOT_DISK_TIMEOUT", 1.0)
    paper_builds.emulator.fault(transition="boot_disk", outcome="never", times=1)
    with pytest.raises(StepFailed, match="is kept for a look, and billed, until"):
        paper_builds.build(on_failure="keep", communicator="none")
    assert "uhost" in [row["kind"] for row in paper_builds.left()]


def test_a_build_that_fails_with_a_sealed_host_says_so_only_where_it_was_to_be_kept(paper_builds: Builds) -> None:
    paper_builds.emulator.fault(**LATE["the name is taken"], times=1)
    with pytest.raises(StepFailed) as caught:
        paper_builds.build(communicator="none")
    assert "kept" not in str(caught.value)
