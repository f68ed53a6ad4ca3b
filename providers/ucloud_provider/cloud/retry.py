"""The one retry policy: by kind of error, with jitter, never for a bad parameter, never a blind second create."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import tenacity

from ucloud_provider.errors import CloudError, NotSent, ResponseLost
from ucloud_provider.run import Cancel

T = TypeVar("T")

ATTEMPTS = 8
LONGEST_PAUSE = 8.0
"""Seconds. Eight attempts with jittered, doubling pauses bridge about half a minute."""

REFUSED_BEFORE_EFFECT = (429, 503)
"""HTTP statuses with which a gateway says that it did not pass the call on."""


def is_transient(error: BaseException) -> bool:
    """Whether the same call may succeed a little later: no answer, a gateway's error, or throttling."""
    if isinstance(error, ResponseLost | NotSent):
        return True
    return isinstance(error, CloudError) and (error.http_status == 429 or error.http_status >= 500)


def may_have_taken_effect(error: BaseException) -> bool:
    """Whether a creating call that ended in this error may have created something all the same."""
    if isinstance(error, NotSent) or (isinstance(error, CloudError) and error.http_status in REFUSED_BEFORE_EFFECT):
        return False
    return is_transient(error)


def repeat(
    call: Callable[[], T],
    *,
    cancel: Cancel,
    when: Callable[[BaseException], bool] = is_transient,
    told: Callable[[str], None] = lambda _text: None,
    attempts: int = ATTEMPTS,
) -> T:
    """Call until it succeeds, fails for good, or was tried `attempts` times; the last error is raised.

    Only for calls that may be made twice. `told` hears of each retry.
    """

    def tell(state: tenacity.RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        pause = state.next_action.sleep if state.next_action else 0
        told(f"attempt {state.attempt_number} of {attempts}: {error}; again in {pause:.1f} s")

    policy = tenacity.Retrying(
        retry=tenacity.retry_if_exception(when),
        stop=tenacity.stop_after_attempt(attempts),
        wait=tenacity.wait_random_exponential(multiplier=0.3, max=LONGEST_PAUSE),
        sleep=cancel.sleep,
        before_sleep=tell,
        reraise=True,
    )
    return policy(call)
