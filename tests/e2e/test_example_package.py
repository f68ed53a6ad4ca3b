"""A project that installs the component as a package, and has a `providers` folder of its own, runs on the emulator."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.support.emulator import Emulator
from tools.pulumi_engine import environment

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "web-service"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of a virtual environment that has the wheel and its dependencies, in the locked versions."""
    folder = tmp_path_factory.mktemp("package")
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder), cwd=ROOT)
    (wheel,) = folder.glob("*.whl")
    pins = re.findall(r"^[a-z0-9.-]+==[^ ;\\]+", (ROOT / "requirements.lock").read_text(), re.MULTILINE)
    constraints = folder / "constraints.txt"
    constraints.write_text("\n".join(pins))
    run(sys.executable, "-m", "venv", str(folder / "venv"))
    python = folder / "venv" / "bin" / "python"
    run(str(python), "-m", "pip", "install", "--quiet", "--constraint", str(constraints), str(wheel))
    return python


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with Emulator() as running:
        yield running


def run(*command: str, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> str:
    done = subprocess.run(
        command, cwd=cwd, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, f"{command}:\n{done.stdout}\n{done.stderr}"
    return done.stdout


def page(url: str) -> str:
    """What the host serves; it may still be booting."""
    deadline = time.monotonic() + 60
    while True:
        try:
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=5) as response:
                text: str = response.read().decode()
            return text
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.3)


def test_the_wheel_imports_without_root_and_without_what_the_emulator_needs(installed: Path, tmp_path: Path) -> None:
    program = (
        "import os, importlib.util as u, ucloud_image, ucloud_provider;"
        "print(os.geteuid(), u.find_spec('starlette'), u.find_spec('uvicorn'), ucloud_image.__file__)"
    )
    # A user namespace: another user than root, who still may read the files of this test.
    said = run("unshare", "--user", "--map-user=1000", "--map-group=1000", str(installed), "-c", program, cwd=tmp_path)
    user, starlette, uvicorn, file = said.split()
    assert user == "1000"
    assert (starlette, uvicorn) == ("None", "None")
    assert Path(file).is_relative_to(installed.parent.parent)


def test_a_project_with_a_providers_folder_of_its_own_runs_from_the_package(
    installed: Path, emulator: Emulator, tmp_path: Path
) -> None:
    project = tmp_path / "web-service"
    shutil.copytree(EXAMPLE, project, ignore=shutil.ignore_patterns(".venv", "__pycache__", "Pulumi.*.yaml"))
    (project / ".venv").symlink_to(installed.parent.parent)
    variables = environment(tmp_path / "pulumi", python=installed) | {"XDG_STATE_HOME": str(tmp_path / "state")}
    variables = {name: value for name, value in variables.items() if not name.startswith(("UCLOUD_", "PYTHONPATH"))}

    def pulumi(*arguments: str) -> str:
        return run("pulumi", *arguments, "--non-interactive", cwd=project, env=variables)

    pulumi("stack", "init", "dev")
    pulumi("config", "set", "ucloud:baseUrl", emulator.url)
    pulumi("config", "set", "sourceImageId", "uimage-debian12-ci")
    pulumi("config", "set", "ucloud:region", emulator.region)
    pulumi("config", "set", "ucloud:projectId", emulator.project)
    pulumi("config", "set", "ucloud:publicKey", emulator.public_key)
    pulumi("config", "set", "--secret", "ucloud:privateKey", emulator.private_key)

    pulumi("up", "--yes")
    url = run("pulumi", "stack", "output", "url", cwd=project, env=variables).strip()
    assert "<title>Baked into the image</title>" in page(url)

    index = project / "site" / "index.html"
    index.write_text(index.read_text().replace("Baked into", "Baked anew into"))
    preview = pulumi("preview")
    assert "site/index.html" in preview
    assert "replace" in preview

    pulumi("up", "--yes")
    url = run("pulumi", "stack", "output", "url", cwd=project, env=variables).strip()
    assert "<title>Baked anew into the image</title>" in page(url)

    pulumi("destroy", "--yes")
    assert emulator.ledger(open_only=True, billable_only=True) == []
