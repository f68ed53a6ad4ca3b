"""Cuts a stream of bytes into the lines that a person would see, whatever the pieces it arrives in."""

from __future__ import annotations

import codecs
import itertools
import re
from collections.abc import Iterator

LONGEST = 64 * 1024
"""A line that is longer is cut, so that a stream without line ends cannot fill the memory."""

QUIET_AFTER_EXIT = 2.0
LIMIT_AFTER_EXIT = 10.0
"""Seconds to listen on after the end of a command that left something running with its output open."""

_END = re.compile(r"\r\n|\n|\r")


class LineSplitter:
    """Feed it bytes, take lines without their ends.

    A carriage return ends a line too: that is how progress bars draw over
    themselves. What cannot be decoded is replaced.

    Example:
        splitter = LineSplitter()
        lines = [*splitter.feed(b"one\\ntw"), *splitter.feed(b"o"), *splitter.end()]  # ["one", "two"]
    """

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._rest = ""

    def feed(self, data: bytes) -> Iterator[str]:
        """The lines that these bytes complete."""
        return self._lines(self._decoder.decode(data))

    def end(self) -> Iterator[str]:
        """What is left when the stream has ended without a line end."""
        yield from self._lines(self._decoder.decode(b"", final=True))
        rest, self._rest = self._rest.removesuffix("\r"), ""
        if rest:
            yield from _pieces(rest)

    def _lines(self, more: str) -> Iterator[str]:
        text = self._rest + more
        at = 0
        for end in _END.finditer(text):
            if end.group() == "\r":
                if end.end() == len(text):  # the first half of a \r\n, perhaps
                    break
                if end.start() == at:  # nothing was drawn
                    at = end.end()
                    continue
            yield from _pieces(text[at : end.start()])
            at = end.end()
        *cut, self._rest = _pieces(text[at:])
        yield from cut


def _pieces(line: str) -> list[str]:
    """The line, or what is cut of it: the same wherever the stream was cut, so an end is not parted from it."""
    length = len(line.removesuffix("\r"))
    cuts = [*range(0, max(length, 1), LONGEST), len(line)]
    return [line[start:end] for start, end in itertools.pairwise(cuts)]


def heard_out(exited: float, heard: float, now: float) -> bool:
    """Whether there is no more to listen for from a command that ended at `exited`: it said its last at `heard`."""
    return now - max(heard, exited) > QUIET_AFTER_EXIT or now - exited > LIMIT_AFTER_EXIT
