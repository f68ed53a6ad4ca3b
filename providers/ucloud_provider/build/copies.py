"""The step that copies the image to other regions and projects: side by side, each on its own account."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import ClassVar

from ucloud_provider.build import once
from ucloud_provider.build.journal import Thing
from ucloud_provider.build.pipeline import Step
from ucloud_provider.build.release import found, give_back
from ucloud_provider.build.snapshot import wait_available
from ucloud_provider.build.state import Build, MadeCopy, copy_api
from ucloud_provider.cloud import images, retcodes, retry
from ucloud_provider.cloud.client import Api
from ucloud_provider.errors import CloudError, UCloudImageError
from ucloud_provider.spec.image import ImageCopy
from ucloud_provider.spec.rules import parse_duration


class Copies(Step):
    """Makes the copies that are wanted. One that fails stops no other; what is half-made of it is deleted."""

    name: ClassVar[str] = "copying"
    tells_itself: ClassVar[bool] = True

    def __init__(self, wanted: Sequence[ImageCopy]) -> None:
        self._wanted = wanted

    def run(self, build: Build) -> None:
        if not self._wanted:
            return
        api = build.api
        regions = sorted({each.region or api.region or "" for each in self._wanted})
        build.progress.step(f"copying {build.the_image().id} to {', '.join(regions)}")
        with ThreadPoolExecutor(max_workers=len(self._wanted), thread_name_prefix="copy") as pool:
            targets = [copy_api(api, copy) for copy in self._wanted]
            futures = [
                pool.submit(_copy, build, target, copy) for target, copy in zip(targets, self._wanted, strict=True)
            ]
            for target, future in zip(targets, futures, strict=True):
                try:
                    build.copies.append(future.result())
                    build.progress.step(f"copied to {target.region}")
                except UCloudImageError as error:
                    build.failed_copies.append(f"{target.region} ({target.project_id}): {error}{_remedy(error)}")

    def release(self, build: Build) -> None:
        for each in list(build.copies):
            give_back(build.undo_api, build.journal, copy_thing(build, each))
            build.copies.remove(each)


def _remedy(error: UCloudImageError) -> str:
    """What may help where UCloud refuses a copy. No page has the RetCode of a project that may make none."""
    if not isinstance(error, CloudError) or error.code < retry.FIRST_PRODUCT_CODE or retcodes.remedy(error.code):
        return ""
    return "; copies need UCloud's region-level image service, which a ticket opens"


def copy_thing(build: Build, made: MadeCopy) -> Thing:
    """A copy as the journal names it."""
    return Thing("copy", build.lease.origin, made.project_id, made.region, made.image_id)


def _copy(build: Build, target: Api, copy: ImageCopy) -> MadeCopy:
    args, api, image_id, tag = build.args, build.api, build.the_image().id, build.lease.origin
    name, description = copy.name or args.image_name, copy.description or args.image_description
    thing = Thing("copy", tag, target.project_id or "", target.region or "")
    try:
        thing = once.make(
            api,
            build.journal,
            thing,
            lambda: images.copy(api, image_id, target, name=name, description=description, tag=tag),
            lambda: found(target, thing),
        )
        wait_available(target, thing.id, parse_duration(args.wait_image_ready_timeout))
    except BaseException:
        give_back(build.undo_api, build.journal, thing)
        raise
    return MadeCopy(copy, thing.project_id, thing.region, thing.id)
