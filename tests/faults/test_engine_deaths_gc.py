"""A run of `pulumi up` that dies, at every step and in every way; then gc on another machine, which has no journal.

Hours have passed: the dead build's lease has ended, that of a build which is alive elsewhere has not.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from ucloud_provider.build import collect
from ucloud_provider.build.lease import DURATION
from ucloud_provider.cloud import account

from tests.faults import aftermath, deaths, elsewhere, victim
from tests.support.emulator import Emulator
from tests.support.gateway import Gateway


@pytest.fixture(scope="module")
def others(cloud: Emulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[set[str]]:
    """What belongs to others: a stack's finished image with its copy, and all that a live build elsewhere has made."""
    folder = tmp_path_factory.mktemp("others")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("UCLOUD_IMAGE_STATE", str(folder / "finished"))
        victim.build(cloud.url, "", "cn-sh2")
    with elsewhere.live_build(cloud, folder / "live"):
        theirs = {row["id"] for row in cloud.ledger(open_only=True)}
        assert len(theirs) >= 6
        yield theirs


def gc(cloud: Emulator, now: float) -> None:
    """What `ucloud-image gc` does, at another time."""
    api = victim.api(cloud.url)
    apis = [api.at(region=region) for region in account.zones(api)]
    assert collect.remove(api, collect.find(apis, now), lambda _each, _said: None) == []
    assert [each for each in collect.find(apis, now) if each.collectable] == []


@pytest.mark.parametrize(
    ("point", "way"),
    deaths.cases(
        ("provisioning", "terminal closed"),
        ("handing over", "machine gone"),
        ("after CreateUHostInstance", "provider killed"),
        # Between the mark's end and the moment at which Pulumi has written its state, nothing but the journal knows
        # of the image: the next build on this machine finds it (`test_engine_deaths.py`), another machine cannot.
        but=[("after DeleteUHostKeyPairs", "provider killed"), ("after DeleteUHostKeyPairs", "machine gone")],
    ),
)
def test_gc_collects_all_that_the_state_does_not_know_and_nothing_else(
    point: deaths.Point, way: str, cloud: Emulator, others: set[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Gateway(cloud.url) as gateway:
        stack = deaths.stack_for(tmp_path / "stack", point, cloud, gateway, deaths.source_of(point, way))
        deaths.die(stack, gateway, point, way)
        aftermath.check_cleared_up(stack, cloud, way, others)
        monkeypatch.setenv("UCLOUD_IMAGE_STATE", str(tmp_path / "another machine"))
        gc(cloud, time.time())
        gc(cloud, time.time() + DURATION + 60)
        assert others <= {row["id"] for row in cloud.ledger(open_only=True)}
        aftermath.unlock(stack)
        aftermath.check_agreement(stack, cloud, others)
        aftermath.check_destroy(stack, cloud, others)


def test_an_image_whose_mark_stays_on_is_given_back_and_not_handed_over(
    cloud: Emulator, others: set[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Gateway(cloud.url) as gateway:
        stack = deaths.stack_for(tmp_path / "stack", deaths.POINTS[0], cloud, gateway)
        cloud.fault(action="DeleteUHostKeyPairs", ret_code=8999, times=0)
        outcome = stack.up().failed()
        cloud.clear_faults()
        assert "handing over failed" in outcome.output
        monkeypatch.setenv("UCLOUD_IMAGE_STATE", str(tmp_path / "another machine"))
        gc(cloud, time.time() + DURATION + 60)
        aftermath.check_agreement(stack, cloud, others)
        stack.up().succeeded()
        gc(cloud, time.time() + DURATION + 60)
        aftermath.check_one_image_and_one_copy(stack, cloud, others)
        aftermath.check_destroy(stack, cloud, others)
