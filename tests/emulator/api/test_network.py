"""VPCs, subnets, firewalls, EIPs and key pairs: defaults, rules, what is in use stays."""

from __future__ import annotations

from typing import Any

import pytest
from ucloud.core import exc

from tests.support.asker import DISK, EIP, KEY, Asker
from tests.support.documents import documented
from tests.support.emulator import Emulator

SSH = "TCP|22|0.0.0.0/0|ACCEPT|HIGH|ssh"


@pytest.mark.parametrize("project", ["org-emulator", "org-second"])
@pytest.mark.parametrize("region", ["cn-bj2", "hk"])
def test_every_project_has_a_default_network_and_firewalls_in_every_region(
    paper_emulator: Emulator, project: str, region: str
) -> None:
    api = Asker(paper_emulator, paper_emulator.client(project=project, region=region))
    vpc = next(vpc for vpc in api.ask("DescribeVPC")["DataSet"] if vpc["VPCType"] == "DefaultVPC")
    assert [subnet["VPCId"] for subnet in api.ask("DescribeSubnet", VPCId=vpc["VPCId"])["DataSet"]] == [vpc["VPCId"]]
    firewalls: list[dict[str, Any]] = api.ask("DescribeFirewall", Limit=100)["DataSet"]
    ports = {f["Type"]: {r["DstPort"] for r in f["Rule"] if r["ProtocolType"] == "TCP"} for f in firewalls}
    assert ports["recommend web"] == {"22", "80", "443", "3389"}
    assert ports["recommend non web"] == {"22", "3389"}


@documented("vpc/introduction/subnet.md", "A default VPC is no longer provided")
@documented("api/vpc2.0-api/describe_vpc.md", "VPCType is DefaultVPC or DefinedVPC, and optional")
def test_where_there_is_no_default_vpc_a_host_needs_the_id_of_one(paper_emulator: Emulator) -> None:
    api = Asker(paper_emulator, paper_emulator.client(project="org-no-vpc"))
    assert (api.ask("DescribeVPC")["DataSet"], api.ask("DescribeSubnet")["DataSet"]) == ([], [])
    wanted = {
        "Zone": "cn-bj2-02", "ImageId": "uimage-debian12", "LoginMode": "Password", "Password": "UGFzc3dvcmQxMjM=",
        "ChargeType": "Dynamic", "MachineType": "N", "Disks": [DISK],
    }  # fmt: skip
    assert api.refused("CreateUHostInstance", **wanted) == 220
    vpc = api.ask("CreateVPC", Name="own", Network=["192.168.0.0/16"])["VPCId"]
    assert "VPCType" not in api.ask("DescribeVPC")["DataSet"][0]
    subnet = api.ask("CreateSubnet", VPCId=vpc, Subnet="192.168.1.0")["SubnetId"]
    assert api.refused("CreateUHostInstance", **wanted) == 220
    assert api.refused("CreateUHostInstance", **wanted, VPCId=vpc) == 220
    host = api.running_host(VPCId=vpc, SubnetId=subnet)
    api.remove_host(host)
    api.ask("DeleteSubnet", SubnetId=subnet)
    api.ask("DeleteVPC", VPCId=vpc)


@pytest.mark.parametrize(
    "rule",
    [
        "TCP|22|0.0.0.0/0|ACCEPT",
        "SCTP|22|0.0.0.0/0|ACCEPT|HIGH|",
        "TCP||0.0.0.0/0|ACCEPT|HIGH|",
        "TCP|0|0.0.0.0/0|ACCEPT|HIGH|",
        "TCP|65536|0.0.0.0/0|ACCEPT|HIGH|",
        "TCP|30-20|0.0.0.0/0|ACCEPT|HIGH|",
        "TCP|0-56636|0.0.0.0/0|ACCEPT|HIGH|",
        f"TCP|22|{','.join(f'10.0.0.{number}' for number in range(11))}|ACCEPT|HIGH|",
        "TCP|22|10.0.0.1,|ACCEPT|HIGH|",
        "TCP|22|300.0.0.0/0|ACCEPT|HIGH|",
        "TCP|22|0.0.0.0/0|REJECT|HIGH|",
        f"TCP|22|0.0.0.0/0|ACCEPT|HIGH|{'x' * 65}",
    ],
)
def test_a_rule_that_is_none_is_refused(api: Asker, rule: str) -> None:
    assert api.refused("CreateFirewall", Name="f", Rule=[rule]) == 230


def test_a_firewall_s_rules_are_described_field_by_field(api: Asker) -> None:
    id = api.ask(
        "CreateFirewall", Name="f", Rule=["TCP|20-30|192.168.1.1/22|DROP|LOW|禁用", "ICMP||1.2.3.4|ACCEPT|HIGH|"]
    )["FWId"]
    rules = api.ask("DescribeFirewall", FWId=id)["DataSet"][0]["Rule"]
    assert rules[0] == {
        "ProtocolType": "TCP",
        "DstPort": "20-30",
        "SrcIP": "192.168.1.1/22",
        "RuleAction": "DROP",
        "Priority": "LOW",
        "Remark": "禁用",
    }
    assert rules[1]["ProtocolType"] == "ICMP"
    api.ask("DeleteFirewall", FWId=id)


@documented("api/unet-api/error_code.md", "4600: no such firewall")
def test_a_firewall_that_is_gone_is_4600_but_for_packer_and_terraform_where_it_is_described(api: Asker) -> None:
    id = api.ask("CreateFirewall", Name="gone", Rule=[SSH])["FWId"]
    api.ask("DeleteFirewall", FWId=id)
    assert api.refused("DeleteFirewall", FWId=id) == 4600
    assert api.refused("UpdateFirewall", FWId=id, Rule=[SSH]) == 4600
    assert api.refused("DescribeFirewallResource", FWId=id) == 4600
    assert api.refused("DescribeFirewall", FWId=id) == 54002
    assert id not in [each["FWId"] for each in api.ask("DescribeFirewall", Limit=1000)["DataSet"]]


@documented("api/unet-api/error_code.md", "4361: a firewall in use is not deleted")
@documented("unet/guide/Firewall/Delete.md", "A firewall with resources bound is not deleted")
def test_a_firewall_in_use_cannot_be_deleted_and_granting_another_frees_it(api: Asker) -> None:
    first = api.ask("CreateFirewall", Name="one", Rule=[SSH])["FWId"]
    second = api.ask("CreateFirewall", Name="two", Rule=[SSH])["FWId"]
    host = api.running_host(SecurityGroupId=first)
    assert api.ask("DescribeFirewall", FWId=first)["DataSet"][0]["ResourceCount"] == 1
    assert api.refused("DeleteFirewall", FWId=first) == 4361
    api.ask("GrantFirewall", FWId=second, ResourceType="uhost", ResourceId=host)
    api.ask("DeleteFirewall", FWId=first)
    api.remove_host(host)
    api.ask("DeleteFirewall", FWId=second)


@documented("api/unet-api/describe_firewall_resource.md", "The resources of a firewall")
@documented("api/unet-api/describe_firewall.md", "ResourceId with ResourceType: the firewall of a resource")
def test_hosts_and_firewalls_are_found_by_each_other(api: Asker) -> None:
    firewall = api.ask("CreateFirewall", Name="found", Rule=[SSH])["FWId"]
    assert api.ask("DescribeFirewallResource", FWId=firewall)["TotalCount"] == 0
    host = api.running_host(SecurityGroupId=firewall)
    (found,) = api.ask("DescribeFirewallResource", FWId=firewall)["ResourceSet"]
    assert (found["ResourceID"], found["ResourceType"], found["Name"]) == (host, "uhost", api.host(host)["Name"])
    assert api.refused("DescribeFirewall", ResourceId=host) == 220
    (behind,) = api.ask("DescribeFirewall", ResourceId=host, ResourceType="uhost")["DataSet"]
    assert behind["FWId"] == firewall
    api.remove_host(host)
    api.ask("DeleteFirewall", FWId=firewall)


@documented("api/uhost-api/create_uhost_instance.md", "SecurityGroupId defaults to the recommended Web firewall")
def test_a_host_without_a_firewall_of_its_own_is_behind_the_recommended_one_for_the_web(api: Asker) -> None:
    host = api.create_host()
    (behind,) = api.ask("DescribeFirewall", ResourceId=host, ResourceType="uhost")["DataSet"]
    assert behind["Type"] == "recommend web"
    api.remove_host(host)


@documented("api/unet-api/error_code.md", "4358: a recommended firewall is not deleted")
@documented("unet/firewall/guide.md", "The rules of recommended firewalls cannot be changed")
def test_default_firewalls_stay_as_they_are(api: Asker) -> None:
    default = next(f for f in api.ask("DescribeFirewall")["DataSet"] if f["Type"] == "recommend web")["FWId"]
    assert api.refused("DeleteFirewall", FWId=default) == 4358
    assert api.refused("UpdateFirewall", FWId=default, Rule=[SSH]) == 230


@documented("api/unet-api/error_code.md", "4364: a firewall's name is taken")
def test_firewall_names_are_unique_in_a_project_and_region(api: Asker, elsewhere: Asker) -> None:
    first = api.ask("CreateFirewall", Name="unique", Rule=[SSH])["FWId"]
    other = api.ask("CreateFirewall", Name="unique-2", Rule=[SSH])["FWId"]
    assert api.refused("CreateFirewall", Name="unique", Rule=[SSH]) == 4364
    assert api.refused("CreateFirewall", Name="Web服务器推荐", Rule=[SSH]) == 4364
    assert api.refused("UpdateFirewallAttribute", FWId=other, Name="unique") == 4364
    api.ask("UpdateFirewallAttribute", FWId=first, Name="unique", Remark="the same name is its own")
    there = elsewhere.ask("CreateFirewall", Name="unique", Rule=[SSH])["FWId"]
    elsewhere.ask("DeleteFirewall", FWId=there)
    for id in (first, other):
        api.ask("DeleteFirewall", FWId=id)


@pytest.mark.parametrize(
    ("repeated", "refused"),
    [
        ("TCP|22|0.0.0.0/0|ACCEPT|LOW|another priority and remark", True),
        ("TCP|22|10.0.0.1,0.0.0.0/0|ACCEPT|HIGH|", True),
        ("TCP|22|0.0.0.0/0|DROP|HIGH|", False),
        ("TCP|23|0.0.0.0/0|ACCEPT|HIGH|", False),
        ("UDP|22|0.0.0.0/0|ACCEPT|HIGH|", False),
    ],
)
@documented("unet/firewall/guide.md", "Rules of the same protocol, port, source and action are an error")
def test_a_rule_that_repeats_another_is_refused(api: Asker, repeated: str, refused: bool) -> None:
    if refused:
        assert api.refused("CreateFirewall", Name="repeats", Rule=[SSH, repeated]) == 230
    else:
        api.ask("DeleteFirewall", FWId=api.ask("CreateFirewall", Name="repeats", Rule=[SSH, repeated])["FWId"])


@documented("unet/introduction/Limit/Firewall.md", "At most 1000 rules")
@documented("api/unet-api/error_code.md", "4360: too many rules")
def test_a_firewall_has_at_most_a_thousand_rules(api: Asker) -> None:
    rules = [f"TCP|{port}|0.0.0.0/0|ACCEPT|HIGH|" for port in range(1, 1002)]
    assert api.refused("CreateFirewall", Name="many", Rule=rules) == 4360
    id = api.ask("CreateFirewall", Name="many", Rule=rules[:1000])["FWId"]
    api.ask("DeleteFirewall", FWId=id)


@documented("api/unet-api/update_firewall.md", "New rules replace all old ones")
@documented("unet/firewall/guide.md", "One rule must remain")
@documented("unet/firewall/guide.md", "A rule has up to 10 sources, apart by commas")
@documented("api/unet-api/error_code.md", "4359: no such priority")
def test_an_update_replaces_all_rules_and_one_must_remain(api: Asker) -> None:
    id = api.ask("CreateFirewall", Name="replaced", Rule=[SSH, "TCP|80|0.0.0.0/0|ACCEPT|HIGH|"])["FWId"]
    assert api.refused("UpdateFirewall", FWId=id) == 220
    assert api.refused("UpdateFirewall", FWId=id, Rule=["TCP|22|0.0.0.0/0|ACCEPT|URGENT|"]) == 4359
    sources = ",".join(["10.0.0.0/24", *(f"10.0.1.{number}" for number in range(9))])
    api.ask("UpdateFirewall", FWId=id, Rule=[f"TCP|443|{sources}|ACCEPT|HIGH|"])
    rules = api.ask("DescribeFirewall", FWId=id)["DataSet"][0]["Rule"]
    assert [(rule["DstPort"], rule["SrcIP"]) for rule in rules] == [("443", sources)]
    api.ask("DeleteFirewall", FWId=id)


def test_firewall_and_subnet_stay_in_use_for_a_while_after_their_last_host_and_its_eip_shows_late() -> None:
    with Emulator(hosts="paper", latency="scaled") as emulator:
        api = Asker(emulator, emulator.client())
        firewall = api.ask("CreateFirewall", Name="while", Rule=[SSH])["FWId"]
        vpc = api.ask("CreateVPC", Name="while", Network=["192.168.0.0/16"])["VPCId"]
        subnet = api.ask("CreateSubnet", VPCId=vpc, Subnet="192.168.1.0")["SubnetId"]
        host = api.create_host(SecurityGroupId=firewall, VPCId=vpc, SubnetId=subnet, NetworkInterface=[{"EIP": EIP}])
        assert [address["Type"] for address in api.host(host)["IPSet"]] == ["Private"]
        api.until(lambda: len(api.host(host)["IPSet"]) == 2)
        api.remove_host(host)
        assert api.refused("DeleteFirewall", FWId=firewall) == 4361
        assert api.refused("DeleteSubnet", SubnetId=subnet) == 5024

        def in_use(action: str, **what: str) -> bool:
            try:
                api.ask(action, **what)
            except exc.RetCodeException as error:
                return error.code in (4361, 5024)
            return False

        api.until(lambda: not in_use("DeleteFirewall", FWId=firewall))
        api.until(lambda: not in_use("DeleteSubnet", SubnetId=subnet))
        api.ask("DeleteVPC", VPCId=vpc)


@documented("api/unet-api/error_code.md", "4210: no such resource; 4211: not bound; 4212: in use")
def test_an_eip_is_bound_unbound_and_released_in_that_order(api: Asker) -> None:
    host = api.running_host()
    eip = api.ask("AllocateEIP", Bandwidth=5, OperatorName="Bgp", ChargeType="Dynamic")["EIPSet"][0]["EIPId"]
    bind = {"EIPId": eip, "ResourceType": "uhost", "ResourceId": host}
    assert api.refused("UnBindEIP", **bind) == 4211
    api.ask("BindEIP", **bind)
    assert api.refused("BindEIP", **bind) == 4212
    assert api.refused("ReleaseEIP", EIPId=eip) == 4212
    described = api.ask("DescribeEIP", EIPIds=[eip])["EIPSet"][0]
    assert (described["Status"], described["Resource"]["ResourceID"]) == ("used", host)
    assert eip in [address["IPId"] for address in api.host(host)["IPSet"]]
    api.ask("UnBindEIP", **bind)
    api.ask("ReleaseEIP", EIPId=eip)
    assert api.refused("ReleaseEIP", EIPId=eip) == 4210
    assert api.ask("DescribeEIP", EIPIds=[eip])["EIPSet"] == []
    api.remove_host(host)


@pytest.mark.parametrize(
    ("mode", "bandwidth", "code"),
    [
        ("Traffic", 300, 0),
        ("Traffic", 301, 4228),
        ("Bandwidth", 10_000, 0),
        ("Bandwidth", 10_001, 230),
        ("Bandwidth", 0, 4011),
        ("PostAccurateBandwidth", 1, 0),
        ("ShareBandwidth", 0, 4509),
        ("Free", 1, 230),
    ],
)
@documented("api/unet-api/allocate_eip.md", "Bandwidth: 1-300 by traffic, 1-10000 by bandwidth; the modes")
@documented("api/unet-api/error_code.md", "4228: too much by traffic; 4011: 0; 4509: no shared bandwidth")
def test_an_eip_has_the_bandwidth_that_its_mode_may_have(api: Asker, mode: str, bandwidth: int, code: int) -> None:
    wanted = {"OperatorName": "BGP", "PayMode": mode, "Bandwidth": bandwidth}
    if code:
        assert api.refused("AllocateEIP", **wanted) == code
    else:
        api.ask("ReleaseEIP", EIPId=api.ask("AllocateEIP", **wanted)["EIPSet"][0]["EIPId"])


@pytest.mark.parametrize(
    ("mode", "bandwidth", "code"),
    [
        ("Traffic", 300, 0),
        ("Traffic", 301, 4228),
        ("Bandwidth", 800, 0),
        ("Bandwidth", 801, 230),
        ("Free", 10, 0),
        ("PostAccurateBandwidth", 10, 0),
        ("ShareBandwidth", 0, 4509),
    ],
)
@documented("api/uhost-api/create_uhost_instance.md", "EIP.Bandwidth: 1-300 by traffic, 1-800 by bandwidth; the modes")
def test_a_host_s_eip_has_what_its_mode_may_have_at_the_host_s_creation(
    api: Asker, mode: str, bandwidth: int, code: int
) -> None:
    wanted = {"OperatorName": "Bgp", "PayMode": mode, "Bandwidth": bandwidth}
    if code:
        asked: dict[str, Any] = {
            "Zone": "cn-bj2-02",
            "ImageId": "uimage-debian12",
            "LoginMode": "Password",
            "ChargeType": "Dynamic",
        }
        asked |= {"Password": "UGFzc3dvcmQxMjM=", "MachineType": "N", "CPU": 2, "Memory": 4096}
        refused = api.refused("CreateUHostInstance", **asked, Disks=[DISK], NetworkInterface=[{"EIP": wanted}])
        assert refused == code
    else:
        api.remove_host(api.create_host(NetworkInterface=[{"EIP": wanted}]))


@documented("api/unet-api/modify_eip_bandwidth.md", "1-200 by traffic, 1-800 by bandwidth")
@documented("api/unet-api/set_eip_pay_mode.md", "Traffic and Bandwidth; 1-200 by traffic, 1-800 else")
@documented("api/unet-api/error_code.md", "4014: that mode already; 4217: bandwidth at its most")
def test_a_change_of_bandwidth_or_mode_has_ranges_of_its_own(api: Asker) -> None:
    eip = api.ask("AllocateEIP", OperatorName="BGP", Bandwidth=1000)["EIPSet"][0]["EIPId"]
    assert api.refused("ModifyEIPBandwidth", EIPId=eip, Bandwidth=801) == 4217
    api.ask("ModifyEIPBandwidth", EIPId=eip, Bandwidth=800)
    assert api.refused("SetEIPPayMode", EIPId=eip, PayMode="Bandwidth", Bandwidth=5) == 4014
    assert api.refused("SetEIPPayMode", EIPId=eip, PayMode="PostAccurateBandwidth", Bandwidth=5) == 230
    assert api.refused("SetEIPPayMode", EIPId=eip, PayMode="Traffic", Bandwidth=201) == 4228
    api.ask("SetEIPPayMode", EIPId=eip, PayMode="Traffic", Bandwidth=200)
    assert api.refused("ModifyEIPBandwidth", EIPId=eip, Bandwidth=201) == 4228
    api.ask("ReleaseEIP", EIPId=eip)


@documented("api/unet-api/error_code.md", "4232: 1-10 at once")
def test_at_most_ten_eips_are_allocated_at_once(api: Asker) -> None:
    assert api.refused("AllocateEIP", OperatorName="BGP", Bandwidth=1, Count=11) == 4232
    for eip in api.ask("AllocateEIP", OperatorName="BGP", Bandwidth=1, Count=10)["EIPSet"]:
        api.ask("ReleaseEIP", EIPId=eip["EIPId"])


@documented("api/unet-api/bind_eip.md", "More than 2 Gbps only for the O types")
@documented("api/unet-api/error_code.md", "5032: more than 2 Gbps only for the O types")
def test_an_eip_of_more_than_2_gbps_is_not_for_any_host(api: Asker) -> None:
    host = api.running_host()
    eip = api.ask("AllocateEIP", OperatorName="BGP", Bandwidth=2001)["EIPSet"][0]["EIPId"]
    assert api.refused("BindEIP", EIPId=eip, ResourceType="uhost", ResourceId=host) == 5032
    api.ask("ReleaseEIP", EIPId=eip)
    api.remove_host(host)


@documented("api/unet-api/describe_eip.md", "Paying by the hour needs a permission")
def test_an_eip_by_the_hour_needs_the_permission(paper_emulator: Emulator) -> None:
    api = Asker(paper_emulator, paper_emulator.client(project="org-no-hourly"))
    wanted = {"OperatorName": "BGP", "Bandwidth": 1}
    assert api.refused("AllocateEIP", **wanted, ChargeType="Dynamic") == 4008
    api.ask("ReleaseEIP", EIPId=api.ask("AllocateEIP", **wanted)["EIPSet"][0]["EIPId"])


@pytest.mark.parametrize("missing", ["OperatorName", "Bandwidth"])
@documented("api/unet-api/get_eip_price.md", "OperatorName and Bandwidth are required; 0-800 Mbps")
def test_a_price_of_an_eip_needs_line_and_bandwidth(api: Asker, missing: str) -> None:
    wanted: dict[str, Any] = {"OperatorName": "Bgp", "Bandwidth": 800, "ChargeType": "Month"}
    assert api.refused("GetEIPPrice", **{**wanted, missing: None}) == 220
    assert api.refused("GetEIPPrice", **{**wanted, "Bandwidth": 801}) == 230
    (one,), (three,) = (api.ask("GetEIPPrice", **wanted, Quantity=months)["PriceSet"] for months in (1, 3))
    assert three["Price"] == pytest.approx(3 * one["Price"])
    assert [each["ChargeType"] for each in api.ask("GetEIPPrice", **{**wanted, "ChargeType": None})["PriceSet"]] == [
        "Year", "Month", "Dynamic",
    ]  # fmt: skip


def test_an_address_that_was_given_back_is_not_given_out_next(api: Asker) -> None:
    def allocate() -> tuple[str, str]:
        eip = api.ask("AllocateEIP", Bandwidth=1, OperatorName="Bgp")["EIPSet"][0]
        return eip["EIPId"], eip["EIPAddr"][0]["IP"]

    first, first_ip = allocate()
    api.ask("ReleaseEIP", EIPId=first)
    second, second_ip = allocate()
    api.ask("ReleaseEIP", EIPId=second)
    assert first_ip != second_ip


@documented("api/unet-api/allocate_eip.md", "BGP in the mainland, International elsewhere, BGPPro in Hong Kong")
@documented("unet/introduction/Line_Type.md", "BGPPro in Hong Kong alone")
@documented("api/uhost-api/describe_uhost_instance.md", "IPSet.Type: Private, Bgp, International")
def test_operators_are_as_the_region_offers(api: Asker, paper_emulator: Emulator) -> None:
    abroad = Asker(paper_emulator, paper_emulator.client(region="us-ca"))
    hongkong = Asker(paper_emulator, paper_emulator.client(region="hk"))
    assert api.refused("AllocateEIP", Bandwidth=1, OperatorName="International") == 230
    for operator in ("Bgp", "BGPPro"):
        assert abroad.refused("AllocateEIP", Bandwidth=1, OperatorName=operator) == 230
    eip = hongkong.ask("AllocateEIP", Bandwidth=1, OperatorName="BGPPro")["EIPSet"][0]
    assert eip["EIPAddr"][0]["OperatorName"] == "BGPPro"
    hongkong.ask("ReleaseEIP", EIPId=eip["EIPId"])
    host = abroad.running_host(Zone="us-ca-01", NetworkInterface=[{"EIP": {**EIP, "OperatorName": "International"}}])
    assert [address["Type"] for address in abroad.host(host)["IPSet"]] == ["Private", "International"]
    abroad.remove_host(host)


@pytest.mark.parametrize("written", ["Bgp", "BGP"])
@documented("api/unet-api/describe_eip.md", "OperatorName is answered BGP")
def test_an_operator_is_known_in_either_case_as_the_ucloud_cli_writes_it(api: Asker, written: str) -> None:
    eip = api.ask("AllocateEIP", Bandwidth=1, OperatorName=written)["EIPSet"][0]
    described = api.ask("DescribeEIP", EIPIds=[eip["EIPId"]])["EIPSet"][0]
    assert [each["EIPAddr"][0]["OperatorName"] for each in (eip, described)] == ["BGP", "BGP"]
    api.ask("ReleaseEIP", EIPId=eip["EIPId"])


def test_networks_must_fit_in_each_other_and_go_from_the_inside_out(api: Asker) -> None:
    vpc = api.ask("CreateVPC", Name="v", Network=["192.168.0.0/16"])["VPCId"]
    assert api.refused("CreateVPC", Name="v", Network=["8.8.8.0/24"]) == 230
    assert api.refused("CreateSubnet", VPCId=vpc, Subnet="10.0.0.0") == 230
    assert api.refused("CreateSubnet", VPCId="uvnet-none", Subnet="192.168.1.0") == 230
    subnet = api.ask("CreateSubnet", VPCId=vpc, Subnet="192.168.1.0")["SubnetId"]
    assert api.refused("CreateSubnet", VPCId=vpc, Subnet="192.168.1.128", Netmask=25) == 230
    host = api.running_host(VPCId=vpc, SubnetId=subnet)
    private = api.host(host)["IPSet"][0]
    assert (private["VPCId"], private["SubnetId"]) == (vpc, subnet)
    assert private["IP"].startswith("192.168.1.")
    assert api.ask("DescribeSubnetResource", SubnetId=subnet)["DataSet"][0]["ResourceId"] == host
    assert api.refused("DeleteSubnet", SubnetId=subnet) == 5024
    assert api.refused("DeleteVPC", VPCId=vpc) == 5024
    api.remove_host(host)
    api.ask("DeleteSubnet", SubnetId=subnet)
    api.ask("DeleteVPC", VPCId=vpc)
    assert api.ask("DescribeVPC", VPCIds=[vpc])["DataSet"] == []
    assert api.ask("DescribeSubnet", SubnetIds=[subnet])["DataSet"] == []
    assert api.refused("DeleteVPC", VPCId=vpc) == 230


@documented("vpc/introduction/subnet.md", "VPC networks are private, down to /29")
@documented("vpc/limit.md", "No VPC overlaps the region's public services")
def test_networks_of_a_vpc_are_private_and_not_the_region_s_own(api: Asker, elsewhere: Asker) -> None:
    for network in ("172.32.0.0/16", "192.0.0.0/8", "10.0.0.0/30", "10.0.0.0/8", "10.9.200.0/24"):
        assert api.refused("CreateVPC", Name="own", Network=[network]) == 230
    for there, network in ((api, "10.0.0.0/29"), (elsewhere, "10.9.200.0/24")):
        there.ask("DeleteVPC", VPCId=there.ask("CreateVPC", Name="own", Network=[network])["VPCId"])


@documented("api/unet-api/error_code.md", "5025: a default network is not deleted")
def test_default_networks_stay(api: Asker) -> None:
    subnet = api.ask("DescribeSubnet")["DataSet"][0]
    assert api.refused("DeleteSubnet", SubnetId=subnet["SubnetId"]) == 5025
    assert api.refused("DeleteVPC", VPCId=subnet["VPCId"]) == 5025


@documented("api/vpc2.0-api/describe_subnet.md", "AvailableIPs only where ShowAvailableIPs asks for it")
def test_the_addresses_that_are_left_are_counted_where_they_are_asked_for(api: Asker) -> None:
    assert "AvailableIPs" not in api.ask("DescribeSubnet")["DataSet"][0]
    assert api.ask("DescribeSubnet", ShowAvailableIPs=True)["DataSet"][0]["AvailableIPs"] > 200


def test_a_subnet_must_be_of_the_vpc_that_is_named(api: Asker) -> None:
    vpc = api.ask("CreateVPC", Name="v", Network=["192.168.0.0/16"])["VPCId"]
    default = api.ask("DescribeSubnet")["DataSet"][0]["SubnetId"]
    wanted = {
        "Zone": "cn-bj2-02",
        "ImageId": "uimage-debian12",
        "LoginMode": "Password",
        "Password": "UGFzc3dvcmQxMjM=",
    }
    disks = [{"IsBoot": "True", "Type": "CLOUD_SSD", "Size": 20}]
    assert api.refused("CreateUHostInstance", VPCId=vpc, SubnetId=default, Disks=disks, **wanted) == 230
    assert api.refused("CreateUHostInstance", VPCId=vpc, Disks=disks, **wanted) == 220
    api.ask("DeleteVPC", VPCId=vpc)


def test_key_pair_names_are_unique_in_a_project(api: Asker, elsewhere: Asker, paper_emulator: Emulator) -> None:
    id = api.ask("ImportUHostKeyPairs", KeyPairName="unique", PublicKeyBody=KEY)["KeyPairId"]
    assert elsewhere.refused("ImportUHostKeyPairs", KeyPairName="unique", PublicKeyBody=KEY) == 230
    second = Asker(paper_emulator, paper_emulator.client(project="org-second"))
    other = second.ask("ImportUHostKeyPairs", KeyPairName="unique", PublicKeyBody=KEY)["KeyPairId"]
    assert [pair["KeyPairId"] for pair in api.ask("DescribeUHostKeyPairs", KeyPairName="unique")["KeyPairs"]] == [id]
    assert api.refused("DeleteUHostKeyPairs", KeyPairIds=[other]) == 230
    second.ask("DeleteUHostKeyPairs", KeyPairIds=[other])
    api.ask("DeleteUHostKeyPairs", KeyPairIds=[id])
    assert api.refused("DeleteUHostKeyPairs", KeyPairIds=[id]) == 230


@pytest.mark.parametrize("key", ["", "ssh-rsa", "ssh-rsa !!!", "ssh-rsa QUJDREVGRw==", KEY + "\nssh-rsa x"])
def test_what_is_no_public_key_is_not_imported(api: Asker, key: str) -> None:
    assert api.refused("ImportUHostKeyPairs", KeyPairName="bad", PublicKeyBody=key) in (220, 230)
