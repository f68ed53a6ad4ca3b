"""Runs the steps of a build, tells which one is running, and on failure gives back in reverse what they made."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar

from ucloud_provider.build import inspection
from ucloud_provider.build.state import Build
from ucloud_provider.errors import (
    Cancelled,
    CommunicatorError,
    InvalidSpec,
    ProvisionerFailed,
    StepFailed,
    UCloudImageError,
    WaitTimeout,
)


class Step(ABC):
    """A step: `run` does it, `release` gives back what it made.

    `release` is called for every step that began, also for one that failed half-way: it must find out what there is.
    It must not fail where there is nothing.
    """

    name: ClassVar[str]
    """In the words of a progress line: "creating the host"."""
    tells_itself: ClassVar[bool] = False
    """Whether `run` has a progress line of its own, with more in it than the name."""
    stoppable: ClassVar[bool] = True
    """Whether it does not begin where the build was asked to stop."""
    serves_host: ClassVar[bool] = False
    """Whether what it made goes with the temporary host, where that is kept for a look."""

    @abstractmethod
    def run(self, build: Build) -> None:
        """Do it. Raises a `UCloudImageError`."""

    def release(self, build: Build) -> None:  # noqa: B027 -- most steps make nothing
        """Give back what `run` made."""


def run(build: Build, steps: Sequence[Step], before: Sequence[Step] = ()) -> None:
    """Run the steps in order.

    Raises `StepFailed` (or `InvalidSpec`, `Cancelled`) after everything that they, and the steps that ran `before`,
    made has been given back; what could not be is named in the error.
    """
    begun: list[Step] = list(before)
    try:
        for step in steps:
            if step.stoppable:
                build.cancel.raise_if_set()
            if not step.tells_itself:
                build.progress.step(step.name)
            build.log(f"step {step.name}")
            begun.append(step)
            step.run(build)
    except BaseException as cause:
        build.log(f"step {begun[-1].name if begun else 'start'} failed: {type(cause).__name__}: {cause}")
        look = inspection.keep(build, cause)
        left = unwind(build, [step for step in begun if not (look.kept and step.serves_host)])
        raise _failure(build, begun, cause, left, look.lines) from cause


def unwind(build: Build, begun: Sequence[Step]) -> list[str]:
    """Release in reverse; what could not be released, in words. Every release is tried."""
    left: list[str] = []
    for step in reversed(begun):
        try:
            step.release(build)
        except Exception as error:
            build.log(f"release after {step.name} failed: {type(error).__name__}: {error}")
            left.append(str(error) if isinstance(error, UCloudImageError) else f"{step.name}: {error!r}")
    return left


def _failure(
    build: Build, begun: Sequence[Step], cause: BaseException, left: list[str], kept: Sequence[str]
) -> BaseException:
    step = begun[-1].name if begun else "starting"
    if isinstance(cause, InvalidSpec) and not left and not kept:
        return cause
    if isinstance(cause, KeyboardInterrupt | SystemExit):
        return cause
    if isinstance(cause, Cancelled) and not left:
        log = f"full log: {build.log.path}"
        return Cancelled(f"{cause} while {step}; everything the build made has been released\n{log}")
    if not isinstance(cause, UCloudImageError):
        import traceback

        build.log("".join(traceback.format_exception(cause)))
        cause = UCloudImageError(f"unforeseen {type(cause).__name__}: {cause}")
    shows_tail = isinstance(cause, ProvisionerFailed | CommunicatorError | WaitTimeout)
    tail = list(cause.tail) if isinstance(cause, ProvisionerFailed) else build.tail
    return StepFailed(
        step,
        _resource(build),
        cause,
        tail=tail if shows_tail else (),
        log_file=str(build.log.path),
        left_behind=left,
        kept=kept,
    )


def _resource(build: Build) -> str:
    if build.image is not None:
        return f"image {build.image.id}"
    if build.host is not None:
        return f"host {build.host.id}"
    return next((str(thing) for thing in build.made.values()), "")
