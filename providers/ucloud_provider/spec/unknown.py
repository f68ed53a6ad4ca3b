"""Values that a preview does not know yet: found, and taken out, so that the rest can be checked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Location = tuple[str | int, ...]

_UNKNOWN_TOKEN = "04da6b54-80e4-46f7-96b2-b56ff0331ba9"  # noqa: S105 -- how Pulumi's RPC writes an unknown value


def is_unknown(value: Any) -> bool:
    """Whether Pulumi put this value in place of one that is not known yet.

    By name, so that nothing of Pulumi needs to be imported here: `pulumi.output.Unknown`, or the RPC's token.
    """
    return type(value).__name__ == "Unknown" or value == _UNKNOWN_TOKEN


def without_unknowns(values: Mapping[str, Any]) -> tuple[dict[str, Any], set[Location]]:
    """The values less those that are unknown, and where those were.

    In a list an unknown element becomes None, so that the others keep their places.
    """
    found: set[Location] = set()

    def walk(value: Any, location: Location) -> Any:
        if isinstance(value, Mapping):
            kept = {}
            for key, each in value.items():
                if is_unknown(each):
                    found.add((*location, key))
                else:
                    kept[key] = walk(each, (*location, key))
            return kept
        if isinstance(value, list | tuple):
            items: list[Any] = []
            for index, each in enumerate(value):
                if is_unknown(each):
                    found.add((*location, index))
                    items.append(None)
                else:
                    items.append(walk(each, (*location, index)))
            return items
        return value

    result: dict[str, Any] = walk(values, ())
    return result, found
