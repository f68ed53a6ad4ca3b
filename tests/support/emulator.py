"""An emulator of a test's own: started as a process, asked over HTTP, ended cleanly."""

from __future__ import annotations

import json
import logging
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Any

from ucloud.client import Client

REPOSITORY = Path(__file__).resolve().parents[2]
STARTS_WITHIN = 60.0
BASES_WITHIN = 900.0
"""The first start on a machine builds the base images."""


class Refused(Exception):
    """The emulator's admin endpoints refused; `status` and the body's text say why."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(f"HTTP {status}: {text}")
        self.status = status


class Emulator:
    """`python -m ucloud_emulator serve` on a free port and a state directory of its own.

    hosts="paper" needs no root and boots nothing: for tests of the API alone. projects=N: so many more projects,
    org-case-01 and on, each with its own default network in each region.
    """

    public_key = "emulator-public-key"
    private_key = "emulator-private-key"
    project = "org-emulator"
    second_project = "org-second"
    region = "cn-bj2"
    zone = "cn-bj2-02"

    def __init__(
        self, *, latency: str = "instant", hosts: str = "real", state: Path | None = None, projects: int = 0
    ) -> None:
        self._own_state = state is None
        self.state = state or Path(tempfile.mkdtemp(prefix="ucloud-emulator-"))
        self.latency = latency
        self.hosts = hosts
        self.projects = projects
        self.url = ""
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> Emulator:
        command = [sys.executable, "-m", "ucloud_emulator", "serve", "--port", "0", "--state", str(self.state)]
        command += ["--latency", self.latency, "--hosts", self.hosts, "--projects", str(self.projects)]
        self.output = self.state / "serve.log"
        if self.hosts == "real":
            self._run("prepare", timeout=BASES_WITHIN)
        with self.output.open("a") as output:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                text=True,
                env=_environment(),
            )
        record = self.state / "emulator.json"
        deadline = time.monotonic() + STARTS_WITHIN
        while not record.exists() or json.loads(record.read_text())["pid"] != self._process.pid:
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise RuntimeError(f"the emulator did not start:\n{self.output.read_text()[-4000:]}")
            time.sleep(0.02)
        self.url = json.loads(record.read_text())["url"]
        return self

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def _run(self, *arguments: str, timeout: float) -> None:
        subprocess.run(
            [sys.executable, "-m", "ucloud_emulator", *arguments],
            check=True,
            timeout=timeout,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )

    def stop(self) -> int:
        """End it as a user would; returns its exit code. The state directory stays until close()."""
        if self._process is None:
            return 0
        self._process.terminate()
        try:
            code = self._process.wait(60)
        except subprocess.TimeoutExpired:
            self.kill()
            raise
        self._process = None
        return code

    def wait(self, seconds: float = 60) -> int:
        """Its exit code, once something else has ended it."""
        assert self._process is not None
        code = self._process.wait(seconds)
        self._process = None
        return code

    def kill(self) -> None:
        """As if the machine had lost it: no chance to clean up."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(30)
            self._process = None

    def close(self) -> int:
        code = self.stop()
        if self._own_state and code == 0:
            shutil.rmtree(self.state)
        return code

    def __enter__(self) -> Emulator:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        code = self.close()
        if error is None:
            assert code == 0, f"the emulator ended with {code}: see {self.output}"

    def client(self, *, region: str = "", project: str = "", private_key: str = "") -> Client:
        """The SDK's own client, its blind retries and its logger (which prints passwords) off."""
        silent = logging.getLogger("ucloud-silent")
        silent.setLevel(logging.CRITICAL + 1)
        return Client(
            {
                "region": region or self.region,
                "project_id": project or self.project,
                "public_key": self.public_key,
                "private_key": private_key or self.private_key,
                "base_url": self.url,
                "max_retries": 0,
                "timeout": 60,
            },
            logger=silent,
        )

    def environment(self) -> dict[str, str]:
        """What a program needs to find this UCloud instead of the real one."""
        return {
            "UCLOUD_PUBLIC_KEY": self.public_key,
            "UCLOUD_PRIVATE_KEY": self.private_key,
            "UCLOUD_PROJECT_ID": self.project,
            "UCLOUD_REGION": self.region,
            "UCLOUD_BASE_URL": self.url,
        }

    def _ask(self, path: str, method: str = "GET", body: object = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/_emulator/{path}", data=data, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                return json.load(response)
        except urllib.error.HTTPError as error:
            raise Refused(error.code, error.read().decode()) from None

    def ledger(self, open_only: bool = False, billable_only: bool = False, project: str = "") -> list[dict[str, Any]]:
        query = urllib.parse.urlencode({"open": int(open_only), "project": project})
        rows: list[dict[str, Any]] = self._ask(f"ledger?{query}")
        return [row for row in rows if row["billable"] or not billable_only]

    def fault(self, **rule: Any) -> str:
        """Set a fault for calls (`action=`) or for a change of state (`transition=`); its id. See docs/emulator.md."""
        return str(self._ask("faults", "POST", rule)["id"])

    def faults(self) -> list[dict[str, Any]]:
        """The rules that are set: id, what was given, `seen` and `hits`."""
        found: list[dict[str, Any]] = self._ask("faults")
        return found

    def clear_faults(self, id: str = "") -> None:
        """Take back one rule, or all; what a `never` held goes on."""
        self._ask(f"faults/{id}" if id else "faults", "DELETE")

    def host_fault(self, id: str, kind: str, **more: Any) -> None:
        """Let something happen to a host now: power_loss, terminate, drop_ssh, …"""
        self._ask(f"hosts/{id}/fault", "POST", {"kind": kind, **more})

    def requests(self) -> list[dict[str, Any]]:
        """Every request so far: t, Action, params (without secrets), RetCode, ms."""
        found: list[dict[str, Any]] = self._ask("requests")
        return found

    def status(self) -> dict[str, Any]:
        found: dict[str, Any] = self._ask("status")
        return found

    def reset(self) -> None:
        self._ask("reset", "POST")


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(REPOSITORY), "PYTHONUNBUFFERED": "1"}
