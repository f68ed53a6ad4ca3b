"""Sources and builds of HCL2 templates: what each image is made of, evaluated for each source."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.unit.templates.conftest import Read, Refused
from ucloud_image.templates import Later

TWO = """
source "ucloud-uhost" "a" {
  region = "cn-bj2"
}
source "ucloud-uhost" "b" {
  image_name = "img-${source.name}"
}
source "amazon-ebs" "c" {}
"""


def test_a_build_is_made_for_each_source_with_what_is_for_it(read: Read) -> None:
    template = (
        TWO
        + """
build {
  name        = "web"
  description = "d"
  sources     = ["source.ucloud-uhost.a", "ucloud-uhost.b"]
  source "source.ucloud-uhost.a" {
    name       = "third"
    image_name = "x-${source.type}"
  }
  provisioner "shell" {
    name   = "first"
    inline = ["echo ${source.name} ${build.name}"]
  }
  provisioner "shell" {
    only         = ["ucloud-uhost.third", "ucloud-uhost.a"]
    inline       = ["default"]
    max_retries  = 2
    timeout      = "1h"
    pause_before = "1s"
    override = {
      third = { inline = ["other"], binary = true }
    }
  }
  provisioner "file" {
    except = ["ucloud-uhost.b"]
  }
  error-cleanup-provisioner "shell-local" {
    command = "x"
  }
  post-processor "manifest" {
    keep_input_artifact = false
  }
  post-processors {
    post-processor "artifice" { files = ["f"] }
    post-processor "compress" { except = ["ucloud-uhost.a"] }
  }
  hcp_packer_registry { bucket_name = "x" }
}
"""
    )
    found = read(template)
    a, b, third = found.builds
    assert [each.name for each in found.builds] == [
        "web.ucloud-uhost.a", "web.ucloud-uhost.b", "web.ucloud-uhost.third",
    ]  # fmt: skip
    assert a.source.options == {"region": "cn-bj2"}
    assert b.source.options == {"image_name": "img-b"}
    assert third.source.options == {"region": "cn-bj2", "image_name": "x-ucloud-uhost"}
    assert (third.label, third.description, third.source.name) == ("web", "d", "third")
    assert [[each.type for each in build.provisioners] for build in found.builds] == [
        ["shell", "shell", "file"], ["shell"], ["shell", "shell", "file"],
    ]  # fmt: skip
    assert third.provisioners[0].options == {"inline": ["echo third web"]}
    assert third.provisioners[0].name == "first"
    assert a.provisioners[1].options == {"inline": ["default"]}
    assert third.provisioners[1].options == {"inline": ["other"], "binary": True}
    second = third.provisioners[1]
    assert (second.max_retries, second.timeout, second.pause_before) == (2, 3600, 1)
    assert third.error_cleanup_provisioner is not None
    assert [[each.type for each in chain] for chain in a.post_processors] == [["manifest"], ["artifice"]]
    assert [[each.type for each in chain] for chain in b.post_processors] == [["manifest"], ["artifice", "compress"]]
    assert a.post_processors[0][0].keep_input_artifact is False
    assert [what for what, _ in found.passed_over] == ["hcp_packer_registry"]
    assert [(each.type, each.name) for each in found.sources][-1] == ("amazon-ebs", "c")


def test_dynamic_blocks_become_blocks_at_every_depth(read: Read) -> None:
    template = """
    variable "tags" { default = { a = "1", b = "2" } }
    source "x" "s" {
      fixed { value = 0 }
      dynamic "fixed" {
        for_each = [1, 2]
        iterator = it
        content {
          value = it.value
          dynamic "inner" {
            for_each = it.value == 1 ? [] : ["z"]
            content { key = "${it.key}${inner.value}" }
          }
        }
      }
    }
    build {
      sources = ["source.x.s"]
      dynamic "provisioner" {
        labels   = ["shell"]
        for_each = var.tags
        content { inline = ["${provisioner.key}=${provisioner.value} ${source.name}"] }
      }
      provisioner "file" {}
    }
    """
    (build,) = read(template).builds
    assert build.source.options["fixed"] == [{"value": 0}, {"value": 1}, {"value": 2, "inner": [{"key": "1z"}]}]
    assert [each.options.get("inline") for each in build.provisioners] == [["a=1 s"], ["b=2 s"], None]


def test_the_same_in_json(read: Read) -> None:
    template = {
        "variable": {"v": {"type": "string", "default": "x"}},
        "source": {"ucloud-uhost": {"s": {"image_name": "${var.v}-${source.name}", "tags": [{"a": 1}]}}},
        "build": {
            "sources": ["source.ucloud-uhost.s"],
            "provisioner": [{"shell": {"inline": ["a"], "pause_before": "2s"}}, {"file": {"only": ["x.y"]}}],
        },
    }
    (build,) = read({"main.pkr.json": json.dumps(template)}).builds
    assert build.source.options == {"image_name": "x-s", "tags": [{"a": 1}]}
    assert [(each.type, each.options, each.pause_before) for each in build.provisioners] == [
        ("shell", {"inline": ["a"]}, 2)
    ]


def test_what_a_running_host_says_waits_for_it(read: Read) -> None:
    template = (
        TWO
        + """
build {
  sources = ["ucloud-uhost.a"]
  provisioner "shell" {
    inline          = ["echo ${build.ID} on ${build.Host}", "now"]
    execute_command = "{{.Vars}} sudo {{.Path}} {{isotime `2006`}}"
  }
}
"""
    )
    (step,) = read(template).builds[0].provisioners
    assert step.options["inline"] == [Later(("build.ID", "build.Host")), "now"]
    assert step.options["execute_command"] == "{{.Vars}} sudo {{.Path}} 2026"
    (step,) = read(template, build={"ID": "uhost-1", "Host": "10.0.0.1"}).builds[0].provisioners
    assert step.options["inline"] == ["echo uhost-1 on 10.0.0.1", "now"]


def test_paths_and_the_version(read: Read) -> None:
    files = {
        "t/main.pkr.hcl": 'source "x" "s" { v = "${path.root} ${path.cwd} ${packer.version}" }\n'
        'build { sources = ["x.s"] }'
    }
    root, cwd, version = str(read(files, "t").builds[0].source.options["v"]).split()
    assert (root, version) == ("t", "1.11.2")
    assert cwd.startswith("/")


def test_required_plugins_are_read_and_not_installed(read: Read) -> None:
    template = (
        'packer {\n required_version = ">= 1.7"\n required_plugins {\n  u = { version = "1", source = "a/b/c" }\n }\n}'
    )
    found = read(template + TWO + 'build { sources = ["ucloud-uhost.a"] }')
    assert found.required_plugins == {"u": {"version": "1", "source": "a/b/c"}}
    assert found.required_version == (">= 1.7",)


def test_only_and_except_are_patterns_of_names(read: Read) -> None:
    template = (
        TWO
        + 'build {\n name = "n"\n sources = ["ucloud-uhost.a", "ucloud-uhost.b", "amazon-ebs.c"]\n'
        + (
            'post-processors {\n post-processor "one" {}\n post-processor "two" { name = "stop" }\n'
            ' post-processor "three" {}\n}\n}'
        )
    )

    def names(**options: list[str]) -> list[str]:
        return [each.source.name for each in read(template, **options).builds]

    assert names(only=["n.ucloud-uhost.*"]) == ["a", "b"]
    assert names(only=["*.a", "*.c"]) == ["a", "c"]
    assert names(except_=["*amazon*"]) == ["a", "b"]
    kept = read(template, except_=["stop"])
    assert [[each.type for each in chain] for chain in kept.builds[0].post_processors] == [["one"]]
    assert kept.warnings == ()
    assert '"zzz"' in read(template, only=["zzz", "*.a"]).warnings[0].detail


@pytest.mark.parametrize(
    ("build", "line", "said"),
    [
        ('sources = ["source.ucloud-uhost.z"]', 2, "Unknown source"),
        ('sources = ["justone"]', 2, "Invalid source reference"),
        ("sources = 3", 2, "list of strings"),
        ("", 1, "at least one source"),
        ('sources = ["x.s"]\nprovisioner "shell" {\n timeout = "soon"\n}', 4, "not a duration"),
        ('sources = ["x.s"]\nprovisioner "shell" {\n inline = [nothing.there]\n}', 4, "no variable named"),
        ('sources = ["x.s"]\nprovisioner "shell" {\n inline = [build.Nothing]\n}', 4, "does not have an attribute"),
        ('sources = ["x.s"]\nprovisioner "shell" {\n inline = ["{{nope}}"]\n}', 4, 'function "nope" not defined'),
        ('sources = ["x.s"]\nprovisioner "shell" {\n inline = ["{{user `a`}}"]\n}', 4, "write var.a"),
        ('sources = ["x.s"]\nprovisioner "shell" {\n only = ["a"]\n except = ["b"]\n}', 5, "Only one of the two"),
        ('sources = ["x.s"]\nprovisioner "shell" {\n override = 3\n}', 4, "object of objects"),
        ('sources = ["x.s"]\nprovisioner "shell" {\n max_retries = "many"\n}', 4, "a number is required"),
        ('sources = ["x.s"]\nunheard "of" {}', 3, "Unsupported block type"),
        ('source "x.s" {\n v = 2\n}', 3, "replaces none"),
        ('sources = ["x.s"]\nprovisioner {\n}', 3, "Missing type for provisioner"),
    ],
)
def test_mistakes_have_their_line(refused: Refused, build: str, line: int, said: str) -> None:
    files = {"b.pkr.hcl": "build {\n" + build + "\n}", "s.pkr.hcl": 'source "x" "s" { v = 1 }'}
    error = refused(files, ".")
    assert said in str(error)
    assert [(each.file, each.line) for each in error.problems] == [("b.pkr.hcl", line)]


def test_mistakes_of_all_files_come_at_once(refused: Refused, tmp_path: Path) -> None:
    files = {"a.pkr.hcl": 'variable "v" { default = }', "b.pkr.hcl": "build {", "c.pkr.json": "{"}
    told = [each.file for each in refused(files, ".").problems]
    assert list(dict.fromkeys(told)) == ["a.pkr.hcl", "b.pkr.hcl", "c.pkr.json"]
    files = {
        "a.pkr.hcl": 'variable "v" {}\nsource "x" "s" { v = nope() }',
        "b.pkr.hcl": 'build {\n sources = ["x.s"]\n provisioner "shell" { x = var.none }\n}',
    }
    (tmp_path / "c.pkr.json").unlink()
    error = refused(files, ".")
    assert [(each.file, each.line) for each in error.problems] == [("a.pkr.hcl", 1), ("a.pkr.hcl", 2), ("b.pkr.hcl", 3)]


def test_an_error_shows_its_line_and_points_at_it(refused: Refused) -> None:
    text = str(refused('source "x" "s" {\n  region = nope.there\n}\nbuild { sources = ["x.s"] }'))
    assert text.splitlines()[-2:] == ["    2 |   region = nope.there", " " * 19 + "^"]


def test_a_template_without_a_build_and_a_folder_without_a_template_are_errors(refused: Refused) -> None:
    assert "build block" in str(refused('variable "v" { default = 1 }'))
    assert "no file *.pkr.hcl" in str(refused({"x/readme.txt": ""}, "x"))
