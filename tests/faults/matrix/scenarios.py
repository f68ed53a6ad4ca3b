"""The operations that the matrix lets fail: for one resource, what the stack holds before, and what it shall hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.faults.matrix.own import (
    FIREWALL,
    GROUP,
    KEY_FILE,
    KEY_PAIR,
    KEY_PAIR_NAME,
    OTHER_GROUP,
    SUBNET,
    VPC,
    Own,
    put_in,
)
from tests.support.emulator import Emulator

BASE = {"availability_zone": Emulator.zone, "instance_type": "n-basic-2"}
WAIT = "8s"
"""What images, copies and hosts may take: hosts here are on paper."""
REGIONS = (Emulator.region, "hk", "sg")
"""Where the scenarios have images."""

PROGRAM = '''"""The stack of a batch: what wanted.json lists."""
import json
from pathlib import Path

from ucloud_image import CustomImage, CustomImageArgs, ImageCopy, UHost, UHostArgs

for each in json.loads(Path("wanted.json").read_text()):
    args = dict(each["args"])
    if each["kind"] == "image":
        copies = [ImageCopy(region=region) for region in args.pop("copies")]
        CustomImage(each["name"], CustomImageArgs(**args, copies=copies))
    else:
        UHost(each["name"], UHostArgs(**args))
'''


@dataclass(frozen=True)
class Wanted:
    """A resource as the program declares it."""

    kind: str
    args: Mapping[str, Any]

    def declared(self, name: str, project: str, own: Mapping[Own, str]) -> dict[str, Any]:
        """As the stack's program reads it; `own` is what the user has in the project."""
        return {"name": name, "kind": self.kind, "args": {**BASE, "project_id": project, **put_in(self.args, own)}}

    @property
    def regions(self) -> tuple[str, ...]:
        """Where its image and copies are, once it is there."""
        return (Emulator.region, *self.args["copies"]) if self.kind == "image" else ()


def image(*copies: str, **more: Any) -> Wanted:
    fixed = {"source_image_id": "uimage-f1chxn", "image_name": "web", "communicator": "none"}
    return Wanted("image", {**fixed, "wait_image_ready_timeout": WAIT, "copies": list(copies), **more})


def host(**more: Any) -> Wanted:
    return Wanted("host", {"image_id": "uimage-f1chxn", "name": "host", "timeout": WAIT, **more})


OWN_NETWORK = {"vpc_id": VPC, "subnet_id": SUBNET, "security_group_id": FIREWALL}
WITH_CLOUD_INIT = "uimage-debian12-ci"
# UCloud's key pairs need it.
OWN_LOGIN = {"source_image_id": WITH_CLOUD_INIT, "ssh_keypair_name": KEY_PAIR_NAME, "ssh_private_key_file": KEY_FILE}


def grouped_host(group: Own) -> Wanted:
    """Only some families take a security group, and those need an image that goes with them."""
    network = {**OWN_NETWORK, "security_group_id": group}
    return host(**network, image_id=WITH_CLOUD_INIT, instance_type="o-standard-2")


@dataclass(frozen=True)
class Scenario:
    """One operation. `refresh`: it is a refresh, of a stack that does not change."""

    name: str
    before: Wanted | None
    after: Wanted | None
    refresh: bool = field(default=False)

    @property
    def has_groups(self) -> bool:
        """Whether it needs security groups."""
        return self.after is not None and self.after.args.get("security_group_id") in (GROUP, OTHER_GROUP)


SCENARIOS = (
    Scenario("create", None, image("hk")),
    Scenario("create-with-own", None, image(**OWN_NETWORK, **OWN_LOGIN)),
    Scenario("add-copy", image(), image("hk")),
    Scenario("remove-copy", image("hk"), image()),
    Scenario("move-copy", image("hk"), image("sg")),
    Scenario("replace", image("hk"), image("hk", triggers={"version": 2})),
    Scenario("delete", image("hk"), None),
    Scenario("refresh", image("hk"), image("hk"), refresh=True),
    Scenario("create-host", None, host()),
    Scenario("create-host-with-own", None, host(**OWN_NETWORK, key_pair_id=KEY_PAIR, image_id=WITH_CLOUD_INIT)),
    Scenario("create-host-in-group", None, grouped_host(GROUP)),
    Scenario("change-hosts-group", grouped_host(GROUP), grouped_host(OTHER_GROUP)),
    Scenario("change-hosts-firewall", host(), host(security_group_id=FIREWALL)),
    Scenario(
        "change-host",
        host(),
        host(name="other", instance_type="n-basic-4", eip_bandwidth=20, password="Changed-pass-1"),
    ),
    Scenario("resize-host", host(), host(instance_type="n-basic-4")),
    Scenario("replace-host", host(), host(image_id="uimage-debian12")),
    Scenario("delete-host", host(), None),
    Scenario("refresh-host", host(), host(), refresh=True),
)
BY_NAME = {scenario.name: scenario for scenario in SCENARIOS}
