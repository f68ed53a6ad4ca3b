"""One boot of a host: systemd-nspawn with the guest's systemd as PID 1 in it, from start to end."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ucloud_emulator.hosts.cgroups import remove_cgroups, within_cgroup
from ucloud_emulator.hosts.commands import ENVIRONMENT
from ucloud_emulator.hosts.errors import HostError

REBOOT_STATUS = 133
"""What nspawn ends with when the guest wants to reboot and nspawn is not to do that itself."""
POWER_OFF = signal.SIGRTMIN + 4
START_SECONDS = 30.0
GRACE_SECONDS = 30.0
"""How long an orderly power-off may take before the plug is pulled."""
LAST_LINES = 20
"""Of the console, where a guest has died."""


@dataclass(frozen=True)
class Boot:
    name: str
    hostname: str
    root: Path
    namespace: Path
    console: Path
    devices: tuple[tuple[Path, str], ...]
    """Loop devices of this machine and their names in the guest's /dev."""

    def command(self) -> list[str]:
        return [
            *within_cgroup(self.name),
            # Whatever ends this emulator, kill -9 included, ends its hosts.
            "setpriv", "--pdeathsig", "KILL", "--",
            "systemd-nspawn", "--quiet", "--boot", "--register=no", "--keep-unit", "--settings=no",
            f"--directory={self.root}", f"--machine={self.name}", f"--hostname={self.hostname}",
            f"--network-namespace-path={self.namespace}", "--capability=CAP_NET_ADMIN,CAP_SYS_RESOURCE",
            "--resolv-conf=off", "--timezone=off", "--link-journal=no", "--console=read-only",
            *(f"--bind={device}:/dev/{name}" for device, name in self.devices),
        ]  # fmt: skip


class Container:
    """A running guest. `exited` is set when it is gone, whoever ended it; `status` is nspawn's then."""

    def __init__(self, boot: Boot) -> None:
        """Must be called on a thread that lives as long as the guest may: its end would kill the guest."""
        self.exited = threading.Event()
        self.status: int | None = None
        with boot.console.open("ab") as console:
            self._process = subprocess.Popen(
                boot.command(),
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=console,
                env=ENVIRONMENT | {"SYSTEMD_NSPAWN_API_VFS_WRITABLE": "network"},
                start_new_session=True,
                cwd="/",
            )
        self._name = boot.name
        self._console = boot.console
        threading.Thread(target=self._wait, name=f"wait-{boot.name}", daemon=True).start()

    def wait_until_booting(self) -> None:
        """Until the guest's own systemd runs."""
        deadline = time.monotonic() + START_SECONDS
        while not self.exited.is_set():
            if (init := self.init()) is not None and _name_of(init) == "systemd":
                return
            if time.monotonic() > deadline:
                self.kill()
                raise HostError(f"no systemd after {START_SECONDS:g} s: {self.last_words()}")
            time.sleep(0.01)
        raise HostError(f"the host did not start (exit status {self.status}): {self.last_words()}")

    def init(self) -> int | None:
        """The guest's PID 1, as this machine numbers it."""
        children = [int(pid) for pid in _children(self._process.pid)]
        return children[-1] if children else None

    def power_off(self) -> None:
        """Orderly; after GRACE_SECONDS by force."""
        deadline = time.monotonic() + GRACE_SECONDS
        while time.monotonic() < deadline:
            # A systemd that has just started does not listen yet: say it again.
            if (init := self.init()) is not None and _name_of(init) == "systemd":
                _signal(init, POWER_OFF)
            if self.exited.wait(1):
                return
        self.kill()

    def kill(self) -> None:
        if (init := self.init()) is not None:
            _signal(init, signal.SIGKILL)
            if self.exited.wait(5):
                return
        _signal(self._process.pid, signal.SIGKILL)
        if not self.exited.wait(10):
            raise HostError(f"process {self._process.pid} of the host does not end")

    def _wait(self) -> None:
        self.status = self._process.wait()
        remove_cgroups(self._name)
        self.exited.set()

    def last_words(self) -> str:
        """The end of what is on its console."""
        lines = self._console.read_text(errors="replace").splitlines()
        said = [line.strip() for line in lines if line.strip()]
        return " | ".join(said[-LAST_LINES:]) or "nothing on the console"


def end_leftovers(hosts: Path, namespaces: Sequence[str]) -> None:
    """Kill what a killed emulator of the same state left: nspawns on its folder, processes in its namespaces."""
    deadline = time.monotonic() + 10
    while pids := [*_nspawns_below(hosts), *_in_namespaces(namespaces)]:
        for pid in pids:
            _signal(pid, signal.SIGKILL)
        if time.monotonic() > deadline:
            raise HostError(f"processes of an earlier emulator do not end: {pids}")
        time.sleep(0.02)


def _nspawns_below(hosts: Path) -> list[int]:
    wanted = f"--directory={hosts}/".encode()
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                words = (entry / "cmdline").read_bytes().split(b"\0")
                if any(w.endswith(b"systemd-nspawn") for w in words) and any(w.startswith(wanted) for w in words):
                    found.append(int(entry.name))
    return found


def _in_namespaces(namespaces: Sequence[str]) -> list[int]:
    inodes = set()
    for name in namespaces:
        with contextlib.suppress(OSError):
            inodes.add(Path(f"/run/netns/{name}").stat().st_ino)
    found = []
    for entry in Path("/proc").iterdir():
        if inodes and entry.name.isdigit():
            with contextlib.suppress(OSError):
                if (entry / "ns/net").stat().st_ino in inodes:
                    found.append(int(entry.name))
    return found


def _children(pid: int) -> list[str]:
    """The processes that `pid` started; nspawn's guest is the last of them."""
    try:
        return " ".join(f.read_text() for f in Path(f"/proc/{pid}/task").glob("*/children")).split()
    except OSError:
        return []


def _name_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


def _signal(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)
