"""Legacy JSON templates: the guide's, variables in Packer's order, functions, what is left for its time, errors."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.unit.templates.conftest import Read, Refused
from ucloud_image.templates import Secret, TemplateError, read_template, revealed

GUIDE = Path(__file__).parent / "data" / "guide.json"


def text(value: str, **more: Any) -> str:
    return json.dumps({"builders": [{"type": "ucloud-uhost", "value": value}], **more})


def rendered(read: Read, value: str, **more: Any) -> Any:
    options = {name: more.pop(name) for name in ("variables", "environment", "var_files") if name in more}
    if "declared" in more:
        more["variables"] = more.pop("declared")
    (build,) = read({"template.json": text(value, **more)}, **options).builds
    return build.source.options["value"]


def test_the_guides_template_reads_unmodified() -> None:
    keys = {"UCLOUD_PUBLIC_KEY": "public", "UCLOUD_PRIVATE_KEY": "private", "UCLOUD_PROJECT_ID": "org-x"}
    template = read_template(GUIDE, environment=keys)
    (build,) = template.builds
    assert build.name == "ucloud-uhost"
    assert build.source.options == {
        "public_key": "public",
        "private_key": "private",
        "project_id": "org-x",
        "region": "cn-bj2",
        "availability_zone": "cn-bj2-02",
        "instance_type": "n-basic-2",
        "source_image_id": "uimage-f1chxn",
        "ssh_username": "root",
        "image_name": "packer-test-basic-bj",
    }
    assert [(each.type, each.options) for each in build.provisioners] == [
        ("shell", {"inline": ["yum install -y nginx"]})
    ]
    assert build.post_processors == ()
    assert build.source.places["region"].line == 13


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{{build_name}}", "ucloud-uhost"),
        ("{{build_type}}", "ucloud-uhost"),
        ("{{isotime}}", "2026-03-04T05:06:07Z"),
        ("{{isotime `2006-01-02`}}", "2026-03-04"),
        ("{{strftime `%Y%m%d`}}", "20260304"),
        ("{{timestamp}}", "1772600767"),
        ("{{split `a-b-c` `-` 1}}", "b"),
        ("{{packer_version}}", "1.11.2"),
        ("{{replace `a` `x` 1 `banana`}}", "bxnana"),
        ("{{replace_all `a` `x` `banana`}}", "bxnxnx"),
        ("{{upper `abc`}}", "ABC"),
        ("{{lower `ABC`}}", "abc"),
        ("{{clean_resource_name `镜像 a/b:c`}}", "镜像-a-b:c"),
        ("{{upper (user `name`)}}-{{user `name` | lower}}", "NGINX-nginx"),
        ("{{if eq (user `name`) `Nginx`}}yes{{else}}no{{end}}", "yes"),
        ("plain", "plain"),
    ],
)
def test_functions(read: Read, template: str, expected: str) -> None:
    assert rendered(read, template, declared={"name": "Nginx"}) == expected


def test_folders_are_the_templates_and_the_callers(read: Read, tmp_path: Path) -> None:
    files = {"in/template.json": text("{{template_dir}} {{pwd}}")}
    (build,) = read(files).builds
    assert build.source.options["value"] == f"{tmp_path}/in {tmp_path}"


def test_a_uuid_is_another_one_each_time(read: Read) -> None:
    found = str(rendered(read, "{{uuid}} {{uuid}}")).split()
    assert all(re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", each) for each in found)
    assert found[0] != found[1]


def test_what_only_a_later_moment_knows_stays_and_the_rest_is_rendered(read: Read) -> None:
    template = "echo '{{user `pw`}}' | {{.Vars}} sudo -S sh '{{.Path}}' {{build `ID`}}"
    assert (
        rendered(read, template, declared={"pw": "p"}) == "echo 'p' | {{.Vars}} sudo -S sh '{{.Path}}' {{build `ID`}}"
    )


def test_variables_use_each_other_in_any_order(read: Read) -> None:
    declared = {"a": "{{user `b`}}!", "b": "{{user `c`}}{{env `X`}}", "c": "1"}
    assert rendered(read, "{{user `a`}}", declared=declared, environment={"X": "2"}) == "12!"


def test_a_value_given_wins_over_a_var_file_and_that_over_the_template(read: Read, tmp_path: Path) -> None:
    for name, values in {"1.json": {"b": "file", "c": "one"}, "2.json": {"c": "two", "d": "new"}}.items():
        (tmp_path / name).write_text(json.dumps(values))
    options: dict[str, Any] = {"variables": {"a": "given"}, "var_files": ["1.json", "2.json"]}
    value = "{{user `a`}} {{user `b`}} {{user `c`}} {{user `d`}} {{user `e`}}"
    declared = dict.fromkeys("abce", "default")
    assert rendered(read, value, declared=declared, **options) == "given file two new default"


def test_a_sensitive_variable_stays_a_secret_wherever_it_goes(read: Read) -> None:
    more = {"sensitive-variables": ["pw"], "provisioners": [{"type": "shell", "inline": ["x", "y {{user `pair`}}"]}]}
    template = read(text("{{user `pw`}}", variables={"pw": "hush", "pair": "u:{{user `pw`}}", "n": "1"}, **more))
    (build,) = template.builds
    assert build.source.options["value"] == Secret("hush")
    assert build.provisioners[0].options["inline"] == ["x", Secret("y u:hush")]
    assert {each.name: each.sensitive for each in template.variables} == {"pw": True, "pair": True, "n": False}
    assert "hush" not in repr(template)
    assert revealed(build.provisioners[0].options) == {"inline": ["x", "y u:hush"]}


def test_comments_at_the_top_have_no_effect(read: Read) -> None:
    assert len(read(text("x", _comment="one", _other="two")).builds) == 1


def test_provisioners_are_those_of_each_builder_with_its_overrides(read: Read) -> None:
    template = {
        "builders": [{"type": "ucloud-uhost", "name": "b"}, {"type": "ucloud-uhost", "name": "a"}],
        "provisioners": [
            {"type": "shell", "inline": ["all"], "override": {"b": {"inline": ["b"]}}, "pause_before": "1m30s"},
            {"type": "file", "only": ["a"], "max_retries": "3"},
            {"type": "sleep", "except": ["a"], "timeout": "5s"},
        ],
        "error-cleanup-provisioner": {"type": "shell-local", "command": "x"},
        "post-processors": ["manifest", ["artifice", {"type": "compress", "only": ["a"], "keep_input_artifact": True}]],
    }
    first, second = read(json.dumps(template)).builds
    assert [first.name, second.name] == ["a", "b"]
    assert [each.type for each in first.provisioners] == ["shell", "file"]
    assert [each.type for each in second.provisioners] == ["shell", "sleep"]
    assert first.provisioners[0].options == {"inline": ["all"]}
    assert second.provisioners[0].options == {"inline": ["b"]}
    assert (first.provisioners[0].pause_before, first.provisioners[1].max_retries) == (90, 3)
    assert second.provisioners[1].timeout == 5
    assert first.error_cleanup_provisioner is not None
    assert [[each.type for each in chain] for chain in first.post_processors] == [
        ["manifest"],
        ["artifice", "compress"],
    ]
    assert [[each.type for each in chain] for chain in second.post_processors] == [["manifest"], ["artifice"]]
    assert first.post_processors[1][1].keep_input_artifact is True


def test_only_and_except_leave_builds_out_and_a_name_that_matches_none_is_told(read: Read) -> None:
    template = json.dumps({"builders": [{"type": "x", "name": each} for each in "abc"]})
    assert [each.name for each in read(template, only=["a", "c"]).builds] == ["a", "c"]
    assert [each.name for each in read(template, except_=["a"]).builds] == ["b", "c"]
    (warning,) = read(template, only=["a", "z"]).warnings
    assert '"z"' in warning.detail


def test_an_undeclared_variable_is_nothing_as_in_packer_and_told(read: Read) -> None:
    template = read(text("<{{user `nobody`}}>"))
    assert template.builds[0].source.options["value"] == "<>"
    assert template.warnings[0].summary == "Undeclared variable"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("{{nothing}}", 'function "nothing" not defined'),
        ("{{user `a`", "unclosed action"),
        ("{{env `X`}}", "env is allowed in the variables"),
        ("{{vault `a` `b`}}", "vault asks HashiCorp Vault"),
        ("{{consul_key `a`}}", "consul_key asks Consul"),
        ("{{aws_secretsmanager `a`}}", "aws_secretsmanager asks AWS Secrets Manager"),
        ("{{sed `a` `b`}}", "use replace"),
        ("{{split `a` `-` 3}}", "there is no part 3"),
    ],
)
def test_a_mistake_in_a_string_is_told_with_its_place(refused: Refused, value: str, said: str) -> None:
    (problem,) = refused(
        {"template.json": '{"builders": [\n  {"type": "x",\n   "value": ' + json.dumps(value) + "}]}"}
    ).problems
    assert said in problem.detail
    assert (problem.file, problem.line, problem.column) == ("template.json", 3, 13)
    assert problem.text.startswith('   "value":')


def test_all_mistakes_come_at_once_in_the_order_of_the_file(refused: Refused) -> None:
    error = refused(
        """{
  "builder": [],
  "variables": {"a": null, "b": 1},
  "builders": [{"name": "n"}, {"type": "t", "type": "t"}],
  "provisioners": [{"inline": []}, {"type": "shell", "only": ["zzz"], "timeout": "soon"}]
}"""
    )
    assert [(each.line, each.summary) for each in error.problems] == [
        (2, "Unknown key"),
        (3, 'Unset variable "a"'),
        (3, "Unsuitable value"),
        (4, "Missing type"),
        (4, "Invalid JSON"),
        (5, "Missing type"),
        (5, "Unknown builder"),
        (5, "Invalid duration"),
    ]
    assert "template.json:2:3: Unknown key" in str(error)


def test_variables_that_use_each_other_in_a_circle_are_named(refused: Refused) -> None:
    error = refused(text("x", variables={"a": "{{user `b`}}", "b": "{{user `a`}}", "c": "{{user `none`}}"}))
    assert "It uses b, and that (in the end) itself" in str(error)
    assert "It uses the variable none, which is not declared" in str(error)


@pytest.mark.parametrize(
    ("content", "line"), [('{"builders": [}', 1), ('{\n"a": 1,\n}', 3), ("", 1), ('{"a": 1', 1), ("[]", 1)]
)
def test_a_file_that_is_no_json_is_told_where_it_goes_wrong(refused: Refused, content: str, line: int) -> None:
    assert [each.line for each in refused({"template.json": content}).problems] == [line]


def test_a_var_file_that_is_wrong_is_told_without_its_line(refused: Refused, tmp_path: Path) -> None:
    (tmp_path / "v.json").write_text('{"pw": "hush",\n "n": 1, "t": "hush"}')
    error = refused(text("x"), var_files=["v.json"])
    assert (error.problems[0].file, error.problems[0].line) == ("v.json", 2)
    assert "hush" not in str(error)


def test_files_that_are_not_there_are_all_named(tmp_path: Path) -> None:
    with pytest.raises(TemplateError) as caught:
        read_template(tmp_path / "no.json", var_files=[tmp_path / "neither.json"])
    assert [Path(each.file).name for each in caught.value.problems] == ["no.json", "neither.json"]
