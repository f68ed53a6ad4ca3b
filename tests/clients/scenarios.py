"""UCloud's own scenarios, from the Go SDK: each in a process and a project of its own, all at the same time."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.clients.modules import Module, replaced
from tests.clients.outcome import Trial
from tests.support.emulator import Emulator

SDK = Module("github.com/ucloud/ucloud-sdk-go", "v0.22.98")
ALL = (
    "279", "283", "302", "405", "521", "523", "1922", "1935", "2007",
    "3094", "3095", "3252", "3299", "3357", "3608", "3611", "3951", "4603",
)  # fmt: skip
"""Those that touch the products here. 268 and 285 are about bandwidth packages, which are out of scope."""
WITHIN = 3600.0


def built() -> Path:
    """The SDK's tests as one program. It is told the emulator's address, and how much of each pause to take."""
    source = SDK.source()
    before, address = "\tcfg.MaxRetries = 1\n", '\tcfg.BaseUrl = os.Getenv("UCLOUD_BASE_URL")\n'
    after = "\tcfg.LogLevel"
    replaced(source / "tests/setup_test.go", {f"{before}{after}": f"{before}{address}{after}"})
    driver = source / "ucloud/utest/driver"
    replaced(
        driver / "step.go",
        {
            "time.After(step.StartupDelay)": "time.After(paced(step.StartupDelay))",
            "time.After(step.RetryInterval)": "time.After(paced(step.RetryInterval))",
        },
    )
    (driver / "paced.go").write_text(PACED)
    return SDK.build("scenarios", ("test", "-c"), "./tests")


PACED = """package driver

import (
	"os"
	"strconv"
	"time"
)

func paced(pause time.Duration) time.Duration {
	part, err := strconv.ParseFloat(os.Getenv("PAUSES"), 64)
	if err != nil {
		return pause
	}
	return time.Duration(float64(pause) * part)
}
"""


def run(emulator: Emulator, ids: Sequence[str], pauses: float) -> list[Trial]:
    program = built()
    with tempfile.TemporaryDirectory(prefix="scenarios-") as folder:
        started = [_start(program, emulator, Path(folder), number, id, pauses) for number, id in enumerate(ids, 1)]
        return [_judge(id, process, Path(folder) / id) for id, process in zip(ids, started, strict=True)]


def _start(
    program: Path, emulator: Emulator, folder: Path, number: int, id: str, pauses: float
) -> subprocess.Popen[bytes]:
    own = folder / id
    own.mkdir()
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(own),
        **emulator.environment(),
        "UCLOUD_PROJECT_ID": f"org-case-{number:02}",
        "USDKACC": "1",
        "PAUSES": str(pauses),
    }
    with (own / "output").open("w") as output:
        return subprocess.Popen(
            [program, "-test.run", f"^TestScenario{id}$", "-test.timeout", "0"],
            cwd=own, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
        )  # fmt: skip


def _judge(id: str, process: subprocess.Popen[bytes], folder: Path) -> Trial:
    """Passed, as `go test` sees it: a step that UCloud marks as one to go on after is told, and fails nothing."""
    try:
        code = process.wait(WITHIN)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return Trial(id, False, f"did not end within {WITHIN:g} s")
    try:
        (report,) = json.loads((folder / "report.json").read_text())["scenarios"]
    except (OSError, ValueError):
        return Trial(id, False, (folder / "output").read_text(errors="replace")[-300:])
    odd = [
        f"step {number}: {'; '.join(step.get('errors') or ())}"
        for number, step in enumerate(report["steps"], 1)
        if step["status"] == "failed"
    ]
    return Trial(id, code == 0, f"{report['passed_count']} of {len(report['steps'])} steps. {' '.join(odd)}".strip())
