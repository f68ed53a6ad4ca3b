"""What is made of UCloud's answers: pages, records, and things that are not there."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from ucloud.core import exc
from ucloud_provider.cloud import hosts, images, paging
from ucloud_provider.cloud.hosts import Disk, HostOrder
from ucloud_provider.errors import CloudError
from ucloud_provider.spec.rules import InstanceType

from tests.support.documents import documented
from tests.unit.cloud.scripted import Answer, ScriptedSdk, api


@pytest.mark.parametrize("total", [0, 1, 99, 100, 101, 250])
def test_a_listing_is_read_to_its_last_page(total: int) -> None:
    def answer(_action: str, params: dict[str, int]) -> Answer:
        page = range(params["Offset"], min(total, params["Offset"] + params["Limit"]))
        return {"TotalCount": total, "DataSet": [{"n": n} for n in page]}

    found = [each["n"] for each in paging.every(api(ScriptedSdk(answer=answer)), "DescribeX", "DataSet")]
    assert found == list(range(total))


def test_a_listing_that_shrinks_while_it_is_read_ends() -> None:
    sdk = ScriptedSdk({"TotalCount": 300, "DataSet": [{}] * 100}, {"TotalCount": 300, "DataSet": []})
    assert len(list(paging.every(api(sdk), "DescribeX", "DataSet"))) == 100


def test_a_listing_that_does_not_tell_its_length_is_read_until_a_page_is_not_full() -> None:
    def answer(_action: str, params: dict[str, int]) -> Answer:
        page = range(params["Offset"], min(230, params["Offset"] + params["Limit"]))
        return {"DataSet": [{"n": n} for n in page]}

    assert len(list(paging.every(api(ScriptedSdk(answer=answer)), "DescribeX", "DataSet"))) == 230


def test_what_moves_to_a_page_that_was_read_already_is_not_missed() -> None:
    things = list(range(150))

    def answer(_action: str, params: dict[str, int]) -> Answer:
        page = things[params["Offset"] : params["Offset"] + params["Limit"]]
        told: Answer = {"TotalCount": len(things), "DataSet": [{"n": n} for n in page]}
        if 0 in things:  # deleted while the list is read: number 100 is the first page's last one from now on
            things.remove(0)
        return told

    found = [each["n"] for each in paging.every(api(ScriptedSdk(answer=answer)), "DescribeX", "DataSet")]
    assert found == list(range(1, 150))


def test_a_listing_that_counts_what_it_does_not_list_is_not_taken_for_an_empty_one() -> None:
    with pytest.raises(CloudError, match="counts DataSet and does not list them; try again"):
        list(paging.every(api(ScriptedSdk({"TotalCount": 3})), "DescribeX", "DataSet"))


def test_more_than_a_page_of_hosts_is_asked_for_in_pages() -> None:
    sdk = ScriptedSdk(answer=lambda _a, params: {"UHostSet": [{"UHostId": id} for id in params["UHostIds"]]})
    ids = [f"uhost-{n}" for n in range(230)]
    assert set(hosts.describe(api(sdk), ids)) == set(ids)
    assert [len(params["UHostIds"]) for _, params in sdk.calls] == [100, 100, 30]


@documented("api/uk8s-api/describe_uk8s_image.md", "Node images are answered with their features and sizes")
def test_a_node_image_of_uk8s_can_be_started_from_and_is_what_the_answer_says() -> None:
    node = {"ImageId": "uimage-k8s", "ImageName": "node", "ImageSize": 50, "Features": ["CloudInit"]}
    found = images.source(api(ScriptedSdk({"ImageSet": []}, {"ImageSet": [node]})), "uimage-k8s")
    assert found is not None
    assert (found.size, found.os_type, found.state, found.features) == (50, "Linux", "Available", ("CloudInit",))
    own = images.source(api(ScriptedSdk({"ImageSet": []}, {"CustomImageSet": [node]})), "uimage-k8s")
    assert own == found


def test_of_a_node_image_that_uk8s_says_nothing_of_the_least_is_expected() -> None:
    sdk = ScriptedSdk({"ImageSet": []}, {"ImageSet": [{"ImageId": "uimage-k8s", "ImageName": "node"}]})
    found = images.source(api(sdk), "uimage-k8s")
    assert found is not None
    assert (found.size, found.os_type, found.has_cloud_init) == (40, "Linux", False)


def test_an_image_that_nobody_lists_is_none() -> None:
    no_uk8s = exc.RetCodeException("DescribeUK8SImage", 161, "Action [DescribeUK8SImage] not found")
    assert images.source(api(ScriptedSdk({"ImageSet": []}, no_uk8s)), "uimage-x") is None


ORDER = HostOrder(
    name="host",
    zone="cn-bj2-02",
    image_id="uimage-1",
    instance_type=InstanceType("N", 2, 4096),
    boot_disk=Disk(20, "cloud_ssd"),
)


def ordered(**changes: Any) -> dict[str, Any]:
    sdk = ScriptedSdk({"UHostIds": ["uhost-1"]})
    assert hosts.create(api(sdk), dataclasses.replace(ORDER, **changes)) == "uhost-1"
    return sdk.calls[0][1]


def test_a_host_is_ordered_as_uclouds_own_clients_do() -> None:
    sent = ordered(eip_bandwidth=10, password="Secret-123")
    assert sent["Disks"] == [{"IsBoot": "True", "Size": 20, "Type": "CLOUD_SSD"}]
    assert sent["NetworkInterface"] == [{"EIP": {"Bandwidth": 10, "PayMode": "Traffic", "OperatorName": "Bgp"}}]
    assert (sent["LoginMode"], sent["Password"]) == ("Password", "U2VjcmV0LTEyMw==")
    assert (sent["MachineType"], sent["CPU"], sent["Memory"], sent["ChargeType"]) == ("N", 2, 4096, "Dynamic")


def test_a_host_without_a_public_address_orders_none() -> None:
    assert "NetworkInterface" not in ordered(key_pair_id="key-1")


def test_a_key_pair_is_named_and_no_password_sent() -> None:
    sent = ordered(key_pair_id="key-1")
    assert (sent["LoginMode"], sent["KeyPairId"]) == ("KeyPair", "key-1")
    assert "Password" not in sent


def test_user_data_is_sent_in_base64() -> None:
    assert ordered(user_data=b"#!/bin/sh\n", key_pair_id="k")["UserData"] == "IyEvYmluL3NoCg=="


@pytest.mark.parametrize(
    ("region", "line"), [("cn-bj2", "Bgp"), ("cn-gd", "Bgp"), ("hk", "International"), ("us-ca", "International")]
)
def test_the_line_of_an_address_is_that_of_its_region(region: str, line: str) -> None:
    assert hosts.operator(region) == line
