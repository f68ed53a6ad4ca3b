"""Packer with UCloud's plugin: the guide's template, on real hosts, and its image copied to another region."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from tests.clients.modules import Module
from tests.clients.outcome import Trial
from tests.support.emulator import Emulator

PACKER = Module("github.com/hashicorp/packer", "v1.11.2")
PLUGIN = Module("github.com/ucloud/packer-plugin-ucloud", "v1.0.9")
WITHIN = 600.0


def run() -> list[Trial]:
    packer, plugin = PACKER.build("packer"), PLUGIN.build("packer-plugin-ucloud")
    with Emulator() as emulator, tempfile.TemporaryDirectory(prefix="packer-") as folder:
        home = Path(folder)
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": folder,
            "PACKER_CONFIG_DIR": folder,
            "PACKER_PLUGIN_PATH": str(home / "plugins"),
            "CHECKPOINT_DISABLE": "1",
        }
        installed = _run(
            [str(packer), "plugins", "install", "--path", str(plugin), "github.com/ucloud/ucloud"], home, environment
        )
        if installed.returncode != 0:
            return [Trial("the plugin is installed", False, installed.stdout[-300:])]
        copies = [{"project_id": emulator.project, "region": "cn-sh2"}]
        return [
            _build(packer, emulator, home, environment, "the guide's template", {}),
            _build(packer, emulator, home, environment, "with a copy", {"image_copy_to_mappings": copies}),
        ]


def _build(
    packer: Path, emulator: Emulator, home: Path, environment: dict[str, str], name: str, more: dict[str, Any]
) -> Trial:
    builder = {
        "type": "ucloud-uhost",
        "public_key": emulator.public_key,
        "private_key": emulator.private_key,
        "project_id": emulator.project,
        "region": emulator.region,
        "availability_zone": emulator.zone,
        "base_url": emulator.url,
        "instance_type": "n-basic-2",
        "source_image_id": "uimage-f1chxn",
        "ssh_username": "root",
        "image_name": f"packer-{len(more)}",
        **more,
    }
    template = home / "template.json"
    shell = {"type": "shell", "inline": ["yum install -y nginx"]}
    template.write_text(json.dumps({"builders": [builder], "provisioners": [shell]}))
    done = _run([str(packer), "build", "-color=false", str(template)], home, environment)
    left = [row["id"] for row in emulator.ledger(open_only=True, billable_only=True) if row["kind"] != "image"]
    wanted = 1 + len(more)
    made = [
        row
        for row in emulator.ledger(open_only=True)
        if row["kind"] == "image" and row["name"] == builder["image_name"]
    ]
    if done.returncode == 0 and len(made) == wanted and not left:
        return Trial(name, True, f"{wanted} image(s), nothing left behind")
    return Trial(name, False, f"exit {done.returncode}, {len(made)} images, left {left}: {done.stdout[-400:]}")


def _run(command: list[str], home: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=home, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, timeout=WITHIN, check=False,
    )  # fmt: skip
