"""Lists that UCloud hands out page by page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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
