"""The wheel holds what a stack needs to import, and nothing of the repository's own."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

from tools.template_reader import ensure_reader

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    ensure_reader()
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (path,) = folder.glob("*.whl")
    return zipfile.ZipFile(path)


def test_the_wheel_has_the_three_packages_at_its_top_and_nothing_else(wheel: zipfile.ZipFile) -> None:
    tops = {name.split("/")[0] for name in wheel.namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {
        "ucloud_image",
        "ucloud_provider",
        "ucloud_emulator",
    }


def test_the_wheel_has_every_module_of_the_packages(wheel: zipfile.ZipFile) -> None:
    folders = (ROOT, "ucloud_image"), (ROOT / "providers", "ucloud_provider"), (ROOT, "ucloud_emulator")
    modules = {path.relative_to(root).as_posix() for root, name in folders for path in (root / name).rglob("*.py")}
    assert modules <= set(wheel.namelist())


def test_the_packages_are_marked_as_typed(wheel: zipfile.ZipFile) -> None:
    for package in ("ucloud_image", "ucloud_provider", "ucloud_emulator"):
        assert f"{package}/py.typed" in wheel.namelist()


def test_the_emulators_dependencies_are_an_extra(wheel: zipfile.ZipFile) -> None:
    (name,) = (name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    required = Parser().parsestr(wheel.read(name).decode()).get_all("Requires-Dist", [])
    emulator = [line for line in required if line.startswith(("starlette", "uvicorn"))]
    assert len(emulator) == 2
    assert all("extra == 'emulator'" in line for line in emulator)


def test_the_reader_of_templates_is_in_the_wheel_with_its_licences_and_what_runs_it_is_an_extra(
    wheel: zipfile.ZipFile,
) -> None:
    assert {"ucloud_image/templates/reader.wasm", "ucloud_image/templates/reader.licences.txt"} <= set(wheel.namelist())
    (name,) = (name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    required = Parser().parsestr(wheel.read(name).decode()).get_all("Requires-Dist", [])
    (packer,) = (line for line in required if line.startswith("wasmtime"))
    assert "extra == 'packer'" in packer


def test_every_dependency_has_a_lower_bound(wheel: zipfile.ZipFile) -> None:
    (name,) = (name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    for line in Parser().parsestr(wheel.read(name).decode()).get_all("Requires-Dist", []):
        assert ">=" in line, line


def test_the_licence_is_in_the_wheel(wheel: zipfile.ZipFile) -> None:
    assert any(name.endswith("/licenses/LICENSE") for name in wheel.namelist())
