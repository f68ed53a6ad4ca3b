"""Runs the machine's own tools (ip, nft, mount, ...) and says clearly when one fails or is missing."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence

from ucloud_emulator.hosts.errors import CommandFailed, NotPossibleHere

APT_PACKAGES = {
    "systemd-nspawn": "systemd-container",
    "debootstrap": "debootstrap",
    "ip": "iproute2",
    "nft": "nftables",
    "mount": "mount",
    "losetup": "mount",
    "setpriv": "util-linux",
    "openssl": "openssl",
}
"""The tools that hosts need, and the Debian package of each."""

ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"}
"""What the tools are given: nothing of the user's environment, whose variables may hold secrets."""


def require_root_and_tools() -> None:
    """Raise NotPossibleHere, naming the remedy, unless this machine can run hosts."""
    if os.geteuid() != 0:
        raise NotPossibleHere("the emulator's hosts need root: they are booted Linux systems with own networks")
    missing = sorted({p for tool, p in APT_PACKAGES.items() if not shutil.which(tool, path=ENVIRONMENT["PATH"])})
    if missing:
        raise NotPossibleHere(f"packages are missing: apt-get install {' '.join(missing)}")


def run(*command: str, stdin: str | None = None, check: bool = True, timeout: float = 60) -> str:
    """Run one tool to its end and return its output; CommandFailed with its last words if it fails."""
    try:
        done = subprocess.run(
            command,
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout,
            env=ENVIRONMENT,
            check=False,
        )
    except FileNotFoundError as error:
        package = APT_PACKAGES.get(command[0], command[0])
        raise NotPossibleHere(f"{command[0]} is missing: apt-get install {package}") from error
    except subprocess.TimeoutExpired as error:
        raise CommandFailed(f"{command[0]} did not end within {timeout:g} s") from error
    if check and done.returncode != 0:
        said = (done.stderr.strip() or done.stdout.strip())[-1000:]
        raise CommandFailed(f"{' '.join(command[:6])}: exit status {done.returncode}: {said}")
    return done.stdout


def succeeds(command: Sequence[str]) -> bool:
    """Whether a command, whose failure means no, ends with 0."""
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        env=ENVIRONMENT, check=False, timeout=60,
    )  # fmt: skip
    return done.returncode == 0
