"""Lists that UCloud hands out page by page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ucloud_provider.cloud import retry
from ucloud_provider.cloud.answers import listed, number
from ucloud_provider.cloud.client import Api
from ucloud_provider.errors import CloudError

PAGE = 100
"""UCloud's largest page for most lists."""

MOST_PAGES = 1000
"""Above this a list has no end: whoever answers does not heed the offset."""


READINGS = 3
"""So often a list is read whose length changes meanwhile: what moves to a page that was read already is not seen."""


def every(api: Api, action: str, items: str, **params: Any) -> Iterator[Mapping[str, Any]]:
    """Every element of a listing call, however many pages it takes."""
    for _reading in range(READINGS):
        found, settled = _read(api, action, items, params)
        if settled:
            break
    yield from found


def _read(api: Api, action: str, items: str, params: Mapping[str, Any]) -> tuple[list[Mapping[str, Any]], bool]:
    """All pages once, and whether the list stayed as long as it was."""
    found: list[Mapping[str, Any]] = []
    lengths: set[int] = set()
    for _page in range(MOST_PAGES):
        answer = api.read(action, Offset=len(found), Limit=PAGE, **params)
        page, length = listed(action, answer, items), number(answer, "TotalCount")
        found += page
        lengths.add(length)
        # Not every listing tells its length: one without goes on until a page is not full.
        if not page or (len(found) >= length if length else len(page) < PAGE):
            return found, len(lengths) == 1
    raise CloudError(action, 0, f"UCloud lists {items} without end; try again")


def by_ids(
    api: Api, action: str, items: str, *, parameter: str, key: str, ids: Sequence[str]
) -> Iterator[Mapping[str, Any]]:
    """The elements of a listing call for the ids that exist; `key` is an element's id.

    No page says what is answered to an id that does not exist. Where UCloud refuses, the whole list is looked through:
    only what is not in there is gone.
    """
    for start in range(0, len(ids), PAGE):
        some = list(ids[start : start + PAGE])
        try:
            answer = api.read(action, Limit=PAGE, **{parameter: some})
        except CloudError as error:
            if not error.code or retry.has_no_answer(error) or retry.is_of_who_asks(error):
                raise
            yield from (each for each in every(api, action, items) if each.get(key) in some)
        else:
            yield from listed(action, answer, items)
