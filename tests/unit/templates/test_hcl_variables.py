"""Variables and locals of HCL2 templates: types, where values come from and which one counts, validation, secrets."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.templates.conftest import Read, Refused
from ucloud_image.templates import Secret, Template

USE = """
source "null" "s" { value = %s }
build { sources = ["source.null.s"] }
"""

VALIDATED = 'variable "v" {\n default = 1\n validation {\n condition = %s\n error_message = "%s"\n}\n}'


def value(template: Template) -> Any:
    return template.builds[0].source.options["value"]


def by_name(template: Template) -> dict[str, Any]:
    return {each.name: each.value for each in template.variables}


@pytest.mark.parametrize(
    ("kind", "default", "expected"),
    [
        ("string", '"a"', "a"),
        ("string", "1", "1"),
        ("number", '"2"', 2),
        ("number", "1.5", 1.5),
        ("bool", '"true"', True),
        ("list(string)", '["a", 1]', ["a", "1"]),
        ("set(number)", "[2, 1, 2]", [1, 2]),
        ("map(string)", "{ a = 1 }", {"a": "1"}),
        ("tuple([string, number])", '["a", "1"]', ["a", 1]),
        ("any", "{ a = [1] }", {"a": [1]}),
        ("string", "null", None),
        ("object({ a = string, b = optional(number, 7) })", '{ a = "x" }', {"a": "x", "b": 7}),
        ("object({ c = optional(string) })", "{}", {"c": None}),
        ("list(object({ a = optional(bool, true) }))", "[{}, { a = false }]", [{"a": True}, {"a": False}]),
    ],
)  # fmt: skip
def test_a_default_becomes_what_its_type_says(read: Read, kind: str, default: str, expected: object) -> None:
    template = f'variable "v" {{\n  type = {kind}\n  default = {default}\n}}' + USE % "var.v"
    assert value(read(template)) == expected


def test_the_last_of_packers_order_counts(read: Read) -> None:
    names = ("default", "env", "auto", "auto_b", "given_hcl", "auto_json", "given_json", "command")
    files = {
        "t/main.pkr.hcl": "".join(f'variable "{name}" {{ default = "default" }}\n' for name in names) + USE % '"x"',
        "t/b.auto.pkrvars.hcl": 'auto_b = "auto_b"\ngiven_hcl = "b"\ncommand = "b"\n',
        "t/a.auto.pkrvars.hcl": 'auto = "auto"\nauto_b = "a"\nauto_json = "a"',
        "t/c.auto.pkrvars.json": '{"auto_json": "auto_json", "given_json": "c"}',
        "t/ignored.pkrvars.hcl": 'default = "no"',
        "given.pkrvars.hcl": 'given_hcl = "given_hcl"\nauto_json = "given"\ngiven_json = "x"',
        "given.json": '{"given_json": "given_json", "command": "j"}',
    }
    template = read(
        files, "t", var_files=["given.json", "given.pkrvars.hcl"], variables={"command": "command"},
        environment={"PKR_VAR_env": "env", "PKR_VAR_auto": "no", "PKR_VAR_other": "x", "env": "no"},
    )  # fmt: skip
    assert by_name(template) == {name: name for name in names}
    assert [each.origin for each in template.variables] == ["default", "env", *["varfile"] * 5, "cmd"]


def test_a_single_file_has_no_auto_files(read: Read) -> None:
    files = {"main.pkr.hcl": 'variable "v" { default = 1 }' + USE % "var.v", "a.auto.pkrvars.hcl": "v = 2"}
    assert value(read(files, "main.pkr.hcl")) == 1
    assert value(read(files, ".")) == 2


def test_text_given_for_a_list_is_an_expression_and_for_a_string_it_is_not(read: Read) -> None:
    template = 'variable "l" { type = list(string) }\nvariable "s" { type = string }' + USE % "[var.l, var.s]"
    given = {"l": '["a", "b"]', "s": '["a"]'}
    assert value(read(template, variables=given)) == [["a", "b"], '["a"]']
    environment = {f"PKR_VAR_{name}": text for name, text in given.items()}
    assert value(read(template, environment=environment)) == [["a", "b"], '["a"]']


def test_a_default_may_read_the_environment_and_nothing_else_may(read: Read, refused: Refused) -> None:
    template = 'variable "v" { default = env("HERE") }' + USE % "var.v"
    assert value(read(template, environment={"HERE": "yes"})) == "yes"
    assert value(read(template)) == ""
    assert "env" in str(refused(USE % 'env("HERE")', environment={"HERE": "yes"}))


def test_a_variables_block_declares_by_defaults(read: Read) -> None:
    assert value(read("variables {\n a = 1\n b = [2]\n}" + USE % "[var.a, var.b]")) == [1, [2]]


def test_locals_use_each_other_in_any_order(read: Read) -> None:
    template = """
    locals {
      z = "${local.a}!"
      a = "${local.m}${var.v}"
    }
    local "m" { expression = upper("m") }
    variable "v" { default = "v" }
    """
    assert value(read(template + USE % "local.z")) == "Mv!"


def test_data_null_answers_its_input(read: Read) -> None:
    template = 'data "null" "d" { input = "x${local.l}" }\nlocals {\n l = 1\n m = data.null.d.output\n}'
    assert value(read(template + USE % '"${data.null.d.output}${local.m}"')) == "x1x1"


@pytest.mark.parametrize(
    "expression",
    [
        "var.pw", '"u:${var.pw}"', "upper(var.pw)", "local.from", "local.own", "base64encode(jsonencode([var.pw]))",
        "var.pw == \"hush\" ? \"HUSH\" : \"x\"", "sha256(var.pw)", "join(\",\", [for c in [var.pw] : c])",
    ],
)  # fmt: skip
def test_what_is_computed_from_a_secret_is_one(read: Read, expression: str) -> None:
    template = """
    variable "pw" {
      sensitive = true
      default = "hush"
    }
    locals { from = "${var.pw}!" }
    local "own" {
      sensitive = true
      expression = "hush2"
    }
    """
    found = read(template + USE % expression)
    assert isinstance(value(found), Secret)
    assert "hush" not in repr(found)


def test_only_the_secret_part_of_a_list_is_hidden(read: Read) -> None:
    template = 'variable "pw" {\n sensitive = true\n default = "hush"\n}' + USE % '["a", "b ${var.pw}"]'
    assert value(read(template)) == ["a", Secret("b hush")]


def test_a_secret_may_drive_a_dynamic_block(read: Read) -> None:
    template = """
    variable "l" {
      sensitive = true
      default = ["hush"]
    }
    source "null" "s" {
      dynamic "tag" {
        for_each = var.l
        content { value = tag.value }
      }
    }
    build { sources = ["source.null.s"] }
    """
    found = read(template)
    assert found.builds[0].source.options["tag"] == [{"value": Secret("hush")}]


def test_a_validation_tells_its_sentence_where_the_value_stands(read: Read, refused: Refused) -> None:
    files = {
        "main.pkr.hcl": """variable "v" {
  type = string
  validation {
    condition     = can(regex("^cn-", var.v))
    error_message = "A region of China is needed."
  }
}"""
        + USE % "var.v",
        "v.pkrvars.hcl": '\nv = "hk"\n',
    }
    assert value(read(files, "main.pkr.hcl", variables={"v": "cn-bj2"})) == "cn-bj2"
    (problem,) = refused(files, "main.pkr.hcl", var_files=["v.pkrvars.hcl"]).problems
    assert "A region of China is needed." in problem.detail
    assert (problem.file, problem.line, problem.text) == ("v.pkrvars.hcl", 2, 'v = "hk"')


def test_a_secret_is_not_shown_where_its_line_is_wrong(refused: Refused) -> None:
    files = {
        "main.pkr.hcl": 'variable "pw" {\n type = number\n sensitive = true\n}\nvariable "n" { type = number }'
        + USE % "1",
        "v.pkrvars.hcl": 'pw = "hush"\nn = "open"',
    }
    error = refused(files, "main.pkr.hcl", var_files=["v.pkrvars.hcl"])
    assert [(each.line, each.text) for each in error.problems] == [(1, "pw = (sensitive)"), (2, 'n = "open"')]
    assert "hush" not in str(error)


@pytest.mark.parametrize(
    ("template", "line", "said"),
    [
        ('variable "v" {}', 1, 'Unset variable "v"'),
        ('\nvariable "v" {\n type = number\n default = "x"\n}', 4, "a number is required"),
        ('variable "v" { default = 1 }\nvariable "v" { default = 2 }', 2, "Duplicate variable"),
        ('variable "v" { default = file("x") }', 1, "no function named"),
        ('variable "1" { default = 2 }', 1, "Invalid variable name"),
        ('variable "v" { type = sting }', 1, "not a valid type"),
        ("locals {\n a = local.b\n b = local.a\n}", 2, "local.a → local.b → local.a"),
        ("locals {\n a = local.nothing\n}", 2, "nothing"),
        ("locals { a = 1 }\nlocals { a = 2 }", 2, "Duplicate local"),
        ('data "http" "x" { url = "y" }', 1, 'data "http" asks a service'),
        ('data "amazon-ami" "x" {}', 1, 'data "amazon-ami" asks a service'),
        (VALIDATED % ("true", "No."), 4, "does not read"),
        (VALIDATED % ("var.v > 2", "no"), 5, "sentence"),
        (VALIDATED % ("var.v > local.x", "No."), 4, "may read var.v alone"),
        ('packer {\n required_version = ">= 9.0.0"\n}', 2, "wants Packer >= 9.0.0"),
        ('packer {\n required_version = "nine"\n}', 2, "Invalid version constraint"),
    ],
)  # fmt: skip
def test_mistakes_have_their_line(refused: Refused, template: str, line: int, said: str) -> None:
    error = refused(template + USE % "1")
    assert said in str(error)
    assert [each.line for each in error.problems] == [line]
    assert error.problems[0].text == template.split("\n")[line - 1]


def test_a_value_for_nothing_is_an_error_on_the_command_line_and_a_warning_in_a_file(
    read: Read, refused: Refused
) -> None:
    assert "Undefined -var variable" in str(refused(USE % "1", variables={"nobody": "x"}))
    files = {"main.pkr.hcl": USE % "1", "v.pkrvars.hcl": 'nobody = "hush"'}
    (warning,) = read(files, "main.pkr.hcl", var_files=["v.pkrvars.hcl"]).warnings
    assert warning.summary == "Undefined variable"
    assert "hush" not in str(warning)
    declared = {"main.pkr.hcl": USE % "1", "v.pkrvars.hcl": 'variable "x" {}'}
    assert "declared in a file of values" in str(refused(declared, "main.pkr.hcl", var_files=["v.pkrvars.hcl"]))
