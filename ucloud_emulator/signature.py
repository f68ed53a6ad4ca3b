"""UCloud's request signature: SHA-1 over the sorted parameters and the private key."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping

SIGNATURE = "Signature"


def sign(parameters: Mapping[str, str], private_key: str) -> str:
    """Each parameter's name and value in the order of the names, then the private key, as SHA-1 in hex."""
    text = "".join(f"{name}{parameters[name]}" for name in sorted(parameters) if name != SIGNATURE)
    return hashlib.sha1((text + private_key).encode(), usedforsecurity=False).hexdigest()


def verified(parameters: Mapping[str, str], private_key: str) -> bool:
    given = parameters.get(SIGNATURE, "")
    return hmac.compare_digest(given.encode(), sign(parameters, private_key).encode())
