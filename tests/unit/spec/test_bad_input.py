"""Every wrong input gives the one line that the tables say, to the letter; all that is wrong is told at once."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from ucloud_provider.communicators.ssh_keys import KeyPair
from ucloud_provider.spec.check import Failure, check_custom_image, check_uhost

from tests.unit.cloud.test_bad_config import BAD_CONFIG
from tests.unit.spec.bad_hosts import BAD_HOST, HOST
from tests.unit.spec.bad_images import BAD_IMAGE, IMAGE, MISSING, Wrong
from tests.unit.spec.bad_provisioners import BAD_PROVISIONER, SHELL


def changed(base: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in {**base, **change}.items() if value is not MISSING}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "here").write_text("#!/bin/sh\n")
    (tmp_path / "key").write_text(KeyPair.generate().private)
    (tmp_path / "large").write_text("x" * 16385)
    (tmp_path / "folder").mkdir()
    return tmp_path


def said(failures: Sequence[Failure], project: Path) -> list[tuple[str, str]]:
    """What is said, in the tables' words; on one line each, and of nothing secret."""
    assert "planted" not in str(failures)
    assert all("\n" not in each.property + each.reason for each in failures)
    return [(each.property, each.reason.replace(str(project), "PROJECT")) for each in failures]


def named(wrong: object) -> str:
    return str(wrong)[:40].encode("ascii", "backslashreplace").decode()


@pytest.mark.parametrize(("change", "name", "reason"), BAD_IMAGE, ids=named)
def test_a_wrong_input_of_an_image(change: dict[str, Any], name: str, reason: str, project: Path) -> None:
    base = {**IMAGE, "provisioners": [SHELL]}
    assert said(check_custom_image(changed(base, change), project).failures, project) == [(name, reason)]


@pytest.mark.parametrize(("change", "name", "reason"), BAD_HOST, ids=named)
def test_a_wrong_input_of_a_host(change: dict[str, Any], name: str, reason: str, project: Path) -> None:
    assert said(check_uhost(changed(HOST, change)).failures, project) == [(name, reason)]


@pytest.mark.parametrize(("provisioner", "name", "reason"), BAD_PROVISIONER, ids=named)
def test_a_wrong_argument_of_a_provisioner(provisioner: dict[str, Any], name: str, reason: str, project: Path) -> None:
    inputs = {**IMAGE, "provisioners": [SHELL, provisioner]}
    assert said(check_custom_image(inputs, project).failures, project) == [(f"provisioners[1].{name}", reason)]


def test_there_are_far_more_than_a_hundred_wrong_inputs_and_no_two_are_the_same() -> None:
    tables: dict[str, Sequence[Wrong]] = {
        "image": [each for each in BAD_IMAGE if "copies" not in each[0]],
        "copies": [each for each in BAD_IMAGE if "copies" in each[0]],
        "host": BAD_HOST,
        "provisioner": BAD_PROVISIONER,
    }
    different = {(table, repr(each[0])) for table, several in tables.items() for each in several}
    assert len(different) == sum(map(len, tables.values()))
    assert len(different) + len(BAD_CONFIG) >= 200


def test_all_that_is_wrong_is_told_at_once(project: Path) -> None:
    wrong = changed(IMAGE, {"image_name": "a b", "instance_type": "n-basic-3", "vpc_id": "v", "copies": [{}]})
    failures = check_custom_image(wrong, project).failures
    assert [failure.property for failure in failures] == ["image_name", "instance_type", "subnet_id", "copies[0]"]


def test_a_provisioners_wrong_argument_does_not_hide_what_else_is_wrong_with_it(project: Path) -> None:
    provisioners = [
        {"type": "shell", "script": "nowhere.sh", "valid_exit_codes": ["x"], "env": {"A B": "1"}},
        {"type": "shell", "script": 5},
        {"type": "file", "sources": ["here", "gone"], "destination": "/x", "timeout": "never"},
        {"type": "shell-local", "command": "a", "inline": ["b"], "pause_before": "soon"},
    ]
    failures = check_custom_image({**IMAGE, "provisioners": provisioners}, project).failures
    assert {each.property.removeprefix("provisioners") for each in failures} == {
        "[0].valid_exit_codes[0]",
        "[0].script",
        "[0].env",
        "[1].script",
        "[2].timeout",
        "[2].sources[1]",
        "[3].pause_before",
        "[3].inline",
    }
