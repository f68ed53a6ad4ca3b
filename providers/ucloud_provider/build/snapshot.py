"""The steps that stop the host and make the image of it."""

from __future__ import annotations

import time
from typing import ClassVar

from ucloud_provider.build import launch, once
from ucloud_provider.build.journal import Thing
from ucloud_provider.build.pipeline import Step
from ucloud_provider.build.release import await_made, found, release_made
from ucloud_provider.build.state import Build
from ucloud_provider.cloud import images, retry, waits
from ucloud_provider.cloud.client import Api
from ucloud_provider.cloud.records import Image
from ucloud_provider.errors import CloudError, UCloudImageError, UnexpectedState, WaitTimeout
from ucloud_provider.spec.rules import parse_duration

BOOT_DISK_TIMEOUT = 900.0
"""Seconds that a boot disk may take to become Normal."""

REFUSED_PATIENCE = 120.0
"""Seconds for which an image is asked for again that UCloud refuses to make of a host that has just stopped."""
SHORTEST_PAUSE, LONGEST_PAUSE = 1.0, 30.0
"""Seconds between two of these calls: first, and at most."""


class Stop(Step):
    """Waits for the boot disk, which may take longer than the provisioners, and shuts the host down."""

    name: ClassVar[str] = "stopping the host"

    def run(self, build: Build) -> None:
        host_id = build.the_host().id
        launch.wait_boot_disk(build.api, host_id, BOOT_DISK_TIMEOUT)
        build.out_of_sight = build.out_of_sight or "it was being shut down for the image already"
        build.host = launch.stop(build.api, host_id)


class Snapshot(Step):
    """Makes the image. Half-made, it is the build's to delete; Available, it is the result."""

    name: ClassVar[str] = "making the image"

    def run(self, build: Build) -> None:
        args, api = build.args, build.api
        thing = Thing("image", build.lease.origin, api.project_id or "", api.region or "")
        build.made["image"] = thing
        build.made["image"] = self._make(build, thing)
        image_id = build.made["image"].id
        build.progress.step(f"making image {image_id}")
        build.image = wait_available(api, image_id, parse_duration(args.wait_image_ready_timeout))

    def _make(self, build: Build, thing: Thing) -> Thing:
        """Ask for the image until UCloud takes it: it may refuse for a while after the host is Stopped."""
        args, api = build.args, build.api
        deadline, pause = time.monotonic() + REFUSED_PATIENCE, SHORTEST_PAUSE
        while True:
            try:
                return once.make(
                    api,
                    build.journal,
                    thing,
                    lambda: images.create(
                        api,
                        build.the_host().id,
                        name=args.image_name,
                        description=args.image_description,
                        tag=build.lease.origin,
                    ),
                    lambda: found(api, thing),
                )
            except CloudError as error:
                passes = retry.may_succeed_later(error) and not retry.may_have_taken_effect(error)
                if not passes or time.monotonic() + pause > deadline:
                    raise
                build.log(f"the image is refused yet, asking again in {pause:g} s: {error}")
                build.progress.step(f"making the image: {error.message}; asking again")
            api.cancel.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    def release(self, build: Build) -> None:
        self._let_go_of_host(build)
        release_made(build, "image")

    @staticmethod
    def _let_go_of_host(build: Build) -> None:
        """Where the image is still being made, terminate the host in the very answer that ends that: it is billed.

        Raises an error that names the image where that does not end.
        """
        api, thing, host = build.undo_api, build.made.get("image"), build.made.get("host")
        waited = False
        try:
            image_id = thing and (thing.id or found(api, thing))
            if image_id:
                waited = await_made(api, image_id, build.progress.step, host.id if host else "")
        except CloudError as error:  # then its deletion says what becomes of it
            build.log(f"whether {thing} is still being made is not known: {error}")
        except WaitTimeout as error:
            raise UCloudImageError(f"{thing}: {error}") from error
        if waited:
            try:
                release_made(build, "host")
            except UCloudImageError as error:  # tried once more in its turn, and told then
                build.log(f"the host is not given back yet: {error}")


def wait_available(api: Api, image_id: str, timeout: float) -> Image:
    """Wait until an image is Available."""

    def until(image: Image) -> bool:
        if image.state == "Unavailable":
            raise UnexpectedState(f"image {image_id} is Unavailable: UCloud could not make it")
        return image.state == "Available"

    there = waits.present(f"image {image_id}", "somebody else deleted it", until)
    image = waits.image(
        api, image_id, awaited=f"image {image_id} in {api.region} to be Available", until=there, timeout=timeout
    )
    if image is None:
        raise AssertionError("until is true of an image only")
    return image
