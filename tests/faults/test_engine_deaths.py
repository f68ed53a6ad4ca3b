"""A run of `pulumi up` that dies, at every step and in every way; then the next `pulumi up`, on the same machine.

Where a process outlives the death, it has given back everything before that: see `aftermath.check_cleared_up`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults import aftermath, deaths
from tests.support.emulator import Emulator
from tests.support.gateway import Gateway


@pytest.mark.parametrize(
    ("point", "way"),
    deaths.cases(
        ("creating", "provider killed"),
        ("provisioning", "Ctrl-C twice"),
        ("copying", "machine gone"),
        ("after CreateCustomImage", "engine killed"),
    ),
)
def test_the_next_up_leaves_the_image_its_copy_and_nothing_else(
    point: deaths.Point, way: str, cloud: Emulator, tmp_path: Path
) -> None:
    cloud.reset()
    with Gateway(cloud.url) as gateway:
        stack = deaths.stack_for(tmp_path, point, cloud, gateway, deaths.source_of(point, way))
        deaths.die(stack, gateway, point, way)
        aftermath.check_cleared_up(stack, cloud, way)
        aftermath.check_comes_right(stack, cloud)
