"""The names of temporary things: whose they are, and until when.

Everything a build makes for a while carries a label, `ucloud-image-<build id>-x<end of lease>`, in its name or its Tag.
So anybody with the account's keys can tell from the cloud alone what may be collected; no server and no file is needed.
What a build makes for good, the image and its copies, carries `ucloud-image-<build id>`: where it came from, no lease.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass

PREFIX = "ucloud-image"
_LABEL = re.compile(rf"{PREFIX}-([0-9a-f]{{12}})-x([0-9]{{10}})")
_PLACE_MARK = re.compile(rf"({_LABEL.pattern})-([a-z][a-z0-9-]*)")
_ORIGIN = re.compile(rf"{PREFIX}-([0-9a-f]{{12}})")

DURATION = 6 * 3600
"""Seconds that a build may hold what it made for a while: far above any build's length."""


@dataclass(frozen=True)
class Lease:
    """A build's hold on its temporary things."""

    build_id: str
    expires: int

    @property
    def label(self) -> str:
        """At most 38 characters: fits UCloud's names and Tags."""
        return f"{PREFIX}-{self.build_id}-x{self.expires}"

    @property
    def origin(self) -> str:
        """What the image and its copies carry."""
        return f"{PREFIX}-{self.build_id}"

    def has_ended(self, now: float) -> bool:
        return now >= self.expires


def new(now: float, duration: float = DURATION) -> Lease:
    """A lease for a new build, from `now` on (seconds since 1970, by UCloud's clock: `Api.clock`)."""
    return Lease(secrets.token_hex(6), int(now + duration))


def parse(label: str) -> Lease | None:
    """The lease in a name or a Tag, or None where it is not one of ours."""
    match = _LABEL.fullmatch(label)
    return Lease(match[1], int(match[2])) if match else None


def parse_mark(name: str) -> tuple[Lease, str] | None:
    """The lease in a mark's name and the one region that the mark is for, "" where it is for all; or None."""
    held = parse(name)
    if held is not None:
        return held, ""
    match = _PLACE_MARK.fullmatch(name)
    return (Lease(match[2], int(match[3])), match[4]) if match else None


def parse_origin(tag: str) -> str | None:
    """The build's id in the Tag of an image it made, or None where it is not one of ours."""
    match = _ORIGIN.fullmatch(tag)
    return match[1] if match else None
