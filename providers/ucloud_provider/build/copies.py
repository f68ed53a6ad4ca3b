"""Copies of an image in other regions and projects: made side by side, each on its own account."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from ucloud_provider.build import once
from ucloud_provider.build.journal import Journal, Thing
from ucloud_provider.build.snapshot import discard, wait_available
from ucloud_provider.build.state import MadeCopy, copy_api
from ucloud_provider.cloud import images
from ucloud_provider.cloud.client import Api
from ucloud_provider.errors import UCloudImageError
from ucloud_provider.run import Cancel
from ucloud_provider.spec.image import ImageCopy


def make(
    api: Api,
    journal: Journal,
    image_id: str,
    wanted: Sequence[ImageCopy],
    *,
    name: str,
    description: str | None,
    tag: str,
    timeout: float,
    told: Callable[[str], None],
) -> tuple[list[MadeCopy], list[str]]:
    """Copy an image to every place wanted; the copies made, and what failed, in words.

    One that fails stops no other; what is half-made of it is deleted.
    """
    made: list[MadeCopy] = []
    failures: list[str] = []
    if not wanted:
        return made, failures
    with ThreadPoolExecutor(max_workers=len(wanted), thread_name_prefix="copy") as pool:
        futures = []
        for copy in wanted:
            target = copy_api(api, copy)
            futures.append(
                (
                    target,
                    pool.submit(
                        _one,
                        api,
                        target,
                        journal,
                        image_id,
                        copy,
                        name=copy.name or name,
                        description=copy.description or description,
                        tag=tag,
                        timeout=timeout,
                    ),
                )
            )
        for target, future in futures:
            try:
                made.append(future.result())
                told(f"copied to {target.region}")
            except UCloudImageError as error:
                failures.append(f"{target.region} ({target.project_id}): {error}")
    return made, failures


def _one(
    api: Api,
    target: Api,
    journal: Journal,
    image_id: str,
    copy: ImageCopy,
    *,
    name: str,
    description: str | None,
    tag: str,
    timeout: float,
) -> MadeCopy:
    thing = Thing("copy", tag, target.project_id or "", target.region or "")

    def find() -> str | None:
        return next((each.id for each in images.find(target, tag=tag) if each.id != image_id), None)

    try:
        thing = once.make(
            api,
            journal,
            thing,
            lambda: images.copy(api, image_id, target, name=name, description=description, tag=tag),
            find,
        )
        wait_available(target, thing.id, timeout)
    except BaseException:
        _undo(target.using(cancel=Cancel()), journal, thing, image_id)
        raise
    return MadeCopy(copy, thing.project_id, thing.region, thing.id)


def _undo(target: Api, journal: Journal, thing: Thing, image_id: str) -> None:
    ids = {thing.id} if thing.id else {each.id for each in images.find(target, tag=thing.label)} - {image_id}
    for each in ids:
        discard(target, each)
    journal.released(thing)
