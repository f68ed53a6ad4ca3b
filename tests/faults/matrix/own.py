"""What a user has in a project before, and gives to a stack: a network, a firewall, security groups and a key pair."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ucloud_provider.communicators.ssh_keys import KeyPair

from tests.support.emulator import Emulator

KEY_FILE = "own.pem"
"""In the stack's project folder: the private half of the key pair."""


@dataclass(frozen=True)
class Own:
    """In a scenario's arguments, it stands for what differs from project to project."""

    what: str


VPC, SUBNET, FIREWALL = Own("vpc"), Own("subnet"), Own("firewall")
KEY_PAIR, KEY_PAIR_NAME = Own("key pair"), Own("name of the key pair")
GROUP, OTHER_GROUP = Own("security group"), Own("other security group")


MOST_WITH_GROUPS = 20
"""Projects of a batch that have security groups, two each: an account has at most 50 (vpc introduction/secgroup.md)."""


def make(emulator: Emulator, project: str, pair: KeyPair, *, groups: bool) -> dict[Own, str]:
    """Make all of it in a project; security groups where they are wanted."""
    ask = emulator.client(project=project).invoke
    vpc = ask("CreateVPC", {"Name": "own", "Network": ["10.99.0.0/16"]})["VPCId"]
    subnet = ask("CreateSubnet", {"VPCId": vpc, "Subnet": "10.99.1.0", "Netmask": 24, "SubnetName": "own"})["SubnetId"]
    rule = "TCP|22|0.0.0.0/0|ACCEPT|HIGH|own"
    firewall = ask("CreateFirewall", {"Name": "own", "Rule": [rule]})["FWId"]
    imported = ask("ImportUHostKeyPairs", {"KeyPairName": "own", "PublicKeyBody": pair.public})
    made = {
        VPC: vpc,
        SUBNET: subnet,
        FIREWALL: firewall,
        KEY_PAIR: imported["KeyPairId"],
        KEY_PAIR_NAME: imported["KeyPairName"],
    }
    if groups:
        for group in (GROUP, OTHER_GROUP):
            name = group.what.replace(" ", "-")
            made[group] = ask("CreateSecGroup", {"VPCID": vpc, "Name": name})["SecGroupId"]
    return made


def put_in(args: Mapping[str, Any], own: Mapping[Own, str]) -> dict[str, Any]:
    """Arguments with what the project has in place of what stands for it."""
    return {name: own[value] if isinstance(value, Own) else value for name, value in args.items()}
