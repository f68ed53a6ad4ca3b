"""The base images: built once by debootstrap into a cache that every emulator on this machine shares."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ucloud_emulator.hosts.cgroups import remove_cgroups, within_cgroup
from ucloud_emulator.hosts.commands import ENVIRONMENT, require_root_and_tools, run
from ucloud_emulator.hosts.errors import HostError
from ucloud_emulator.hosts.overlay import mount_overlay, unmount
from ucloud_emulator.hosts.recipe import (
    DEFAULT_MIRROR,
    DEFAULT_SECURITY_MIRROR,
    RECIPES,
    SUITE,
    Recipe,
)

CACHE = Path("/var/cache/ucloud-emulator")
LAYERS = tuple(recipe.name for recipe in RECIPES)

Progress = Callable[[str], None]


def base_folders(cache: Path = CACHE) -> dict[str, Path]:
    """Where each base layer of the present recipes is, built or not."""
    return {recipe.name: cache / recipe.folder for recipe in RECIPES}


def bases_ready(cache: Path = CACHE) -> bool:
    return all(folder.is_dir() for folder in base_folders(cache).values())


def ensure_bases(cache: Path = CACHE, progress: Progress = lambda _: None) -> None:
    """Build the base layers that are missing; takes a minute or two the first time, nothing after.

    Safe to call from several processes: one builds, the others wait. A layer appears complete or not at all.
    """
    if bases_ready(cache):
        return
    require_root_and_tools()
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress("waiting for another process that builds the base images")
            fcntl.flock(lock, fcntl.LOCK_EX)
        _remove_unfinished(cache)
        for recipe in RECIPES:
            if not (cache / recipe.folder).is_dir():
                _build(cache, recipe, progress)


def _remove_unfinished(cache: Path) -> None:
    """What a killed builder left; nobody else builds while we hold the lock."""
    for folder in cache.glob("building-*"):
        unmount(folder / "root")
        shutil.rmtree(folder)


def _build(cache: Path, recipe: Recipe, progress: Progress) -> None:
    """Make one layer beside its place and rename it there as the last thing."""
    folder = Path(tempfile.mkdtemp(prefix=f"building-{recipe.name}-", dir=cache))
    root, layer = folder / "root", folder / "layer"
    try:
        with (folder / "log").open("w+") as log:
            try:
                if recipe.parent is None:
                    layer.mkdir()
                    root.symlink_to(layer)
                    _debootstrap(recipe, layer, log.fileno(), progress)
                    _fill(recipe, layer, log.fileno(), progress)
                else:
                    with _on_parent(cache, recipe.parent, folder):
                        _fill(recipe, root, log.fileno(), progress)
            except subprocess.CalledProcessError as error:
                log.seek(0)
                tail = "".join(log.readlines()[-15:])
                raise HostError(f'building the base image "{recipe.name}" failed ({error}):\n{tail}') from error
        layer.chmod(0o755)
        layer.rename(cache / recipe.folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    progress(f'base image "{recipe.name}": ready')


@contextmanager
def _on_parent(cache: Path, parent: Recipe, folder: Path) -> Iterator[None]:
    for part in ("root", "layer", "work"):
        (folder / part).mkdir()
    below = [cache / recipe.folder for recipe in parent.stack]
    mount_overlay(below, folder / "layer", folder / "work", folder / "root")
    try:
        yield
    finally:
        unmount(folder / "root")


def _debootstrap(recipe: Recipe, root: Path, log: int, progress: Progress) -> None:
    mirror, security = _mirrors()
    progress(f'base image "{recipe.name}": debootstrap of Debian {SUITE} from {mirror} (about a minute)')
    command = ["debootstrap", "--variant=minbase", f"--include={','.join(recipe.packages)}", SUITE, str(root), mirror]
    settings = _apt_settings()
    proxy = next((v for k, v in settings.items() if k.lower() == "acquire::http::proxy"), "")
    environment = ENVIRONMENT | ({"http_proxy": proxy} if proxy else {})
    _logged(command, log, progress, "base", environment)
    sources = f"deb {mirror} {SUITE} main\ndeb {mirror} {SUITE}-updates main\ndeb {security} {SUITE}-security main\n"
    (root / "etc/apt/sources.list").write_text(sources)
    lines = [f'{name} "{value}";\n' for name, value in settings.items()]
    (root / "etc/apt/apt.conf.d/40-machine").write_text("".join(lines))


def _fill(recipe: Recipe, root: Path, log: int, progress: Progress) -> None:
    """Write the recipe's files, install its packages, run its script; no guest has touched `root` yet."""
    for file in recipe.files:
        path = root / file.path.lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(file.content)
        path.chmod(file.mode)
    steps = []
    if recipe.parent is None:
        steps.append("apt-get -q update && apt-get -q -y upgrade")
    elif recipe.packages:
        progress(f'base image "{recipe.name}": installing {" ".join(recipe.packages)}')
        steps.append(f"apt-get -q -y install --no-install-recommends {' '.join(recipe.packages)}")
    script = "\n".join([*steps, recipe.script]).strip()
    if script:
        _in_root(root, f"set -e\nexport DEBIAN_FRONTEND=noninteractive\n{script}\n", log, progress, recipe.name)


def _in_root(root: Path, script: str, log: int, progress: Progress, name: str) -> None:
    """Run a script in the tree, as root, with the machine's network, and no service started."""
    group = f"build-{name}-{os.getpid()}"
    command = [
        *within_cgroup(group),
        "systemd-nspawn", "--quiet", "--register=no", "--keep-unit", "--settings=no", "--pipe", "--as-pid2",
        "--resolv-conf=replace-host", "--timezone=off", "-D", str(root.resolve()), "/bin/sh", "-c", script,
    ]  # fmt: skip
    try:
        _logged(command, log, progress, name, ENVIRONMENT)
    finally:
        remove_cgroups(group)


def _logged(command: list[str], log: int, progress: Progress, name: str, environment: dict[str, str]) -> None:
    """Run with all output in the log; while it lasts, pass on now and then what it is at."""
    done = threading.Event()

    def report() -> None:
        while not done.wait(5):
            lines = os.pread(log, 1 << 20, max(0, os.fstat(log).st_size - 2000)).decode(errors="replace").splitlines()
            if lines:
                progress(f'base image "{name}": {lines[-1].strip()[:100]}')

    reporter = threading.Thread(target=report, daemon=True)
    reporter.start()
    try:
        subprocess.run(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment, check=True, cwd="/")
    finally:
        done.set()
        reporter.join()


def _mirrors() -> tuple[str, str]:
    """The Debian mirrors this machine itself uses for the suite, else the public ones."""
    found = run(
        "apt-get", "indextargets", "--format", "$(CODENAME) $(ORIGIN) $(REPO_URI)", "Created-By: Packages", check=False
    )
    known: dict[str, str] = {}
    for line in found.splitlines():
        words = line.split()
        if len(words) == 3 and words[1] == "Debian" and words[2].startswith(("http://", "https://")):
            known.setdefault(words[0], words[2].rstrip("/"))
    return known.get(SUITE, DEFAULT_MIRROR), known.get(f"{SUITE}-security", DEFAULT_SECURITY_MIRROR)


def _apt_settings() -> dict[str, str]:
    """The settings of this machine's apt without which a host's apt would not reach the same mirror."""
    wanted = {
        "acquire::http::proxy", "acquire::https::proxy", "acquire::check-valid-until", "acquire::check-date",
    }  # fmt: skip
    settings = {}
    for line in run("apt-config", "dump", "Acquire", check=False).splitlines():
        name, _, value = line.partition(" ")
        if name.lower() in wanted:
            settings[name] = value.rstrip(";").strip('"')
    return settings
