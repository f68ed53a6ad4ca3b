"""The one retry policy: by kind of error, with jitter, never for a bad parameter, never a blind second create."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

import tenacity

from ucloud_provider.cloud import retcodes
from ucloud_provider.cloud.retcodes import Meaning
from ucloud_provider.errors import CloudError, NotSent, ResponseLost
from ucloud_provider.run import Cancel, trying_again

T = TypeVar("T")

BRIEF = 20.0
"""Seconds for which a call is made again as long as nothing has been made: a wrong address should be told soon."""
PATIENCE = 180.0
"""Seconds likewise once there is something to lose: bridges a network that is gone for two minutes."""
LONGEST_PAUSE = 8.0
"""Seconds between two attempts, at most; the pauses double, with jitter."""

SECOND_LOOK = 10.0
"""Seconds beyond the pause that a RetCode asks for, in which the call is made once more."""

THROTTLED_STATUS = 429

FIRST_PRODUCT_CODE = 1000
"""RetCodes below are the API gateway's, the same for every product."""


def is_transient(error: BaseException) -> bool:
    """Whether the same call may succeed a little later: no answer, throttling, or a code that says so."""
    if isinstance(error, ResponseLost | NotSent) or is_throttled(error):
        return True
    if not isinstance(error, CloudError):
        return False
    return error.http_status >= 500 or retcodes.meaning(error.code) in (Meaning.LOST, Meaning.AGAIN)


def is_throttled(error: BaseException) -> bool:
    """Whether UCloud asks for fewer calls."""
    if not isinstance(error, CloudError):
        return False
    return error.http_status == THROTTLED_STATUS or retcodes.meaning(error.code) is Meaning.THROTTLED


def may_have_taken_effect(error: BaseException) -> bool:
    """Whether a creating call that ended in this error may have created something all the same.

    Also one that failed for now, by its RetCode: no page says how far it got.
    """
    if isinstance(error, CloudError) and retcodes.meaning(error.code) is Meaning.CREATE_AGAIN:
        return True
    return is_transient(error) and not isinstance(error, NotSent) and not is_throttled(error)


def may_succeed_elsewhere(error: BaseException) -> bool:
    """Whether a creating call may succeed with another zone or instance type.

    A lack of cores or memory has no documented RetCode: product codes that we do not know are taken for one where there
    is somewhere else to try. The gateway's are not, nor those that say that no other zone helps.
    """
    if not isinstance(error, CloudError):
        return False
    means = retcodes.meaning(error.code)
    return means is Meaning.ELSEWHERE or (error.code >= FIRST_PRODUCT_CODE and means not in retcodes.STOPS)


def may_succeed_later(error: BaseException) -> bool:
    """Whether what a product refuses now may be taken later, such as the deletion of what is still in use.

    The gateway's refusals, of a bad parameter or signature, stay what they are, and so do those that need somebody to
    do something first.
    """
    if not isinstance(error, CloudError) or error.code < FIRST_PRODUCT_CODE:
        return False
    return retcodes.meaning(error.code) not in retcodes.STOPS


def has_no_answer(error: BaseException) -> bool:
    """Whether it is the way to a product that failed, and not the product that refused."""
    return isinstance(error, CloudError) and (is_throttled(error) or retcodes.meaning(error.code) is Meaning.LOST)


def is_of_who_asks(error: BaseException) -> bool:
    """Whether UCloud does not let these keys, or this machine, make the call: another call would fare no better."""
    return isinstance(error, CloudError) and retcodes.meaning(error.code) is Meaning.CALLER


def says_the_name_is_taken(error: BaseException) -> bool:
    """Whether a creating call was refused as there is a thing of that name."""
    return isinstance(error, CloudError) and retcodes.meaning(error.code) is Meaning.TAKEN


def lets_nothing_be_asked(error: BaseException) -> bool:
    """Whether UCloud does not know these keys, or lets this machine ask nothing."""
    return isinstance(error, CloudError) and error.code in retcodes.NO_ENTRY


def repeat(
    call: Callable[[], T],
    *,
    cancel: Cancel,
    when: Callable[[BaseException], bool] = is_transient,
    told: Callable[[str], None] = lambda _text: None,
    patience: float = BRIEF,
) -> T:
    """Call until it succeeds, fails for good, or `patience` (seconds) is over: then the last error, with its tries.

    Only for calls that may be made twice. `told` hears of each retry. Where a RetCode says how long to wait, that long
    is waited at least, and the call made once more after it.
    """
    jitter = tenacity.wait_random_exponential(multiplier=0.3, max=LONGEST_PAUSE)

    def pause(state: tenacity.RetryCallState) -> float:
        return max(jitter(state), _asked(state))

    def over(state: tenacity.RetryCallState) -> bool:
        least = _asked(state)
        return (state.seconds_since_start or 0.0) + state.upcoming_sleep >= max(patience, least and least + SECOND_LOOK)

    def tell(state: tenacity.RetryCallState) -> None:
        told(trying_again(state))

    policy = tenacity.Retrying(
        retry=tenacity.retry_if_exception(when),
        stop=over,
        wait=pause,
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


def _asked(state: tenacity.RetryCallState) -> float:
    """Seconds that the last error asks to wait."""
    error = state.outcome.exception() if state.outcome else None
    return retcodes.pause(error.code) if isinstance(error, CloudError) else 0.0
