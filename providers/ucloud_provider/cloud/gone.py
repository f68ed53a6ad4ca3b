"""What is gone: listed and not there. No RetCode alone says that a thing is not in the cloud any more.

The documents have codes for that of some products, none of others, and clients know numbers that no page has. What all
agree on is a listing that was answered, in the right project and region, to its last page.
"""

from __future__ import annotations

from collections.abc import Callable

from ucloud_provider.errors import CloudError


def deleted(delete: Callable[[], object], is_listed: Callable[[], bool]) -> bool:
    """Delete a thing; False where it was not there: its deletion was refused, and a listing does not have it.

    Raises the refusal's `CloudError` where it is listed; that of the listing where there is none to be had.
    """
    try:
        delete()
    except CloudError as error:
        if not error.code or is_listed():
            raise
        return False
    return True
