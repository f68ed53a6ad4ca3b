"""Lists that UCloud hands out page by page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ucloud_provider.cloud.client import Api

PAGE = 100
"""UCloud's largest page for most lists."""


def every(api: Api, action: str, items: str, **params: Any) -> Iterator[dict[str, Any]]:
    """Every element of a listing call, however many pages it takes."""
    offset = 0
    while True:
        answer = api.read(action, Offset=offset, Limit=PAGE, **params)
        page = answer.get(items) or []
        yield from page
        offset += len(page)
        if not page or offset >= int(answer.get("TotalCount") or offset):
            return
