"""Waiting for hosts and images: one poller for each project and region asks for all that anybody waits for.

So the number of calls does not grow with the number of builds. A poller is a thread that lives while somebody waits.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from ucloud_provider.cloud import hosts, images, retry
from ucloud_provider.cloud.client import Api
from ucloud_provider.cloud.records import Host, Image
from ucloud_provider.errors import CloudError, UCloudImageError, UnexpectedState, WaitTimeout

R = TypeVar("R", Host, Image)

FASTEST = 0.3
SLOWEST = 5.0
"""Seconds between two polls: a tenth of the time already waited, within these bounds."""

LISTING_LAG = 30.0
"""Seconds that a listing may lag behind the call that made a thing."""


@dataclass(eq=False)
class _Waiter(Generic[R]):
    """One who waits for one thing."""

    id: str
    since: float
    changed: threading.Condition = field(default_factory=threading.Condition)
    news: int = 0
    record: R | None = None
    error: UCloudImageError | None = None


class _Poller(Generic[R]):
    """Asks for everything that somebody waits for in one place, in one call."""

    def __init__(self, action: str, describe: Callable[[Api, Sequence[str]], Mapping[str, R]], api: Api) -> None:
        self.action = action
        self._describe: Callable[[Api, Sequence[str]], Mapping[str, R]] = describe
        self._api = api
        self._lock = threading.Condition()
        self._waiters: list[_Waiter[R]] = []
        self._running = False

    def join(self, waiter: _Waiter[R]) -> None:
        with self._lock:
            self._waiters.append(waiter)
            self._lock.notify_all()
            if not self._running:
                self._running = True
                threading.Thread(target=self._run, name="ucloud-poller", daemon=True).start()

    def leave(self, waiter: _Waiter[R]) -> None:
        with self._lock:
            self._waiters.remove(waiter)
            self._lock.notify_all()

    def _run(self) -> None:
        while True:
            with self._lock:
                waiters = list(self._waiters)
                if not waiters:
                    self._running = False
                    return
            self._ask(waiters)
            with self._lock:
                youngest = max((each.since for each in self._waiters), default=None)
                if youngest is not None:
                    waited = time.monotonic() - youngest
                    # A new waiter wakes the poller: nobody's first answer waits for somebody else's pause.
                    self._lock.wait(min(SLOWEST, max(FASTEST, waited / 10)))

    def _ask(self, waiters: list[_Waiter[R]]) -> None:
        found: Mapping[str, R] = {}
        error: UCloudImageError | None = None
        ids = sorted({each.id for each in waiters})
        try:
            found = self._describe(self._api, ids)
        except UCloudImageError as failure:
            if len(ids) > 1 and not (isinstance(failure, CloudError) and retry.is_transient(failure)):
                # Refused for the sake of one of them, perhaps: nobody is to fail for another's.
                for id in ids:
                    self._ask([each for each in waiters if each.id == id])
                return
            error = failure
        except Exception as failure:
            # Whoever waits must hear of it, whatever it is: a poller that dies silently is a hang.
            error = UCloudImageError(f"polling failed: {type(failure).__name__}: {failure}")
        for waiter in waiters:
            with waiter.changed:
                waiter.news += 1
                waiter.record, waiter.error = found.get(waiter.id), error
                waiter.changed.notify_all()


_pollers: dict[tuple[object, ...], Any] = {}
"""By action, account, project and region."""
_pollers_lock = threading.Lock()


def host(api: Api, host_id: str, *, awaited: str, until: Callable[[Host | None], bool], timeout: float) -> Host | None:
    """Wait until `until` holds of a host (None: there is no such host); the host as it is then.

    Raises `WaitTimeout`, `Cancelled`, or what `until` raises for a state from which there is no way on.
    """
    return _wait(
        _poller("DescribeUHostInstance", hosts.describe, api),
        api,
        host_id,
        awaited,
        until,
        timeout,
        lambda h: _host_state(h),
    )


def image(
    api: Api, image_id: str, *, awaited: str, until: Callable[[Image | None], bool], timeout: float
) -> Image | None:
    """Wait until `until` holds of an image; likewise."""
    return _wait(
        _poller("DescribeImage", images.describe, api),
        api,
        image_id,
        awaited,
        until,
        timeout,
        lambda i: i.state if i else "no such image",
    )


def clock_in(seconds: float) -> str:
    """What time it is in so many seconds, for whoever is told until when something is waited for."""
    return time.strftime("%H:%M:%S UTC", time.gmtime(time.time() + seconds))


def present(what: str, gone: str, until: Callable[[R], bool]) -> Callable[[R | None], bool]:
    """An `until` for a thing that was made and must be there: one that is not raises `UnexpectedState`.

    `what` names it, `gone` says what else may have become of it.
    """
    since = time.monotonic()
    seen = False

    def there(record: R | None) -> bool:
        nonlocal seen
        if record is not None:
            seen = True
            return until(record)
        if seen or time.monotonic() - since > LISTING_LAG:
            raise UnexpectedState(f"{what} no longer exists: {gone}")
        return False

    return there


def _host_state(record: Host | None) -> str:
    if record is None:
        return "no such host"
    state = record.state or "state unknown"  # which UCloud says by an empty one
    return state if record.boot_disk_ready else f"{state}, boot disk Initializing"


def _poller(action: str, describe: Callable[[Api, Sequence[str]], Mapping[str, R]], api: Api) -> _Poller[R]:
    key = (action, api.credentials, api.project_id, api.region)
    with _pollers_lock:
        if key not in _pollers:
            # The poller serves many: it is cancelled with none of them and logs to none of them.
            quiet = Api(api.sdk, api.credentials, api.project_id, api.region)
            _pollers[key] = _Poller(action, describe, quiet)
        poller: _Poller[R] = _pollers[key]
        return poller


def _wait(
    poller: _Poller[R],
    api: Api,
    id: str,
    awaited: str,
    until: Callable[[R | None], bool],
    timeout: float,
    state: Callable[[R | None], str],
) -> R | None:
    start = time.monotonic()
    waiter: _Waiter[R] = _Waiter(id, start)
    last = "nothing yet"

    def wake() -> None:
        with waiter.changed:
            waiter.changed.notify_all()

    poller.join(waiter)
    try:
        with api.cancel.on_cancel(wake):
            seen = 0
            while True:
                api.cancel.raise_if_set()
                left = start + timeout - time.monotonic()
                if left <= 0:
                    raise WaitTimeout(awaited, timeout, last)
                with waiter.changed:
                    if waiter.news == seen and not api.cancel.is_set():
                        waiter.changed.wait(left)
                    fresh, seen = waiter.news != seen, waiter.news
                    record, error = waiter.record, waiter.error
                if not fresh:
                    continue
                if error is not None:
                    # A network that is gone for a minute is no reason to give up: the time-out is.
                    if not (isinstance(error, CloudError) and retry.is_transient(error)):
                        raise error
                    if last != str(error):
                        last = str(error)
                        api.log(f"still waiting for {awaited}: {last}")
                        api.notice(f"{last}; still waiting")
                    continue
                last = state(record)
                # The call was made once for all that wait; each build's log has what it said of its own thing.
                api.log(f"api < {poller.action} (shared): {id} {last}")
                if until(record):
                    return record
    finally:
        poller.leave(waiter)
