"""UCloud's request signature: SHA-1 over the sorted parameters and the private key."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

from ucloud_emulator.body import Asked, signed_text

SIGNATURE = "Signature"


def sign(parameters: Mapping[str, Any], private_key: str) -> str:
    """Each parameter's name and value in the order of the names, then the private key, as SHA-1 in hex."""
    return _hash(signed_text(parameters) + private_key)


def _hash(text: str) -> str:
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


def verified(asked: Asked, private_key: str) -> bool:
    given = asked.values.get(SIGNATURE, "")
    return hmac.compare_digest(given.encode(), _hash(asked.signed + private_key).encode())
