"""Lines of docs/assumptions.md that a run on an account confirms or refutes, by calls that cost nothing."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ucloud_provider.build.mark import nobodys_key
from ucloud_provider.cloud import account, keypairs
from ucloud_provider.cloud.answers import listed, text
from ucloud_provider.cloud.client import Api
from ucloud_provider.communicators.ssh_keys import KeyPair
from ucloud_provider.errors import CloudError

Seen = tuple[bool | None, str]
"""Whether the assumption holds (None: cannot be told here), and what was seen."""


@dataclass(frozen=True)
class Assumption:
    """`row` begins a row of docs/assumptions.md."""

    row: str
    look: Callable[[Api], Seen]


@contextlib.contextmanager
def _imported(api: Api, name: str, public: str) -> Iterator[str]:
    id = keypairs.import_public(api, name, public)
    try:
        yield id
    finally:
        keypairs.delete(api, id)


def _refusal(call: Callable[[], object]) -> str:
    """What UCloud says where it refuses; "" where it does not."""
    try:
        call()
    except CloudError as error:
        return str(error)
    return ""


def _only_rsa(api: Api) -> Seen:
    key = KeyPair.generate("acceptance").public

    def try_it() -> None:
        with _imported(api, "ucloud-image-acceptance-ed25519", key):
            pass

    refused = _refusal(try_it)
    return bool(refused), refused or "an ed25519 key was taken"


def _same_modulus(api: Api) -> Seen:
    def twice() -> None:
        with (
            _imported(api, "ucloud-image-acceptance-1", nobodys_key("acceptance")),
            _imported(api, "ucloud-image-acceptance-2", nobodys_key("acceptance")),
        ):
            pass

    refused = _refusal(twice)
    return not refused, refused or "both were taken"


def _everywhere(api: Api) -> Seen:
    other = next(region for region in sorted(account.zones(api)) if region != api.region)
    name = "ucloud-image-acceptance-everywhere"
    with _imported(api, name, nobodys_key("acceptance")):
        there = bool(keypairs.find(api.at(region=other), name))
    return there, f"a key pair of {api.region} is {'also' if there else 'not'} listed in {other}"


def _default_vpc(api: Api) -> Seen:
    found = listed("DescribeVPC", api.read("DescribeVPC"), "DataSet")
    said = [f"{text(each, 'Name')}: {text(each, 'VPCType') or 'no type'}" for each in found]
    untyped = [each for each in found if text(each, "Name") == "DefaultVPC" and not text(each, "VPCType")]
    return (True if untyped else None), ", ".join(said) or "no VPC"


def _missing_host(api: Api) -> Seen:
    refused = _refusal(lambda: api.read("DescribeUHostInstance", UHostIds=["uhost-0000000000"]))
    return True, refused or "an empty list"


def _missing_firewall(api: Api) -> Seen:
    refused = _refusal(lambda: api.read("DescribeFirewall", FWId="firewall-0000000000"))
    return "54002" in refused, refused or "an empty list"


def _foreign_zone(api: Api) -> Seen:
    zone = next(zones[0] for region, zones in sorted(account.zones(api).items()) if region != api.region)
    refused = _refusal(lambda: api.read("DescribeUHostInstance", Zone=zone))
    return "230" in refused, refused or f"Zone={zone} was answered"


def _missing_project(api: Api) -> Seen:
    refused = _refusal(lambda: api.at(project_id="org-0000000000").read("DescribeUHostInstance"))
    return "292" in refused, refused or "was answered"


def _memory_unit(api: Api) -> Seen:
    action = "DescribeAvailableInstanceTypes"
    for each in listed(action, api.read(action), "AvailableInstanceTypes"):
        sizes = [size for one in each.get("MachineSizes") or () for size in one.get("Collection") or ()]
        memory = [amount for size in sizes for amount in size.get("Memory") or ()]
        if memory:
            return max(memory) < 1024 * 8, f"{text(each, 'Name')}: {min(memory)} to {max(memory)}"
    return None, "no sizes were listed"


ASSUMPTIONS = (
    Assumption("Imported key pairs must be ssh-rsa", _only_rsa),
    Assumption("The same modulus may be imported under several names", _same_modulus),
    Assumption("A key pair is seen in every region of its project", _everywhere),
    Assumption("Where DescribeVPC leaves VPCType out", _default_vpc),
    Assumption("What is asked for by an id that does not exist", _missing_host),
    Assumption("A missing firewall is 4600 in every call but DescribeFirewall", _missing_firewall),
    Assumption("A Zone that is none of the region is answered 230", _foreign_zone),
    Assumption("A sub-account's call without ProjectId is answered 299", _missing_project),
    Assumption("`Memory` in DescribeAvailableInstanceTypes is in GB", _memory_unit),
)
