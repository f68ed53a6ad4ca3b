"""A host that UCloud has no room for is tried in the other zones, then with the other types, that the user listed."""

from __future__ import annotations

import pytest
from ucloud_provider.errors import InvalidSpec, StepFailed

from tests.emulator.build.conftest import Builds

NO_ROOM = {"action": "CreateUHostInstance", "ret_code": 8320, "message": "resource not enough", "times": 0}


@pytest.fixture
def crowded(paper_builds: Builds) -> Builds:
    """A cloud without room in the first zone."""
    paper_builds.emulator.fault(**NO_ROOM, parameters={"Zone": "cn-bj2-02"})
    return paper_builds


def ordered(builds: Builds) -> list[tuple[str, str, int]]:
    orders = builds.requests("CreateUHostInstance")
    return [(each["params"]["Zone"], str(each["params"]["CPU"]), each["RetCode"]) for each in orders]


def test_the_next_zone_is_tried_and_shown(crowded: Builds) -> None:
    crowded.build(communicator="none", fallback_availability_zones=["cn-bj2-03", "cn-bj2-05"])
    assert ordered(crowded) == [("cn-bj2-02", "2", 8320), ("cn-bj2-03", "2", 0)]
    (said,) = (each for each in crowded.progress.steps if each.startswith("no n-basic-2 in cn-bj2-02"))
    assert said.startswith("no n-basic-2 in cn-bj2-02 (resource not enough")
    assert said.endswith("): trying the next")
    assert crowded.left() == []


def test_the_next_type_is_tried_where_no_zone_has_room(paper_builds: Builds) -> None:
    paper_builds.emulator.fault(**NO_ROOM, parameters={"CPU": "2"})
    paper_builds.build(
        communicator="none", fallback_availability_zones=["cn-bj2-03"], fallback_instance_types=["n-basic-4"]
    )
    assert ordered(paper_builds) == [
        ("cn-bj2-02", "2", 8320),
        ("cn-bj2-03", "2", 8320),
        ("cn-bj2-02", "4", 0),
    ]


def test_where_there_is_room_nowhere_all_that_was_tried_is_told_and_nothing_is_left(paper_builds: Builds) -> None:
    paper_builds.emulator.fault(**NO_ROOM)
    said = r"resource not enough: the zone has no room .*; tried n-basic-2 in cn-bj2-02, n-basic-2 in cn-bj2-03"
    with pytest.raises(StepFailed, match=said):
        paper_builds.build(communicator="none", fallback_availability_zones=["cn-bj2-03"])
    assert paper_builds.left() == []


def test_a_bad_parameter_is_never_tried_elsewhere(paper_builds: Builds) -> None:
    paper_builds.emulator.fault(action="CreateUHostInstance", ret_code=230, message="bad Name", times=0)
    with pytest.raises(StepFailed, match="bad Name"):
        paper_builds.build(communicator="none", fallback_availability_zones=["cn-bj2-03"])
    assert len(ordered(paper_builds)) == 1


@pytest.mark.parametrize(("code", "remedy"), [(8104, "pay them in the console"), (8226, "real-name"), (4207, "raise")])
def test_the_accounts_own_trouble_is_told_at_once_with_its_remedy(paper_builds: Builds, code: int, remedy: str) -> None:
    paper_builds.emulator.fault(action="CreateUHostInstance", ret_code=code, message="no", times=0)
    with pytest.raises(StepFailed, match=remedy):
        paper_builds.build(communicator="none", fallback_availability_zones=["cn-bj2-03"])
    assert len(ordered(paper_builds)) == 1
    assert paper_builds.left() == []


def test_a_fallback_zone_of_another_region_is_told_before_anything_is_made(paper_builds: Builds) -> None:
    with pytest.raises(InvalidSpec, match=r"fallback_availability_zones\[0\]: 'hk-02' is not a zone of cn-bj2; one of"):
        paper_builds.build(communicator="none", fallback_availability_zones=["hk-02"])
    assert paper_builds.requests("ImportUHostKeyPairs") == []
