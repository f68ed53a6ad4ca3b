"""The attempts of one login: when the next comes, when they are enough, and why none of them got in.

The last attempt is not why: the time-out cuts it off, or the host goes away meanwhile. Why is what stopped the one that
came furthest.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from ucloud_provider.communicators.ssh_connect import AttemptFailed, Reached, SshTarget
from ucloud_provider.errors import NoLogin


@dataclass
class Attempts:
    """What came of the attempts so far. `deadline` is the monotonic time at which the last of them is cut off."""

    target: SshTarget
    deadline: float
    started: float = field(default_factory=time.monotonic)
    count: int = 0
    refused: int = 0
    """Log-ins that the host refused."""
    first_refused: float = 0.0
    strangers: int = 0
    """Hosts that showed another key."""
    cause: AttemptFailed | None = None
    last: AttemptFailed | None = None

    def failed(self, error: AttemptFailed) -> None:
        """Count one more."""
        self.count += 1
        said_no = error.reached >= Reached.REFUSAL
        self.strangers += error.reached is Reached.OTHER_HOST
        if error.reached is Reached.REFUSAL:
            self.refused += 1
            self.first_refused = self.first_refused or time.monotonic()
        if self.cause is not None and not said_no and time.monotonic() >= self.deadline:
            return  # cut off: it says nothing
        self.last = error
        if self.cause is None or error.reached >= self.cause.reached:
            self.cause = error

    def pause(self) -> float:
        """Seconds until the next: a host that said no needs longer to think better of it than sshd to come up."""
        answered = self.refused + self.strangers
        wanted = min(8.0, 0.5 * 2 ** min(answered - 1, 8)) if answered else min(1.0, 0.1 * 1.5 ** min(self.count, 9))
        return max(0.0, min(wanted, self.deadline - time.monotonic()))

    def are_enough(self) -> bool:
        """Whether no more is to be tried."""
        return self._said_no_often() or time.monotonic() >= self.deadline

    def _said_no_often(self) -> bool:
        most = self.target.handshake_attempts
        key_may_come = time.monotonic() < self.first_refused + self.target.key_patience
        return self.strangers >= most or (self.refused >= most and not key_may_come)

    def no_login(self) -> NoLogin:
        """The error that says why, and what was seen last where that is something else."""
        limit = f"within {self.target.timeout:g} s ({self.count} attempts)"
        if self._said_no_often():
            times = max(self.refused, self.strangers)
            waited = f", and {self.target.key_patience:g} s for the key to come" if self.target.key_patience else ""
            limit = (
                f"after {times} attempts that the host refused "
                f"(handshake attempts: {self.target.handshake_attempts}{waited})"
            )
        cause = self.cause or AttemptFailed("nothing was tried")
        said = f"no SSH login as {self.target} {limit}, in {time.monotonic() - self.started:.0f} s: {cause.reason}"
        if self.last is not None and self.last.reached != cause.reached:
            said += f"; seen last: {self.last.reason}"
        return NoLogin(
            said,
            login_refused=cause.reached is Reached.REFUSAL,
            other_host=cause.reached is Reached.OTHER_HOST,
        )
