"""Takes secrets out of texts: as they are, in base64 as they travel to UCloud, and line by line."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable

MASK = "***"
SHORTEST = 6
"""A secret's line that is shorter is not looked for by itself: it would be found in half of all words."""


class Masker:
    """Replaces secrets by `***`. More can be added while it is in use.

    Example:
        masker = Masker(["s3cret-token"])
        masker("Authorization: s3cret-token")  # "Authorization: ***"
    """

    def __init__(self, secrets: Iterable[str | None] = ()) -> None:
        self._forms: set[str] = set()
        self._pattern: re.Pattern[str] | None = None
        self.add(*secrets)

    def add(self, *secrets: str | None) -> None:
        """Keep these out, too. None and the empty text are no secrets."""
        forms = {form for secret in secrets if secret for form in _forms(secret)}
        if not forms <= self._forms:
            self._forms |= forms
            # The longest first: one secret may be the beginning of another.
            ordered = sorted(self._forms, key=lambda form: (-len(form), form))
            self._pattern = re.compile("|".join(map(re.escape, ordered)))

    def __call__(self, text: str) -> str:
        return text if self._pattern is None else self._pattern.sub(MASK, text)


def _forms(secret: str) -> set[str]:
    """How a secret may stand in a text. A key of many lines comes line by line."""
    forms = {secret}
    lines = secret.splitlines()
    if len(lines) > 1:
        forms |= {line.strip() for line in lines if len(line.strip()) >= SHORTEST}
    for form in list(forms):
        if len(form) >= SHORTEST:
            forms |= _base64_forms(form.encode())
    return forms


def _base64_forms(data: bytes) -> set[str]:
    """The base64 of the secret itself, and what it always is within the base64 of something longer.

    Three bytes make four characters: what stands for the secret depends on where in such a group it begins, and the
    characters at its two ends hold bits of its neighbours.
    """
    found = {base64.b64encode(data).decode().rstrip("=")}
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + data).decode().rstrip("=")
        first = (0, 2, 3)[shift]
        last = (len(data) + shift) // 3 * 4
        if last - first >= SHORTEST:
            found.add(encoded[first:last])
    return found
