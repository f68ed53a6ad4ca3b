"""A short soak of a fixed seed: what `make soak` does for twenty minutes still works, and finds nothing wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.soak import Soak
from tests.faults.soak_world import World
from tests.faults.test_handed_over import up_that_dies_at_the_hand_over
from tests.support.emulator import Emulator

SECONDS = 15.0
"""Until no new operation begins; the round under way is then brought to its end."""
SEED = 20


@pytest.mark.full  # where a signal strikes is chance: no two runs are the same, so it is no part of `make test`
def test_a_short_soak_finds_no_violation(tmp_path: Path) -> None:
    said: list[str] = []
    soak = Soak(SECONDS, SEED, tmp_path, said.append)
    soak.run()
    assert soak.violations == []
    assert said[0] == f"soak: seed {SEED}, {SECONDS:g} s"
    assert said[-1].startswith(f"soak: seed {SEED}, ")
    assert said[-1].endswith(" 0 violations")
    assert len(said) > 3


def test_what_gc_names_as_handed_over_in_a_death_is_deleted_counted_and_no_violation(
    paper_cloud: Emulator, tmp_path: Path
) -> None:
    world = World.begin(paper_cloud, tmp_path)
    try:
        world.edit("add", "a", "", False)
        world.write()
        up_that_dies_at_the_hand_over(world.stack)
        with pytest.raises(AssertionError, match="in no state, and no run has died: image"):
            world.check()
        world.named, world.died = 0, 1
        world.up()
        assert world.named == 1
        world.destroy()
    finally:
        world.end()
