"""How the SDK's client says who asks, beyond a pair of keys: temporary keys with their token, and Cloud Shell's user.

The SDK knows neither: its own credentials are two keys.
"""

from __future__ import annotations

from typing import Any

from ucloud.core import auth
from ucloud.core.auth._cfg import verify_ac

from ucloud_provider.cloud.credentials import Credentials


class _NoKeys(auth.Credential):  # type: ignore[misc]  # the SDK has no types
    """Where headers say who asks, a request names no key; UCloud's SDK for Go signs it all the same."""

    def __init__(self) -> None:
        super().__init__("", "")

    def verify_ac(self, args: dict[str, Any]) -> str:
        return str(verify_ac("", args))


def identify(sdk: Any, credentials: Credentials) -> None:
    """Have a client of the SDK ask as these credentials say. Its transport must send its `headers` each time."""
    if credentials.security_token:
        sdk.middleware.request(lambda sent: {**sent, "SecurityToken": credentials.security_token})
    if credentials.cookie:
        sdk.transport.headers = {"Cookie": credentials.cookie, "Csrf-Token": credentials.csrf_token}
        sdk.credential = _NoKeys()
