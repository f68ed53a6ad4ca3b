"""The one retry policy: by kind of error, with jitter, never for a bad parameter, never a blind second create."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

import tenacity

from ucloud_provider.errors import CloudError, NotSent, ResponseLost
from ucloud_provider.run import Cancel, trying_again

T = TypeVar("T")

BRIEF = 20.0
"""Seconds for which a call is made again as long as nothing has been made: a wrong address should be told soon."""
PATIENCE = 180.0
"""Seconds likewise once there is something to lose: bridges a network that is gone for two minutes."""
LONGEST_PAUSE = 8.0
"""Seconds between two attempts, at most; the pauses double, with jitter."""

THROTTLED_STATUS = 429
THROTTLED_CODE = 153
"""How UCloud says that a call came too soon: the call had no effect."""

TRANSIENT_CODES = (110, 130, 150)
"""RetCodes for: no answer from the service in 60 s, an error of the gateway, service unavailable.

Like HTTP 5xx they do not say whether the call took effect.
"""


FIRST_PRODUCT_CODE = 1000
"""RetCodes below are the API gateway's, the same for every product."""


def is_transient(error: BaseException) -> bool:
    """Whether the same call may succeed a little later: no answer, a gateway's error, or throttling."""
    if isinstance(error, ResponseLost | NotSent) or is_throttled(error):
        return True
    return isinstance(error, CloudError) and (error.http_status >= 500 or error.code in TRANSIENT_CODES)


def is_throttled(error: BaseException) -> bool:
    """Whether UCloud asks for fewer calls."""
    return isinstance(error, CloudError) and (error.http_status == THROTTLED_STATUS or error.code == THROTTLED_CODE)


def may_have_taken_effect(error: BaseException) -> bool:
    """Whether a creating call that ended in this error may have created something all the same."""
    return is_transient(error) and not isinstance(error, NotSent) and not is_throttled(error)


def may_succeed_elsewhere(error: BaseException) -> bool:
    """Whether a creating call may succeed with another zone or instance type.

    UCloud publishes no RetCode for a lack of room. Codes of a product's own are taken for one where there is somewhere
    else to try; the gateway's, such as for a bad parameter or signature, never are.
    """
    return may_succeed_later(error)


def may_succeed_later(error: BaseException) -> bool:
    """Whether what a product refuses now may be taken later, such as the deletion of what is still in use.

    The gateway's refusals, of a bad parameter or signature, stay what they are.
    """
    return isinstance(error, CloudError) and error.code >= FIRST_PRODUCT_CODE


def repeat(
    call: Callable[[], T],
    *,
    cancel: Cancel,
    when: Callable[[BaseException], bool] = is_transient,
    told: Callable[[str], None] = lambda _text: None,
    patience: float = BRIEF,
) -> T:
    """Call until it succeeds, fails for good, or `patience` (seconds) is over: then the last error, with its tries.

    Only for calls that may be made twice. `told` hears of each retry.
    """

    def tell(state: tenacity.RetryCallState) -> None:
        told(trying_again(state))

    policy = tenacity.Retrying(
        retry=tenacity.retry_if_exception(when),
        stop=tenacity.stop_before_delay(patience),
        wait=tenacity.wait_random_exponential(multiplier=0.3, max=LONGEST_PAUSE),
        sleep=cancel.sleep,
        before_sleep=tell,
        reraise=True,
    )
    began = time.monotonic()
    try:
        return policy(call)
    except CloudError as error:
        times = int(policy.statistics.get("attempt_number", 1))
        if times == 1:
            raise
        raise error.tried(times, time.monotonic() - began) from None
