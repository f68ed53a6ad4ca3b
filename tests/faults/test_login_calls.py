"""The call that only a build with a login makes × every kind of fault: the matrix runs on hosts that exist on paper."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.stack import Stack
from tests.faults import aftermath, deaths
from tests.faults.matrix.kinds import CALLS, Kind
from tests.faults.matrix.stack import sources
from tests.support.emulator import Emulator

ACTION = "UpdateFirewall"
FAST = ("reset-after", "refused-for-ever")


@pytest.mark.parametrize(
    "kind", [pytest.param(each, id=each.name, marks=() if each.name in FAST else pytest.mark.full) for each in CALLS]
)
def test_a_fault_while_the_firewall_is_narrowed(kind: Kind, cloud: Emulator, tmp_path: Path) -> None:
    cloud.reset()
    stack = Stack(tmp_path, dict(cloud.environment()))
    if kind.impatient:
        stack.environment["PYTHONPATH"] = sources(impatient=True)
    stack.create(deaths.program(deaths.PLAIN))
    rule = cloud.fault(action=ACTION, **kind.rule)
    outcome = stack.up()
    (hit,) = [each["hits"] for each in cloud.faults() if each["id"] == rule]
    cloud.clear_faults()
    assert hit > 0
    assert "Traceback" not in outcome.output
    if kind.passing:
        outcome.succeeded()
    if outcome.code == 0:
        aftermath.check_one_image_and_one_copy(stack, cloud)
    else:
        assert aftermath.rows(cloud) == []
    stack.environment.pop("PYTHONPATH", None)
    stack.up().succeeded()
    aftermath.check_one_image_and_one_copy(stack, cloud)
    aftermath.check_destroy(stack, cloud)
