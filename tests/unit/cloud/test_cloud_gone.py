"""What counts as gone: what a listing does not have. A RetCode, whichever it is, never does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from ucloud.core import exc
from ucloud_provider.cloud import hosts, images, keypairs, network
from ucloud_provider.cloud.client import Api
from ucloud_provider.errors import CloudError

from tests.support.documents import documented
from tests.unit.cloud.scripted import Answer, ScriptedSdk, api

CODES = (230, 4210, 4600, 8022, 8037, 8039, 8058, 8956, 17041, 54002, 58103)
"""What pages, or other clients, have for a thing that is not there; and some that pages have for other things."""


class Thing(NamedTuple):
    """How a kind of thing is listed and looked up by its id."""

    listing: str
    items: str
    key: str
    filter: str
    there: Callable[[Api], bool]


THINGS = [
    Thing(
        "DescribeUHostInstance",
        "UHostSet",
        "UHostId",
        "UHostIds",
        lambda a: "thing-1" in hosts.describe(a, ["thing-1"]),
    ),
    Thing("DescribeImage", "ImageSet", "ImageId", "ImageIds", lambda a: images.get(a, "thing-1") is not None),
    Thing("DescribeEIP", "EIPSet", "EIPId", "EIPIds", lambda a: network.eip(a, "thing-1") is not None),
    Thing(
        "DescribeSubnet", "DataSet", "SubnetId", "SubnetIds", lambda a: network.subnet_vpc(a, "thing-1") == "uvnet-1"
    ),
]


def refusal(action: str, code: int) -> Exception:
    error: Exception = exc.RetCodeException(action, code, "no")
    return error


@pytest.mark.parametrize("thing", THINGS, ids=lambda thing: thing.listing)
@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("there", [True, False])
def test_a_refused_look_up_is_settled_by_the_whole_list(thing: Thing, code: int, there: bool) -> None:
    """Of more than a page, in which the thing is the last."""
    ids = [f"thing-{n}" for n in range(2, 150)] + (["thing-1"] if there else [])

    def answer(action: str, params: dict[str, Any]) -> Answer:
        assert (action, params["ProjectId"], params["Region"]) == (thing.listing, "org-y", "cn-sh2")
        if thing.filter in params:
            return refusal(action, code)
        page = ids[params["Offset"] : params["Offset"] + params["Limit"]]
        return {
            "TotalCount": len(ids),
            thing.items: [{thing.key: id, "VPCId": "uvnet-1"} | {thing.key: id} for id in page],
        }

    where = api(ScriptedSdk(answer=answer)).using(patience=0)
    assert thing.there(where.at(project_id="org-y", region="cn-sh2")) is there


@pytest.mark.parametrize("thing", THINGS, ids=lambda thing: thing.listing)
@pytest.mark.parametrize("code", [*CODES, 171, 292, 299])
def test_where_no_listing_is_to_be_had_nothing_is_gone(thing: Thing, code: int) -> None:
    with pytest.raises(CloudError) as caught:
        thing.there(api(ScriptedSdk(refusal(thing.listing, code))).using(patience=0))
    assert caught.value.code == code


class Deleting(NamedTuple):
    """How a kind of thing is deleted."""

    action: str
    items: str
    key: str
    delete: Callable[[Api], bool]


DELETING = [
    Deleting("TerminateCustomImage", "ImageSet", "ImageId", lambda a: images.delete(a, "thing-1")),
    Deleting("ReleaseEIP", "EIPSet", "EIPId", lambda a: network.release_eip(a, "thing-1")),
    Deleting("DeleteFirewall", "DataSet", "FWId", lambda a: network.delete_firewall(a, "thing-1")),
    Deleting("DeleteUHostKeyPairs", "KeyPairs", "KeyPairId", lambda a: keypairs.delete(a, "thing-1")),
]


@pytest.mark.parametrize("kind", DELETING, ids=lambda kind: kind.action)
@pytest.mark.parametrize("code", CODES)
def test_a_refused_deletion_is_content_only_where_the_thing_is_not_listed(kind: Deleting, code: int) -> None:
    def cloud(*ids: str) -> Api:
        listed: Answer = {"TotalCount": len(ids), kind.items: [{kind.key: id} for id in ids]}
        refused = refusal(kind.action, code)
        return api(ScriptedSdk(answer=lambda action, _: refused if action == kind.action else listed)).using(patience=0)

    assert kind.delete(cloud("thing-2")) is False
    with pytest.raises(CloudError) as caught:
        kind.delete(cloud("thing-1", "thing-2"))
    assert caught.value.code == code
    assert kind.delete(api(ScriptedSdk({"RetCode": 0}))) is True


@documented("api/unet-api/error_code.md", "4600: the firewall does not exist; listed all the same, it is not gone")
def test_a_firewall_that_is_said_not_to_exist_and_is_listed_is_not_taken_for_gone() -> None:
    listed: Answer = {"TotalCount": 1, "DataSet": [{"FWId": "firewall-1"}]}
    sdk = ScriptedSdk(refusal("DeleteFirewall", 4600), listed)
    with pytest.raises(CloudError, match="RetCode 4600"):
        network.delete_firewall(api(sdk), "firewall-1")


def test_one_host_that_is_gone_does_not_hide_the_others() -> None:
    def answer(action: str, params: dict[str, Any]) -> Answer:
        if "UHostIds" in params:
            return refusal(action, 8037)
        return {"TotalCount": 2, "UHostSet": [{"UHostId": id, "State": "Running"} for id in ("uhost-a", "uhost-z")]}

    assert set(hosts.describe(api(ScriptedSdk(answer=answer)), ["uhost-a", "uhost-gone"])) == {"uhost-a"}
