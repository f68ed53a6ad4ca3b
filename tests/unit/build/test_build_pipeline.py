"""The pipeline: order, unwinding in reverse whatever happens, and what the error then says."""

from __future__ import annotations

from typing import ClassVar

import pytest
from ucloud_provider.build import pipeline
from ucloud_provider.build.pipeline import Step
from ucloud_provider.build.state import Build
from ucloud_provider.errors import (
    Cancelled,
    CloudError,
    InvalidSpec,
    ProvisionerFailed,
    StepFailed,
    UCloudImageError,
)


class Recorded(Step):
    """Writes down what is done with it; fails where it is told to."""

    name: ClassVar[str] = "a step"

    def __init__(
        self, name: str, done: list[str], *, run: BaseException | None = None, release: Exception | None = None
    ) -> None:
        self.name = name  # type: ignore[misc]  # each step of these tests has its own
        self._done = done
        self._run_error = run
        self._release_error = release

    def run(self, build: Build) -> None:
        self._done.append(f"run {self.name}")
        if self._run_error is not None:
            raise self._run_error

    def release(self, build: Build) -> None:
        self._done.append(f"release {self.name}")
        if self._release_error is not None:
            raise self._release_error


def failed(build: Build, *steps: Step) -> BaseException:
    with pytest.raises(BaseException) as caught:  # noqa: PT011 -- also what is no Exception
        pipeline.run(build, steps)
    return caught.value


def test_steps_run_in_order_and_nothing_is_released(build: Build) -> None:
    done: list[str] = []
    pipeline.run(build, [Recorded(name, done) for name in "abc"])
    assert done == ["run a", "run b", "run c"]


@pytest.mark.parametrize(
    "error",
    [
        UCloudImageError("no"),
        CloudError("CreateX", 230, "no"),
        Cancelled("Ctrl-C"),
        InvalidSpec(["no"]),
        ValueError("a bug"),
        KeyboardInterrupt(),
        SystemExit(1),
    ],
)
def test_whatever_ends_a_step_all_that_began_is_released_in_reverse(build: Build, error: BaseException) -> None:
    done: list[str] = []
    failed(build, Recorded("a", done), Recorded("b", done, run=error), Recorded("c", done))
    assert done == ["run a", "run b", "release b", "release a"]


def test_a_release_that_fails_stops_no_other_and_does_not_hide_the_cause(build: Build) -> None:
    done: list[str] = []
    error = failed(
        build,
        Recorded("a", done),
        Recorded("b", done, release=CloudError("DeleteX", 54003, "in use")),
        Recorded("c", done, run=UCloudImageError("the cause")),
    )
    assert done[-3:] == ["release c", "release b", "release a"]
    assert isinstance(error, StepFailed)
    assert "c failed: the cause" in str(error)
    assert "NOT released" in str(error)
    assert "in use" in str(error)


def test_a_failure_names_the_step_the_resource_the_cause_and_the_log(build: Build) -> None:
    build.made["host"] = build.thing("host")
    error = failed(build, Recorded("making it", [], run=UCloudImageError("no room")))
    assert str(error).startswith(f"making it failed (host {build.lease.label} in cn-bj2): no room")
    assert f"full log: {build.log.path}" in str(error)


def test_a_failing_command_is_shown_with_the_last_lines_of_its_output(build: Build) -> None:
    error = failed(build, Recorded("provisioning", [], run=ProvisionerFailed("shell", 3, ["first", "last"])))
    assert "exit code 3" in str(error)
    assert "first\n" in str(error)
    assert "last" in str(error)


def test_a_cancelled_build_that_released_everything_says_so(build: Build) -> None:
    error = failed(build, Recorded("waiting", [], run=Cancelled("Ctrl-C")))
    assert isinstance(error, Cancelled)
    assert "everything the build made has been released" in str(error)


def test_a_cancelled_build_that_could_not_release_everything_says_what(build: Build) -> None:
    error = failed(build, Recorded("waiting", [], run=Cancelled("Ctrl-C"), release=UCloudImageError("still there")))
    assert "still there" in str(error)


def test_no_step_begins_once_the_build_is_cancelled(build: Build) -> None:
    done: list[str] = []
    build.cancel.set("Ctrl-C")
    assert isinstance(failed(build, Recorded("a", done)), Cancelled)
    assert done == []


def test_wrong_arguments_are_told_as_they_are(build: Build) -> None:
    error = failed(build, Recorded("checking", [], run=InvalidSpec(["region: no", "zone: no"])))
    assert isinstance(error, InvalidSpec)
    assert error.problems == ("region: no", "zone: no")


def test_an_unforeseen_error_is_one_line_and_its_traceback_is_in_the_log(build: Build) -> None:
    error = failed(build, Recorded("a", [], run=ValueError("a bug")))
    assert isinstance(error, StepFailed)
    assert "unforeseen ValueError: a bug" in str(error)
    assert "Traceback" not in str(error)
    assert "Traceback" in build.log.path.read_text()
