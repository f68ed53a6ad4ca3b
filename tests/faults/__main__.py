"""What `make faults` runs: the whole matrix, then every test of faults; the last line counts them all."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from xml.etree import ElementTree

from tests.faults.matrix.__main__ import Result, run

WORKERS = 2 * (os.cpu_count() or 2)
"""A case waits more than it computes, and most of them are in three files."""


def main() -> int:
    matrix = run()
    cases, failures = _tests()
    print(f"matrix: {matrix}; tests: {cases} cases, {failures} failures")
    whole = Result(matrix.cases + cases, matrix.failures + failures, matrix.leaks)
    print(whole)
    return 0 if whole.clean else 1


def _tests() -> tuple[int, int]:
    """The tests in this folder, those that `make test` leaves out too: how many there are, how many failed."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        ended = subprocess.run(
            [
                *(sys.executable, "-m", "pytest", "-n", str(WORKERS), "--dist", "worksteal"),
                *(f"--junitxml={report}", str(Path(__file__).parent)),
            ],
            check=False,
        )
        if not report.exists():
            return 0, 1
        suites = ElementTree.parse(report).getroot().iter("testsuite")
        counts = [[int(suite.get(name, "0")) for name in ("tests", "failures", "errors")] for suite in suites]
    cases, failed = sum(each[0] for each in counts), sum(each[1] + each[2] for each in counts)
    return cases, failed or int(ended.returncode != 0)


if __name__ == "__main__":
    sys.exit(main())
