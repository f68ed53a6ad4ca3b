"""The dead builds of this machine: found by their journals, and locked while somebody looks after them."""

from __future__ import annotations

import contextlib
import math
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ucloud_provider import hand_over_notes, places
from ucloud_provider.build import journal
from ucloud_provider.build.journal import Alive, Journal, JournalFailed, Thing
from ucloud_provider.build.lease import Lease
from ucloud_provider.cloud import account, hosts
from ucloud_provider.cloud.client import Api
from ucloud_provider.errors import CloudError
from ucloud_provider.run import Cancel

KEEP_SECONDS = 30 * 24 * 3600
"""How long the journals and logs of builds that left nothing are kept."""

ORDER = {"host": 0, "EIP": 1, "image": 1, "copy": 1, "firewall": 2, "key pair": 3}
"""An EIP and a firewall can go once no host uses them, no image is made of a host that is gone; the mark goes last."""

SWEEP_PATIENCE = 120.0
"""Seconds that a build waits for somebody who is just giving back what a dead build of the same image left."""


@dataclass(frozen=True)
class DeadBuild:
    """A build whose process is gone and that left something. Its journal is locked by us while we look after it."""

    start: dict[str, Any]
    journal: Journal
    left: tuple[Thing, ...]

    @property
    def lease(self) -> Lease:
        return lease_of(self.start)

    @property
    def expires(self) -> float:
        """When its lease ends, in seconds since 1970."""
        return float(self.lease.expires)


_locking = threading.Lock()
_looked_after: set[Path] = set()
"""Journals of dead builds that some build of this process has locked just now."""


def journals() -> list[Path]:
    """The journals of this user on this machine."""
    return sorted((places.state_dir() / "builds").glob(f"*/{journal.FILE}"))


def find(
    api: Api, now: float, but: str = "", *, await_others: Callable[[Path], Cancel | None] = lambda _path: None
) -> Iterator[DeadBuild]:
    """The dead builds of the API's account on this machine that left something; `but` is a build that is not meant.

    `now` is by UCloud's clock, as leases are.

    Each is locked while the caller has it, so that no two look after the same. For those of which `await_others` says
    so, see `lock`.
    """
    for path in journals():
        if path.parent.name != but:
            with lock(path, api, now, await_others(path)) as dead:
                if dead is not None:
                    yield dead


@contextlib.contextmanager
def lock(path: Path, api: Api, now: float, await_others: Cancel | None = None) -> Iterator[DeadBuild | None]:
    """The build of a journal, locked, where it is of the API's account, is dead and left something; otherwise None.

    A host that is kept for a look (`on_failure`) is not left behind before its lease has ended, nor is what it needs;
    once somebody has terminated it, the rest is. With `await_others`, another build of this process that is just
    looking after the same dead one is waited for, rather than its journal taken for that of a live build; and so is
    the process that sweeps after it.
    """
    try:
        begun = start(path)
        if not journal.is_understood(begun) or not is_ours(begun, api) or _is_kept(path, api, now):
            yield None
            return
        held = _locked(path, await_others)
    except (Alive, JournalFailed, FileNotFoundError):
        yield None
        return
    try:
        left = tuple(sorted(journal.outstanding(path), key=lambda thing: ORDER.get(thing.kind, 9)))
        yield DeadBuild(begun, held, left) if left else None
    finally:
        with _locking:
            held.close()
            _looked_after.discard(path)


def _locked(path: Path, await_others: Cancel | None) -> Journal:
    """The journal, locked. Raises `Alive` where somebody else has it."""
    deadline = time.monotonic() + SWEEP_PATIENCE
    while True:
        with _locking:
            if path not in _looked_after:
                try:
                    held = Journal(path, new=False)
                except Alive:
                    if not any(each.get("event") == "sweep" for each in journal.read(path)):
                        raise
                else:
                    _looked_after.add(path)
                    return held
        if await_others is None or time.monotonic() > deadline:
            raise Alive(str(path))
        await_others.sleep(0.2)


def is_alive(path: Path) -> bool:
    """Whether somebody holds the lock on a journal: its build, or who looks after it."""
    try:
        Journal(path, new=False).close()
    except Alive:
        return True
    except (FileNotFoundError, JournalFailed):
        pass
    return False


def start(path: Path) -> dict[str, Any]:
    """What a journal begins with; nothing where it cannot be read, or does not say."""
    with contextlib.suppress(OSError):
        return next((each for each in journal.read(path) if each.get("event") == "start"), {})
    return {}


def lease_of(begun: Mapping[str, Any]) -> Lease:
    """The lease of the build with this start; one that ended in 1970 where that is not said."""
    expires = begun.get("expires")
    if not isinstance(expires, int | float) or not math.isfinite(expires):
        expires = 0
    return Lease(str(begun.get("build")), int(expires))


def whose(api: Api) -> dict[str, Any]:
    """What the start of a journal says of where its build is, and whose it is."""
    return {
        "project_id": api.project_id,
        "region": api.region,
        "account": api.credentials.account,
        "base_url": api.credentials.base_url,
    }


def is_ours(begun: Mapping[str, Any], api: Api) -> bool:
    """Whether a journal is of a build in the API's account: with other keys, nothing of it would be seen.

    Keys change, those of STS every hour; whose a project is does not.
    """
    if begun.get("account") == api.credentials.account:
        return True
    project = begun.get("project_id")
    if not isinstance(project, str) or begun.get("base_url") != api.credentials.base_url:
        return False
    try:
        return project in account.projects(api)
    except CloudError:  # keys that may not list projects
        return project == api.project_id


def _is_kept(path: Path, api: Api, now: float) -> bool:
    """Whether a host of this build is kept for a look: its time is not over, and nobody has terminated it."""
    until = [each.get("until") for each in journal.read(path) if each.get("event") == "held"]
    if max((float(each) for each in until if isinstance(each, int | float)), default=0.0) <= now:
        return False
    try:
        return not host_is_gone(path, api)
    except CloudError as error:
        api.log(f"whether the host that {path.parent.name} kept is still there is not known: {error}")
        return True


def host_is_gone(path: Path, api: Api) -> bool:
    """Whether no host is left of a journal's build, which had seen it in a listing. Raises a `CloudError`."""
    for thing in journal.outstanding(path):
        if thing.kind == "host":
            there = api.at(project_id=thing.project_id, region=thing.region)
            if thing.id in hosts.describe(there, [thing.id] if thing.id else []) or hosts.find(there, tag=thing.label):
                return False
    return True


def prune(now: float | None = None) -> None:
    """Remove the folders of builds that are long over and left nothing, and tracebacks as old."""
    now = time.time() if now is None else now
    for file in (places.state_dir() / "errors").glob("*.log"):
        with contextlib.suppress(OSError):
            if now - file.stat().st_mtime > KEEP_SECONDS:
                file.unlink()
    for path in journals():
        with contextlib.suppress(OSError, Alive, JournalFailed):
            if _is_over(path, now):
                held = Journal(path, new=False)
                if _is_over(path, now):  # now that nobody writes to it
                    held.remove()
                else:
                    held.close()


def _is_over(path: Path, now: float) -> bool:
    """Whether nothing was written for long to a journal that has nothing outstanding, nor is waited for."""
    if now - path.stat().st_mtime <= KEEP_SECONDS or hand_over_notes.exists(path.parent.name):
        return False
    return not journal.outstanding(path)
