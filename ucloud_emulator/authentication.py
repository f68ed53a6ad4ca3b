"""Who asks: keys and a signature made with them, temporary keys with their token, or the session of a Cloud Shell."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field

from ucloud_emulator import catalogue
from ucloud_emulator.body import Asked
from ucloud_emulator.refusals import Refusal, RetCode
from ucloud_emulator.signature import SIGNATURE, verified


@dataclass(frozen=True)
class Session:
    """What a browser's session, which a Cloud Shell has too, sends along in headers."""

    cookie: str = field(default="", repr=False)
    csrf_token: str = field(default="", repr=False)

    @classmethod
    def of(cls, headers: Mapping[str, str]) -> Session:
        return cls(headers.get("cookie", ""), headers.get("csrf-token", ""))

    @property
    def is_known(self) -> bool:
        given = f"{self.csrf_token} {self.cookie}"
        known = f"{catalogue.CSRF_TOKEN} {catalogue.COOKIE}"
        return hmac.compare_digest(given.encode(), known.encode())


NO_SESSION = Session()


def authenticate(asked: Asked, session: Session = NO_SESSION) -> None:
    """Raises the refusal that UCloud's clients expect where the request is not an account's of this cloud."""
    values = asked.values
    if not values.get("PublicKey") and session.is_known:
        return
    if not values.get(SIGNATURE):
        raise Refusal(RetCode.MISSING_SIGNATURE, "Missing Signature")
    keys = catalogue.KEYS.get(values.get("PublicKey", ""))
    if keys is None:
        raise Refusal(RetCode.BAD_PUBLIC_KEY, "User not found by PublicKey")
    if not verified(asked, keys.private):
        raise Refusal(RetCode.BAD_SIGNATURE, "Signature VerifyAC Error")
    if not hmac.compare_digest(values.get("SecurityToken", "").encode(), keys.token.encode()):
        raise Refusal(RetCode.NO_SUCH_TOKEN, "Token Not Exists")


def is_sub_account(values: Mapping[str, str]) -> bool:
    keys = catalogue.KEYS.get(values.get("PublicKey", ""))
    return keys is not None and keys.sub_account


def is_authentic(asked: Asked, session: Session = NO_SESSION) -> bool:
    """Whether a request is an account's of this cloud: whatever else is wrong with it."""
    try:
        authenticate(asked, session)
    except Refusal:
        return False
    return True
