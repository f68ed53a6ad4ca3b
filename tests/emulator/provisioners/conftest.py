"""A real host to provision: started once, logged in to by SSH."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from ucloud_provider.build import launch
from ucloud_provider.build.access import random_password
from ucloud_provider.cloud import hosts
from ucloud_provider.cloud.client import connect
from ucloud_provider.cloud.credentials import Credentials
from ucloud_provider.communicators.ssh import SshCommunicator, SshTarget
from ucloud_provider.masking import Masker
from ucloud_provider.provisioners.base import BuildFacts, ProvisionContext, Provisioner
from ucloud_provider.provisioners.running import run_provisioner
from ucloud_provider.run import Cancel
from ucloud_provider.spec.rules import InstanceType

from tests.support.emulator import Emulator


@pytest.fixture(scope="module")
def target(emulator: Emulator) -> Iterator[SshTarget]:
    """How to log in to a host of the emulator's."""
    api = connect(
        Credentials(Emulator.public_key, Emulator.private_key, Emulator.project, Emulator.region, emulator.url)
    )
    password = random_password()
    order = hosts.HostOrder(
        name="provisioned",
        zone=Emulator.zone,
        image_id="uimage-f1chxn",
        instance_type=InstanceType("N", 2, 4096),
        boot_disk=hosts.Disk(20, "cloud_ssd"),
        eip_bandwidth=10,
        password=password,
    )
    host_id = hosts.create(api, order)
    host = launch.wait_running(api, host_id, 60)
    yield SshTarget(host.public_ip, password=password, timeout=30)
    launch.remove(api, host_id)


@dataclass
class Provisioned:
    """A host, the local folder that paths start from, and the lines that came."""

    host: SshCommunicator
    folder: Path
    cancel: Cancel = field(default_factory=Cancel)
    lines: list[str] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    secrets: Masker = field(default_factory=Masker)
    on_line: Callable[[str], None] = lambda _line: None

    def run(self, provisioner: Provisioner) -> None:
        """Run a provisioner as a build does."""

        def on_line(line: str) -> None:
            self.lines.append(line)
            self.on_line(line)

        facts = BuildFacts("0123456789ab", "image", "uimage-f1chxn", "uhost-x", self.host.target.host)
        context = ProvisionContext(self.host, on_line, self.cancel, self.folder, facts, self.log.append, self.secrets)
        run_provisioner(provisioner, context)

    def says(self, command: str) -> str:
        """What a command on the host prints."""
        found: list[str] = []
        assert self.host.run(command, on_line=found.append) == 0, found
        return "\n".join(found)


@pytest.fixture
def provisioned(target: SshTarget, tmp_path: Path) -> Iterator[Provisioned]:
    cancel = Cancel()
    host = SshCommunicator(target, cancel)
    host.connect()
    host.run("rm -rf /root/t && mkdir /root/t", on_line=print)
    yield Provisioned(host, tmp_path, cancel)
    host.close()
