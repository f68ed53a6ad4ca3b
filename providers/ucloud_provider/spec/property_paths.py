"""Paths to properties, as Pulumi's resource options write them: `provisioners[0].script`, `triggers["a b"]`, `*`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ucloud_provider.spec.unknown import Location

ANY = "*"
_PART = re.compile(r'\.?(?P<name>[^.\[\]"]+)|\[(?P<index>\d+)\]|\[(?P<any>\*)\]|\["(?P<quoted>(?:[^"\\]|\\.)*)"\]')


def parsed(path: str) -> Location:
    """The path's parts; () for what is no path: the engine tells that itself."""
    parts: list[str | int] = []
    end = 0
    while end < len(path):
        match = _PART.match(path, end)
        if match is None:
            return ()
        end = match.end()
        if match["index"] is not None:
            parts.append(int(match["index"]))
        elif match["quoted"] is not None:
            parts.append(re.sub(r"\\(.)", r"\1", match["quoted"]))
        else:
            parts.append(match["any"] or match["name"])
    return tuple(parts)


def covers(path: Location, location: Location) -> bool:
    """Whether the path names what is there, or something that it is in."""
    return 0 < len(path) <= len(location) and meets(path, location)


def meets(path: Location, location: Location) -> bool:
    """Whether one of the two lies in the other."""
    return all(part in (ANY, there) for part, there in zip(path, location, strict=False))


def at(values: Any, path: Location) -> Iterator[tuple[Location, Any]]:
    """What there is at a path, and where exactly; what is not given is nowhere."""
    if not path:
        yield (), values
        return
    first, rest = path[0], path[1:]
    inside: Sequence[tuple[str | int, Any]] = ()
    if isinstance(values, Mapping):
        inside = [(key, each) for key, each in values.items() if first in (ANY, key)]
    elif isinstance(values, list | tuple):
        inside = [(index, each) for index, each in enumerate(values) if first in (ANY, index)]
    for key, each in inside:
        if each is not None:
            yield from (((key, *location), found) for location, found in at(each, rest))
