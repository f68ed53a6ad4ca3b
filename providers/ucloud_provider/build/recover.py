"""What dead builds of this machine left: found in their journals, taken over or given back by the next build."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ucloud_provider import hand_over_notes
from ucloud_provider.build import dead_builds, inspection, journal, lease, mark
from ucloud_provider.build.dead_builds import DeadBuild
from ucloud_provider.build.journal import Thing
from ucloud_provider.build.release import doubt, release
from ucloud_provider.build.state import Build
from ucloud_provider.cloud import images, keypairs
from ucloud_provider.cloud.client import Api
from ucloud_provider.cloud.records import Image
from ucloud_provider.errors import Cancelled, UCloudImageError
from ucloud_provider.run import Cancel

TAKE_OVER_MARGIN = 1800.0
"""Seconds that a dead build's lease must still run for its image to be taken over: others may collect it after."""

LONGEST = 300.0
"""Seconds that a build waits at its end for what dead builds left to be given back; a later one goes on with it."""


def finished_image(build: Build, digest: str) -> Image | None:
    """The image that a dead build of the same inputs had done and nobody knows of. It is this build's from here on."""
    if not digest:
        return None
    place = (build.api.project_id, build.api.region)
    for path in dead_builds.journals():
        start = dead_builds.start(path)
        if start.get("digest") != digest or (start.get("project_id"), start.get("region")) != place:
            continue
        with dead_builds.lock(path, build.api, build.api.clock(), build.cancel) as dead:
            image = _take_over(build, dead) if dead is not None else None
        if image is not None:
            return image
    return None


def _take_over(build: Build, dead: DeadBuild) -> Image | None:
    for thing in dead.left:
        for image in images_of(build.api, thing) if thing.kind == "image" else ():
            if image.state != "Available" or image.name != build.args.image_name:
                continue
            # With its mark, which must stay until it is handed over. The dead build may itself have taken the image
            # over: then it left a mark of its own, too, and a lease that runs for longer than the image's.
            marks = [(each, lease.parse(each.label)) for each in dead.left if each.kind == mark.KIND]
            own = next(((each, held) for each, held in marks if held and held.origin == thing.label), None)
            expires = min(dead.expires, own[1].expires) if own else dead.expires
            if expires - build.api.clock() < TAKE_OVER_MARGIN:
                continue
            done = replace(thing, id=image.id)
            taken = {"image": done, mark.TAKEN: own[0]} if own else {"image": done}
            for slot, each in taken.items():
                build.journal.intend(each)
                if doubt(dead.journal.path, each).twice:
                    build.journal.again(each)
                build.made[slot] = each
            _hand_on(dead, taken.values())
            _forget_elsewhere(build, tuple(taken.values()))
            build.progress.note(f"image {image.id} was done by an earlier build that died: taken over")
            return image
    return None


def _forget_elsewhere(build: Build, taken: tuple[Thing, ...]) -> None:
    """Where a build died while it took an image over, two journals tell of it: none may have it given back any more."""
    keys = {each.key for each in taken}
    for other in dead_builds.find(build.api, build.api.clock(), build.id):
        both = [each for each in other.left if each.key in keys]
        if both:
            _hand_on(other, both)


def _hand_on(dead: DeadBuild, things: Iterable[Thing]) -> None:
    """From here on, another build answers for these: not even a note may tell of them, where the dead one left one."""
    hand_over_notes.withdraw(dead.journal.path.parent.name)
    dead.journal.kept(*things)


def images_of(api: Api, thing: Thing) -> list[Image]:
    """The images that an image or a copy of a journal is, in its own project and region."""
    api = api.at(project_id=thing.project_id, region=thing.region)
    if thing.id:
        found = images.get(api, thing.id)
        return [found] if found else []
    return images.find(api, tag=thing.label)


@contextlib.contextmanager
def in_background(
    api: Api, build_id: str, note: Callable[[str], None], cancel: Cancel, image_name: str | None = None
) -> Iterator[Callable[[], None]]:
    """Give back what dead builds left while something else runs; done, or given up, when the block is left.

    The block gets a function that waits for that. It is given up where `cancel` asks for the stop or it takes too long:
    what is still there then is the next build's to give back. Only dead builds of the same place and `image_name` have
    the images deleted that they had done: the others' are for whoever builds the same again.
    """
    stop = Cancel()
    place = (image_name, api.project_id, api.region)

    def spared(start: Mapping[str, Any]) -> bool:
        return image_name is None or tuple(start.get(each) for each in ("image_name", "project_id", "region")) != place

    def collect() -> None:
        try:
            try:
                for text in give_back(api.using(cancel=stop), build_id, spared):
                    note(text)
            finally:
                dead_builds.prune()
        except Exception as error:
            # The next build goes on with it. Unforeseen, too: a thread's traceback would go to the terminal unmasked.
            api.log(f"giving back what dead builds left ended early: {error!r}")

    collector = threading.Thread(target=collect, name="recover", daemon=True)

    def settled() -> None:
        collector.join(LONGEST)
        stop.set("another build gives back the rest")
        collector.join()

    with cancel.on_cancel(lambda: stop.set("cancelled")):
        collector.start()
        try:
            yield settled
        finally:
            settled()


def give_back(api: Api, but: str = "", spared: Callable[[Mapping[str, Any]], bool] = lambda _start: False) -> list[str]:
    """Give back all that dead builds of this account and machine left; what was done, in words.

    Of those that are `spared`, judged by their journal's start, an image that is done stays as long as it can be taken
    over. Raises `Cancelled` where the API is cancelled.
    """
    said: list[str] = []

    def await_others(path: Path) -> Cancel | None:
        return None if spared(dead_builds.start(path)) else api.cancel

    for dead in dead_builds.find(api, api.clock(), but, await_others=await_others):
        if spared(dead.start) and dead.expires - api.clock() >= TAKE_OVER_MARGIN:
            said += give_back_one(api, dead, unless=to_take_over(api, dead))
        else:
            said += give_back_one(api, dead)
    return said


def to_take_over(api: Api, dead: DeadBuild) -> Callable[[Thing], bool]:
    """Whether something that a dead build left is its image, done, and there for the next build to take over."""

    def marked() -> bool:
        # Without its mark, only the next build on this machine could tell that nobody knows of the image.
        marks = (each for each in dead.left if each.kind == mark.KIND)
        return any(keypairs.find(api.at(project_id=each.project_id, region=each.region), each.label) for each in marks)

    def is_done(thing: Thing) -> bool:
        if thing.kind != "image" or not dead.start.get("digest"):
            return False
        return any(image.state == "Available" for image in images_of(api, thing)) and marked()

    return is_done


def give_back_one(api: Api, dead: DeadBuild, *, unless: Callable[[Thing], bool] = lambda _thing: False) -> list[str]:
    """Give back what one dead build left; its mark last, and only where nothing else of it is left.

    Raises `Cancelled` where the API is cancelled.
    """
    said: list[str] = []
    complete = True
    for thing in dead.left:
        if thing.kind == mark.KIND and not complete:
            continue
        try:
            if unless(thing):
                complete = False
                continue
            release(api, thing, doubt(dead.journal.path, thing))
        except Cancelled:
            raise
        except UCloudImageError as error:
            complete = False
            said.append(f"left by an earlier build that died, and not released: {thing}: {error}")
        else:
            dead.journal.released(thing)
            said.append(f"left by an earlier build that died, released now: {thing}")
        api.log(said[-1])
    if not any(each.kind == "host" for each in journal.outstanding(dead.journal.path)):
        inspection.forget(dead.journal.path.parent)
    return said


def forget_logins(api: Api) -> None:
    """Remove the keys to hosts that dead builds of this machine left, and that somebody else has given back."""
    for dead in dead_builds.find(api, api.clock()):
        folder = dead.journal.path.parent
        try:
            if inspection.remembers(folder) and dead_builds.host_is_gone(dead.journal.path, api):
                inspection.forget(folder)
        except UCloudImageError as error:
            api.log(f"the keys in {folder} stay: {error}")
