"""The build of a custom image, from the checked arguments to the image and its copies.

Read `build_image` from top to bottom: it is the lifecycle.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from ucloud_provider import places
from ucloud_provider.build import dead_builds, expiry, lease, pipeline, recover
from ucloud_provider.build.access import Credentials
from ucloud_provider.build.connect import Connect
from ucloud_provider.build.copies import Copies
from ucloud_provider.build.firewall import Firewall, Narrow
from ucloud_provider.build.guest import Guest
from ucloud_provider.build.hand_over import Accepts, HandOver
from ucloud_provider.build.journal import FILE as JOURNAL
from ucloud_provider.build.journal import Journal, JournalFailed
from ucloud_provider.build.log import FILE as LOG
from ucloud_provider.build.log import BuildLog
from ucloud_provider.build.mark import Mark, TakenMark
from ucloud_provider.build.preflight import Preflight
from ucloud_provider.build.provision import Provision
from ucloud_provider.build.seal import Seal
from ucloud_provider.build.snapshot import Snapshot, Stop
from ucloud_provider.build.state import Build, BuiltImage, CopyFailed, MadeCopy
from ucloud_provider.build.temporary_host import TemporaryHost
from ucloud_provider.cloud import account, images, retry
from ucloud_provider.cloud.client import Api
from ucloud_provider.errors import UCloudImageError
from ucloud_provider.masking import Masker
from ucloud_provider.run import Cancel, Progress
from ucloud_provider.spec.image import CustomImageArgs, ImageCopy


def build_image(
    args: CustomImageArgs,
    *,
    api: Api,
    progress: Progress,
    cancel: Cancel,
    base_dir: Path,
    masker: Masker | None = None,
    digest: str = "",
    accepts: Accepts = lambda _partial: True,
) -> BuiltImage:
    """Build an image and its copies.

    First what dead builds of this machine left is given back. Where one of them had the very image done (`digest`: of
    all that decides what the image is), it is taken over instead of being built again. `accepts` is asked at the end
    whether anybody takes the result; where nobody does, it is given back.

    Raises `InvalidSpec` before anything billable exists; `StepFailed` or `Cancelled` after everything temporary has
    been given back; `CopyFailed` where the image exists and some of its copies do not.
    """
    build = start(args, api=api, progress=progress, cancel=cancel, base_dir=base_dir, masker=masker, digest=digest)
    try:
        build.image = recover.finished_image(build, digest)
        with (
            recover.in_background(build.undo_api, build.id, build.progress.note, cancel, args.image_name) as collected,
            expiry.watched(build) as in_time,
        ):
            return _run(build, accepts, collected, in_time)
    finally:
        _end(build)


def start(
    args: CustomImageArgs,
    *,
    api: Api,
    progress: Progress,
    cancel: Cancel,
    base_dir: Path,
    masker: Masker | None = None,
    digest: str = "",
) -> Build:
    """A build that has its id, its journal and its log, and has made nothing yet."""
    first: list[str] = []
    api = api.using(cancel=cancel, notice=progress.line, log=first.append)
    held = lease.new(account.now(api))
    folder = places.build_dir(held.build_id)
    masker = masker or Masker()
    with contextlib.ExitStack() as opened:
        log = opened.enter_context(contextlib.closing(BuildLog(folder / LOG, masker)))
        journal = opened.enter_context(contextlib.closing(Journal(folder / JOURNAL)))
        for line in first:
            log(line)
        api = api.using(log=log)
        journal.event(
            "start",
            build=held.build_id,
            expires=held.expires,
            image_name=args.image_name,
            digest=digest,
            **dead_builds.whose(api),
        )
        opened.pop_all()  # `_end` closes them
    return Build(
        args=args,
        api=api,
        lease=held,
        base_dir=base_dir,
        journal=journal,
        log=log,
        progress=progress,
        cancel=cancel,
        masker=masker,
    )


class Unwound(pipeline.Step):
    """Stands for steps that are released elsewhere meanwhile: where the rest fails, what is left of them is told."""

    name = "releasing the host"

    def __init__(self, left: Future[list[str]]) -> None:
        self._left = left

    def run(self, build: Build) -> None:
        """It began before."""

    def release(self, build: Build) -> None:
        if left := self._left.result():
            raise UCloudImageError("; ".join(left))


def _run(build: Build, accepts: Accepts, collected: Callable[[], None], in_time: Callable[[], None]) -> BuiltImage:
    mark, snapshot = Mark(), Snapshot()
    temporary: list[pipeline.Step] = [Firewall(), TemporaryHost(), Connect()]
    if build.image is None:
        first: list[pipeline.Step] = [Preflight(), Credentials(), Guest(), mark]
        pipeline.run(build, [*first, *temporary, Narrow(), Provision(), Seal(), Stop(), snapshot])
        begun: list[pipeline.Step] = [mark, snapshot]
    else:
        begun = [TakenMark(), snapshot, mark]
        build.api = build.api.using(patience=retry.PATIENCE)
        pipeline.run(build, [mark], before=begun[:2])
    # The image no longer needs the host: it is given back while the copies are made.
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="release") as pool:
        released = pool.submit(pipeline.unwind, build, temporary)

        def settled() -> None:
            in_time()
            for thing in released.result():
                build.progress.note(f"not released, will be collected once its lease has ended: {thing}")
            collected()

        begun.insert(0, Unwound(released))
        pipeline.run(build, [Copies(build.args.copies), HandOver(accepts, settled)], before=begun)
    result = _result(build)
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
    masker: Masker | None = None,
    accepts: Accepts = lambda _partial: True,
    settled: Callable[[], None] = lambda: None,
) -> tuple[MadeCopy, ...]:
    """Make copies of an image that exists; what dead builds of this machine left is given back meanwhile.

    Raises `CopyFailed` where some could not be made. `accepts` as for `build_image`; `settled` is called when they are
    made, before they are handed over.
    """
    if not wanted:
        settled()
        return ()
    build = start(args, api=api, progress=progress, cancel=cancel, base_dir=Path(), masker=masker)
    try:
        build.image = images.get(build.api, image_id)
        if build.image is None:
            raise UCloudImageError(f"image {image_id} no longer exists in {build.api.region}; run `pulumi refresh`")
        build.api = build.api.using(patience=retry.PATIENCE)
        with (
            recover.in_background(build.undo_api, build.id, build.progress.note, cancel) as collected,
            expiry.watched(build) as in_time,
        ):

            def all_settled() -> None:
                in_time()
                collected()
                settled()

            pipeline.run(build, [Mark(), Copies(wanted), HandOver(accepts, all_settled)])
        return _result(build).copies
    finally:
        _end(build)


def _result(build: Build) -> BuiltImage:
    image = build.the_image()
    seconds = round(time.monotonic() - build.started, 1)
    made = BuiltImage(image.id, image.name, image.size, image.created, seconds, tuple(build.copies))
    if build.failed_copies:
        raise CopyFailed(made, tuple(build.failed_copies), str(build.log.path))
    return made


def _end(build: Build) -> None:
    with contextlib.suppress(JournalFailed):
        build.journal.event("end")
    build.journal.close()
    build.log.close()
