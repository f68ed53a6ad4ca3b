"""Takes secrets out of texts: whole or in pieces, in the forms they are commonly written in, also broken over lines.

What is masked:
- a secret in any of its forms (`secret_forms`), wherever it stands, however it is broken by white space or line ends;
- the beginning of one, from 8 characters, at the end of a text or before `…`: the rest is on the next line, or was cut
  off;
- a piece of one, from 12 characters, that is encoded or looks like a token and not like words: the middle of a wrapped
  key behind a time stamp, say. Words are left alone: a secret such as a URL must not take other URLs out of a log.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterable, Iterator

from ucloud_provider import secret_forms

MASK = "***"
LEAST = 8
"""Characters of a secret's beginning that are not shown."""
LEAST_PIECE = 12
"""Characters of a piece from within a secret that are not shown, where they look like a token."""

_GRAM = 4
_STRIDE = LEAST - _GRAM + 1
"""Of any 8 characters in a row, one group of 4 begins at a multiple of 5: only those are looked up in every text."""
_LONGEST_PIECES = 16 * 1024
"""Characters of a form above which its pieces are not looked for: they would fill the memory."""

# What may stand between the characters of a secret: white space, line ends, what colours a terminal.
_SPACE = re.compile(r"[\s\x00-\x1f\x7f]")
_SPACE_AND_COLOUR = re.compile(rf"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[@-_]|{_SPACE.pattern}")
_CUT = ("…", "...")
"""What stands at the end of a text that was cut off."""
_KINDS = str.maketrans(
    {**dict.fromkeys("0123456789", "0"), **dict.fromkeys("abcdefghijklmnopqrstuvwxyz", "a")}
    | dict.fromkeys("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "A")
)
_CHANGE = re.compile(r"(?=0a|0A|a0|aA|A0)")

Span = tuple[int, int]


class Masker:
    """Replaces secrets by `***`. More can be added while it is in use; threads may share it.

    Example:
        masker = Masker(["s3cret-token"])
        masker("Authorization: s3cret-token")  # "Authorization: ***"
    """

    def __init__(self, secrets: Iterable[str | None] = ()) -> None:
        self._secrets = frozenset(each for each in secrets if each)
        self._lock = threading.Lock()
        self._made: _Index | None = None

    def add(self, *secrets: str | None) -> None:
        """Keep these out, too. None and the empty text are no secrets."""
        with self._lock:
            self._secrets |= {each for each in secrets if each}

    def __call__(self, text: str) -> str:
        return self.index.masked(text, "")[0]

    def stream(self) -> MaskedStream:
        """For a text that comes line by line: a secret that a line end breaks is masked as well."""
        return MaskedStream(self)

    @property
    def index(self) -> _Index:
        """What the secrets are looked up in; made when the first text comes."""
        index, secrets = self._made, self._secrets
        if index is None or index.secrets != secrets:
            index = self._made = _Index(secrets)
        return index


class MaskedStream:
    """The lines of one stream, masked one after the other. It remembers how the line before ended; one thread's.

    Example:
        shown = masker.stream()
        shown("the token is s3cr"), shown("et-token.")  # of a broken secret up to 7 characters show
    """

    def __init__(self, masker: Masker) -> None:
        self._masker = masker
        self._open = ""

    def __call__(self, line: str) -> str:
        shown, self._open = self._masker.index.masked(line, self._open)
        return shown


class _Index:
    """The forms of all secrets, laid out so that a text without any of them is told in a few microseconds."""

    def __init__(self, secrets: frozenset[str]) -> None:
        self.secrets = secrets
        readable = _squeezed_all(secret_forms.readable, secrets)
        encoded = _squeezed_all(secret_forms.encoded, secrets)
        ordered = sorted(readable | encoded, key=lambda form: (-len(form), form))
        self._long: dict[str, list[str]] = {}
        """By their first 8 characters, the longest first."""
        for form in ordered:
            if len(form) >= LEAST:
                self._long.setdefault(form[:LEAST], []).append(form)
        short = [form for form in ordered if len(form) < LEAST]
        self._short = re.compile("|".join(map(re.escape, short))) if short else None
        self._beginnings = {form[:length] for form in self._long for length in range(1, LEAST)}
        self._readable, self._encoded = _windows(readable, LEAST), _windows(encoded, LEAST)
        self._grams = _windows({*self._long, *readable, *encoded}, _GRAM)

    def masked(self, text: str, before: str) -> tuple[str, str]:
        """The text without secrets, and the beginning of one that it ends in, for the text that follows.

        `before` is that beginning of the text before.
        """
        if not self._long and self._short is None:
            return text, ""
        text, rest = self._masked(text, before, _SPACE_AND_COLOUR)
        # What begins like a control sequence need not be one: it must not take the beginning of a secret away.
        return (self._masked(text, "", _SPACE)[0] if "\x1b" in text else text), rest

    def _masked(self, text: str, before: str, between: re.Pattern[str]) -> tuple[str, str]:
        squeezed = before + _squeezed(text, between)
        spans, rest = self._spans(squeezed, len(before))
        return (_replaced(text, spans, between) if spans else text), rest

    def _spans(self, text: str, shown: int) -> tuple[list[Span], str]:
        """What to mask, less the `shown` first characters and counted from there; and the beginning it ends in."""
        spans: list[Span] = []
        rest = ""
        groups = [text[at : at + _GRAM] for at in range(0, len(text) - _GRAM + 1, _STRIDE)]
        if not self._grams.isdisjoint(groups):
            for start, end in self._matches(text, shown):
                if end == len(text) and not rest:
                    rest = text[start:]
                spans.append((start, end))
            spans += _pieces(text, self._encoded)
            spans += (each for each in _pieces(text, self._readable) if _looks_like_a_token(text[slice(*each)]))
        if not rest:
            lengths = range(min(LEAST - 1, len(text)), 0, -1)
            rest = next((text[-n:] for n in lengths if text[-n:] in self._beginnings), "")
        if self._short is not None:
            spans += (match.span() for match in self._short.finditer(text))
        return [(max(start - shown, 0), end - shown) for start, end in spans if end > shown], rest

    def _matches(self, text: str, shown: int) -> Iterator[Span]:
        """Forms in the text, and beginnings of forms that go to its end or to where it was cut, or began before it."""
        for start in range(len(text) - LEAST + 1):
            several = self._long.get(text[start : start + LEAST])
            for form in several or ():
                end = start + _common(form, text, start)
                if end - start == len(form) or start < shown or end == len(text) or text.startswith(_CUT, end):
                    yield start, end


def _pieces(text: str, windows: set[str]) -> Iterator[Span]:
    """The stretches of the text that are made of nothing but these windows, each of which overlaps the next."""
    start = 0
    while start <= len(text) - LEAST_PIECE:
        end = start
        while text[end : end + LEAST] in windows:
            end += 1
        if end == start:
            start += 1
            continue
        if end + LEAST - 1 - start >= LEAST_PIECE:
            yield start, end + LEAST - 1
        start = end + 1


def _squeezed_all(forms: Callable[[str], set[str]], secrets: Iterable[str]) -> set[str]:
    return {_squeezed(form, _SPACE) for secret in secrets for form in forms(secret)} - {""}


def _windows(forms: Iterable[str], length: int) -> set[str]:
    """Every stretch of this length in the forms; of very long forms none."""
    return {
        form[at : at + length] for form in forms if len(form) <= _LONGEST_PIECES for at in range(len(form) - length + 1)
    }


def _squeezed(text: str, between: re.Pattern[str]) -> str:
    """The text without what may stand between the characters of a secret."""
    return text.replace(" ", "") if text.isprintable() else between.sub("", text)


def _common(form: str, text: str, start: int) -> int:
    """How many characters of the form stand at this place of the text."""
    if text.startswith(form, start):
        return len(form)
    length = LEAST
    for mine, other in zip(form[LEAST:], text[start + LEAST : start + len(form)], strict=False):
        if mine != other:
            break
        length += 1
    return length


def _looks_like_a_token(piece: str) -> bool:
    """Whether digits, upper and lower case change from one to the other as often as in keys, and never in words."""
    return 4 * len(_CHANGE.findall(piece.translate(_KINDS))) >= len(piece)


def _replaced(text: str, spans: list[Span], ignored: re.Pattern[str]) -> str:
    """The text with masks in place of what the spans, which do not count what is between characters, cover."""
    places: list[int] = []
    at = 0
    for between in ignored.finditer(text):
        places += range(at, between.start())
        at = between.end()
    places += range(at, len(text))
    parts: list[str] = []
    kept = 0
    covered = 0
    for start, end in sorted(spans):
        if end <= covered:
            continue
        if start >= covered:
            parts += (text[kept : places[start]], MASK)
        covered = end
        kept = places[end - 1] + 1
    return "".join([*parts, text[kept:]])
