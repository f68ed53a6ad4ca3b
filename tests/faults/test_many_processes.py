"""Builds in several processes with one state folder: each looks after what is dead there, and after nothing alive."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from ucloud_provider.build import collect

from tests.faults import elsewhere, victim
from tests.faults.test_killed_builds import kill_at
from tests.support.emulator import Emulator


def open_ids(cloud: Emulator) -> set[str]:
    return {row["id"] for row in cloud.ledger(open_only=True)}


def test_a_build_and_gc_leave_the_live_build_of_another_process_alone_and_it_finishes(
    cloud: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud.reset()
    monkeypatch.setenv("UCLOUD_IMAGE_STATE", str(tmp_path))
    api = victim.api(cloud.url)
    with elsewhere.live_build(cloud, tmp_path) as live:
        theirs = open_ids(cloud)
        assert len(theirs) >= 5
        kill_at("provisioning", cloud, tmp_path)
        found = collect.find([api], time.time())
        assert sum(each.collectable for each in found) == 3, "host, firewall and key pair of the dead build"
        assert len(found) == 6
        assert collect.remove(api, found, lambda _each, _said: None) == []
        assert open_ids(cloud) == theirs
        kill_at("provisioning", cloud, tmp_path)
        image_id, notes = victim.build(cloud.url, "", "")
        assert any("released now: host" in note for note in notes)
        assert open_ids(cloud) == theirs | {image_id}
        live.finish()
    left = cloud.ledger(open_only=True)
    assert sorted((row["kind"], row["name"]) for row in left) == [("image", "elsewhere"), ("image", "survivor")]
