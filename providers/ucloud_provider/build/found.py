"""Whether what arguments name is there in the cloud, for `CustomImage` and `UHost` alike: what is not, in words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeVar

from ucloud_provider.cloud import network
from ucloud_provider.cloud.client import Api
from ucloud_provider.errors import CloudError
from ucloud_provider.spec.image import CustomImageArgs
from ucloud_provider.spec.uhost import UHostArgs

T = TypeVar("T")


def or_none(call: Callable[[], T]) -> T | None:
    """A wrong project or region makes every call in it fail: that one problem is told, not its echoes."""
    try:
        return call()
    except CloudError as error:
        if error.code:
            return None
        raise


def place_problems(
    api: Api, projects: Mapping[str, str], zones: Mapping[str, Sequence[str]], wanted: Sequence[tuple[str, str]]
) -> Iterator[str]:
    """Where the API works, and the zones that arguments name, as (argument, zone)."""
    if api.project_id and api.project_id not in projects:
        yield f"project_id: {api.project_id!r} is not a project of this account; one of {', '.join(sorted(projects))}"
    region = api.region or ""
    if region not in zones:
        yield f"region: {region!r} is not a region; one of {', '.join(sorted(zones))}"
        return
    for name, zone in wanted:
        if zone not in zones[region]:
            yield f"{name}: {zone!r} is not a zone of {region}; one of {', '.join(zones[region])}"


def network_problems(args: CustomImageArgs | UHostArgs, api: Api) -> list[str]:
    """VPC, subnet and firewall, where they are given."""
    problems: list[str] = []

    def missing(name: str, value: str, what: str) -> None:
        problems.append(f"{name}: {value!r} is not a {what} of {api.region}; look it up in the console")

    vpc_id, subnet_id, firewall_id = args.vpc_id, args.subnet_id, args.security_group_id
    vpc = vpc_id is not None and bool(or_none(lambda: network.vpc_exists(api, vpc_id)))
    if vpc_id is not None and not vpc:
        missing("vpc_id", vpc_id, "VPC")
    if subnet_id is not None:
        owner = or_none(lambda: network.subnet_vpc(api, subnet_id))
        if owner is None:
            missing("subnet_id", subnet_id, "subnet")
        elif vpc and owner != vpc_id:
            problems.append(f"subnet_id: {subnet_id!r} belongs to {owner}, not to {vpc_id}; give one of that VPC")
    if firewall_id is not None:
        there = or_none(lambda: network.firewalls(api)) or ()
        if firewall_id not in {each.id for each in there}:
            missing("security_group_id", firewall_id, "firewall")
    return problems
