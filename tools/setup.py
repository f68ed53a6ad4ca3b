"""Sets this clone up: Debian packages, virtual environment, Pulumi engine, the emulator's base images.

Each only where it is missing, so a second run takes no time. `python3 -m tools.setup`; it runs before the virtual
environment exists, so it uses the standard library alone.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from tools.pulumi_engine import EngineMissing, ensure_engine

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
EMULATOR = VENV / "bin" / "ucloud-emulator"
LOCK = ROOT / "requirements.lock"
STAMP = VENV / ".made-from"
OLDEST_PYTHON = (3, 11)

APT_PACKAGES = (
    "ca-certificates",
    "curl",
    "busybox",
    "debootstrap",
    "fish",
    "iproute2",
    "nftables",
    "openssh-client",
    "openssl",
    "python3-venv",
    "systemd-container",
    "tcsh",
)
TEST_PACKAGES = ("chromium", "chromium-driver")
"""What the tests need beside that: a browser for the emulator's page."""


class SetupFailed(Exception):
    """A step of the set-up cannot be done here; the text says what would help."""


def say(text: str) -> None:
    """One line of progress, at once."""
    print(text, file=sys.stderr, flush=True)


def ensure_packages(packages: Sequence[str] = APT_PACKAGES) -> None:
    """Installs the Debian packages that are missing."""
    if shutil.which("dpkg-query") is None:
        say("not a Debian machine: taking it that these are installed: " + " ".join(packages))
        return
    listing = subprocess.run(
        ["dpkg-query", "-W", "-f", "${db:Status-Abbrev}${Package}\n", *packages],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    present = {line[3:].strip() for line in listing.stdout.splitlines() if line.startswith("ii")}
    missing = [package for package in APT_PACKAGES if package not in present]
    if not missing:
        return
    if os.geteuid() != 0:
        raise SetupFailed(f"packages are missing; as root: apt-get install {' '.join(missing)}")
    say(f"installing Debian packages: {' '.join(missing)}")
    environ = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    _run(["apt-get", "-q", "update"], environ)
    _run(["apt-get", "-q", "install", "-y", "--no-install-recommends", *missing], environ)


def ensure_venv() -> None:
    """Makes .venv from the lock file, and makes it anew when the lock or the Python changed."""
    if sys.version_info < OLDEST_PYTHON:
        raise SetupFailed(f"Python 3.11 or newer is needed; python3 is {sys.version.split()[0]}")
    wanted = _fingerprint()
    if STAMP.is_file() and STAMP.read_text() == wanted and PYTHON.exists():
        return
    say("making the virtual environment .venv from requirements.lock")
    shutil.rmtree(VENV, ignore_errors=True)
    _run([sys.executable, "-m", "venv", str(VENV)])
    pip = [str(PYTHON), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    _run([*pip, "--require-hashes", "--only-binary", ":all:", "-r", str(LOCK)])
    _run([*pip, "--no-deps", "--no-build-isolation", "--no-index", "--editable", str(ROOT)])
    STAMP.write_text(wanted)


def ensure_bases() -> None:
    """Makes the emulator's base images (about two minutes the first time)."""
    _run([str(EMULATOR), "prepare"])


def set_up() -> None:
    """All of it, saying how long it took where that was long."""
    started = time.monotonic()
    ensure_packages()
    ensure_venv()
    ensure_engine()
    ensure_bases()
    took = time.monotonic() - started
    if took > 10:
        say(f"set up in {took:.0f} s")


def _fingerprint() -> str:
    """What the environment depends on: the lock, this Python, and what the editable install reads of pyproject.toml."""
    import tomllib  # not before the check of the version

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    read = repr([project["build-system"], project["project"], project["tool"]["hatch"]])
    digest = hashlib.sha256(LOCK.read_bytes() + read.encode()).hexdigest()
    return f"{digest} {sys.version.split()[0]} {ROOT}\n"


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """One set-up of this clone at a time: a second one waits, and finds everything there."""
    folder = ROOT / ".local"
    folder.mkdir(exist_ok=True)
    with (folder / "setup.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _run(command: Sequence[str], environ: Mapping[str, str] | None = None) -> None:
    done = subprocess.run(command, env=environ, stdout=sys.stderr, check=False)
    if done.returncode != 0:
        raise SetupFailed(f"`{' '.join(command[:6])}` failed (exit status {done.returncode}); what it says is above")


def main() -> int:
    steps: dict[str, Callable[[], object]] = {
        "packages": ensure_packages,
        "test-packages": lambda: ensure_packages(TEST_PACKAGES),
        "venv": ensure_venv,
        "engine": ensure_engine,
        "bases": ensure_bases,
    }
    parser = argparse.ArgumentParser(prog="python3 -m tools.setup", description=__doc__)
    parser.add_argument("steps", nargs="*", choices=[*steps, []], help="only these: " + ", ".join(steps))
    options = parser.parse_args()
    try:
        with _alone():
            if options.steps:
                for step in options.steps:
                    steps[step]()
            else:
                set_up()
    except (SetupFailed, EngineMissing) as error:
        say(f"error: {error}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
