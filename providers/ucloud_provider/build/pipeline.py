"""Runs the steps of a build, tells which one is running, and on failure gives back in reverse what they made."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar

from ucloud_provider.build.state import Build
from ucloud_provider.errors import (
    Cancelled,
    CommunicatorError,
    InvalidSpec,
    ProvisionerFailed,
    StepFailed,
    UCloudImageError,
)


class Step(ABC):
    """A step: `run` does it, `release` gives back what it made.

    `release` is called for every step that began, also for one that failed half-way: it must find out what there is.
    It must not fail where there is nothing.
    """

    name: ClassVar[str]
    """In the words of a progress line: "creating the host"."""

    @abstractmethod
    def run(self, build: Build) -> None:
        """Do it. Raises a `UCloudImageError`."""

    def release(self, build: Build) -> None:  # noqa: B027 -- most steps make nothing
        """Give back what `run` made."""


def run(build: Build, steps: Sequence[Step]) -> list[Step]:
    """Run the steps in order; those that ran, for `release`.

    Raises `StepFailed` (or `InvalidSpec`, `Cancelled`) after everything that was made has been given back; what could
    not be is named in the error.
    """
    begun: list[Step] = []
    try:
        for step in steps:
            build.cancel.raise_if_set()
            build.progress.step(step.name)
            build.log(f"step {step.name}")
            begun.append(step)
            step.run(build)
    except BaseException as cause:
        build.log(f"step {begun[-1].name if begun else 'start'} failed: {type(cause).__name__}: {cause}")
        raise _failure(build, begun, cause, unwind(build, begun)) from cause
    return begun


def unwind(build: Build, begun: Sequence[Step]) -> list[str]:
    """Release in reverse; what could not be released, in words. Every release is tried."""
    left: list[str] = []
    for step in reversed(begun):
        try:
            step.release(build)
        except Exception as error:
            build.log(f"release after {step.name} failed: {type(error).__name__}: {error}")
            left.append(
                f"{_things(build)}: {error}" if isinstance(error, UCloudImageError) else f"{step.name}: {error!r}"
            )
    return left


def _things(build: Build) -> str:
    return ", ".join(str(thing) for thing in build.made.values()) or "nothing known by name"


def _failure(build: Build, begun: Sequence[Step], cause: BaseException, left: list[str]) -> BaseException:
    step = begun[-1].name if begun else "starting"
    if isinstance(cause, InvalidSpec) and not left:
        return cause
    if isinstance(cause, KeyboardInterrupt | SystemExit):
        return cause
    if isinstance(cause, Cancelled) and not left:
        return Cancelled(f"{cause} while {step}; everything the build made has been released")
    if not isinstance(cause, UCloudImageError):
        import traceback

        build.log("".join(traceback.format_exception(cause)))
        cause = UCloudImageError(f"unforeseen {type(cause).__name__}: {cause}")
    shows_tail = isinstance(cause, ProvisionerFailed | CommunicatorError)
    tail = list(cause.tail) if isinstance(cause, ProvisionerFailed) else build.tail
    return StepFailed(
        step,
        _resource(build),
        cause,
        tail=tail if shows_tail else (),
        log_file=str(build.log.path),
        left_behind=left,
    )


def _resource(build: Build) -> str:
    if build.image is not None:
        return f"image {build.image.id}"
    if build.host is not None:
        return f"host {build.host.id}"
    return next((str(thing) for thing in build.made.values()), "")
