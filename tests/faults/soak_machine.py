"""The soak's operations, drawn by Hypothesis's stateful testing: edits, runs, deaths, faults, others at work."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

from hypothesis import assume
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from tests.faults import deaths
from tests.faults.soak_world import NAMES, REGIONS, World

if TYPE_CHECKING:
    from tests.faults.soak import Soak

Edit = tuple[str, str, str, bool]
"""What is edited, of which image, a copy's region, and whether a new image is logged in to."""

EDITS = st.lists(
    st.tuples(
        st.sampled_from(("content", "copy", "name", "build only", "remove")),
        st.sampled_from(NAMES),
        st.sampled_from(REGIONS),
        st.booleans(),
    ),
    min_size=1,
    max_size=3,
)

MOMENTS = (*(point.said for point in deaths.STEPS), "created", "deleting", "deleted")
"""What the engine shows when the death is near."""

CALLS = (
    "GetRegion", "ImportUHostKeyPairs", "CreateFirewall", "CreateUHostInstance", "DescribeUHostInstance",
    "StopUHostInstance", "CreateCustomImage", "DescribeImage", "CopyCustomImage", "PoweroffUHostInstance",
    "TerminateUHostInstance", "DeleteFirewall", "DeleteUHostKeyPairs", "TerminateCustomImage",
)  # fmt: skip
EFFECTS: tuple[dict[str, Any], ...] = (
    {"ret_code": 150},
    {"ret_code": 8095, "message": "quota exceeded"},
    {"http_status": 503},
    {"http_status": 429},
    {"reset_before": True},
    {"reset_after": True},
    {"status_after": 502},
    {"truncate": True},
    {"not_json_after": "html"},
    {"delay": 1.5},
)
STATES: tuple[dict[str, Any], ...] = (
    {"transition": "launch", "outcome": "fail"},
    {"transition": "launch", "outcome": "vanish"},
    {"transition": "launch", "outcome": "never", "for_seconds": 2.0},
    {"transition": "boot_disk", "outcome": "never", "for_seconds": 2.0},
    {"transition": "stop", "outcome": "vanish"},
    {"transition": "image", "outcome": "fail"},
    {"transition": "image", "outcome": "never", "for_seconds": 2.0},
    {"transition": "copy", "outcome": "fail"},
    {"transition": "copy", "outcome": "vanish"},
)
FAULTS = st.one_of(
    st.builds(
        lambda action, effect, skip, times: {"action": action, "skip": skip, "times": times, **effect},
        st.sampled_from(CALLS),
        st.sampled_from(EFFECTS),
        st.integers(0, 2),
        st.integers(1, 3),
    ),
    st.builds(lambda fault, skip: {"skip": skip, **fault}, st.sampled_from(STATES), st.integers(0, 1)),
)


def not_again(what: str) -> Callable[[Any], Any]:
    """Twice in a row, this shows nothing new."""
    found: Callable[[Any], Any] = precondition(lambda self: self.last != what)
    return found


class SoakMachine(RuleBasedStateMachine):
    """One round. `soak` is told of every operation, stops the round when time is up, and counts."""

    soak: ClassVar[Soak]

    def __init__(self) -> None:
        super().__init__()
        self.world: World | None = None
        self.last = ""

    def run(self, what: str, act: Callable[[World], str | None]) -> None:
        world = self.world
        self.last = what
        assert world is not None
        self.soak.operation(what, lambda: act(world))

    @initialize(
        real=st.booleans(),
        images=st.lists(st.sampled_from(NAMES), min_size=1, max_size=3, unique=True),
        simplest=st.integers(0, 1000),
    )
    def begin(self, real: bool, images: list[str], simplest: int) -> None:
        assume(simplest != 0)  # Hypothesis tries the dullest of all rounds first
        self.world = self.soak.new_world(real)
        for key in images:
            self.world.edit("add", key, "", real)
        self.run(f"the first up of {len(images)}", World.up)

    def edit(self, edits: list[Edit]) -> str:
        world = self.world
        assert world is not None
        real = world.cloud.hosts == "real"
        return ", ".join(world.edit(kind, key, region, login and real) for kind, key, region, login in edits)

    @rule(edits=EDITS)
    def up(self, edits: list[Edit]) -> None:
        self.run(f"{self.edit(edits)}; up", World.up)

    @rule(edits=EDITS, way=st.sampled_from(deaths.WAYS), later=st.sampled_from((0.2, 0.5, 0.8, 1.1, 1.5, 2.0, 2.6)))
    def up_that_dies_some_time(self, edits: list[Edit], way: str, later: float) -> None:
        self.up_that_dies(edits, way, "Updating", later)

    @rule(edits=EDITS, way=st.sampled_from(deaths.WAYS), said=st.sampled_from(MOMENTS))
    def up_that_dies_at_a_step(self, edits: list[Edit], way: str, said: str) -> None:
        self.up_that_dies(edits, way, said, 0.0)

    @rule(edits=EDITS, way=st.sampled_from(deaths.WAYS), said=st.sampled_from(MOMENTS), later=st.just(0.1))
    def up_that_dies(self, edits: list[Edit], way: str, said: str, later: float) -> None:
        what = f"{self.edit(edits)}; up, {way} {later} s after {said!r}"
        self.run(what, lambda world: world.up_that_dies(way, said, later))

    @rule(edits=EDITS, fault=FAULTS)
    def up_with_fault(self, edits: list[Edit], fault: dict[str, Any]) -> None:
        self.run(f"{self.edit(edits)}; up with {fault}", lambda world: world.up_with_fault(fault))

    @precondition(lambda self: "no network" not in self.last)
    @rule(edits=EDITS, later=st.sampled_from((0.5, 1.5, 2.5)), seconds=st.sampled_from((1.0, 4.0)))
    def up_without_network(self, edits: list[Edit], later: float, seconds: float) -> None:
        what = f"{self.edit(edits)}; up, no network for {seconds} s after {later} s"
        self.run(what, lambda world: world.up_without_network(later, seconds))

    @not_again("refresh")
    @rule()
    def refresh(self) -> None:
        self.run("refresh", World.refresh)

    @not_again("delete behind Pulumi's back, refresh")
    @rule(which=st.integers(0, 20))
    def delete_behind(self, which: int) -> None:
        self.run("delete behind Pulumi's back, refresh", lambda world: world.delete_behind(which))

    @not_again("gc elsewhere, hours later")
    @rule()
    def gc(self) -> None:
        self.run("gc elsewhere, hours later", World.gc)

    @not_again("destroy")
    @rule()
    def destroy(self) -> None:
        self.run("destroy", World.destroy)

    def teardown(self) -> None:
        if self.world is None:
            return
        try:
            if not self.soak.violated:
                self.soak.finish_round(self.world)
        finally:
            self.world.end()
