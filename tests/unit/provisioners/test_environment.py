"""Variables and command templates."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ucloud_provider.provisioners import environment, kinds

values = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=40) | st.sampled_from(
    [
        "",
        "'",
        "'\"'\"'",
        "\\",
        "\\'",
        "$HOME",
        "`id`",
        "$(id)",
        "!!",
        "*",
        "~",
        "-n",
        "a\nb\n",
        "\r",
        "%s%%",
        "{{.Path}}",
        "#x",
    ]
)
many = st.lists(values, min_size=30, max_size=60)


def printing(names: Iterable[str]) -> str:
    """A command that prints the values of these variables."""
    return "printf '%s\\0' " + " ".join(f'"${name}"' for name in names)


def printed(shell: str, script: str, folder: Path) -> list[str]:
    (folder / "script").write_text(script, encoding="utf-8", newline="")
    done = subprocess.run([shell, "./script"], capture_output=True, check=True, cwd=folder)
    assert done.stderr == b""
    return done.stdout.decode().split("\0")[:-1]


@pytest.mark.parametrize("shell", ["sh", "bash"])
@given(many)
@settings(max_examples=8)
def test_any_value_survives_the_file_that_is_sourced(
    shell: str, tmp_path_factory: pytest.TempPathFactory, several: list[str]
) -> None:
    folder = tmp_path_factory.mktemp("sourced")
    given_ = {f"X{number}": value for number, value in enumerate(several)}
    (folder / "env").write_text(environment.file_form(given_), encoding="utf-8", newline="")
    assert printed(shell, f". ./env; {printing(given_)}", folder) == several


@pytest.mark.parametrize("shell", ["sh", "bash"])
@given(many)
@settings(max_examples=8)
def test_any_value_survives_in_front_of_a_command(
    shell: str, tmp_path_factory: pytest.TempPathFactory, several: list[str]
) -> None:
    folder = tmp_path_factory.mktemp("inline")
    given_ = {f"X{number}": value for number, value in enumerate(several)}
    (folder / "inner").write_text(printing(given_))
    assert printed(shell, f"{environment.inline_form(given_)} {shell} ./inner", folder) == several


@given(values, values, values)
def test_what_is_filled_into_a_template_is_not_a_template_itself(path: str, shown: str, around: str) -> None:
    template = f"{{{{.Vars}}}}|{{{{ .Path }}}}|{around}"
    filled = environment.render(template, {"Path": path, "Vars": shown})
    assert filled == f"{shown}|{path}|" + environment.render(around, {"Path": path, "Vars": shown})


names = st.text("aZ_9= é-\n\0", max_size=4)


@given(st.lists(names | st.builds("{}={}".format, names, values), max_size=4), st.dictionaries(names, values | names))
def test_variables_that_are_not_refused_can_be_passed_on(listed: list[str], mapping: dict[str, str]) -> None:
    if not environment.wrong_variables(listed) and not environment.wrong_variables(mapping):
        passed = environment.variables(listed, mapping)
        assert all(environment.NAME.fullmatch(name) for name in passed)
        assert "\0" not in "".join(passed.values())
        assert len(environment.file_form(passed).split("export ")) > len(passed)
        assert mapping.items() <= passed.items()
    for wrong in environment.wrong_variables(listed):
        assert wrong.startswith("entry ")


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
