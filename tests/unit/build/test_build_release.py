"""Given back: what is gone with something else, what listings show late or too long, what somebody else has."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ucloud.core import exc
from ucloud_provider.build import release
from ucloud_provider.build.journal import Journal, Thing
from ucloud_provider.build.release import Doubt, doubt
from ucloud_provider.cloud.client import Api
from ucloud_provider.errors import CloudError, UCloudImageError

from tests.support.documents import documented
from tests.unit.cloud.scripted import Answer, ScriptedSdk, api

LABEL = "ucloud-image-0123456789ab-x1764000000"
EIP = Thing("EIP", LABEL, "org-x", "cn-bj2", "eip-1")
IMAGE = Thing("image", LABEL, "org-x", "cn-bj2", "uimage-1")
HOST = Thing("host", LABEL, "org-x", "cn-bj2", "uhost-1")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(release, "LOOK_PAUSE", 0.001)
    monkeypatch.setattr(release, "EIP_LAG", 0.2)
    monkeypatch.setattr(release, "EIP_PATIENCE", 0.4)


def eip_cloud(status: Callable[[], str | None]) -> ScriptedSdk:
    """One EIP that is listed as this, or not at all."""

    def answer(action: str, _params: dict[str, Any]) -> Answer:
        if action == "ReleaseEIP":
            return {"RetCode": 0}
        assert action == "DescribeEIP"
        now = status()
        return {"TotalCount": int(now is not None), "EIPSet": [{"EIPId": "eip-1", "Status": now}] if now else []}

    return ScriptedSdk(answer=answer)


def over(*states: str | None) -> Callable[[], str | None]:
    """Each state in turn, the last one for ever."""
    left = list(states)
    return lambda: left.pop(0) if len(left) > 1 else left[0]


@documented("api/uhost-api/terminate_uhost_instance.md", "ReleaseEIP releases the EIP with its host")
@pytest.mark.parametrize("states", [(None,), ("used", "free", None), ("free", "free", None), ("used", "used", None)])
def test_an_eip_that_went_with_its_host_is_not_released_again(
    monkeypatch: pytest.MonkeyPatch, states: tuple[str | None, ...]
) -> None:
    """Its listing may lag behind its host's end. Nothing is refused, so no line of the log says "failed"."""
    for patience in ("EIP_LAG", "EIP_PATIENCE"):
        monkeypatch.setattr(release, patience, 60.0)  # however busy the machine, the list ends first
    log: list[str] = []
    sdk = eip_cloud(over(*states))
    release.release(api(sdk, log=log), EIP)
    assert set(sdk.actions) == {"DescribeEIP"}
    assert not [line for line in log if "failed" in line]


@documented("api/unet-api/release_eip.md", "An EIP is released when it is not bound")
def test_an_eip_that_its_host_left_behind_is_released() -> None:
    sdk = eip_cloud(over("free"))
    release.release(api(sdk), EIP)
    assert sdk.actions.count("ReleaseEIP") == 1


def test_an_eip_that_something_else_has_is_left_alone_and_told() -> None:
    sdk = eip_cloud(over("used"))
    with pytest.raises(UCloudImageError, match="EIP eip-1 is still bound, or frozen; unbind and release it"):
        release.release(api(sdk), EIP)
    assert "ReleaseEIP" not in sdk.actions


def test_an_eip_whose_listing_is_refused_is_not_taken_for_gone() -> None:
    with pytest.raises(CloudError, match="RetCode 5001"):
        release.release(api(ScriptedSdk(exc.RetCodeException("DescribeEIP", 5001, "no"))), EIP)


class Late:
    """An image that is listed, and can be deleted, only after so many looks."""

    def __init__(self, looks: int) -> None:
        self.looks = looks
        self.deleted = False
        self.sdk = ScriptedSdk(answer=self._answer)

    def _answer(self, action: str, _params: dict[str, Any]) -> Answer:
        if action == "TerminateCustomImage":
            if self.looks > 0:
                refused: Exception = exc.RetCodeException(action, 8956, "no such image")
                return refused
            self.deleted = True
            return {"RetCode": 0}
        self.looks -= 1
        return {"TotalCount": 0, "ImageSet": []}


@documented("api/uhost-api/error_code.md", "8956: there is no such image; made a moment ago, it may not be listed yet")
def test_what_was_made_a_moment_ago_and_is_not_listed_yet_is_not_taken_for_gone() -> None:
    image = Late(3)
    release.release(api(image.sdk), IMAGE, Doubt(patience=5))
    assert image.deleted


def test_what_was_made_long_ago_and_is_not_listed_is_gone() -> None:
    image = Late(99)
    release.release(api(image.sdk), IMAGE)
    assert image.sdk.actions == ["TerminateCustomImage", "DescribeImage"]


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    written = Journal(tmp_path / "journal.jsonl")
    yield written
    written.close()


@pytest.mark.parametrize("thing", [IMAGE, HOST])
def test_what_was_just_made_may_be_listed_late_though_its_id_is_known(journal: Journal, thing: Thing) -> None:
    journal.intend(thing)
    journal.made(thing)
    left_open = doubt(journal.path, thing)
    assert 0 < left_open.patience <= release.IN_FLIGHT
    assert not left_open.twice


def test_an_eip_was_listed_before_it_was_written_down(journal: Journal) -> None:
    journal.intend(EIP)
    assert doubt(journal.path, EIP) == Doubt()


def test_a_firewall_that_is_in_use_for_a_while_is_deleted_then(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ucloud_provider.run.Cancel.sleep", lambda _self, _seconds: None)
    in_use = exc.RetCodeException("DeleteFirewall", 4361, "in use")
    listed: Answer = {"TotalCount": 1, "DataSet": [{"FWId": "firewall-1"}]}
    sdk = ScriptedSdk(in_use, listed, in_use, listed, {"RetCode": 0})
    where: Api = api(sdk)
    release.release(where, Thing("firewall", LABEL, "org-x", "cn-bj2", "firewall-1"))
    assert sdk.actions.count("DeleteFirewall") == 3
