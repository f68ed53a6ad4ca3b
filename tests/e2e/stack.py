"""A Pulumi stack for a test: a project of its own, a local state, and the real `pulumi` command."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tools.pulumi_engine import environment

REPOSITORY = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
LONGEST = 300


@dataclass(frozen=True)
class Outcome:
    """How a command ended."""

    code: int
    output: str
    seconds: float

    def succeeded(self) -> Outcome:
        assert self.code == 0, self.output
        return self

    def failed(self) -> Outcome:
        assert self.code != 0, self.output
        return self


@dataclass
class Running:
    """A command that runs, its output growing in a file."""

    process: subprocess.Popen[bytes]
    log: Path
    started: float

    def output(self) -> str:
        return self.log.read_text(errors="replace")

    def until(self, seen: Callable[[str], bool], seconds: float = 60) -> str:
        """Wait until the output is as wanted."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if seen(self.output()):
                return self.output()
            assert self.process.poll() is None, self.output()
            time.sleep(0.05)
        raise AssertionError(f"not seen within {seconds} s:\n{self.output()}")

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def ended(self, seconds: float = LONGEST) -> Outcome:
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise AssertionError(f"still running after {seconds} s:\n{self.output()}") from None
        return Outcome(code, self.output(), time.monotonic() - self.started)


@dataclass
class Stack:
    """A project in a folder, with its stack."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)
    name: str = "test"

    @property
    def project(self) -> Path:
        return self.folder / "project"

    def create(
        self,
        program: str,
        config: dict[str, str] | None = None,
        secrets: dict[str, str] | None = None,
        *,
        project: str = "trial",
    ) -> Stack:
        self.project.mkdir(parents=True, exist_ok=True)
        (self.project / "Pulumi.yaml").write_text(f"name: {project}\nruntime: python\n")
        self.write(program)
        self.run("stack", "init", self.name).succeeded()
        for key, value in (config or {}).items():
            self.run("config", "set", key, value).succeeded()
        for key, value in (secrets or {}).items():
            self.run("config", "set", "--secret", key, value).succeeded()
        return self

    def write(self, program: str, name: str = "__main__.py") -> None:
        file = self.project / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(program)

    def start(self, *arguments: str) -> Running:
        environ = self.environ()
        pulumi = shutil.which("pulumi", path=environ["PATH"])
        assert pulumi is not None
        log = self.folder / f"{arguments[0]}-{time.monotonic_ns()}.log"
        with log.open("wb") as sink:
            process = subprocess.Popen(
                [pulumi, *arguments, "--non-interactive"],
                cwd=self.project,
                env=environ,
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return Running(process, log, time.monotonic())

    def run(self, *arguments: str) -> Outcome:
        return self.start(*arguments).ended()

    def up(self, *arguments: str) -> Outcome:
        return self.run("up", "--yes", "--skip-preview", *arguments)

    def start_up(self, *arguments: str) -> Running:
        return self.start("up", "--yes", "--skip-preview", *arguments)

    def preview(self, *arguments: str) -> Outcome:
        return self.run("preview", *arguments)

    def destroy(self) -> Outcome:
        return self.run("destroy", "--yes", "--skip-preview")

    def outputs(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.run("stack", "output", "--json").succeeded().output)
        return found

    def deployment(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.run("stack", "export").succeeded().output)["deployment"]
        return found

    def resources(self, kind: str = "") -> list[dict[str, Any]]:
        """The resources in the state whose type ends so."""
        return [each for each in self.deployment().get("resources", []) if each["type"].endswith(kind)]

    def state_text(self) -> str:
        """Every byte that Pulumi keeps of this stack."""
        files = [each for each in (self.folder / "pulumi" / "state").rglob("*") if each.is_file()]
        return "\n".join(each.read_text(errors="replace") for each in files)

    def environ(self) -> dict[str, str]:
        """What the commands run with: nothing of the user's own Pulumi or UCloud settings."""
        inherited = {key: value for key, value in os.environ.items() if not key.startswith(("PULUMI_", "UCLOUD_"))}
        return {
            **environment(self.folder / "pulumi", base=inherited),
            "PYTHONPATH": os.pathsep.join(map(str, (REPOSITORY, REPOSITORY / "providers", HERE))),
            "XDG_STATE_HOME": str(self.folder / "state"),
            "HOME": str(self.folder),
            **self.environment,
        }
