"""Whether what arguments name is there in the cloud, for `CustomImage` and `UHost` alike: what is not, in words."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from ucloud_provider.build.lookups import Lookups
from ucloud_provider.cloud import network, retry
from ucloud_provider.cloud.client import Api
from ucloud_provider.cloud.records import Image, Vpc
from ucloud_provider.errors import CloudError
from ucloud_provider.spec.between import Given

T = TypeVar("T")

DEFAULT_VPC = "DefaultVPC"
SHOWN_VPCS = 5
"""VPCs that a problem names with their subnets."""

Projects = Mapping[str, str]
Zones = Mapping[str, Sequence[str]]


def or_refusal(call: Callable[[], T | None]) -> tuple[T | None, str]:
    """The answer to a look-up, None where there is no such thing; or what UCloud said where it refused to look.

    A refusal is not taken for an absence, whichever RetCode it has.
    """
    try:
        return call(), ""
    except CloudError as error:
        if not error.code or retry.is_transient(error) or retry.lets_nothing_be_asked(error):
            raise
        return None, str(error)


def place_problems(
    api: Api, projects: Projects | None, zones: Zones | None, wanted: Sequence[tuple[str, str]]
) -> Iterator[str]:
    """Where the API works, and the zones that arguments name, as (argument, zone). None is not known."""
    if projects is not None and api.project_id and api.project_id not in projects:
        yield f"project_id: {api.project_id!r} is not a project of this account; one of {', '.join(sorted(projects))}"
    region = api.region or ""
    if zones is None:
        return
    if region not in zones:
        yield f"region: {region!r} is not a region; one of {', '.join(sorted(zones))}"
        return
    for name, zone in wanted:
        if zone not in zones[region]:
            yield f"{name}: {zone!r} is not a zone of {region}; one of {', '.join(zones[region])}"


def copy_problems(
    name: str, copy: Mapping[str, Any], api: Api, projects: Projects | None, zones: Zones | None
) -> Iterator[str]:
    """Where a copy goes."""
    project, region = copy.get("project_id"), copy.get("region")
    if project and projects is not None and project not in projects:
        known = ", ".join(sorted(projects))
        yield f"{name}.project_id: {project!r} is not a project of this account; one of {known}"
    if region and zones is not None and region not in zones:
        yield f"{name}.region: {region!r} is not a region; one of {', '.join(sorted(zones))}"
    if (project or api.project_id, region or api.region) == (api.project_id, api.region):
        yield f"{name}: {api.region} is where the image is built; leave this copy out"


def image_problems(given: Given, argument: str, image: Image | None, api: Api) -> Iterator[str]:
    """The image that a host is started from, whatever its hardware."""
    if image is None:
        where = f"{api.region} in {api.project_id}"
        yield f"{argument}: {given[argument]!r} is no image of {where}; look it up in the console"
        return
    if image.state != "Available":
        yield f"{argument}: {image.id!r} is {image.state}; wait until it is Available, or choose another"
    for name in ("user_data", "user_data_file"):
        if given[name] and not image.has_cloud_init:
            yield f"{name}: image {image.id!r} has no CloudInit to run it; leave it out, or choose an image that has"


class Network:
    """VPC and subnet: asked at once, judged later."""

    def __init__(self, given: Given, api: Api, lookups: Lookups) -> None:
        self._given, self._api, self._lookups = given, api, lookups
        self._vpcs = lookups.ask(api, "vpcs", network.vpcs)

    def problems(self) -> Iterator[str]:
        given, vpcs = self._given, self._vpcs.value()
        vpc_id, subnet_id = given["vpc_id"], given["subnet_id"]
        there = vpcs is not None and vpc_id in {each.id for each in vpcs}
        if vpc_id is not None and vpcs is not None and not there:
            yield f"vpc_id: {vpc_id!r} is not a VPC of {self._api.region}. {self._known(vpcs)}"
        if vpc_id is None and given.absent("vpc_id") and vpcs is not None and not any(map(is_default, vpcs)):
            yield f"vpc_id: {self._api.region} has no default VPC; give vpc_id and subnet_id. {self._known(vpcs)}"
        if subnet_id is not None:
            asked = self._lookups.ask(self._api, ("subnet", subnet_id), lambda api: network.subnet_vpc(api, subnet_id))
            owner = asked.value()
            if owner is None and not asked.was_refused:
                yield f"subnet_id: {subnet_id!r} is not a subnet of {self._api.region}; look it up in the console"
            elif owner is not None and there and owner != vpc_id:
                yield f"subnet_id: {subnet_id!r} belongs to {owner}, not to {vpc_id}; give one of that VPC"

    def _known(self, vpcs: Sequence[Vpc]) -> str:
        """The VPCs that there are, with their subnets."""
        if not vpcs:
            return f"There is none in {self._api.project_id}: create one, with a subnet, in the console"
        texts: list[str] = []
        for vpc in vpcs[:SHOWN_VPCS]:
            asked = self._lookups.ask(self._api, ("subnets", vpc.id), functools.partial(network.subnets, vpc_id=vpc.id))
            subnets = ", ".join(asked.value() or ())
            texts.append(f"{vpc.id} ({vpc.name}) with {subnets or 'no subnet'}")
        more = f" and {len(vpcs) - SHOWN_VPCS} more" if len(vpcs) > SHOWN_VPCS else ""
        return f"There is {'; '.join(texts)}{more}"


def is_default(vpc: Vpc) -> bool:
    """UCloud need not say which VPC is the default one: then it is the one that has the default one's name."""
    return vpc.type == DEFAULT_VPC or (not vpc.type and vpc.name == DEFAULT_VPC)
