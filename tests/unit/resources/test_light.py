"""Importing the resources is quick: a program that only previews pays for no SSH, no SDK and no checker of models."""

from __future__ import annotations

import subprocess
import sys

import pytest
from ucloud_provider.resources import contract


@pytest.mark.parametrize("module", [*(each.provider_module for each in contract.ALL), "ucloud_image"])
def test_heavy_packages_are_imported_only_when_they_are_used(module: str) -> None:
    heavy = ("paramiko", "cryptography", "ucloud", "pydantic", "requests", "pulumi_command")
    program = f"import sys, {module}; print([each for each in {heavy!r} if each in sys.modules])"
    path = ":".join(each for each in sys.path if each)
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        timeout=60,
        env={"PYTHONPATH": path},
        check=False,
    )
    assert done.stdout.strip() == "[]", done.stderr
