"""Every error this provider raises on purpose: one tree, each with what happened, to what, and what to do.

The text of an error is what the user reads; it holds no secret and no traceback.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Self


class UCloudImageError(Exception):
    """The base of the tree: catching it catches all that is foreseen."""


class InvalidSpec(UCloudImageError):
    """Arguments that cannot be built: all that is wrong with them, at once."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


class CredentialsMissing(UCloudImageError):
    """No key was found in any of the places that are looked at."""


class NoKeys(CredentialsMissing):
    """Nobody has named any keys: neither wrong ones, nor half of a pair, nor a profile."""


class CloudError(UCloudImageError):
    """UCloud refused or failed a call.

    `code` is UCloud's RetCode, or 0 where no answer of UCloud's was had; `http_status` 0 where none came.
    """

    def __init__(self, action: str, code: int, message: str, *, http_status: int = 0) -> None:
        self.action = action
        self.code = code
        self.message = message
        self.http_status = http_status
        detail = f" (RetCode {code})" if code else f" (HTTP {http_status})" if http_status else ""
        super().__init__(f"{action} failed: {message}{detail}")

    def tried(self, times: int, seconds: float) -> Self:
        """The same error of a call that was made several times in so many seconds."""
        message = f"{self.message}; tried {times} times in {seconds:.0f} s"
        return type(self)(self.action, self.code, message, http_status=self.http_status)


class ResponseLost(CloudError):
    """The call may or may not have taken effect: the connection ended, or the answer was no answer."""


class NotSent(CloudError):
    """UCloud was not reached: the call surely had no effect."""


class WaitTimeout(UCloudImageError):
    """Something did not come to pass in the time given."""

    def __init__(self, awaited: str, seconds: float, last: str) -> None:
        self.awaited = awaited
        self.seconds = seconds
        self.last = last
        super().__init__(f"waited {seconds:g} s for {awaited}; last seen: {last}")


class UnexpectedState(UCloudImageError):
    """A thing went into a state from which what was waited for never comes."""


class Cancelled(UCloudImageError):
    """The user, or the engine, asked for the stop."""

    def __init__(self, reason: str = "cancelled") -> None:
        super().__init__(reason)


class CommunicatorError(UCloudImageError):
    """The host could not be reached or logged in to, or the connection to it broke."""


class NoLogin(CommunicatorError):
    """The host was not reached, or let nobody in, in the time and the attempts given.

    `login_refused`: it said no to the login. `other_host`: what answers shows another host key than the host's.
    """

    def __init__(self, message: str, *, login_refused: bool = False, other_host: bool = False) -> None:
        self.login_refused = login_refused
        self.other_host = other_host
        super().__init__(message)


class HostFull(CommunicatorError):
    """There was no room for a file on the host, nor will there be for the next try."""

    SAID: ClassVar = "No space left on device"
    """How a host says so. One that says it in another language is not understood: an error like others."""


class Disconnected(CommunicatorError):
    """The connection broke while a command ran: whether it ended is unknown."""


class StartUnknown(Disconnected):
    """A command was sent to the host and the answer was lost: whether it started, let alone ended, is unknown."""


class ProvisionerFailed(UCloudImageError):
    """A provisioner's command ended badly. `tail` is the end of its output, without secrets."""

    def __init__(self, what: str, exit_code: int | None, tail: Sequence[str], message: str = "") -> None:
        self.what = what
        self.exit_code = exit_code
        self.tail = tuple(tail)
        reason = message or f"ended with exit code {exit_code}"
        super().__init__(f"{what} {reason}")


class StepFailed(UCloudImageError):
    """A step of the build failed. Says which, on what, why, with the end of the output and the log's name."""

    def __init__(
        self,
        step: str,
        resource: str,
        cause: BaseException,
        *,
        tail: Sequence[str] = (),
        log_file: str = "",
        left_behind: Sequence[str] = (),
        kept: Sequence[str] = (),
    ) -> None:
        self.step = step
        self.resource = resource
        self.cause = cause
        self.tail = tuple(tail)
        self.log_file = log_file
        self.left_behind = tuple(left_behind)
        lines = [f"{step} failed{f' ({resource})' if resource else ''}: {cause}"]
        if self.tail:
            lines.append("last lines of the output:")
            lines.extend(f"  {line}" for line in self.tail)
        lines.extend(kept)
        for thing in self.left_behind:
            lines.append(f"NOT released: {thing}")
        if log_file:
            lines.append(f"full log: {log_file}")
        super().__init__("\n".join(lines))
