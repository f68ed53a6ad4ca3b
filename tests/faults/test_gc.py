"""`ucloud-image gc`: collects what dead builds left, from the cloud alone, and nothing else."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from ucloud_provider.build import collect, dead_builds
from ucloud_provider.build.journal import FILE, Journal
from ucloud_provider.build.lease import DURATION, Lease
from ucloud_provider.cloud import hosts
from ucloud_provider.cloud.client import Api, connect
from ucloud_provider.cloud.credentials import Credentials
from ucloud_provider.spec.rules import InstanceType

from tests.faults.test_killed_builds import STEPS, kill_at
from tests.support.asker import Asker
from tests.support.emulator import REPOSITORY, Emulator

OVER = Lease("0123456789ab", 1_700_000_000)
"""A lease that ended long ago."""


@pytest.fixture
def api(cloud: Emulator) -> Iterator[Api]:
    cloud.reset()
    yield connect(Credentials(Emulator.public_key, Emulator.private_key, Emulator.project, Emulator.region, cloud.url))
    cloud.reset()


def gc(cloud: Emulator, state: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command, as a user runs it."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("UCLOUD_")}
    return subprocess.run(
        [sys.executable, "-m", "ucloud_image.cli", "gc", *arguments],
        cwd=REPOSITORY,
        env=environ
        | {
            **cloud.environment(),
            "UCLOUD_IMAGE_STATE": str(state),
            "PYTHONPATH": f"{REPOSITORY}{os.pathsep}{REPOSITORY}/providers",
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def order(name: str, tag: str) -> hosts.HostOrder:
    """A host that no build of these tests has made."""
    return hosts.HostOrder(
        name=name,
        tag=tag,
        zone=Emulator.zone,
        image_id="uimage-f1chxn",
        instance_type=InstanceType("N", 2, 4096),
        boot_disk=hosts.Disk(20, "cloud_ssd"),
        password="Secret-123",
    )


def temporary(cloud: Emulator) -> list[str]:
    """Kinds of open rows, but for images: those may be a build's result."""
    return sorted(row["kind"] for row in cloud.ledger(open_only=True) if row["kind"] != "image")


@pytest.mark.parametrize("step", STEPS)
def test_without_a_journal_what_a_dead_build_left_goes_when_its_lease_has_ended(
    step: str, cloud: Emulator, api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kill_at(step, cloud, tmp_path / "dead")
    monkeypatch.setenv("UCLOUD_IMAGE_STATE", str(tmp_path / "another machine"))
    before = temporary(cloud)
    live = collect.find([api], time.time())
    assert not any(each.collectable for each in live), live
    ended = collect.find([api], time.time() + DURATION + 60)
    assert all(each.collectable for each in ended)
    assert bool(before) == bool(ended)
    assert collect.remove(api, ended, lambda _each, _said: None) == []
    # An image that was done as well: its build died before it told anybody.
    assert cloud.ledger(open_only=True) == []
    assert collect.find([api], time.time() + DURATION + 60) == []


def test_without_a_journal_the_copies_of_an_image_that_was_taken_over_go_too(
    cloud: Emulator, api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for step in ("copying", "copied"):
        kill_at(step, cloud, tmp_path / "dead")
    assert sum(row["kind"] == "uhost" for row in cloud.ledger()) == 1
    monkeypatch.setenv("UCLOUD_IMAGE_STATE", str(tmp_path / "another machine"))
    found = collect.find([api], time.time() + DURATION + 60)
    assert collect.remove(api, found, lambda _each, _said: None) == []
    assert cloud.ledger(open_only=True) == []


def test_the_eip_that_somebody_left_when_they_terminated_a_dead_builds_host_goes_too(
    cloud: Emulator, api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kill_at("provisioning", cloud, tmp_path / "dead")
    (host,) = [row["id"] for row in cloud.ledger(open_only=True) if row["kind"] == "uhost"]
    asker = Asker(cloud, cloud.client())
    asker.ask("PoweroffUHostInstance", UHostId=host)
    asker.wait(host, "Stopped")
    asker.ask("TerminateUHostInstance", UHostId=host)
    asker.until(lambda: asker.hosts(host) == [])  # until then its EIP is bound
    monkeypatch.setenv("UCLOUD_IMAGE_STATE", str(tmp_path / "another machine"))
    ended = collect.find([api], time.time() + DURATION + 60)
    (eip,) = [each for each in ended if each.thing.kind == "EIP"]
    assert eip.price is not None
    assert eip.price > 0
    assert collect.remove(api, ended, lambda _each, _said: None) == []
    assert cloud.ledger(open_only=True) == []


def test_with_its_journal_a_dead_build_is_collected_at_once(cloud: Emulator, api: Api, tmp_path: Path) -> None:
    kill_at("provisioning", cloud, tmp_path)
    dry = gc(cloud, tmp_path, "--dry-run")
    assert dry.returncode == 0, dry.stderr
    assert "yes: its build is dead, says the journal of this machine" in dry.stdout
    assert "3 of 3 can be collected (dry run)." in dry.stdout
    assert len(temporary(cloud)) >= 3
    done = gc(cloud, tmp_path, "--region", Emulator.region)
    assert done.returncode == 0, done.stderr
    assert "3 of 3 collected." in done.stdout
    assert temporary(cloud) == []
    assert "Nothing is left of any build." in gc(cloud, tmp_path).stdout


def test_a_build_elsewhere_and_what_is_not_ours_are_left_alone(cloud: Emulator, api: Api, tmp_path: Path) -> None:
    mine = hosts.create(api, order("ucloud-image-mine", "ucloud-image"))
    kill_at("provisioning", cloud, tmp_path / "there")
    done = gc(cloud, tmp_path / "here", "--all-projects")
    assert done.returncode == 0, done.stderr
    assert "no: its lease runs for" in done.stdout
    assert "0 of 3 can be collected." in done.stdout
    assert mine not in done.stdout
    assert temporary(cloud).count("uhost") == 2


def test_another_project_is_looked_at_with_the_flag_alone_and_what_is_there_has_its_age_and_cost(
    cloud: Emulator, api: Api, tmp_path: Path
) -> None:
    left = hosts.create(api.at(project_id=Emulator.second_project), order(OVER.label, OVER.label))
    assert gc(cloud, tmp_path, "--dry-run").stdout == "Nothing is left of any build.\n"
    assert gc(cloud, tmp_path).stdout == "Nothing is left of any build.\n"
    dry = gc(cloud, tmp_path, "--dry-run", "--all-projects")
    assert dry.returncode == 0, dry.stderr
    title, row = (re.split(r"  +", line) for line in dry.stdout.splitlines()[:2])
    assert title == ["WHAT", "ID", "REGION", "AGE", "COST", "COLLECT"]
    assert row[:3] == ["host", left, Emulator.region]
    assert re.fullmatch(r"\d+ min", row[3]), row
    assert re.fullmatch(r"¥\d+\.\d\d", row[4]), row
    assert row[5] == "yes: its lease has ended"
    assert [each["id"] for each in cloud.ledger(open_only=True) if each["kind"] == "uhost"] == [left]
    done = gc(cloud, tmp_path, "--all-projects")
    assert done.returncode == 0, done.stderr
    assert "1 of 1 collected." in done.stdout
    assert cloud.ledger(open_only=True) == []


def test_where_one_region_cannot_be_listed_the_others_are_collected_and_it_is_told(
    cloud: Emulator, api: Api, tmp_path: Path
) -> None:
    kill_at("provisioning", cloud, tmp_path)
    refused = {"region": "hk", "project": Emulator.project, "ret_code": 9999, "message": "not now", "times": 1}
    cloud.fault(action="DescribeUHostInstance", **refused)
    done = gc(cloud, tmp_path)
    assert done.returncode == 1
    assert done.stderr == (
        f"error: not listed: hk of {Emulator.project}: DescribeUHostInstance failed: not now (RetCode 9999)\n"
    )
    assert "3 of 3 collected." in done.stdout
    assert temporary(cloud) == []
    cloud.fault(action="DescribeFirewall", **refused)
    empty = gc(cloud, tmp_path)
    assert (empty.returncode, empty.stdout) == (1, "Nothing is left of any build where it could be listed.\n")


def test_a_mark_stays_while_an_image_may_be_where_nothing_could_be_listed(
    cloud: Emulator, api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kill_at("copied", cloud, tmp_path / "dead")
    monkeypatch.setenv("UCLOUD_IMAGE_STATE", str(tmp_path / "another machine"))
    refused = {"region": "cn-sh2", "project": Emulator.project, "ret_code": 9999, "message": "not now", "times": 1}
    cloud.fault(action="DescribeImage", **refused)
    unlisted: list[str] = []
    found = collect.find([api], time.time() + DURATION + 60, unlisted)
    assert unlisted == ["cn-sh2 of org-emulator: DescribeImage failed: not now (RetCode 9999)"]
    (mark,) = [each for each in found if each.thing.kind == "key pair"]
    assert mark.why == f"it may mark an image that is not listed ({unlisted[0]})"
    assert collect.remove(api, found, lambda _each, _said: None) == []
    assert sorted(row["kind"] for row in cloud.ledger(open_only=True)) == ["image", "keypair"]
    found = collect.find([api], time.time() + DURATION + 60)
    assert collect.remove(api, found, lambda _each, _said: None) == []
    assert cloud.ledger(open_only=True) == []


def test_what_a_build_here_takes_over_after_it_was_found_is_left_to_it(
    cloud: Emulator, api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kill_at("copied", cloud, tmp_path)
    monkeypatch.setenv("UCLOUD_IMAGE_STATE", str(tmp_path))
    found = collect.find([api], time.time())
    assert {each.thing.kind for each in found if each.collectable} >= {"image", "key pair"}
    (dead,) = dead_builds.find(api, time.time())
    with dead_builds.lock(dead.journal.path, api, time.time()) as locked:
        assert locked is not None
        locked.journal.kept(*(each for each in locked.left if each.kind in ("image", "key pair")))
    failed = collect.remove(api, found, lambda _each, _said: None)
    image, mark = failed
    assert image.endswith("a build on this machine has taken it over, or gives it back just now")
    assert mark.endswith("it marks what is left of the build")
    assert sorted(row["kind"] for row in cloud.ledger(open_only=True)) == ["image", "keypair"]


def test_old_journals_are_pruned_where_it_collects(paper_cloud: Emulator, tmp_path: Path) -> None:
    old = tmp_path / "builds" / "0123456789ab" / FILE
    old.parent.mkdir(parents=True)
    Journal(old).close()
    long_ago = time.time() - dead_builds.KEEP_SECONDS - 60
    os.utime(old, (long_ago, long_ago))
    assert gc(paper_cloud, tmp_path, "--dry-run").returncode == 0
    assert old.exists(), "a dry run changes nothing"
    assert gc(paper_cloud, tmp_path).returncode == 0
    assert not old.parent.exists()


def test_wrong_regions_and_missing_keys_are_one_clean_line(cloud: Emulator, tmp_path: Path) -> None:
    wrong = gc(cloud, tmp_path, "--region", "cn-nowhere")
    assert wrong.returncode == 1
    assert wrong.stderr.startswith("error: --region: 'cn-nowhere' is not a region; one of ")
    assert "Traceback" not in wrong.stderr
