"""What dead builds of this machine left: found in their journals, taken over or given back by the next build."""

from __future__ import annotations

import contextlib
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from ucloud_provider.build import journal, places
from ucloud_provider.build.journal import Alive, Journal, Thing
from ucloud_provider.build.release import release
from ucloud_provider.build.state import Build
from ucloud_provider.cloud import images
from ucloud_provider.cloud.client import Api
from ucloud_provider.cloud.records import Image
from ucloud_provider.errors import UCloudImageError
from ucloud_provider.run import Cancel

KEEP_SECONDS = 30 * 24 * 3600
"""How long the journals and logs of builds that left nothing are kept."""

ORDER = {"host": 0, "image": 1, "copy": 1, "key pair": 2, "firewall": 3}
"""A firewall can go once no host uses it, and no image is made of a host that is gone."""


@dataclass(frozen=True)
class DeadBuild:
    """A build whose process is gone and that left something. Its journal is locked by us while we look after it."""

    start: dict[str, Any]
    journal: Journal
    left: tuple[Thing, ...]


def dead_builds(account: str, but: str = "") -> Iterator[DeadBuild]:
    """The dead builds of this account on this machine that left something; `but` is a build that is not meant.

    Each is locked while the caller has it, so that no two processes look after the same.
    """
    for path in sorted((places.state_dir() / "builds").glob(f"*/{journal.FILE}")):
        if path.parent.name == but:
            continue
        try:
            start = next((each for each in journal.read(path) if each.get("event") == "start"), {})
            if start.get("account") != account:
                continue
            held = Journal(path)
        except (Alive, FileNotFoundError):
            continue
        try:
            left = tuple(sorted(journal.outstanding(path), key=lambda thing: ORDER.get(thing.kind, 9)))
            if left:
                yield DeadBuild(start, held, left)
        finally:
            held.close()


def finished_image(build: Build, digest: str) -> Image | None:
    """The image that a dead build of the same inputs had done and nobody knows of. It is this build's from here on."""
    if not digest:
        return None
    place = (build.api.project_id, build.api.region)
    for dead in dead_builds(build.api.credentials.account, build.id):
        if dead.start.get("digest") != digest or (dead.start.get("project_id"), dead.start.get("region")) != place:
            continue
        for thing in dead.left:
            if thing.kind != "image":
                continue
            for image in _images(build.api, thing):
                if image.state == "Available" and image.name == build.args.image_name:
                    build.journal.intend(thing)
                    dead.journal.kept(thing)
                    build.progress.note(f"image {image.id} was done by an earlier build that died: taken over")
                    return image
    return None


def _images(api: Api, thing: Thing) -> list[Image]:
    if thing.id:
        found = images.get(api, thing.id)
        return [found] if found else []
    return images.find(api, tag=thing.label)


@contextlib.contextmanager
def in_background(api: Api, build_id: str, note: Callable[[str], None]) -> Iterator[None]:
    """Give back what dead builds left while something else runs; done when the block is left."""

    def collect() -> None:
        for text in give_back(api.using(cancel=Cancel()), build_id):
            note(text)
        prune()

    collector = threading.Thread(target=collect, name="recover", daemon=True)
    collector.start()
    try:
        yield
    finally:
        collector.join()


def give_back(api: Api, but: str = "") -> list[str]:
    """Give back all that dead builds of this account and machine left; what was done, in words."""
    said: list[str] = []
    for dead in dead_builds(api.credentials.account, but):
        for thing in dead.left:
            try:
                release(api, thing)
            except UCloudImageError as error:
                said.append(f"left by an earlier build that died, and not released: {thing}: {error}")
                api.log(said[-1])
                continue
            dead.journal.released(thing)
            said.append(f"left by an earlier build that died, released now: {thing}")
            api.log(said[-1])
    return said


def prune(now: float | None = None) -> None:
    """Remove the folders of builds that are long over and left nothing."""
    now = time.time() if now is None else now
    for path in (places.state_dir() / "builds").glob(f"*/{journal.FILE}"):
        with contextlib.suppress(OSError, Alive):
            if now - path.stat().st_mtime > KEEP_SECONDS and not journal.outstanding(path):
                held = Journal(path)
                shutil.rmtree(path.parent, ignore_errors=True)
                held.close()
