"""Lists that UCloud hands out page by page."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from ucloud_provider.cloud.answers import listed, number
from ucloud_provider.cloud.client import Api
from ucloud_provider.errors import CloudError

PAGE = 100
"""UCloud's largest page for most lists."""

MOST_PAGES = 1000
"""Above this a list has no end: whoever answers does not heed the offset."""


def every(api: Api, action: str, items: str, **params: Any) -> Iterator[Mapping[str, Any]]:
    """Every element of a listing call, however many pages it takes."""
    offset = 0
    for _page in range(MOST_PAGES):
        answer = api.read(action, Offset=offset, Limit=PAGE, **params)
        page = listed(action, answer, items)
        yield from page
        offset += len(page)
        if not page or offset >= (number(answer, "TotalCount") or offset):
            return
    raise CloudError(action, 0, f"UCloud lists {items} without end; try again")


def by_ids(
    api: Api, action: str, items: str, parameter: str, ids: Sequence[str], *, not_found: Collection[int]
) -> Iterator[Mapping[str, Any]]:
    """The elements of a listing call for the ids that exist; `not_found` are RetCodes for one that does not."""
    for start in range(0, len(ids), PAGE):
        some = list(ids[start : start + PAGE])
        try:
            answer = api.read(action, Limit=PAGE, **{parameter: some})
        except CloudError as error:
            if error.code not in not_found:
                raise
            if len(some) > 1:  # one that is gone must not hide the others
                for each in some:
                    yield from by_ids(api, action, items, parameter, [each], not_found=not_found)
            continue
        yield from listed(action, answer, items)
