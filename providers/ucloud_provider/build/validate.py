"""The first step: everything that only the cloud knows is checked, all at once, before anything billable exists."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import ClassVar, TypeVar

from ucloud_provider.build.pipeline import Step
from ucloud_provider.build.state import Build, copy_api
from ucloud_provider.cloud import account, images, keypairs, network, retry
from ucloud_provider.cloud.records import Image
from ucloud_provider.errors import CloudError, InvalidSpec

T = TypeVar("T")


class Validate(Step):
    """Checks projects, regions, zones, the source image, network, firewall and the targets of the copies."""

    name: ClassVar[str] = "checking the arguments with the cloud"

    def run(self, build: Build) -> None:
        args, api = build.args, build.api
        with ThreadPoolExecutor(max_workers=7, thread_name_prefix="validate") as pool:
            projects = pool.submit(account.projects, api)
            zones = pool.submit(account.zones, api)
            source = pool.submit(lambda: _or_none(lambda: images.source(api, args.source_image_id)))
            firewalls = pool.submit(lambda: _or_none(lambda: network.firewalls(api)) or [])
            vpc = pool.submit(
                lambda: args.vpc_id is None or _or_none(lambda: network.vpc_exists(api, args.vpc_id or ""))
            )
            subnet = pool.submit(
                lambda: args.subnet_id and _or_none(lambda: network.subnet_vpc(api, args.subnet_id or ""))
            )
            key_pair = pool.submit(
                lambda: (
                    args.ssh_keypair_name is None or bool(_or_none(lambda: keypairs.find(api, args.ssh_keypair_name)))
                )
            )
            problems = list(_place_problems(build, projects.result(), zones.result()))
            # Where the project or region is wrong, nothing is found in it: that would only echo the first problem.
            if api.project_id in projects.result() and api.region in zones.result():
                problems += _source_problems(build, source.result())
                problems += _network_problems(
                    build, bool(vpc.result()), subnet.result() or None, {each.id for each in firewalls.result()}
                )
                if not key_pair.result():
                    name = args.ssh_keypair_name
                    problems.append(
                        f"ssh_keypair_name: {name!r} is no key pair of {api.region}; look it up in the console"
                    )
        if problems:
            raise InvalidSpec(problems)
        build.source = source.result()
        # From here on there is something to lose.
        build.api = build.api.using(patience=retry.PATIENCE)


def _or_none(call: Callable[[], T]) -> T | None:
    """A wrong project or region makes every call in it fail: that one problem is told, not its echoes."""
    try:
        return call()
    except CloudError as error:
        if error.code:
            return None
        raise


def _place_problems(build: Build, projects: dict[str, str], zones: dict[str, tuple[str, ...]]) -> Iterator[str]:
    api, args = build.api, build.args
    known = ", ".join(sorted(projects))
    regions = ", ".join(sorted(zones))
    if api.project_id and api.project_id not in projects:
        yield f"project_id: {api.project_id!r} is not a project of this account; one of {known}"
    if api.region not in zones:
        yield f"region: {api.region!r} is not a region; one of {regions}"
    else:
        for name, zone in (
            ("availability_zone", args.availability_zone),
            *(("fallback_availability_zones", each) for each in args.fallback_availability_zones),
        ):
            if zone not in zones[api.region]:
                yield f"{name}: {zone!r} is not a zone of {api.region}; one of {', '.join(zones[api.region])}"
    for index, copy in enumerate(args.copies):
        target = copy_api(api, copy)
        if copy.project_id and copy.project_id not in projects:
            yield f"copies[{index}].project_id: {copy.project_id!r} is not a project of this account; one of {known}"
        if copy.region and copy.region not in zones:
            yield f"copies[{index}].region: {copy.region!r} is not a region; one of {regions}"
        if (target.project_id, target.region) == (api.project_id, api.region):
            yield f"copies[{index}]: {target.region} is where the image is built; leave this copy out"


def _source_problems(build: Build, source: Image | None) -> Iterator[str]:
    args = build.args
    if source is None:
        yield f"source_image_id: {args.source_image_id!r} is no image of {build.api.region}; look it up in the console"
        return
    if source.state != "Available":
        yield f"source_image_id: {source.id!r} is {source.state}; wait until it is Available, or choose another"
    if source.os_type == "Windows":
        yield f"source_image_id: {source.id!r} is Windows, which is not built yet; choose a Linux image"
    if args.boot_disk_size is not None and args.boot_disk_size < source.size:
        yield f"boot_disk_size: {args.boot_disk_size} GB is below the source image's {source.size} GB; give that"
    if (args.user_data or args.user_data_file) and not source.has_cloud_init:
        name = "user_data" if args.user_data else "user_data_file"
        yield f"{name}: image {source.id!r} has no CloudInit to run it; leave it out, or choose an image that has"


def _network_problems(build: Build, vpc: bool, subnet_vpc: str | None, firewalls: set[str]) -> Iterator[str]:
    args, region = build.args, build.api.region
    if not vpc:
        yield f"vpc_id: {args.vpc_id!r} is not a VPC of {region}; look it up in the console"
    if args.subnet_id and subnet_vpc is None:
        yield f"subnet_id: {args.subnet_id!r} is not a subnet of {region}; look it up in the console"
    elif args.subnet_id and vpc and args.vpc_id and subnet_vpc != args.vpc_id:
        yield f"subnet_id: {args.subnet_id!r} belongs to {subnet_vpc}, not to {args.vpc_id}; give one of that VPC"
    if args.security_group_id and args.security_group_id not in firewalls:
        yield f"security_group_id: {args.security_group_id!r} is not a firewall of {region}; look it up in the console"
