"""What only the cloud knows is checked before anything exists, and all of it at once."""

from __future__ import annotations

from typing import Any

import pytest
from ucloud_provider.errors import InvalidSpec
from ucloud_provider.spec.image import ImageCopy

from tests.emulator.build.conftest import DEBIAN, Builds

READ_ONLY = ("Get", "Describe")


def problems(builds: Builds, **given: Any) -> list[str]:
    with pytest.raises(InvalidSpec) as caught:
        builds.build(**given)
    asked = [each["Action"] for each in builds.requests()]
    assert all(action.startswith(READ_ONLY) for action in asked), asked
    return sorted(caught.value.problems)


def test_all_that_is_wrong_is_told_at_once_and_nothing_is_created(paper_builds: Builds) -> None:
    found = problems(
        paper_builds,
        availability_zone="cn-bj2-99",
        source_image_id="uimage-nowhere",
        vpc_id="uvnet-nowhere",
        subnet_id="subnet-nowhere",
        security_group_id="firewall-nowhere",
        ssh_keypair_name="nobody's",
        ssh_private_key_file="key",
        copies=[ImageCopy(region="atlantis"), ImageCopy(project_id="org-nobody")],
    )
    assert [each.split(":")[0] for each in found] == [
        "availability_zone",
        "copies[0].region",
        "copies[1].project_id",
        "security_group_id",
        "source_image_id",
        "ssh_keypair_name",
        "subnet_id",
        "vpc_id",
    ]
    assert paper_builds.left() == []


@pytest.mark.parametrize(
    ("given", "property_", "says"),
    [
        ({"availability_zone": "cn-sh2-01"}, "availability_zone", "one of cn-bj2-02"),
        ({"source_image_id": "uimage-nowhere"}, "source_image_id", "uimage-nowhere"),
        ({"boot_disk_size": 1}, "boot_disk_size", "below the source image's"),
        ({"user_data": "#!/bin/sh"}, "user_data", "CloudInit"),
        ({"security_group_id": "firewall-x"}, "security_group_id", "firewall-x"),
        ({"vpc_id": "uvnet-x"}, "vpc_id", "uvnet-x"),
        ({"copies": [ImageCopy(region="cn-bj2")]}, "copies[0]", "where the image is built"),
        ({"copies": [ImageCopy(region="atlantis")]}, "copies[0].region", "one of"),
        ({"copies": [ImageCopy(project_id="org-x")]}, "copies[0].project_id", "org-x"),
        ({"ssh_keypair_name": "nobody's", "ssh_private_key_file": "key"}, "ssh_keypair_name", "nobody's"),
    ],
)
def test_a_problem_names_its_property_and_value_and_what_to_give(
    paper_builds: Builds, given: dict[str, Any], property_: str, says: str
) -> None:
    (paper_builds.base_dir / "key").write_text("unused")
    (problem,) = problems(paper_builds, **{"source_image_id": DEBIAN, **given})
    assert problem.startswith(f"{property_}: ")
    assert says in problem


def test_a_project_that_is_not_the_accounts_is_one_problem_not_many(paper_builds: Builds) -> None:
    api = paper_builds.api(project_id="org-nobody")
    paper_builds.api = lambda **_where: api  # type: ignore[method-assign]
    assert [each.split(":")[0] for each in problems(paper_builds)] == ["project_id"]


def test_a_region_that_does_not_exist_is_one_problem_not_many(paper_builds: Builds) -> None:
    api = paper_builds.api(region="atlantis")
    paper_builds.api = lambda **_where: api  # type: ignore[method-assign]
    assert [each.split(":")[0] for each in problems(paper_builds)] == ["region"]
