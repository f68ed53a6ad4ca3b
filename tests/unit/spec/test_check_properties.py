"""What holds of every check, whatever the inputs: it never breaks, names what is wrong, and finds nothing new twice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ucloud_provider.spec.between import argument_of
from ucloud_provider.spec.check import (
    Checked,
    check_custom_image,
    check_uhost,
    load_custom_image,
    load_uhost,
)

from tests.unit.spec.generated import (
    HOST_ARGUMENTS,
    IMAGE_ARGUMENTS,
    anything,
    hosts,
    images,
    lay_out,
    provisioners,
    rewritten,
)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return lay_out(tmp_path_factory.mktemp("project"))


def is_clean(checked: Checked) -> bool:
    """Whether the check says all in clean lines: a property, a reason, no line end."""
    return all(
        each.property and each.reason and "\n" not in each.property + each.reason and len(each.reason) < 700
        for each in checked.failures
    )


keys = st.sampled_from([*IMAGE_ARGUMENTS, *HOST_ARGUMENTS, "image_name", "user_data_file", "vpc_id", "adopt_image_id"])


@given(st.dictionaries(keys | st.text(max_size=8), anything, max_size=5))
def test_whatever_is_given_is_judged_and_never_breaks_the_check(project: Path, inputs: dict[str, Any]) -> None:
    image, host = check_custom_image(inputs, project), check_uhost(inputs)
    assert image.failures
    assert host.failures
    assert is_clean(image)
    assert is_clean(host)


@given(images)
def test_right_inputs_of_an_image_are_right_and_can_be_loaded(project: Path, inputs: dict[str, Any]) -> None:
    checked = check_custom_image(inputs, project)
    assert checked.failures == ()
    assert set(checked.inputs) == {*inputs, "files", "digest"}
    args = load_custom_image(checked.inputs)
    assert args == load_custom_image(rewritten(checked.inputs))
    assert len(args.provisioners) == len(inputs.get("provisioners", ()))


@given(hosts)
def test_right_inputs_of_a_host_are_right_and_can_be_loaded(inputs: dict[str, Any]) -> None:
    checked = check_uhost(inputs)
    assert (checked.failures, checked.inputs) == ((), inputs)
    assert load_uhost(checked.inputs) == load_uhost(rewritten(inputs))


@given(images | st.dictionaries(keys, anything, max_size=5))
def test_a_check_of_checked_inputs_finds_the_same(project: Path, inputs: dict[str, Any]) -> None:
    once = check_custom_image(inputs, project)
    assert repr(check_custom_image(once.inputs, project)) == repr(once)
    assert repr(check_uhost(check_uhost(inputs).inputs)) == repr(check_uhost(inputs))


def told(checked: Checked, prefix: str = "") -> set[str]:
    """The arguments that the failures are about."""
    assert is_clean(checked)
    return {argument_of(each.property.removeprefix(prefix)) for each in checked.failures}


@given(images, st.sampled_from(sorted(IMAGE_ARGUMENTS)), anything)
def test_garbage_in_one_argument_of_an_image_is_told_of_that_argument(
    project: Path, inputs: dict[str, Any], name: str, garbage: Any
) -> None:
    found = told(check_custom_image({**inputs, name: garbage}, project))
    assert found <= {name} | ({"copies"} if name in ("region", "project_id") else set())
    assert name in found or not isinstance(garbage, bytes) or name == "triggers"


@given(hosts, st.sampled_from(sorted(HOST_ARGUMENTS)), anything)
def test_garbage_in_one_argument_of_a_host_is_told_of_that_argument(
    inputs: dict[str, Any], name: str, garbage: Any
) -> None:
    found = told(check_uhost({**inputs, name: garbage}))
    assert found <= {name}
    assert name in found or not isinstance(garbage, bytes)


@given(provisioners, st.data())
def test_garbage_in_one_argument_of_a_provisioner_is_told_of_that_one(
    project: Path, provisioner: dict[str, Any], data: st.DataObject
) -> None:
    name, garbage = data.draw(st.sampled_from(sorted(provisioner))), data.draw(anything)
    steps = [provisioner, {**provisioner, name: garbage}]
    base = {"image_name": "x", "source_image_id": "uimage-1", "availability_zone": "z", "instance_type": "n-basic-2"}
    found = told(check_custom_image({**base, "provisioners": steps}, project), "provisioners[1].")
    follows = {"inline", "source", "content"} if not garbage or name in ("direction", "generated") else set()
    assert found <= {name} | follows
    assert found == {"type"} or name != "type"
    assert name in found or not isinstance(garbage, bytes)


@pytest.mark.parametrize("nested", [{}, []], ids=["dicts", "lists"])
def test_what_is_nested_deeper_than_the_engine_sends_is_refused_like_anything_else(nested: Any, project: Path) -> None:
    value: Any = "x"
    for _ in range(100):
        value = {"a": value} if isinstance(nested, dict) else [value]
    for name in ("image_name", "provisioners", "copies", "triggers"):
        assert is_clean(check_custom_image({"image_name": "x", name: value}, project))
    assert is_clean(check_uhost({"name": value, "data_disks": value}))
