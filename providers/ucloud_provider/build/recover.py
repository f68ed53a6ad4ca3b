"""What dead builds of this machine left: found in their journals, taken over or given back by the next build."""

from __future__ import annotations

import contextlib
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ucloud_provider.build import inspection, journal, lease, mark, places
from ucloud_provider.build.journal import Alive, Journal, JournalFailed, Thing
from ucloud_provider.build.release import doubt, release
from ucloud_provider.build.state import Build
from ucloud_provider.cloud import images, keypairs
from ucloud_provider.cloud.client import Api
from ucloud_provider.cloud.records import Image
from ucloud_provider.errors import Cancelled, UCloudImageError
from ucloud_provider.run import Cancel

KEEP_SECONDS = 30 * 24 * 3600
"""How long the journals and logs of builds that left nothing are kept."""

ORDER = {"host": 0, "EIP": 1, "image": 1, "copy": 1, "firewall": 2, "key pair": 3}
"""An EIP and a firewall can go once no host uses them, no image is made of a host that is gone; the mark goes last."""


SWEEP_PATIENCE = 120.0
"""Seconds that a build waits for somebody who is just giving back what a dead build of the same image left."""

TAKE_OVER_MARGIN = 1800.0
"""Seconds that a dead build's lease must still run for its image to be taken over: others may collect it after."""

LONGEST = 300.0
"""Seconds that a build waits at its end for what dead builds left to be given back; a later one goes on with it."""


@dataclass(frozen=True)
class DeadBuild:
    """A build whose process is gone and that left something. Its journal is locked by us while we look after it."""

    start: dict[str, Any]
    journal: Journal
    left: tuple[Thing, ...]

    @property
    def expires(self) -> float:
        """When its lease ends, in seconds since 1970."""
        found = self.start.get("expires")
        return float(found) if isinstance(found, int | float) else 0.0


_locking = threading.Lock()
_looked_after: set[Path] = set()
"""Journals of dead builds that some build of this process has locked just now."""


def journals() -> list[Path]:
    """The journals of this user on this machine."""
    return sorted((places.state_dir() / "builds").glob(f"*/{journal.FILE}"))


def dead_builds(
    account: str, now: float, but: str = "", *, await_others: Callable[[Path], Cancel | None] = lambda _path: None
) -> Iterator[DeadBuild]:
    """The dead builds of this account on this machine that left something; `but` is a build that is not meant.

    `now` is by UCloud's clock, as leases are.

    Each is locked while the caller has it, so that no two look after the same. For those of which `await_others` says
    so, see `dead_build`.
    """
    for path in journals():
        if path.parent.name != but:
            with dead_build(path, account, now, await_others(path)) as dead:
                if dead is not None:
                    yield dead


@contextlib.contextmanager
def dead_build(path: Path, account: str, now: float, await_others: Cancel | None = None) -> Iterator[DeadBuild | None]:
    """The build of a journal, locked, where it is this account's, is dead and left something; otherwise None.

    A host that is kept for a look (`on_failure`) is not left behind before its lease has ended. With `await_others`,
    another build of this process that is just looking after the same dead one is waited for, rather than its journal
    taken for that of a live build; and so is the process that sweeps after it.
    """
    try:
        start = _start(path)
        if start.get("account") != account or not journal.is_understood(start) or _held(path) > now:
            yield None
            return
        held = _lock(path, await_others)
    except (Alive, JournalFailed, FileNotFoundError):
        yield None
        return
    try:
        left = tuple(sorted(journal.outstanding(path), key=lambda thing: ORDER.get(thing.kind, 9)))
        yield DeadBuild(start, held, left) if left else None
    finally:
        with _locking:
            held.close()
            _looked_after.discard(path)


def _lock(path: Path, await_others: Cancel | None) -> Journal:
    """The journal, locked. Raises `Alive` where somebody else has it."""
    deadline = time.monotonic() + SWEEP_PATIENCE
    while True:
        with _locking:
            if path not in _looked_after:
                try:
                    held = Journal(path)
                except Alive:
                    if not any(each.get("event") == "sweep" for each in journal.read(path)):
                        raise
                else:
                    _looked_after.add(path)
                    return held
        if await_others is None or time.monotonic() > deadline:
            raise Alive(str(path))
        await_others.sleep(0.2)


def finished_image(build: Build, digest: str) -> Image | None:
    """The image that a dead build of the same inputs had done and nobody knows of. It is this build's from here on."""
    if not digest:
        return None
    place = (build.api.project_id, build.api.region)
    for path in journals():
        start = _start(path)
        if start.get("digest") != digest or (start.get("project_id"), start.get("region")) != place:
            continue
        with dead_build(path, build.api.credentials.account, build.api.clock(), build.cancel) as dead:
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
            dead.journal.kept(*taken.values())
            _forget_elsewhere(build, tuple(taken.values()))
            build.progress.note(f"image {image.id} was done by an earlier build that died: taken over")
            return image
    return None


def _forget_elsewhere(build: Build, taken: tuple[Thing, ...]) -> None:
    """Where a build died while it took an image over, two journals tell of it: none may have it given back any more."""
    keys = {each.key for each in taken}
    for other in dead_builds(build.api.credentials.account, build.api.clock(), build.id):
        both = [each for each in other.left if each.key in keys]
        if both:
            other.journal.kept(*both)


def _start(path: Path) -> dict[str, Any]:
    with contextlib.suppress(OSError):
        return next((each for each in journal.read(path) if each.get("event") == "start"), {})
    return {}


def _held(path: Path) -> float:
    """Until when a host of this build is kept for a look, in seconds since 1970; 0 where none is."""
    until = [each.get("until") for each in journal.read(path) if each.get("event") == "held"]
    return max((float(each) for each in until if isinstance(each, int | float)), default=0.0)


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
        return tuple(start.get(each) for each in ("image_name", "project_id", "region")) != place

    def collect() -> None:
        try:
            try:
                for text in give_back(api.using(cancel=stop), build_id, spared):
                    note(text)
            finally:
                prune()
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
        return None if spared(_start(path)) else api.cancel

    for dead in dead_builds(api.credentials.account, api.clock(), but, await_others=await_others):
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
    if complete:
        inspection.forget(dead.journal.path.parent)
    return said


def prune(now: float | None = None) -> None:
    """Remove the folders of builds that are long over and left nothing, and tracebacks as old."""
    now = time.time() if now is None else now
    for file in (places.state_dir() / "errors").glob("*.log"):
        with contextlib.suppress(OSError):
            if now - file.stat().st_mtime > KEEP_SECONDS:
                file.unlink()
    for path in journals():
        with contextlib.suppress(OSError, Alive, JournalFailed):
            if now - path.stat().st_mtime > KEEP_SECONDS and not journal.outstanding(path):
                held = Journal(path)
                shutil.rmtree(path.parent, ignore_errors=True)
                held.close()
