"""Calls whose answer never came, or that never arrived: every creating call, before and after its effect."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import requests
from ucloud_provider.build import once, release
from ucloud_provider.errors import Cancelled, StepFailed
from ucloud_provider.spec.image import ImageCopy

from tests.emulator.build.conftest import Builds

CREATING = ("CreateFirewall", "CreateUHostInstance", "CreateCustomImage", "CopyCustomImage", "ImportUHostKeyPairs")
CHANGING = (
    "StopUHostInstance",
    "TerminateUHostInstance",
    "DeleteFirewall",
    "DeleteUHostKeyPairs",
    "DescribeUHostInstance",
    "DescribeImage",
)


LISTED = {
    "CreateFirewall": ("DescribeFirewall", "DataSet", "Name"),
    "CreateUHostInstance": ("DescribeUHostInstance", "UHostSet", "Tag"),
    "CreateCustomImage": ("DescribeImage", "ImageSet", "Tag"),
    "CopyCustomImage": ("DescribeImage", "ImageSet", "Tag"),
}
"""Where what a call made is listed: the action, the list in its answer, the field that has the label."""


class LossyLine:
    """The SDK over a line that loses some calls to an action, or only their answers."""

    def __init__(self, sdk: Any, action: str, times: int, *, after_effect: bool) -> None:
        self._sdk = sdk
        self._action = action
        self._left = times
        self._after_effect = after_effect

    def invoke(self, action: str, args: dict[str, Any]) -> dict[str, Any]:
        if action != self._action or self._left == 0:
            answer: dict[str, Any] = self._sdk.invoke(action, args)
            return answer
        self._left -= 1
        if self._after_effect:
            self._sdk.invoke(action, args)
        raise requests.ConnectionError("connection reset by peer")


class LaggingLine(LossyLine):
    """Loses the first answer to an action, and hides what came of it in listings until the action is called again."""

    def __init__(self, sdk: Any, action: str) -> None:
        super().__init__(sdk, action, 1, after_effect=True)
        self._calls = 0

    def invoke(self, action: str, args: dict[str, Any]) -> dict[str, Any]:
        if action == self._action:
            self._calls += 1
        answer = super().invoke(action, args)
        listing, items, field = LISTED[self._action]
        if action == listing and self._calls == 1 and args.get("Region") == self._region:
            ours = [each for each in answer[items] if str(each.get(field)).startswith("ucloud-image-")]
            return {**answer, items: [each for each in answer[items] if each not in ours]}
        return answer

    @property
    def _region(self) -> str:
        return "cn-sh2" if self._action == "CopyCustomImage" else "cn-bj2"


@pytest.fixture(autouse=True)
def quick_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(once, "PAUSE", 0.01)
    monkeypatch.setattr(release, "IN_FLIGHT", 0.5)


def lose(builds: Builds, action: str, times: int, *, after_effect: bool) -> None:
    api = builds.api()
    lossy = replace(api, sdk=LossyLine(api.sdk, action, times, after_effect=after_effect))
    builds.api = lambda **_where: lossy  # type: ignore[method-assign]


@pytest.mark.parametrize("after_effect", [True, False], ids=["answer lost", "call lost"])
@pytest.mark.parametrize("action", CREATING)
def test_a_thing_whose_creation_was_not_answered_is_made_exactly_once(
    builds: Builds, action: str, after_effect: bool
) -> None:
    lose(builds, action, 1, after_effect=after_effect)
    image = builds.build(copies=[ImageCopy(region="cn-sh2")])
    assert builds.left() == []
    assert sorted(builds.images()) == sorted([image.image_id, image.copies[0].image_id])
    assert len(builds.requests(action)) == 1


@pytest.mark.parametrize("after_effect", [True, False], ids=["answer lost", "call lost"])
@pytest.mark.parametrize("action", CHANGING)
def test_a_change_whose_answer_was_lost_is_made_again_and_the_build_succeeds(
    builds: Builds, action: str, after_effect: bool
) -> None:
    lose(builds, action, 2, after_effect=after_effect)
    image = builds.build()
    assert (builds.left(), builds.images()) == ([], [image.image_id])


@pytest.mark.parametrize("action", [each for each in CREATING if each != "CopyCustomImage"])
def test_a_creation_that_is_never_answered_fails_the_build_and_leaves_nothing(builds: Builds, action: str) -> None:
    lose(builds, action, 99, after_effect=False)
    with pytest.raises(StepFailed, match=action):
        builds.build()
    assert (builds.left(), builds.images()) == ([], [])


@pytest.mark.parametrize("fails", [False, True], ids=["the build succeeds", "the build fails"])
@pytest.mark.parametrize("action", LISTED)
def test_where_listings_lag_and_two_were_made_one_of_them_is_given_back(
    builds: Builds, action: str, fails: bool
) -> None:
    api = builds.api()
    lagging = replace(api, sdk=LaggingLine(api.sdk, action))
    builds.api = lambda **_where: lagging  # type: ignore[method-assign]
    given: dict[str, Any] = {"copies": [ImageCopy(region="cn-sh2")]}
    if fails:
        builds.accepts = lambda _partial: False
        with pytest.raises(Cancelled):
            builds.build(**given)
        assert (builds.left(), builds.images()) == ([], [])
    else:
        image = builds.build(**given)
        assert builds.left() == []
        assert sorted(builds.images()) == sorted([image.image_id, image.copies[0].image_id])
    assert len(builds.requests(action)) == 2
