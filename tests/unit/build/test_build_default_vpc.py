"""Which VPC hosts are in where the arguments name none."""

from __future__ import annotations

import pytest
from ucloud_provider.build.found import is_default
from ucloud_provider.cloud.records import Vpc

from tests.support.documents import documented


@documented("api/vpc2.0-api/describe_vpc.md", "VPCType is optional; without it the default VPC is the one of that name")
@pytest.mark.parametrize(
    ("name", "type", "default"),
    [
        ("DefaultVPC", "DefaultVPC", True),
        ("renamed", "DefaultVPC", True),
        ("DefaultVPC", "", True),
        ("DefaultVPC", "DefinedVPC", False),
        ("mine", "DefinedVPC", False),
        ("mine", "", False),
    ],
)
def test_the_default_vpc_is_the_one_that_is_said_to_be_or_has_its_name_where_nothing_is_said(
    name: str, type: str, default: bool
) -> None:
    assert is_default(Vpc("uvnet-1", name, type)) is default
