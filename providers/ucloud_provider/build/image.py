"""The build of a custom image, from the checked arguments to the image and its copies.

Read `build_image` from top to bottom: it is the lifecycle.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ucloud_provider.build import copies, lease, pipeline, places, recover
from ucloud_provider.build.access import Credentials
from ucloud_provider.build.connect import Connect
from ucloud_provider.build.firewall import Firewall
from ucloud_provider.build.journal import FILE as JOURNAL
from ucloud_provider.build.journal import Journal, Thing
from ucloud_provider.build.log import FILE as LOG
from ucloud_provider.build.log import BuildLog
from ucloud_provider.build.provision import Provision
from ucloud_provider.build.seal import Seal
from ucloud_provider.build.snapshot import Snapshot, Stop
from ucloud_provider.build.state import Build, BuiltImage, CopyFailed, MadeCopy
from ucloud_provider.build.temporary_host import TemporaryHost
from ucloud_provider.build.validate import Validate
from ucloud_provider.cloud import account, images
from ucloud_provider.cloud.client import Api
from ucloud_provider.errors import InvalidSpec, UCloudImageError
from ucloud_provider.run import Cancel, Progress
from ucloud_provider.spec.image import CustomImageArgs, ImageCopy
from ucloud_provider.spec.rules import parse_duration


def build_image(
    args: CustomImageArgs,
    *,
    api: Api,
    progress: Progress,
    cancel: Cancel,
    base_dir: Path,
    mask: Callable[[str], str] = lambda text: text,
    digest: str = "",
) -> BuiltImage:
    """Build an image and its copies.

    First what dead builds of this machine left is given back. Where one of them had the very image done (`digest`: of
    all that decides what the image is), it is taken over instead of being built again.

    Raises `InvalidSpec` before anything billable exists; `StepFailed` or `Cancelled` after everything temporary has
    been given back; `CopyFailed` where the image exists and some of its copies do not.
    """
    build = start(args, api=api, progress=progress, cancel=cancel, base_dir=base_dir, mask=mask, digest=digest)
    try:
        build.image = recover.finished_image(build, digest)
        with recover.in_background(build.api, build.id, build.progress.note):
            return _run(build)
    finally:
        _end(build)


def start(
    args: CustomImageArgs,
    *,
    api: Api,
    progress: Progress,
    cancel: Cancel,
    base_dir: Path,
    mask: Callable[[str], str],
    digest: str = "",
) -> Build:
    """A build that has its id, its journal and its log, and has made nothing yet."""
    held = lease.new()
    folder = places.build_dir(held.build_id)
    log = BuildLog(folder / LOG, mask)
    journal = Journal(folder / JOURNAL)
    api = api.using(cancel=cancel, log=log)
    if api.project_id is None:
        default = account.default_project(api)
        if default is None:
            raise InvalidSpec(["project_id: none is given and the account has no default; set `ucloud:projectId`"])
        api = api.at(project_id=default)
    journal.event(
        "start",
        build=held.build_id,
        expires=held.expires,
        image_name=args.image_name,
        project_id=api.project_id,
        region=api.region,
        account=api.credentials.account,
        digest=digest,
    )
    return Build(
        args=args,
        api=api,
        lease=held,
        base_dir=base_dir,
        journal=journal,
        log=log,
        progress=progress,
        cancel=cancel,
    )


def _run(build: Build) -> BuiltImage:
    temporary: list[pipeline.Step] = [Credentials(), Firewall(), TemporaryHost(), Connect()]
    work: list[pipeline.Step] = [Provision(), Seal(), Stop(), Snapshot()]
    if build.image is None:
        pipeline.run(build, [Validate(), *temporary, *work])
        image_thing = build.made.pop("image")
    else:
        image_thing = Thing("image", build.image.tag, build.api.project_id or "", build.api.region or "")
    # The image no longer needs the host: it is given back while the copies are made.
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="release") as pool:
        released = pool.submit(pipeline.unwind, build, temporary)
        made, failures = _copies(build, build.args.copies)
        left = released.result()
    for thing in left:
        build.progress.note(f"not released, will be collected once its lease has ended: {thing}")
    # Only now: a build that dies while it copies leaves an image that nobody knows, for the next one to take over.
    build.journal.kept(image_thing)
    _keep(build, made)
    result = _result(build, made)
    if failures:
        raise CopyFailed(result, tuple(failures), str(build.log.path))
    build.log(f"done in {result.build_seconds} s")
    return result


def make_copies(
    args: CustomImageArgs,
    wanted: Sequence[ImageCopy],
    image_id: str,
    *,
    api: Api,
    progress: Progress,
    cancel: Cancel,
    mask: Callable[[str], str] = lambda text: text,
) -> tuple[MadeCopy, ...]:
    """Make copies of an image that exists. Raises `CopyFailed` where some could not be made."""
    if not wanted:
        return ()
    build = start(args, api=api, progress=progress, cancel=cancel, base_dir=Path(), mask=mask)
    try:
        build.image = images.get(build.api, image_id)
        if build.image is None:
            raise UCloudImageError(f"image {image_id} no longer exists in {build.api.region}; run `pulumi refresh`")
        made, failures = _copies(build, wanted)
        _keep(build, made)
        if failures:
            raise CopyFailed(_result(build, made), tuple(failures), str(build.log.path))
        return tuple(made)
    finally:
        _end(build)


def _copies(build: Build, wanted: Sequence[ImageCopy]) -> tuple[list[MadeCopy], list[str]]:
    args, image = build.args, build.the_image()
    if wanted:
        regions = sorted({each.region or build.api.region or "" for each in wanted})
        build.progress.step(f"copying {image.id} to {', '.join(regions)}")
    return copies.make(
        build.api,
        build.journal,
        image.id,
        wanted,
        name=args.image_name,
        description=args.image_description,
        tag=build.lease.origin,
        timeout=parse_duration(args.wait_image_ready_timeout),
        told=build.progress.step,
    )


def _keep(build: Build, made: Sequence[MadeCopy]) -> None:
    for copy in made:
        build.journal.kept(Thing("copy", build.lease.origin, copy.project_id, copy.region, copy.image_id))


def _result(build: Build, made: Sequence[MadeCopy]) -> BuiltImage:
    image = build.the_image()
    seconds = round(time.monotonic() - build.started, 1)
    return BuiltImage(image.id, image.name, image.size, image.created, seconds, tuple(made))


def _end(build: Build) -> None:
    build.journal.event("end")
    build.journal.close()
    build.log.close()
