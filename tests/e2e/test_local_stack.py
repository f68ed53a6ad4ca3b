"""`make up` and `make down`, less the set-up: the example stack on an emulator of the clone's own."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from ucloud.client import Client

from tests.support.emulator import Emulator

ROOT = Path(__file__).resolve().parents[2]
PORT = "8588"


class Clone:
    """What git tracks, in a folder of its own, with the emulator on a free port."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
        for name in filter(None, listing.stdout.split("\0")):
            if (ROOT / name).is_file():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / name, folder / name)
        (folder / ".venv").symlink_to(sys.prefix)
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = str(free.getsockname()[1])
        for name in ("tools/local_stack.py", "stacks/Pulumi.local.yaml"):
            text = (folder / name).read_text()
            assert PORT in text
            (folder / name).write_text(text.replace(PORT, self.port))

    def run(self, *command: str) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, *command],
            cwd=self.folder,
            env={
                **os.environ,
                "PYTHONPATH": os.pathsep.join(map(str, (self.folder, self.folder / "providers"))),
                "XDG_STATE_HOME": str(self.folder / "state"),
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
            check=False,
        )
        return done.returncode, done.stdout

    def make(self, target: str) -> tuple[int, str]:
        return self.run("-m", "tools.local_stack", target)


@pytest.fixture
def clone(tmp_path: Path) -> Iterator[Clone]:
    made = Clone(tmp_path / "clone")
    yield made
    made.run("-m", "ucloud_emulator", "stop", "--state", ".local/emulator")


def test_up_shows_the_page_again_says_that_nothing_changed_and_down_leaves_nothing(clone: Clone) -> None:
    code, said = clone.make("up")
    assert code == 0, said
    assert re.search(r"image_ids: .*cn-bj2.*cn-sh2", said), said
    assert said.count("Outputs:") == 1
    assert re.search(r"http://\S+/ serves: Welcome to nginx!\n$", said), said

    code, said = clone.make("up")
    assert code == 0, said
    assert "Nothing changed" in said
    assert "3 unchanged" in said
    assert said.endswith("serves: Welcome to nginx!\n")

    code, said = clone.make("down")
    assert code == 0, said
    assert "The ledger has no open row" in said
    assert not (clone.folder / ".local" / "emulator" / "emulator.json").exists(), "the emulator was stopped"


def test_a_port_that_is_taken_is_told_with_what_may_have_it(clone: Clone) -> None:
    with socket.create_server(("127.0.0.1", int(clone.port))):
        code, said = clone.make("up")
    assert code == 1, said
    assert "is the emulator of another clone running?" in said
    assert "Traceback" not in said


def test_down_fails_and_says_what_was_left(clone: Clone) -> None:
    code, said = clone.run("-c", "from tools import local_stack; local_stack.start_emulator('instant')")
    assert code == 0, said
    client = Client(
        {
            "public_key": Emulator.public_key,
            "private_key": Emulator.private_key,
            "project_id": Emulator.project,
            "region": "hk",
            "base_url": f"http://127.0.0.1:{clone.port}",
        }
    )
    eip = client.invoke("AllocateEIP", {"Bandwidth": 1, "OperatorName": "International"})["EIPSet"][0]["EIPId"]
    code, said = clone.make("down")
    assert code == 1, said
    assert "error: the emulator's ledger has open rows" in said
    assert re.search(rf"^  eip {eip} \S+ \(hk\)$", said, re.MULTILINE), said
    assert "rm -r .local/emulator" in said
    assert "Traceback" not in said
