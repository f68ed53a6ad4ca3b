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
