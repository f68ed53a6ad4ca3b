"""What is asked of UCloud before anything is made: each question once, side by side, and what was not answered."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, TypeVar

from ucloud_provider.cloud import retcodes, retry
from ucloud_provider.cloud.client import Api
from ucloud_provider.errors import CloudError

T = TypeVar("T")

SIDE_BY_SIDE = 16


class Answer(Generic[T]):
    """What UCloud will have said; `value` waits for it."""

    def __init__(self, future: Future[T], refused: Callable[[CloudError], None]) -> None:
        self._future = future
        self._refused = refused
        self.was_refused = False
        """Whether UCloud refused the answer: what it did not tell is not known to be absent. Known after `value`."""

    def value(self, also: Collection[retcodes.Meaning] = ()) -> T | None:
        """The answer; None where UCloud refuses it, as to an account that may not ask.

        Raises `CloudError` where nothing can be asked at all: UCloud is not reached, or does not know the keys; and
        for refusals whose meanings are in `also`.
        """
        try:
            return self._future.result()
        except CloudError as error:
            if not error.code or retry.lets_nothing_be_asked(error) or retry.is_transient(error):
                raise
            if retcodes.meaning(error.code) in also:
                raise
            self.was_refused = True
            self._refused(error)
            return None


class Lookups:
    """The questions of one build, or of all checks of a process: nothing is asked twice of the same place."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._asked: dict[Hashable, Future[object]] = {}
        self._pool = ThreadPoolExecutor(max_workers=SIDE_BY_SIDE, thread_name_prefix="preflight")
        self.refused: dict[str, str] = {}
        """Calls that UCloud refused to answer, with what it said."""

    def ask(self, api: Api, question: Hashable, call: Callable[[Api], T]) -> Answer[T]:
        """Ask, unless that was done before; `question` tells apart what is asked of one place."""
        key = (api.credentials.account, api.project_id, api.region, question)
        with self._lock:
            future: Future[T] | None = self._asked.get(key)  # type: ignore[assignment]  # the question says of what
            if future is None:
                future = self._pool.submit(call, api)
                self._asked[key] = future  # type: ignore[assignment]
        return Answer(future, self._note)

    def close(self) -> None:
        """Ask nothing more; what is asked is waited for by whoever wants it."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _note(self, error: CloudError) -> None:
        self.refused.setdefault(error.action, str(error))
