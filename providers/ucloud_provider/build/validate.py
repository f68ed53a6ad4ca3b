"""The first step: everything that only the cloud knows is checked, all at once, before anything billable exists."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import ClassVar

from ucloud_provider.build.access import own_key
from ucloud_provider.build.found import network_problems, or_none, place_problems
from ucloud_provider.build.pipeline import Step
from ucloud_provider.build.state import Build, copy_api
from ucloud_provider.cloud import account, images, keypairs, retry
from ucloud_provider.cloud.records import Image
from ucloud_provider.errors import InvalidSpec


class Validate(Step):
    """Checks projects, regions, zones, the source image, network, firewall and the targets of the copies."""

    name: ClassVar[str] = "checking the arguments with the cloud"

    def run(self, build: Build) -> None:
        args, api = build.args, build.api
        with ThreadPoolExecutor(max_workers=5, thread_name_prefix="validate") as pool:
            projects = pool.submit(account.projects, api)
            zones = pool.submit(account.zones, api)
            source = pool.submit(lambda: or_none(lambda: images.source(api, args.source_image_id)))
            wired = pool.submit(network_problems, args, api)
            key_pair = pool.submit(
                lambda: (
                    args.ssh_keypair_name is None or bool(or_none(lambda: keypairs.find(api, args.ssh_keypair_name)))
                )
            )
            problems = list(_place_problems(build, projects.result(), zones.result()))
            # Where the project or region is wrong, nothing is found in it: that would only echo the first problem.
            if api.project_id in projects.result() and api.region in zones.result():
                problems += _source_problems(build, source.result())
                problems += wired.result()
                if not key_pair.result():
                    name = args.ssh_keypair_name
                    problems.append(
                        f"ssh_keypair_name: {name!r} is no key pair of {api.region}; look it up in the console"
                    )
        problems += _key_problems(build)
        if problems:
            raise InvalidSpec(problems)
        build.source = source.result()
        # From here on there is something to lose.
        build.api = build.api.using(patience=retry.PATIENCE)


def _key_problems(build: Build) -> Sequence[str]:
    """Whether the user's own private key can be used, before it is needed."""
    if not build.args.ssh_private_key_file:
        return ()
    try:
        own_key(build.args, build.base_dir)
    except InvalidSpec as error:
        return error.problems
    return ()


def _place_problems(build: Build, projects: dict[str, str], zones: dict[str, tuple[str, ...]]) -> Iterator[str]:
    api, args = build.api, build.args
    known = ", ".join(sorted(projects))
    regions = ", ".join(sorted(zones))
    wanted = [("availability_zone", args.availability_zone)]
    fallbacks = enumerate(args.fallback_availability_zones)
    wanted += [(f"fallback_availability_zones[{index}]", zone) for index, zone in fallbacks]
    yield from place_problems(api, projects, zones, wanted)
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
