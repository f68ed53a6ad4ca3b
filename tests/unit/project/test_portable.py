"""On macOS and Windows, as far as this machine can say: nothing of the product needs what only Linux, or POSIX, has.

That names in functions are there on the others is mypy's to say: `make lint` asks it for each system.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

PROGRAM = """
import importlib, os, pkgutil, select, signal, subprocess, sys, time

PACKAGES = ("ucloud_image", "ucloud_provider")
MODULES = (
    *("fcntl", "grp", "posix", "pty", "pwd", "readline", "resource", "spwd", "syslog", "termios", "tty"),
    *("_posixsubprocess", "_posixshmem", "asyncio.unix_events"),
)
NAMES = {
    os: "chown chroot fchmod fchown fork forkpty getegid geteuid getgid getgroups getloadavg getpgid getpgrp getsid "
    "getuid initgroups killpg lchown mkfifo mknod openpty pathconf posix_fallocate posix_spawn pread pwrite readv "
    "sched_getaffinity sendfile setegid seteuid setgid setpgid setsid setuid statvfs sync uname wait wait3 wait4 "
    "waitid writev O_CLOEXEC O_DIRECTORY O_NOFOLLOW O_NONBLOCK O_SYNC P_PID WNOHANG EX_OK",
    select: "epoll poll PIPE_BUF POLLHUP POLLIN",
    signal: "SIGALRM SIGCHLD SIGHUP SIGKILL SIGPIPE SIGQUIT SIGSTOP SIGUSR1 SIGUSR2 alarm pause pthread_sigmask "
    "setitimer sigwait",
    time: "clock_gettime clock_settime pthread_getcpuclockid CLOCK_BOOTTIME CLOCK_MONOTONIC CLOCK_REALTIME tzset",
}


def all_of_ours():
    for name in PACKAGES:
        package = importlib.import_module(name)
        yield name
        for each in pkgutil.walk_packages(package.__path__, name + "."):
            importlib.import_module(each.name)
            yield each.name


before = list(all_of_ours())  # what others wrote is loaded now, as what it is on this system
for name in list(sys.modules):
    if name.split(".")[0] in PACKAGES:
        del sys.modules[name]
for name in MODULES:
    sys.modules[name] = None
for module, names in NAMES.items():
    for name in names.split():
        if hasattr(module, name):
            delattr(module, name)
sys.platform = "win32"
subprocess.CREATE_NEW_PROCESS_GROUP, subprocess.CREATE_NO_WINDOW = 0x200, 0x08000000
{planted}
assert list(all_of_ours()) == before
assert len(before) > 100

from pathlib import Path
from ucloud_provider import hand_over_notes, places
from ucloud_provider.build import dead_builds
from ucloud_provider.build.journal import FILE, Alive, Journal, Thing
from ucloud_provider.cloud import client

assert client._elapsed() > 0
thing = Thing("host", "label", "org-x", "cn-bj2")
path = places.build_dir("0123456789ab") / FILE
journal = Journal(path)
journal.intend(thing)
assert dead_builds.is_alive(path)
journal.close()
again = Journal(path, new=False)
again.released(thing)
again.close()
dead_builds.prune(path.stat().st_mtime + dead_builds.KEEP_SECONDS + 60)
assert not path.parent.exists()
hand_over_notes.expect()
hand_over_notes.write("0123456789ab", [{"id": "i-1"}])
assert list(hand_over_notes.of_the_dead()) == []
hand_over_notes.confirm(["i-1"])
assert not hand_over_notes.exists("0123456789ab")
print("all of it")
"""


def run(folder: Path, planted: str = "") -> subprocess.CompletedProcess[str]:
    environ = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join(sys.path),
        "UCLOUD_IMAGE_STATE": str(folder),
    }
    command = [sys.executable, "-c", PROGRAM.replace("{planted}", planted)]
    return subprocess.run(command, env=environ, capture_output=True, text=True, check=False)


def test_all_of_the_product_is_imported_and_keeps_its_journals_where_nothing_of_posix_is(tmp_path: Path) -> None:
    done = run(tmp_path)
    assert (done.returncode, done.stdout) == (0, "all of it\n"), done.stderr


def test_what_only_posix_has_would_be_noticed(tmp_path: Path) -> None:
    (tmp_path / "needs_posix.py").write_text("import fcntl\n")
    planted = (
        f"import ucloud_provider; ucloud_provider.__path__.append({str(tmp_path)!r}); "
        "before = sorted([*before, 'ucloud_provider.needs_posix'])"
    )
    done = run(tmp_path / "state", planted)
    assert done.returncode == 1
    assert "import of fcntl halted" in done.stderr
