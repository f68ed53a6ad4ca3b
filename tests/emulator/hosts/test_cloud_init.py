"""User data is run by cloud-init where the image has it, once for each new host."""

from __future__ import annotations

import json
from collections.abc import Callable

from tests.emulator.hosts.conftest import eip, login
from ucloud_emulator.hosts.machines import Machines, MachineSpec

Start = Callable[..., MachineSpec]

LAYERS = ("base", "cloudinit")
USER_DATA = b"""#cloud-config
runcmd:
 - echo ran >> /root/ran
write_files:
 - path: /root/written
   content: by cloud-init
"""


def test_user_data_runs_once_and_cloud_init_ends_well(machines: Machines, start: Start) -> None:
    spec = start(layers=LAYERS, user_data=USER_DATA)
    shell = login(eip(spec))
    assert "status: done" in shell.run("cloud-init status --wait")
    assert json.loads(shell.run("cat /run/cloud-init/result.json"))["v1"]["errors"] == []
    assert shell.run("cat /root/ran /root/written") == "ran\nby cloud-init"
    assert shell.run("systemctl is-system-running --wait") == "running"
    assert shell.run("ls -A /var/lib/cloud/seed") == ""
    assert "http://100.80.80.80/" in shell.run("cloud-init query subplatform")
    machines.reboot(spec.id)
    shell = login(eip(spec))
    assert shell.run("cloud-init status --wait >/dev/null; cat /root/ran") == "ran"


def test_a_host_without_user_data_is_well_too(start: Start) -> None:
    spec = start(layers=LAYERS)
    shell = login(eip(spec))
    assert "status: done" in shell.run("cloud-init status --wait")
    assert shell.run("hostname") == spec.hostname


def test_a_host_from_an_image_runs_its_own_user_data_with_keys_of_its_own(machines: Machines, start: Start) -> None:
    builder = start(layers=LAYERS, user_data=b"#!/bin/sh\necho builder >> /root/ran\n")
    shell = login(eip(builder))
    shell.run("cloud-init status --wait")
    before = shell.run("cat /etc/ssh/ssh_host_ed25519_key.pub")
    machines.stop(builder.id)
    machines.snapshot(builder.id, "uimage-cloud")
    user = start(layers=(*LAYERS, "uimage-cloud"), user_data=b"#!/bin/sh\necho user >> /root/ran\n")
    shell = login(eip(user))
    shell.run("cloud-init status --wait")
    assert shell.run("cat /root/ran") == "builder\nuser"
    assert shell.run("cat /etc/ssh/ssh_host_ed25519_key.pub") != before
