"""Finds the Pulumi engine, or gets one, and says which environment variables make it run this project.

In this order: `pulumi` on PATH where it is new enough; the one this module made before; Pulumi's own installer; Go
modules, which is what is left where only package registries are reached. It runs before the virtual environment exists,
so it uses the standard library alone. `python3 -m tools.pulumi_engine` gets the engine and prints its folder.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

VERSION = "3.259.0"
OLDEST = (3, 200, 0)
"""The first engine with what the tests rely on (stackConfigDir, partial state of a dynamic resource)."""

ROOT = Path(__file__).resolve().parent.parent
SOURCE = "UCLOUD_IMAGE_ENGINE"
"""`auto` (all of the above), `installer`, or `go`: where an engine that is missing may come from."""

INSTALLER = "https://get.pulumi.com"
PROGRAMS = ("pulumi", "pulumi-language-python", "pulumi-language-python-exec", "pulumi-resource-pulumi-python")


class EngineMissing(Exception):
    """No engine was found and none could be got; the text says what would help."""


def engine_bin() -> Path:
    """The folder of the engine that an earlier run found or made; EngineMissing where there is none."""
    found = _on_path() or _cached()
    if found is None:
        raise EngineMissing("no Pulumi engine: run `make setup`, or put `pulumi` on PATH")
    return found


def ensure_engine() -> Path:
    """The folder of an engine, which is fetched or built first where there is none."""
    with contextlib.suppress(EngineMissing):
        return engine_bin()
    source = os.environ.get(SOURCE, "auto")
    if source not in ("auto", "installer", "go"):
        raise EngineMissing(f"{SOURCE}={source}: expected auto, installer or go")
    target = _cache()
    target.parent.mkdir(parents=True, exist_ok=True)
    with _locked(target.parent / "lock"):
        found = _cached()
        if found is not None:
            return found
        if source != "go" and _install(target):
            return target / "bin"
        if source == "installer":
            raise EngineMissing("Pulumi's installer could not be reached; put `pulumi` on PATH")
        _build(target)
    return target / "bin"


def environment(home: Path, *, python: Path | None = None, base: Mapping[str, str] | None = None) -> dict[str, str]:
    """Variables for running `pulumi` with its state, plugins and settings below `home` and nothing of the user's.

    `python` is the interpreter that runs the program and the provider: this process's own unless told otherwise.
    """
    interpreter = python or Path(sys.executable)
    variables = dict(os.environ if base is None else base)
    backend = home / "state"
    backend.mkdir(parents=True, exist_ok=True)
    search = [str(interpreter.parent), str(engine_bin()), variables.get("PATH", os.defpath)]
    variables |= {
        "PATH": os.pathsep.join(search),
        # Language hosts before 3.100 or so do not know the `virtualenv` option of Pulumi.yaml.
        "PULUMI_PYTHON_CMD": str(interpreter),
        "PULUMI_HOME": str(home / "home"),
        "PULUMI_BACKEND_URL": backend.as_uri(),
        "PULUMI_CONFIG_PASSPHRASE": "local",
        # The engine would run only four resources for each CPU at a time; builds mostly wait.
        "PULUMI_PARALLEL": variables.get("PULUMI_PARALLEL", "64"),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        # Every installed package with a plugin would be downloaded, used or not.
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
    }
    variables.pop("VIRTUAL_ENV", None)
    return variables


def _on_path() -> Path | None:
    found = shutil.which("pulumi")
    if found is None:
        return None
    folder = Path(found).resolve().parent
    if _version(folder / "pulumi") < OLDEST or not _complete(folder):
        return None
    return folder


def _cached() -> Path | None:
    folder = _cache() / "bin"
    return folder if _complete(folder) else None


def _cache() -> Path:
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "ucloud-image" / "pulumi" / VERSION


def _complete(folder: Path) -> bool:
    return all(os.access(folder / program, os.X_OK) for program in PROGRAMS)


def _version(pulumi: Path) -> tuple[int, ...]:
    environ = os.environ | {"PULUMI_SKIP_UPDATE_CHECK": "true"}
    try:
        answer = subprocess.run(
            [pulumi, "version"], capture_output=True, text=True, timeout=30, env=environ, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return (0,)
    match = re.match(r"v(\d+)\.(\d+)\.(\d+)", answer.stdout)
    return tuple(int(part) for part in match.groups()) if match else (0,)


def _install(target: Path) -> bool:
    """Pulumi's own installer, pinned; False where it cannot be reached."""
    if shutil.which("curl") is None:
        return False
    with _staged(target) as staging:
        script = staging / "install.sh"
        fetch = ["curl", "-fsSL", "--connect-timeout", "5", "--max-time", "30", "-o", str(script), INSTALLER]
        if subprocess.run(fetch, capture_output=True, check=False).returncode != 0:
            return False
        _say(f"installing the Pulumi engine {VERSION}")
        made = staging / "made"
        command = ["sh", str(script), "--version", VERSION, "--install-root", str(made), "--no-edit-path"]
        try:
            done = subprocess.run(command, stdout=sys.stderr, timeout=600, check=False)
        except subprocess.TimeoutExpired:
            return False
        if done.returncode != 0 or not _complete(made / "bin"):
            return False
        _publish(made, target)
        return True


def _build(target: Path) -> None:
    """Engine and language host from Go modules, and the two scripts that stand in the SDK's module beside its code."""
    if shutil.which("go") is None:
        raise EngineMissing(
            "no Pulumi engine: its installer was not reached (or not wanted) and there is no Go to build it with; "
            "put `pulumi` on PATH, or Go 1.26 or newer"
        )
    with _staged(target) as staging:
        made = staging / "made" / "bin"
        made.mkdir(parents=True)
        flags = f"-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v{VERSION}"
        _say(f"building the Pulumi engine {VERSION} from Go modules: 3 to 5 minutes, once")
        _go(ROOT / "tools" / "langhost", made, "github.com/pulumi/pulumi/sdk/v3/python/cmd/pulumi-language-python", "")
        _go(ROOT / "tools" / "engine", made, "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi", flags)
        listing = subprocess.run(
            ["go", "list", "-m", "-json", "github.com/pulumi/pulumi/sdk/v3"],
            cwd=ROOT / "tools" / "engine", capture_output=True, text=True, check=True,
        )  # fmt: skip
        sdk = Path(json.loads(listing.stdout)["Dir"]) / "python"
        for script in (sdk / "cmd" / "pulumi-language-python-exec", sdk / "dist" / "pulumi-resource-pulumi-python"):
            copy = made / script.name
            shutil.copyfile(script, copy)
            copy.chmod(0o755)
        _publish(made.parent, target)


def _go(module: Path, folder: Path, package: str, flags: str) -> None:
    name = package.rsplit("/", 1)[1]
    started = time.monotonic()
    process = subprocess.Popen(
        ["go", "build", "-ldflags", flags, "-o", str(folder / name), package], cwd=module, stdout=sys.stderr
    )
    try:
        while True:
            try:
                code = process.wait(timeout=20)
                break
            except subprocess.TimeoutExpired:
                _say(f"  {name}: {time.monotonic() - started:.0f} s")
    except BaseException:
        process.terminate()
        raise
    if code != 0:
        raise EngineMissing(f"building {name} from Go modules failed; what Go says is above")
    _say(f"  {name}: built in {time.monotonic() - started:.0f} s")


@contextlib.contextmanager
def _staged(target: Path) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix=".staging-", dir=target.parent) as folder:
        yield Path(folder)


def _publish(made: Path, target: Path) -> None:
    """Puts a finished folder in place in one step, so that no half-made engine is ever found."""
    shutil.rmtree(target, ignore_errors=True)
    made.rename(target)


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python3 -m tools.pulumi_engine", description="Get the Pulumi engine.")
    parser.add_argument("--env", metavar="HOME", type=Path, help="print exports for a shell; state below HOME")
    options = parser.parse_args()
    try:
        folder = ensure_engine()
        if options.env is None:
            print(folder)
            return 0
        python = ROOT / ".venv" / "bin" / "python"
        for name, value in environment(options.env.resolve(), python=python, base={}).items():
            if name == "PATH":
                print(f'export PATH="{value.removesuffix(os.defpath)}$PATH"')
            elif name in ("PULUMI_PYTHON_CMD", "PULUMI_HOME", "PULUMI_BACKEND_URL", "PULUMI_PARALLEL"):
                # Not the passphrase of the emulator's stack, nor what keeps plugins from being fetched.
                print(f"export {name}={shlex.quote(value)}")
    except EngineMissing as error:
        _say(f"error: {error}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
