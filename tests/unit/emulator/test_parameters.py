"""Reading UCloud's flat parameters by type."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ucloud.core.typesystem import encoder

from ucloud_emulator.parameters import Parameters
from ucloud_emulator.refusals import Refusal, RetCode


def refused(read: object) -> RetCode:
    with pytest.raises(Refusal) as refusal:
        read()  # type: ignore[operator]
    return refusal.value.code


def test_lists_come_in_the_order_of_their_numbers() -> None:
    values = {f"UHostIds.{number}": f"id-{number}" for number in (10, 2, 0, 1)}
    assert Parameters(values).texts("UHostIds") == ("id-0", "id-1", "id-2", "id-10")


def test_groups_hold_the_fields_below_their_number() -> None:
    disks = Parameters({"Disks.0.Size": "20", "Disks.0.IsBoot": "True", "Disks.1.Size": "30", "DisksX.0.Size": "1"})
    assert [disk.required_integer("Size") for disk in disks.groups("Disks")] == [20, 30]


def test_a_refusal_names_the_parameter_with_its_whole_path() -> None:
    disk = Parameters({"Disks.1.Size": "big"}).groups("Disks")[0]
    with pytest.raises(Refusal, match=r"Disks\.1\.Size"):
        disk.required_integer("Size")
    with pytest.raises(Refusal, match=r"Missing params \[Disks\.1\.Type\]"):
        disk.required("Type")


@given(st.dictionaries(st.sampled_from("ABC"), st.lists(st.text(min_size=1), min_size=1, max_size=12), max_size=3))
def test_what_the_sdk_flattens_is_read_back(lists: dict[str, list[str]]) -> None:
    parameters = Parameters(encoder.encode(lists))
    assert {name: list(parameters.texts(name)) for name in lists} == lists


@given(st.text())
def test_a_whole_number_is_read_or_refused_and_nothing_else(text: str) -> None:
    with contextlib.suppress(Refusal):
        assert Parameters({"Size": text}).integer("Size", 7) == (int(text) if text else 7)


def test_numbers_outside_their_bounds_are_refused() -> None:
    assert refused(lambda: Parameters({"N": "0"}).integer("N", 1, least=1)) == RetCode.BAD_PARAMETER
    assert refused(lambda: Parameters({"N": "9"}).integer("N", 1, most=8)) == RetCode.BAD_PARAMETER


@pytest.mark.parametrize(("text", "value"), [("true", True), ("True", True), ("false", False), ("", False)])
def test_booleans_are_read_whatever_their_case(text: str, value: bool) -> None:
    assert Parameters({"IsBoot": text}).boolean("IsBoot") is value


def test_a_secret_that_is_not_base64_is_not_quoted_in_the_refusal() -> None:
    with pytest.raises(Refusal) as refusal:
        Parameters({"Password": "Planted!"}).base64("Password", most=100)
    assert "Planted" not in refusal.value.message
