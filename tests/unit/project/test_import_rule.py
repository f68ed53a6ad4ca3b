"""The arrows between the three packages hold, and the rule that says so would notice if they did not."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
PACKAGES = {
    "ucloud_image": ROOT / "ucloud_image",
    "ucloud_provider": ROOT / "providers" / "ucloud_provider",
    "ucloud_emulator": ROOT / "ucloud_emulator",
}
CHECK = (
    "import sys; sys.path.insert(0, '.'); from importlinter.cli import lint_imports; "
    "sys.exit(lint_imports(config_filename='pyproject.toml', no_cache=True))"
)


def check(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", CHECK], cwd=folder, capture_output=True, text=True, check=False)


def test_the_packages_import_each_other_only_along_the_arrows() -> None:
    done = check(ROOT)
    assert done.returncode == 0, done.stdout


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packages and the rule, where something can be planted."""
    folder = tmp_path_factory.mktemp("copied")
    for name, source in PACKAGES.items():
        shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


@pytest.mark.parametrize(
    ("package", "imported"),
    [
        ("ucloud_provider", "ucloud_image"),
        ("ucloud_provider", "ucloud_emulator"),
        ("ucloud_emulator", "ucloud_image"),
        ("ucloud_emulator", "ucloud_provider"),
        ("ucloud_emulator", "pulumi"),
        ("ucloud_image", "ucloud_emulator"),
        ("ucloud_image", "ucloud"),
        ("ucloud_provider.resources", "ucloud"),
        ("ucloud_provider.build", "ucloud"),
        ("ucloud_provider.build", "paramiko"),
        ("ucloud_provider.build", "pulumi"),
    ],
)
def test_an_import_against_the_rule_is_noticed_inside_a_function_too(copied: Path, package: str, imported: str) -> None:
    planted = copied / package.replace(".", "/") / "planted.py"
    planted.write_text(f"def late():\n    import {imported}\n")
    try:
        done = check(copied)
    finally:
        planted.unlink()
    assert done.returncode == 1, done.stdout
    assert f"{package}.planted -> {imported}" in done.stdout


def test_importing_the_component_loads_neither_ssh_nor_the_cloud_nor_the_emulator() -> None:
    program = "import sys, ucloud_image; print('\\n'.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert not loaded & {"paramiko", "ucloud", "ucloud_emulator", "starlette", "uvicorn", "requests"}
