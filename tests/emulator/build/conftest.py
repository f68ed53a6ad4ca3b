"""A build against a running emulator: its arguments, where its progress goes, and what the cloud has afterwards."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import pytest
from ucloud_provider import places
from ucloud_provider.build import dead_builds
from ucloud_provider.build.hand_over import Accepts
from ucloud_provider.build.image import build_image, make_copies
from ucloud_provider.build.journal import FILE, Journal
from ucloud_provider.build.lease import Lease
from ucloud_provider.build.state import BuiltImage, MadeCopy
from ucloud_provider.cloud import hosts
from ucloud_provider.cloud.client import Api, connect
from ucloud_provider.cloud.credentials import Credentials
from ucloud_provider.errors import ProvisionerFailed
from ucloud_provider.provisioners.base import ProvisionContext, Provisioner
from ucloud_provider.run import Cancel
from ucloud_provider.spec.args import Arg, Effect, arg, args
from ucloud_provider.spec.image import CustomImageArgs, ImageCopy
from ucloud_provider.spec.rules import InstanceType

from tests.support.emulator import Emulator

DEBIAN = "uimage-f1chxn"


@args
class Run(Provisioner):
    """One command over the build's own connection: the least a provisioner can be."""

    type: ClassVar[str] = "test-run"

    command: Arg[str] = arg(effect=Effect.REPLACE, doc="The command.")

    def provision(self, context: ProvisionContext) -> None:
        assert context.communicator is not None
        tail: list[str] = []

        def on_line(line: str) -> None:
            tail.append(line)
            context.on_line(line)

        code = context.communicator.run(self.command, on_line=on_line)
        if code:
            raise ProvisionerFailed(f"command {self.command!r}", code, tail)


@dataclass
class Recorder:
    """A Progress that remembers, and lets a test wait for a line."""

    steps: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    on_step: Callable[[str], None] = lambda _text: None
    on_line: Callable[[str], None] = lambda _text: None

    def step(self, text: str) -> None:
        self.steps.append(text)
        self.on_step(text)

    def line(self, text: str) -> None:
        self.lines.append(text)
        self.on_line(text)

    def note(self, text: str) -> None:
        self.notes.append(text)


class Builds:
    """Builds with an emulator, and says what they left there."""

    def __init__(self, emulator: Emulator, base_dir: Path) -> None:
        self.emulator = emulator
        self.base_dir = base_dir
        self.progress = Recorder()
        self.cancel = Cancel()
        self.accepts: Accepts = lambda _partial: True
        self._seen = len(emulator.requests())

    def api(self, **where: str) -> Api:
        credentials = Credentials(
            Emulator.public_key, Emulator.private_key, Emulator.project, Emulator.region, self.emulator.url
        )
        return connect(credentials, **where)

    @staticmethod
    def args(**given: Any) -> CustomImageArgs:
        values: dict[str, Any] = {
            "image_name": "built",
            "source_image_id": DEBIAN,
            "availability_zone": Emulator.zone,
            "instance_type": "n-basic-2",
            "ssh_timeout": 60,
        }
        return CustomImageArgs(**{**values, **given})

    def build(self, **given: Any) -> BuiltImage:
        return build_image(
            self.args(**given),
            api=self.api(),
            progress=self.progress,
            cancel=self.cancel,
            base_dir=self.base_dir,
            accepts=self.accepts,
        )

    def copies(self, wanted: Sequence[ImageCopy], image_id: str) -> tuple[MadeCopy, ...]:
        """Make copies of an image that a build has made."""
        return make_copies(self.args(), wanted, image_id, api=self.api(), progress=self.progress, cancel=self.cancel)

    def requests(self, action: str = "") -> list[dict[str, Any]]:
        """What this test asked of the API so far."""
        return [each for each in self.emulator.requests()[self._seen :] if action in ("", each["Action"])]

    def forget(self) -> None:
        """Have what was asked until now be nothing of the test's."""
        self._seen = len(self.emulator.requests())

    def left(self) -> list[dict[str, Any]]:
        """Open rows of the ledger that cost money or are a build's, but for images."""
        return [row for row in self.emulator.ledger(open_only=True) if row["kind"] != "image"]

    def images(self) -> list[str]:
        return [row["id"] for row in self.emulator.ledger(open_only=True) if row["kind"] == "image"]


def start_host(api: Api, held: Lease, name: str = "") -> str:
    """The id of a host that carries a lease, also in its name where it is given none: as a build makes one."""
    order = hosts.HostOrder(
        name=name or held.label,
        tag=held.label,
        zone=Emulator.zone,
        image_id=DEBIAN,
        instance_type=InstanceType("N", 2, 4096),
        boot_disk=hosts.Disk(20, "cloud_ssd"),
        password="Secret-123",
    )
    return hosts.create(api, order)


def journal_of(api: Api, held: Lease, **more: object) -> Journal:
    """The journal of a build that has begun; `more` takes the place of what else it says of itself."""
    journal = Journal(places.build_dir(held.build_id) / FILE)
    journal.event("start", **{"build": held.build_id, "expires": held.expires, **dead_builds.whose(api), **more})
    return journal


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the builds' journals and logs."""
    folder = tmp_path / "state"
    monkeypatch.setenv("UCLOUD_IMAGE_STATE", str(folder))
    return folder


@pytest.fixture
def builds(emulator: Emulator, state: Path, tmp_path: Path) -> Iterator[Builds]:
    """Builds on real hosts. What a test makes, it takes away, or the next one starts on a clean cloud."""
    emulator.reset()
    yield Builds(emulator, tmp_path)
    emulator.reset()


@pytest.fixture
def paper_builds(paper_emulator: Emulator, state: Path, tmp_path: Path) -> Builds:
    """Builds on hosts of paper: nobody can log in to them."""
    paper_emulator.reset()
    return Builds(paper_emulator, tmp_path)


@pytest.fixture
def in_background() -> Iterator[Callable[[Callable[[], object]], threading.Thread]]:
    """Runs something in a thread that the test joins."""
    threads: list[threading.Thread] = []

    def start(work: Callable[[], object]) -> threading.Thread:
        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        threads.append(thread)
        return thread

    yield start
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
