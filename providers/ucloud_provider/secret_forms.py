"""The ways a secret is commonly written in what a command prints: encoded, quoted, escaped, or line by line."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Iterator
from urllib.parse import quote, quote_plus

LEAST_LINE = 8
"""Characters that a line of a longer secret needs to be looked for by itself: a shorter one is in every other log."""

LEAST_ENCODED = 6
"""Characters that a secret needs for its encodings to be looked for."""

LONGEST_ENCODED = 128 * 1024
"""Characters above which a secret is looked for as it is and line by line, not in its encodings."""

_URL_SAFE = str.maketrans("+/", "-_")
_IN_DOUBLE_QUOTES = re.compile(r'[\\"$`]')
_BY_BACKSLASH = re.compile(r"""[\s!"$&'()*,;<>?\[\\\]^`{|}]""")


def readable(secret: str) -> set[str]:
    """The texts that show the secret as it is, quoted or escaped; of a longer one, such as a key, also each line."""
    found = {secret}
    if LEAST_ENCODED <= len(secret) <= LONGEST_ENCODED:
        found.update(_escaped(secret))
    lines = [line.strip() for line in secret.splitlines()]
    if len(lines) > 1:
        found |= {line for line in lines if len(line) >= LEAST_LINE}
    return found


def encoded(secret: str) -> set[str]:
    """The texts that show the secret in hex or base64: no part of them is a word by itself."""
    if not LEAST_ENCODED <= len(secret) <= LONGEST_ENCODED:
        return set()
    data = secret.encode(errors="replace")
    found = {*_base64(data), data.hex()}
    return found | {each.translate(_URL_SAFE) for each in found} | {data.hex().upper()}


def _base64(data: bytes) -> Iterator[str]:
    """The base64 of the secret itself, and what it always is within the base64 of something longer.

    Three bytes make four characters: what stands for the secret depends on where in such a group it begins, and the
    characters at its two ends hold bits of its neighbours.
    """
    yield base64.b64encode(data).decode().rstrip("=")
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + data).decode().rstrip("=")
        first = (0, 2, 3)[shift]
        last = (len(data) + shift) // 3 * 4
        if last - first >= LEAST_ENCODED:
            yield encoded[first:last]


def _escaped(text: str) -> Iterator[str]:
    # As shells write it: dash and bash in `set -x`, bash in `declare -p` and `printf %q`, and with control characters.
    yield text.replace("'", "'\"'\"'")
    yield text.replace("'", r"'\''")
    yield _IN_DOUBLE_QUOTES.sub(r"\\\g<0>", text)
    yield _BY_BACKSLASH.sub(r"\\\g<0>", text)
    in_ansi_c = repr(text)[1:-1].replace(r"\'", "'")
    yield in_ansi_c.replace("'", r"\'")
    yield in_ansi_c
    # As programs write it: in JSON, with and without other alphabets; in a URL's path and query; in XML.
    yield json.dumps(text)[1:-1]
    yield json.dumps(text, ensure_ascii=False)[1:-1]
    yield quote(text, safe="", errors="replace")
    yield quote(text, errors="replace")
    yield quote_plus(text, errors="replace")
    yield html.escape(text)
