"""How the temporary host is paid for, in an account that may not pay by the hour too; what a healthy build asks."""

from __future__ import annotations

import pytest
from ucloud_provider.build.image import build_image
from ucloud_provider.errors import InvalidSpec, StepFailed

from tests.emulator.build.conftest import Builds
from tests.support.documents import documented


def build_in(builds: Builds, project: str, **given: object) -> None:
    build_image(
        builds.args(communicator="none", availability_zone="cn-bj2-05", **given),
        api=builds.api(project_id=project),
        progress=builds.progress,
        cancel=builds.cancel,
        base_dir=builds.base_dir,
        accepts=builds.accepts,
    )


@documented("api/uhost-api/error_code.md", "8116: hourly billing is not permitted")
def test_without_hourly_billing_the_error_says_which_argument_helps(paper_builds: Builds) -> None:
    with pytest.raises(InvalidSpec) as caught:
        build_in(paper_builds, "org-no-hourly", fallback_availability_zones=["cn-bj2-03"])
    (said,) = caught.value.problems
    assert said.startswith("charge_type: 'dynamic', and ")
    assert "set `charge_type` to month" in said
    assert paper_builds.requests("CreateUHostInstance") == []
    assert paper_builds.left() == []


def test_an_order_that_is_refused_for_hourly_billing_alone_is_tried_nowhere_else(paper_builds: Builds) -> None:
    """As where the check of room, whose page does not say what it refuses, let it pass."""
    paper_builds.emulator.fault(action="CreateUHostInstance", ret_code=8116, message="no", times=0)
    with pytest.raises(StepFailed, match=r"RetCode 8116") as caught:
        build_in(paper_builds, "org-emulator", fallback_availability_zones=["cn-bj2-03"])
    assert "set `charge_type` to month" in str(caught.value)
    assert len(paper_builds.requests("CreateUHostInstance")) == 1
    assert paper_builds.left() == []


def test_without_hourly_billing_a_host_is_paid_by_the_month_and_released_at_once(paper_builds: Builds) -> None:
    build_in(paper_builds, "org-no-hourly", charge_type="month")
    (order,) = paper_builds.requests("CreateUHostInstance")
    assert order["params"]["ChargeType"] == "Month"
    assert len(paper_builds.images()) == 1
    assert paper_builds.left() == []


def test_a_healthy_build_is_refused_nothing(paper_builds: Builds) -> None:
    """Its EIP goes with its host: nobody releases it again, and no line of the log says that anything failed."""
    build_in(paper_builds, "org-emulator")
    assert [each for each in paper_builds.requests() if each["RetCode"] != 0] == []
    assert paper_builds.requests("ReleaseEIP") == []
    (log,) = paper_builds.base_dir.glob("state/builds/*/build.log")
    assert [line for line in log.read_text().splitlines() if "failed" in line] == []


def test_an_image_that_cannot_be_looked_up_is_not_said_not_to_be_there(paper_builds: Builds) -> None:
    paper_builds.emulator.fault(action="DescribeImage", ret_code=299, message="no", times=0)
    with pytest.raises(InvalidSpec) as caught:
        build_in(paper_builds, "org-emulator")
    (said,) = caught.value.problems
    assert said.startswith("source_image_id: 'uimage-f1chxn' cannot be looked up: DescribeImage failed: no: IAM")
