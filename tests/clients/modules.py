"""Other people's programs, got as Go modules by the ordinary client and built in a cache folder of this user."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ucloud-image" / "clients"
BUILD_WITHIN = 3600.0


class NotGot(Exception):
    """The module is not in reach, or does not build; the text says which of them and why."""


@dataclass(frozen=True)
class Module:
    path: str
    version: str

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]

    def source(self) -> Path:
        """A copy of its own, to be built in and changed; made once."""
        target = CACHE / f"{self.name}@{self.version}"
        if not target.exists():
            found = json.loads(self._go(["mod", "download", "-json", f"{self.path}@{self.version}"], CACHE))
            part = target.with_name(f"{target.name}.part")
            shutil.rmtree(part, ignore_errors=True)
            shutil.copytree(found["Dir"], part)
            subprocess.run(["chmod", "-R", "u+w", str(part)], check=True)
            part.rename(target)
        return target

    def build(self, program: str, arguments: tuple[str, ...] = ("build",), package: str = ".") -> Path:
        """A program of the module, by `go build` or `go test -c`; built once."""
        binary = CACHE / "bin" / f"{program}@{self.version}"
        if not binary.exists():
            self._go([*arguments, "-o", str(binary), package], self.source())
        return binary

    def _go(self, arguments: list[str], folder: Path) -> str:
        go = shutil.which("go")
        if go is None:
            raise NotGot("there is no go on PATH: install Go 1.25 or newer")
        folder.mkdir(parents=True, exist_ok=True)
        environment = {**os.environ, "GOFLAGS": "-mod=mod"}
        done = subprocess.run(
            [go, *arguments],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=BUILD_WITHIN,
            check=False,
        )
        if done.returncode != 0:
            said = " ".join((done.stderr or done.stdout).split())[-300:]
            raise NotGot(f"go {arguments[0]} of {self.path}@{self.version}: {said}")
        return done.stdout


def replaced(file: Path, changes: Mapping[str, str]) -> None:
    """Change texts in a copied file, each once; content where they are changed already."""
    text = file.read_text()
    for before, after in changes.items():
        if after not in text:
            if before not in text:
                raise NotGot(f"{file} has no {before!r}: another version of the module needs another change")
            text = text.replace(before, after)
    file.write_text(text)
