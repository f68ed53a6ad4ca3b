"""UCloud's CLI: the commands a user works with, in the order of a host's life."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from pathlib import Path

from tests.clients.modules import Module
from tests.clients.outcome import Trial
from tests.support.emulator import Emulator

CLI = Module("github.com/ucloud/ucloud-cli", "v0.3.9")
WITHIN = 300.0

COMMANDS = (
    "region",
    "project list",
    "image list",
    "vpc list",
    "subnet list",
    "firewall list",
    "uhost create --machine-type N --cpu 2 --memory-gb 4 --password Correct-horse-7 --image-id uimage-f1chxn "
    "--name by-cli --charge-type Dynamic --os-disk-type CLOUD_SSD --os-disk-size-gb 20",
    "uhost list",
    "udisk create --name by-cli --size-gb 20 --udisk-type SSDDataDisk",
    "udisk list",
    "udisk attach --uhost-id {uhost} --udisk-id {bs}",
    "udisk detach --udisk-id {bs} --yes",
    "udisk delete --udisk-id {bs} --yes",
    "eip allocate --bandwidth-mb 2 --traffic-mode Traffic --charge-type Dynamic",
    "eip list",
    "eip bind --eip-id {eip} --resource-id {uhost}",
    "eip unbind --eip-id {eip}",
    "eip release --eip-id {eip}",
    "uhost isolation-group list",
    "uhost restart --uhost-id {uhost}",
    "uhost stop --uhost-id {uhost}",
    "uhost create-image --uhost-id {uhost} --image-name by-cli",
    "uhost start --uhost-id {uhost}",
    "uhost delete --uhost-id {uhost} --destroy --release-eip --delete-cloud-disk --yes",
    "image delete --image-id {uimage}",
)
"""`{uhost}` and the like: the last id of this kind that a command has printed."""


def run(emulator: Emulator) -> list[Trial]:
    program = CLI.build("ucloud")
    with tempfile.TemporaryDirectory(prefix="ucloud-cli-") as folder:
        ids: dict[str, str] = {}
        config = (
            f"config add --profile emulator --active true --region {emulator.region} --zone {emulator.zone} "
            f"--project-id {emulator.project} --base-url {emulator.url}/ --public-key {emulator.public_key} "
            f"--private-key {emulator.private_key}"
        )
        return [_try(program, Path(folder), command, ids) for command in (config, *COMMANDS)]


def _try(program: Path, home: Path, command: str, ids: dict[str, str]) -> Trial:
    name = " ".join(command.split()[:2])
    try:
        words = command.format(**ids).split()
    except KeyError as missing:
        return Trial(name, False, f"no command before has printed the id of a {missing}")
    done = subprocess.run(
        [program, *words], cwd=home, env={"PATH": os.environ["PATH"], "HOME": str(home)}, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=WITHIN, check=False,
    )  # fmt: skip
    said = done.stdout.strip()
    for id in re.findall(r"\b(?:uhost|eip|bs|uimage)-[a-z0-9]{10}\b", said):
        if "list" not in words:
            ids[id.partition("-")[0]] = id
    # It ends with 0 where the API refused, too.
    refused = re.search(r"RetCode:(?!0\b)|failed|error", said, re.IGNORECASE)
    return Trial(
        name, done.returncode == 0 and not refused, "" if done.returncode == 0 and not refused else said[-200:]
    )
