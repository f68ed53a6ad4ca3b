"""A host whose SSH server hangs, or whose disk is full, in mid-build: said, given back, and no matter to the next."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator

import pytest
from ucloud_provider.communicators import ssh_transport
from ucloud_provider.errors import StepFailed
from ucloud_provider.provisioners.base import Provisioner
from ucloud_provider.provisioners.file import File
from ucloud_provider.provisioners.shell import Shell

from tests.emulator.build.conftest import Builds, Run

FULL = "No space left on device"
ANSWER = r"waited \d s for any answer of the SSH server, .*; last seen: \w+"


@pytest.fixture
def falls_sick(builds: Builds) -> Iterator[Callable[..., None]]:
    """Has a host fault happen to the build's host once a provisioner says something."""
    timers: list[threading.Timer] = []

    def arrange(kind: str, said: str, after: float = 0.0) -> None:
        def happen() -> None:
            (id,) = [row["id"] for row in builds.left() if row["kind"] == "uhost"]
            builds.emulator.host_fault(id, kind)

        def on_line(line: str) -> None:
            if not line.startswith(said):
                return
            if not after:
                happen()
                return
            timers.append(threading.Timer(after, happen))
            timers[-1].start()

        builds.progress.on_line = on_line

    yield arrange
    for timer in timers:
        timer.join(30)


def failure(builds: Builds, *provisioners: Provisioner) -> str:
    """What the build says in the end. It leaves nothing, and the next one, on a host that is well, succeeds."""
    with pytest.raises(StepFailed) as caught:
        builds.build(provisioners=list(provisioners), ssh_keep_alive_interval=1)
    assert (builds.left(), builds.images()) == ([], [])
    builds.progress.on_line = lambda _line: None
    built = builds.build(provisioners=[Run(command="echo well")])
    assert (builds.left(), builds.images()) == ([], [built.image_id])
    return str(caught.value)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ssh_transport, "UNANSWERED", 3.0)


@pytest.mark.usefixtures("impatient")
def test_ssh_that_hangs_while_a_script_runs_ends_the_build(builds: Builds, falls_sick: Callable[..., None]) -> None:
    falls_sick("stall_ssh", "now")
    said = failure(builds, Shell(inline=["echo before", "echo now", "sleep 600"]))
    assert re.search(r"provisioning failed .*: the connection broke while the command ran", said), said
    assert re.search(ANSWER, said), said
    assert "  before" in said.splitlines()
    assert builds.progress.lines.count("now") == 1


@pytest.mark.usefixtures("impatient")
def test_ssh_that_hangs_while_a_file_is_uploaded_ends_the_build(
    builds: Builds, falls_sick: Callable[..., None]
) -> None:
    with (builds.base_dir / "endless").open("wb") as file:
        file.truncate(64 * 1024**3)
    falls_sick("stall_ssh", "uploading", after=2.0)
    said = failure(builds, File(source="endless", destination="/root/endless", generated=True))
    assert re.search(r"provisioning failed .*: upload .*/endless → /root/endless: ", said), said
    assert re.search(ANSWER, said), said


def test_a_disk_that_is_full_while_a_script_runs_ends_the_build(
    builds: Builds, falls_sick: Callable[..., None]
) -> None:
    falls_sick("fill_disk", "now")
    script = ["echo now", "for i in $(seq 600); do head -c 65536 /dev/zero >> /root/filled || exit 3; sleep 0.1; done"]
    said = failure(builds, Shell(inline=script))
    assert "provisioning failed" in said
    assert "ended with exit code 3" in said
    assert any(FULL in line for line in said.splitlines() if line.startswith("  ")), said


@pytest.mark.parametrize("source", ["large", "folder"])
def test_a_disk_that_is_full_while_files_are_uploaded_ends_the_build(
    source: str, builds: Builds, falls_sick: Callable[..., None]
) -> None:
    (builds.base_dir / "folder").mkdir()
    for path in ("large", "folder/large"):
        (builds.base_dir / path).write_bytes(b"x" * 4 * 1024**2)
    falls_sick("fill_disk", "uploading")
    said = failure(builds, File(source=source, destination="/root/"))
    assert re.search(rf"provisioning failed .*: upload .*{source}.* → /root.*{FULL}", said), said


def test_a_disk_that_is_full_when_a_script_is_to_start_ends_the_build(
    builds: Builds, falls_sick: Callable[..., None]
) -> None:
    falls_sick("fill_disk", "now")
    said = failure(builds, Run(command="echo now; sleep 1"), Shell(inline=["true"]))
    assert re.search(rf"provisioning failed .*: upload .*script_.*{FULL}", said), said
