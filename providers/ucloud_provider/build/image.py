"""The build of a custom image, from the checked arguments to the image and its copies.

Read `build_image` from top to bottom: it is the lifecycle.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from ucloud_provider.build import copies, lease, pipeline, places
from ucloud_provider.build.access import Credentials, Firewall
from ucloud_provider.build.connect import Connect
from ucloud_provider.build.journal import FILE as JOURNAL
from ucloud_provider.build.journal import Journal
from ucloud_provider.build.log import FILE as LOG
from ucloud_provider.build.log import BuildLog
from ucloud_provider.build.provision import Provision
from ucloud_provider.build.seal import Seal
from ucloud_provider.build.snapshot import Snapshot, Stop
from ucloud_provider.build.state import Build, BuiltCopy, BuiltImage, CopiesFailed
from ucloud_provider.build.temporary_host import TemporaryHost
from ucloud_provider.build.validate import Validate
from ucloud_provider.cloud import account
from ucloud_provider.cloud.client import Api
from ucloud_provider.errors import InvalidSpec
from ucloud_provider.run import Cancel, Progress
from ucloud_provider.spec.args import to_inputs
from ucloud_provider.spec.diff import copy_key
from ucloud_provider.spec.image import CustomImageArgs
from ucloud_provider.spec.rules import parse_duration


def build_image(
    args: CustomImageArgs,
    *,
    api: Api,
    progress: Progress,
    cancel: Cancel,
    base_dir: Path,
    mask: Callable[[str], str] = lambda text: text,
) -> BuiltImage:
    """Build an image and its copies.

    Raises `InvalidSpec` before anything billable exists; `StepFailed` or `Cancelled` after everything temporary has
    been given back; `CopiesFailed` where the image exists and some of its copies do not.
    """
    build = start(args, api=api, progress=progress, cancel=cancel, base_dir=base_dir, mask=mask)
    try:
        return _run(build)
    finally:
        build.journal.event("end")
        build.journal.close()
        build.log.close()


def start(
    args: CustomImageArgs,
    *,
    api: Api,
    progress: Progress,
    cancel: Cancel,
    base_dir: Path,
    mask: Callable[[str], str],
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
    pipeline.run(build, [Validate(), *temporary, *work])
    build.journal.kept(build.made.pop("image"))
    # The image no longer needs the host: it is given back while the copies are made.
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="release") as pool:
        released = pool.submit(pipeline.unwind, build, temporary)
        made, failures = _copies(build)
        left = _settled(released)
    for thing in left:
        build.progress.note(f"not released, will be collected once its lease has ended: {thing}")
    image = build.the_image()
    result = BuiltImage(
        image_id=image.id,
        project_id=build.api.project_id or "",
        region=build.api.region or "",
        name=image.name,
        size=image.size,
        created=image.created,
        source_image_id=build.args.source_image_id,
        build_id=build.id,
        build_seconds=round(time.monotonic() - build.started, 1),
        copies=tuple(made),
    )
    if failures:
        raise CopiesFailed(result, tuple(failures), str(build.log.path))
    build.log(f"done in {result.build_seconds} s: {result.image_ids}")
    return result


def _copies(build: Build) -> tuple[list[BuiltCopy], list[str]]:
    args, image = build.args, build.the_image()
    inputs = to_inputs(args)
    if args.copies:
        build.progress.step(
            f"copying {image.id} to {', '.join(sorted({c.region or build.api.region or '' for c in args.copies}))}"
        )
    return copies.make(
        build.api,
        build.journal,
        image.id,
        [(copy_key(inputs, to_inputs(each)), each) for each in args.copies],
        name=args.image_name,
        description=args.image_description,
        tag=build.lease.origin,
        timeout=parse_duration(args.wait_image_ready_timeout),
        told=build.progress.step,
    )


def _settled(released: Future[list[str]]) -> Sequence[str]:
    return released.result()
