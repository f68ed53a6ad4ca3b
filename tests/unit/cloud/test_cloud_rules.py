"""Which rules of a firewall or a security group may let a login in: what is not understood counts as open."""

from __future__ import annotations

import pytest
from ucloud_provider.cloud.records import Firewall, Rule, SecGroup


@pytest.mark.parametrize(
    ("rule", "open"),
    [
        (Rule(True, "TCP", "22"), True),
        (Rule(True, "TCP", "80, 20-30"), True),
        (Rule(True, "TCP", "80,23-30"), False),
        (Rule(True, "TCP", "2222"), False),
        (Rule(False, "TCP", "22"), False),
        (Rule(True, "UDP", "22"), False),
        (Rule(True, "ICMPV6", ""), False),
        (Rule(True, "ALL", "-"), True),
        (Rule(True, "", ""), True),
        (Rule(True, "TCP", "ssh"), True),
        (Rule(True, "TCP", "9" * 5000), True),
    ],
)
def test_a_rule_may_open_a_port(rule: Rule, open: bool) -> None:
    assert rule.may_open(22) is open


def test_rules_that_are_not_told_are_not_known_and_those_for_what_goes_out_do_not_count() -> None:
    assert Firewall.of({"FWId": "firewall-1"}).rules is None
    rule = {"ProtocolType": "TCP", "DstPort": "22", "RuleAction": "ACCEPT"}
    assert Firewall.of({"FWId": "firewall-1", "Rule": [rule]}).rules == (Rule(True, "TCP", "22"),)
    out, into = ({**rule, "Direction": each, "RuleAction": "Accept"} for each in ("Egress", "Ingress"))
    assert SecGroup.of({"SecGroupId": "g", "Rule": [out, into]}).rules == (Rule(True, "TCP", "22"),)
