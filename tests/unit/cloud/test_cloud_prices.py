"""What gc says that a thing costs: asked with all that the price depends on."""

from __future__ import annotations

from typing import Any

from ucloud_provider.cloud import prices
from ucloud_provider.cloud.records import Eip, Host

from tests.support.documents import documented
from tests.unit.cloud.scripted import ScriptedSdk, api

HOST: dict[str, Any] = {
    "UHostId": "uhost-1",
    "Zone": "cn-bj2-02",
    "MachineType": "OPRO",
    "CpuPlatform": "Amd/Epyc2",
    "CPU": 2,
    "Memory": 4096,
    "BasicImageId": "uimage-1",
    "DiskSet": [
        {"DiskType": "CLOUD_RSSD", "Size": 40, "IsBoot": "True"},
        {"DiskType": "CLOUD_SSD", "Size": 100, "IsBoot": "False"},
    ],
}
HOURLY = {"PriceSet": [{"ChargeType": "Month", "Price": 100.0}, {"ChargeType": "Dynamic", "Price": 0.42}]}


@documented("api/uhost-api/get_uhost_instance_price.md", "A price needs the disks; MachineType picks the family")
def test_a_host_is_priced_with_its_disks_and_its_family() -> None:
    sdk = ScriptedSdk(HOURLY)
    assert prices.host(api(sdk), Host.of(HOST)) == 0.42
    ((_, sent),) = sdk.calls
    assert sent["Disks"] == [
        {"IsBoot": "True", "Size": 40, "Type": "CLOUD_RSSD"},
        {"IsBoot": "False", "Size": 100, "Type": "CLOUD_SSD"},
    ]
    assert (sent["MachineType"], sent["CpuPlatform"], sent["ChargeType"]) == ("OPRO", "Amd", "Dynamic")


def test_a_host_whose_disks_are_not_listed_has_no_price_rather_than_a_wrong_one() -> None:
    sdk = ScriptedSdk(HOURLY)
    assert prices.host(api(sdk), Host.of({**HOST, "DiskSet": []})) is None
    assert sdk.calls == []


@documented("api/unet-api/get_eip_price.md", "OperatorName is Bgp or International")
def test_an_eip_s_price_is_asked_for_with_the_line_as_the_page_writes_it() -> None:
    sdk = ScriptedSdk(HOURLY)
    eip = {"EIPId": "eip-1", "EIPAddr": [{"OperatorName": "BGP"}], "Bandwidth": 10, "PayMode": "Traffic"}
    assert prices.eip(api(sdk), Eip.of(eip)) == 0.42
    assert sdk.calls[0][1]["OperatorName"] == "Bgp"
