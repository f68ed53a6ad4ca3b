"""Making something in the cloud exactly once: intent first; a lost answer is resolved by looking, not by repeating."""

from __future__ import annotations

import time
from collections.abc import Callable

from ucloud_provider.build.journal import Journal, Thing
from ucloud_provider.cloud import retry
from ucloud_provider.cloud.client import Api
from ucloud_provider.errors import CloudError

LOOKS = 4
PAUSE = 1.0
"""A lost call's effect may show in listings a little later: looked for this often, this many seconds apart."""

TRIES = 3


def make(api: Api, journal: Journal, thing: Thing, create: Callable[[], str], find: Callable[[], str | None]) -> Thing:
    """Make `thing`; it with its id.

    `create` makes the one call and returns the id; `find` looks for a thing with the label, which nothing else has.
    Where the answer is lost, the thing is looked for, and made anew only where nothing is to be seen of it. Listings
    may lag: the journal then says that there may be two, and whoever gives it back, or keeps it, looks (`release.py`).
    """
    began = time.monotonic()
    journal.intend(thing)
    for attempt in range(1, TRIES + 1):
        try:
            made = create()
        except CloudError as error:
            if not retry.may_have_taken_effect(error):
                # It may be refused because an earlier call, unanswered or of another attempt, did take effect.
                mine = find() if attempt > 1 or retry.says_the_name_is_taken(error) else None
                if mine is None:
                    if attempt == 1:
                        journal.released(thing)
                    raise
                api.log(f"{thing}: refused ({error}), as it is there: {mine}")
                return _known(journal, thing, mine)
            api.log(f"{thing}: the answer was lost ({error}); looking for it")
            api.notice(f"{error}; looking for what it made")
            found = _look(api, find)
            if found is None:
                if attempt == TRIES:
                    raise error.tried(TRIES, time.monotonic() - began) from None
                api.log(f"{thing}: is not there; making it again")
                journal.again(thing)
                continue
            made = found
        return _known(journal, thing, made)
    raise AssertionError("unreachable")


def _known(journal: Journal, thing: Thing, id: str) -> Thing:
    thing = Thing(thing.kind, thing.label, thing.project_id, thing.region, id)
    journal.made(thing)
    return thing


def _look(api: Api, find: Callable[[], str | None]) -> str | None:
    for look in range(LOOKS):
        found = find()
        if found is not None:
            return found
        if look + 1 < LOOKS:
            api.cancel.sleep(PAUSE)
    return None
