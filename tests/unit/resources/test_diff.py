"""What the resources answer to the engine's Diff, without an engine: also where it tells less than we know it to."""

from __future__ import annotations

from typing import Any

import pytest
from pulumi.output import Unknown
from ucloud_provider.engine import standing
from ucloud_provider.resources.custom_image import CustomImageProvider
from ucloud_provider.resources.uhost import UHostProvider

IMAGE: dict[str, Any] = {
    "availability_zone": "cn-bj2-02",
    "instance_type": "n-basic-2",
    "source_image_id": "uimage-source",
    "image_name": "web",
    "provisioners": [{"type": "shell", "inline": ["true"]}],
}
MADE: dict[str, Any] = {"image_id": "uimage-1", "missing_copies": [], "copies_made": [], "image_missing": False}
UNKNOWN: Any = Unknown()  # type: ignore[no-untyped-call]
HOST: dict[str, Any] = {"availability_zone": "cn-bj2-02", "instance_type": "n-basic-2", "image_id": "uimage-1"}


@pytest.fixture(autouse=True)
def nothing_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(standing, "_stays", {})


def test_without_the_old_inputs_the_outputs_tell_what_was_built() -> None:
    provider = CustomImageProvider()
    same = provider.diff("uimage-1", {**IMAGE, **MADE}, IMAGE)
    assert (same.changes, same.replaces) == (False, [])
    other = provider.diff("uimage-1", {**IMAGE, **MADE}, {**IMAGE, "source_image_id": "uimage-other"})
    assert (other.changes, other.replaces, other.delete_before_replace) == (True, ["source_image_id"], False)


def test_an_image_that_is_gone_while_copies_are_left_is_built_anew() -> None:
    result = CustomImageProvider().diff("uimage-1", {**IMAGE, **MADE, "image_missing": True}, IMAGE)
    assert (result.changes, result.replaces) == (True, ["image_id"])


def test_provisioners_that_are_not_known_yet_count_as_changed() -> None:
    unknown = {**IMAGE, "provisioners": [{"type": "shell", "inline": UNKNOWN}]}
    result = CustomImageProvider().diff("uimage-1", {**IMAGE, **MADE}, unknown)
    assert (result.changes, result.replaces) == (True, ["provisioners"])


def test_a_host_of_another_image_is_replaced_the_new_one_first() -> None:
    result = UHostProvider().diff("uhost-1", HOST, {**HOST, "image_id": "uimage-2"})
    assert (result.changes, result.replaces, result.delete_before_replace) == (True, ["image_id"], False)


def test_a_host_stays_while_its_image_does_though_a_preview_does_not_know_the_id() -> None:
    CustomImageProvider().diff("uimage-1", {**IMAGE, **MADE}, {**IMAGE, "copies": [{"region": "hk"}]})
    result = UHostProvider().diff("uhost-1", HOST, {**HOST, "image_id": UNKNOWN})
    assert (result.changes, result.replaces) == (True, [])


def test_a_host_is_replaced_when_its_image_is_built_anew() -> None:
    CustomImageProvider().diff("uimage-1", {**IMAGE, **MADE}, {**IMAGE, "source_image_id": "uimage-other"})
    result = UHostProvider().diff("uhost-1", HOST, {**HOST, "image_id": UNKNOWN})
    assert (result.changes, result.replaces) == (True, ["image_id"])


def test_a_host_whose_image_nobody_knows_of_is_taken_for_replaced() -> None:
    result = UHostProvider().diff("uhost-1", HOST, {**HOST, "image_id": UNKNOWN})
    assert (result.changes, result.replaces) == (True, ["image_id"])


def test_a_host_is_not_changed_by_a_password_that_the_outputs_do_not_hold() -> None:
    result = UHostProvider().diff("uhost-1", HOST, {**HOST, "password": "S0me-password"})
    assert result.changes is False
