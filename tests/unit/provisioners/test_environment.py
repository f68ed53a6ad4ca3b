"""Variables and command templates."""

from __future__ import annotations

import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ucloud_provider.provisioners import environment, kinds

text = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=40)


@given(text)
def test_a_value_survives_the_shell_in_both_forms(value: str) -> None:
    value = value.replace("\r", "")
    script = environment.inline_form({"A": value}) + "sh -c 'printf %s \"$A\"'"
    assert subprocess.run(["sh", "-c", script], capture_output=True, check=True).stdout.decode() == value
    script = environment.file_form({"A": value}) + 'printf %s "$A"'
    assert subprocess.run(["sh", "-c", script], capture_output=True, check=True).stdout.decode() == value


def test_variables_are_in_the_order_of_their_names() -> None:
    assert environment.inline_form({"B": "2", "A": "1"}) == "A='1' B='2' "


def test_env_goes_over_environment_vars() -> None:
    assert environment.variables(["A=1", "B=x=y"], {"A": "2"}) == {"A": "2", "B": "x=y"}


@pytest.mark.parametrize("form", ["{{.Path}}", "{{ .Path }}"])
def test_a_template_is_filled_in(form: str) -> None:
    assert environment.render(f"sudo {form} $x {{y}}", {"Path": "/tmp/a"}) == "sudo /tmp/a $x {y}"


def test_unknown_fields_and_names_are_found() -> None:
    assert environment.unknown_fields("{{.Pth}} {{.Path}}", ["Path"]) == ["Pth"]
    assert environment.wrong_variables(["A=1", "planted"]) == ["entry 1 has no '='; write KEY=value"]
    assert "'1A' is no variable name" in environment.wrong_variables({"1A": "planted"})[0]
    assert "planted" not in str(environment.wrong_variables({"1A": "planted"}))
    (wrong,) = environment.wrong_variables(["planted+c2Vj=="])
    assert "entry 0 does not begin with a variable name" in wrong
    assert "planted" not in wrong, "it may be a value"
    assert environment.wrong_variables(None) == []


def test_every_kind_is_found_by_looking_through_the_folder() -> None:
    assert set(kinds()) >= {"shell", "file", "shell-local"}
