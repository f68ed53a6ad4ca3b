"""The moments at which the tests of faults have a run die, against the build's own steps."""

from __future__ import annotations

from ucloud_provider.build import image
from ucloud_provider.build.pipeline import Step

from tests.faults import deaths


def steps() -> set[str]:
    """The names of all steps that the build is made of."""
    kinds = [each for each in vars(image).values() if isinstance(each, type) and issubclass(each, Step)]
    return {each.name for each in kinds}


def test_every_step_of_a_build_has_a_moment_at_which_it_dies() -> None:
    points = (*deaths.POINTS, *deaths.TAKE_OVER)
    missing = sorted(step for step in steps() if not any(point.is_at(step) for point in points))
    assert not missing, f"no run dies at {', '.join(missing)}: add a Point to tests/faults/deaths.py"
    assert len(steps()) >= 15


def test_moments_have_names_of_their_own() -> None:
    for points in (deaths.POINTS, deaths.TAKE_OVER):
        assert len({point.name for point in points}) == len(points)


def test_a_good_share_of_the_deaths_is_of_hosts_with_cloud_init() -> None:
    sources = [deaths.source_of(point, way) for point in deaths.POINTS for way in deaths.WAYS]
    assert 1 / 3 < sources.count(deaths.WITH_CLOUD_INIT) / len(sources) < 2 / 3
    for way in deaths.WAYS:
        assert len({deaths.source_of(point, way) for point in deaths.STEPS}) == 2
