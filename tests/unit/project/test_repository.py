"""What holds for the repository as a whole: the lock, the documents, nothing of one machine in any file."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

ROOT = Path(__file__).resolve().parents[3]
DOCUMENTS = ("README.md", "README_zh.md", "CONTRIBUTING.md", "docs/emulator.md", "examples/web-service/README.md")


def tracked() -> list[Path]:
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [path for name in listing.split("\0") if name and (path := ROOT / name).is_file()]


def sources() -> list[Path]:
    return [path for path in tracked() if path.suffix == ".py"]


def machines_registries() -> set[str]:
    """The registries that this machine's clients use, as they themselves say."""
    addresses = [os.environ.get(name, "") for name in ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "UV_INDEX_URL")]
    asked = (
        [sys.executable, "-m", "pip", "config", "list"],
        [
            sys.executable,
            "-c",
            "from pip._internal.models.index import PyPI; print(PyPI.url, PyPI.file_storage_domain)",
        ],
        ["go", "env", "GOPROXY", "GOSUMDB"],
        ["npm", "config", "get", "registry"],
    )
    for command in asked:
        if shutil.which(command[0]):
            said = subprocess.run(command, capture_output=True, text=True, check=False).stdout
            addresses += re.findall(r"https?://[^'\s,|]+", said)
    return {host for address in addresses if (host := urlsplit(address).hostname)}


def test_every_locked_package_has_hashes_and_no_line_has_an_address() -> None:
    text = (ROOT / "requirements.lock").read_text()
    assert "://" not in text
    assert "--index" not in text
    assert "--find-links" not in text
    entries = re.split(r"\n(?=\S)", text.strip())
    for entry in entries:
        assert re.match(r"[a-z0-9.-]+==\S+", entry), entry
        assert "--hash=sha256:" in entry, entry


def test_the_lock_has_every_dependency_that_pyproject_names() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    named = [*project["project"]["dependencies"], *project["project"]["optional-dependencies"]["emulator"]]
    named += project["dependency-groups"]["dev"]
    locked = set(re.findall(r"^([a-z0-9.-]+)==", (ROOT / "requirements.lock").read_text(), re.MULTILINE))
    names = {re.split(r"[<>=~!\[; ]", line)[0].lower().replace("_", "-") for line in named}
    assert names <= locked


def test_no_file_names_a_package_registry() -> None:
    hosts = machines_registries()
    assert hosts
    for path in tracked():
        text = path.read_text(errors="replace")
        assert not [host for host in hosts if host in text], path


def test_no_file_names_a_path_of_this_machine() -> None:
    places = [str(ROOT)]
    if not Path(sys.base_prefix).is_relative_to("/usr"):
        places.append(sys.base_prefix)
    for path in tracked():
        text = path.read_text(errors="replace")
        assert not [place for place in places if re.search(re.escape(place) + r"(?![\w-])", text)], path


def test_every_module_says_first_what_it_is_for() -> None:
    silent = [
        path.relative_to(ROOT).as_posix()
        for path in sources()
        if path.read_text().strip() and not ast.get_docstring(ast.parse(path.read_text()))
    ]
    assert silent == []


def test_no_test_is_skipped_or_expected_to_fail() -> None:
    forbidden = re.compile(r"pytest\.(skip|xfail|importorskip)|mark\.(skip|skipif|xfail)\b")
    this = Path(__file__).name
    found = [path.name for path in sources() if path.name != this and forbidden.search(path.read_text())]
    assert found == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_make_target_that_a_document_names_exists(document: str) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"(?:`|^)make ([a-z]+)", (ROOT / document).read_text(), re.MULTILINE))
    assert named <= targets


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_link_of_a_document_leads_somewhere(document: str) -> None:
    path = ROOT / document
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", path.read_text())
    assert [link for link in links if not (path.parent / link).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_python_example_of_a_document_imports_what_there_is(document: str) -> None:
    import ucloud_image

    for block in re.findall(r"```python\n(.*?)```", (ROOT / document).read_text(), re.DOTALL):
        for node in ast.walk(ast.parse(block)):
            if isinstance(node, ast.ImportFrom) and node.module == "ucloud_image":
                assert [alias.name for alias in node.names if alias.name not in ucloud_image.__all__] == []


def test_the_chinese_readme_has_the_same_commands_and_examples_as_the_english_one() -> None:
    def blocks(name: str) -> list[str]:
        found = re.findall(r"```\w*\n(.*?)```", (ROOT / name).read_text(), re.DOTALL)
        return [re.sub(r"\s*#.*", "", block) for block in found]

    assert blocks("README.md") == blocks("README_zh.md")


def test_the_example_program_knows_nothing_of_the_emulator_and_is_short() -> None:
    program = (ROOT / "__main__.py").read_text()
    assert len(program.splitlines()) <= 40
    assert "emulator" not in program.lower()
    assert "127.0.0.1" not in program


def test_pytest_finds_every_file_of_tests() -> None:
    command = [sys.executable, "-m", "pytest", "--collect-only", "tests"]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    found = {line.partition("::")[0] for line in said.splitlines() if "::" in line}
    assert found == {str(path.relative_to(ROOT)) for path in (ROOT / "tests").rglob("test_*.py")}
