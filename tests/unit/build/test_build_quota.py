"""Room for one custom image more, here and at each copy's place, by the documents' quotas."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ucloud_provider.build.lookups import Lookups
from ucloud_provider.build.quota import Claims, Quotas
from ucloud_provider.cloud.client import Api

from tests.support.documents import documented
from tests.unit.cloud.scripted import ScriptedSdk, api


def problems(there: int, region: str = "cn-bj2", raised: int | None = None, claims: Claims | None = None) -> list[str]:
    asked = quota_api(there, region, raised)
    wanted = Quotas(claims, "urn")
    wanted.add("image_name", asked)
    return list(wanted.problems(Lookups()))


def quota_api(there: int, region: str, raised: int | None = None) -> Api:
    asked = api(ScriptedSdk({"TotalCount": there, "ImageSet": []})).at(region=region)
    return replace(asked, credentials=replace(asked.credentials, image_quota=raised))


@documented("uhost/guide/image/common.md", "Custom images a region may hold: 30 or 10")
@pytest.mark.parametrize(("region", "most"), [("cn-bj2", 30), ("cn-sh2", 30), ("cn-gd", 10), ("hk", 10), ("us-ca", 10)])
def test_a_full_region_is_told_with_what_it_holds_and_what_to_do(region: str, most: int) -> None:
    assert problems(most - 1, region) == []
    (said,) = problems(most, region)
    assert said.startswith(f"image_name: {region} holds {most} of {most} custom images in org-x; delete one there, or")
    assert "ucloud:imageQuota" in said


def test_a_region_that_holds_more_than_the_documents_allow_has_had_its_quota_raised() -> None:
    assert problems(31) == []
    assert problems(31, raised=40) == []
    assert len(problems(40, raised=40)) == 1


def test_of_a_region_that_the_documents_say_nothing_of_nothing_is_said() -> None:
    assert problems(1000, "sg") == []


def test_two_resources_of_one_stack_need_room_for_two() -> None:
    claims = Claims()
    first, second = Quotas(claims, "one"), Quotas(claims, "other")
    for each in (first, second):
        each.add("image_name", quota_api(29, "cn-bj2"))
    lookups = Lookups()
    assert list(first.problems(lookups)) == []
    assert list(first.problems(lookups)) == [], "checked again, as before a replacement, it is no other"
    (said,) = second.problems(lookups)
    assert "and 1 more are to be made there" in said
