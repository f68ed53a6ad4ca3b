"""Runs that die while they take over the image of an earlier run, which died when it was done; then the next run."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.stack import Stack
from tests.faults import aftermath, deaths
from tests.faults.test_updates import PROGRAM
from tests.support.emulator import Emulator
from tests.support.gateway import Gateway

DONE = deaths.Point("copying", "copying uimage-", "CopyCustomImage")
"""Where the earlier run dies: its image is done, and nobody was told."""


@pytest.mark.parametrize(
    ("point", "way"),
    deaths.cases(
        ("taking an image over", "Ctrl-C twice"),
        ("after DeleteUHostKeyPairs", "machine gone"),
        points=deaths.TAKE_OVER,
    ),
)
def test_the_next_up_leaves_the_image_its_copy_and_nothing_else(
    point: deaths.Point, way: str, paper_cloud: Emulator, tmp_path: Path
) -> None:
    paper_cloud.reset()
    with Gateway(paper_cloud.url) as gateway:
        environment = paper_cloud.environment() | {"UCLOUD_BASE_URL": gateway.url}
        stack = Stack(tmp_path, environment).create(PROGRAM.format(regions=["cn-sh2"]))
        deaths.die(stack, gateway, DONE, "machine gone")
        aftermath.unlock(stack)
        left = {row["id"]: row["kind"] for row in aftermath.rows(paper_cloud)}
        deaths.die(stack, gateway, point, way)
        assert sum(row["kind"] == "uhost" for row in paper_cloud.ledger()) == 1, "the image was built once more"
        # What the earlier run left is collected beside the build, and where that is stopped, by the next one. Its mark
        # may by then be one for the place of its copy alone: see `mark.mark_only`.
        (mark,) = [row["name"] for row in paper_cloud.ledger() if row["id"] in left and row["kind"] == "keypair"]
        of_the_earlier = {row["id"] for row in aftermath.rows(paper_cloud) if row["name"].startswith(mark)}
        aftermath.check_cleared_up(stack, paper_cloud, way, {*left, *of_the_earlier})
        if way not in deaths.NOBODY_LIVES_ON:
            there = {left[row["id"]] for row in aftermath.rows(paper_cloud) if row["id"] in left}
            told = aftermath.images_in(stack)
            assert "image" not in there or "keypair" in there or told, "without its mark, only this machine could tell"
        aftermath.check_comes_right(stack, paper_cloud)
