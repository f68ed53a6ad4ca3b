"""Reads values out of UCloud's answers: what is missing has a default, what is of a wrong kind is a clean error.

An answer that is not understood is never taken for an empty one: what is not listed counts as gone, and is forgotten.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ucloud_provider.errors import CloudError, ResponseLost


def listed(action: str, answer: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """The objects that a list of an answer, or of one of its objects, holds. UCloud leaves an empty one out."""
    found = answer.get(name)
    if found is None:
        if number(answer, "TotalCount"):
            raise CloudError(action, 0, f"UCloud's answer counts {name} and does not list them; try again")
        return []
    if not isinstance(found, list) or not all(isinstance(each, Mapping) for each in found):
        raise CloudError(action, 0, f"{name} of UCloud's answer is no list of objects; try again")
    return found


def key(action: str, item: Mapping[str, Any], name: str) -> str:
    """The id of a listed object."""
    found = item.get(name)
    if not isinstance(found, str) or not found:
        raise CloudError(action, 0, f"UCloud lists something without {name}; try again")
    return found


def new_id(action: str, answer: Mapping[str, Any], name: str) -> str:
    """The id of what a call has just created. Where it is missing the thing is there all the same: `ResponseLost`."""
    found = answer.get(name)
    if isinstance(found, list) and found:
        found = found[0]
    if not isinstance(found, str) or not found:
        raise ResponseLost(action, 0, f"UCloud answered without {name}")
    return found


def text(item: Mapping[str, Any], *names: str) -> str:
    """The first of these that is a text and not empty, else the empty text."""
    return next((found for name in names if isinstance(found := item.get(name), str) and found), "")


def number(item: Mapping[str, Any], name: str) -> int:
    """A whole number, also one written as a text; 0 where there is none."""
    found = item.get(name)
    if isinstance(found, str) and found.isascii() and found.isdecimal() and len(found) < 20:
        return int(found)
    return int(found) if isinstance(found, int | float) and abs(found) < 1e20 else 0
