"""The fault matrix's own logic: cases follow from what was recorded, and its checks see what is wrong."""

from __future__ import annotations

from typing import Any

import pytest

from tests.faults.matrix import checks
from tests.faults.matrix.cases import generate, sample
from tests.faults.matrix.checks import Seen
from tests.faults.matrix.kinds import CALLS, STATES
from tests.faults.matrix.record import Recorded
from tests.faults.matrix.scenarios import BY_NAME
from tests.faults.matrix.stack import Place, errors
from ucloud_emulator.faultrules import OUTCOMES, parse_rule

PLACE = Place(BY_NAME["add-copy"], 7)
RECORDED = Recorded(
    {"create": [("CopyCustomImage", "cn-bj2"), ("DescribeImage", "hk"), ("DescribeImage", "hk")]},
    {"create": {"copy": 1}},
)


def image(id: str = "uimage-1", region: str = "cn-bj2", name: str = "web") -> dict[str, Any]:
    return {"kind": "image", "id": id, "name": name, "region": region}


def entry(id: str = "uimage-1", *copies: str, **more: Any) -> dict[str, Any]:
    outputs = {"image_id": id, "copies_made": [{"image_id": copy} for copy in copies]}
    return {"type": "pulumi-python:dynamic/ucloud:CustomImage", "urn": "u", "id": id, "outputs": outputs, **more}


def host_entry(id: str) -> dict[str, Any]:
    return {"type": "pulumi-python:dynamic/ucloud:UHost", "urn": "u", "id": id, "outputs": {}}


def test_a_new_call_becomes_a_case_for_every_kind_of_fault() -> None:
    cases = generate(RECORDED)
    of_calls = [case.id for case in cases if "@" in case.what]
    assert len(of_calls) == 3 * len(CALLS)
    assert "create/DescribeImage@hk#2/reset-after" in of_calls
    assert len(cases) - len(of_calls) == sum(transition == "copy" for transition, _ in STATES)
    more = Recorded({"create": [*RECORDED.calls["create"], ("NewCall", "hk")]}, RECORDED.transitions)
    assert len(generate(more)) == len(cases) + len(CALLS)


def test_every_rule_is_one_that_the_emulator_takes() -> None:
    transitions = {"create": dict.fromkeys(OUTCOMES, 1)}
    for case in generate(Recorded(RECORDED.calls, transitions)):
        assert parse_rule(case.rule("org-case-01"))


def test_what_is_still_waited_for_in_vain_is_run_with_little_patience() -> None:
    for kind in [*CALLS, *(kind for _, kind in STATES)]:
        assert kind.impatient == (kind.rule.get("times") == 0) or kind.name == "vanish"
        assert not (kind.passing and kind.impatient)


def test_a_sample_is_spread_over_operations_and_the_same_each_time() -> None:
    recorded = Recorded(dict.fromkeys(BY_NAME, RECORDED.calls["create"]), {})
    chosen = sample(generate(recorded), 24)
    assert chosen == sample(list(reversed(generate(recorded))), 24)
    assert {case.scenario.name for case in chosen} == set(BY_NAME)


@pytest.mark.parametrize(
    ("rows", "entries", "left"),
    [
        ([], [], []),
        ([image()], [entry()], []),
        ([image(), image("uimage-2", "hk")], [entry("uimage-1", "uimage-2")], []),
        ([image(), image("uimage-2", "hk")], [entry()], ["uimage-2"]),
        ([image()], [], ["uimage-1"]),
        ([{"kind": "keypair", "id": "k", "name": "n", "region": ""}], [entry()], ["k"]),
        ([{"kind": "firewall", "id": "f", "name": "n", "region": "hk"}], [], ["f"]),
        ([{"kind": "uhost", "id": "h", "name": "n", "region": "hk"}], [host_entry("h")], []),
        ([{"kind": "uhost", "id": "h", "name": "n", "region": "hk"}], [host_entry("other")], ["h"]),
        ([{"kind": "eip", "id": "e", "name": "n", "region": "hk"}], [], ["e"]),
        ([{"kind": "udisk", "id": "d", "name": "n", "region": "hk"}], [entry()], ["d"]),
    ],
)
def test_what_nobody_knows_of_is_a_stray(rows: list[Any], entries: list[Any], left: list[str]) -> None:
    assert [row["id"] for row in Seen(rows, entries).strays] == left


def test_what_the_state_has_and_the_cloud_has_not_is_lost_but_for_what_is_to_be_deleted() -> None:
    assert Seen([], [entry()]).lost == {"uimage-1"}
    assert Seen([image()], [entry("uimage-1", "uimage-2")]).lost == {"uimage-2"}
    assert Seen([], [entry(delete=True)]).lost == set()


def test_what_is_left_behind_must_be_said() -> None:
    seen = Seen([image(), image("uimage-2", "hk")], [entry()])
    assert "left behind in silence" in checks.after_operation(PLACE, seen, "error: quota", False)[0]
    assert checks.after_operation(PLACE, seen, "not released: copy uimage-2 in hk", False) == []


def test_what_is_lost_is_wrong_unless_nobody_could_know() -> None:
    seen = Seen([], [entry()])
    assert "not in the cloud" in checks.after_operation(PLACE, seen, "", False)[0]
    assert checks.after_operation(PLACE, seen, "", True) == []
    assert checks.after_operation(Place(BY_NAME["delete"], 1), seen, "", False) == []


def test_errors_are_told_by_resource() -> None:
    output = (
        "  error: c99\nDiagnostics:\n"
        "  pulumi-python:dynamic/ucloud:CustomImage (c01):\n    error: quota exceeded\n    full log: x\n\n"
        "  pulumi-python:dynamic/ucloud:UHost (c02):\n    retried\n\n"
        "  pulumi:pulumi:Stack (trial-test):\n    error: update failed\n"
    )
    found = errors(output)
    assert set(found) == {"c01"}
    assert "quota exceeded" in found["c01"]
