"""How much longer 16 images side by side take than one: the same program, by real `pulumi up`, on a slowed emulator.

`make bench`. The figure is the ratio, taken in one run on one machine; the seconds are that machine's own.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from tests.support.emulator import Emulator
from tools.pulumi_engine import environment

TARGET = 1.3
PROGRAM = """
import pulumi
from ucloud_image import CustomImage, CustomImageArgs, ImageCopy, Shell

for number in range(pulumi.Config().require_int("images")):
    CustomImage(
        f"image-{number}",
        CustomImageArgs(
            region="cn-bj2",
            availability_zone="cn-bj2-02",
            instance_type="n-basic-2",
            source_image_id="uimage-f1chxn",
            ssh_username="root",
            image_name=f"side-by-side-{number}",
            provisioners=[Shell(inline=["echo hi"])],
            copies=[ImageCopy(region="cn-sh2")],
        ),
    )
"""


@dataclass(frozen=True)
class Measured:
    """One `pulumi up`."""

    images: int
    seconds: float
    calls: int


def measure(images: int, emulator: Emulator) -> Measured:
    """Brings a new stack of so many images up and takes it away again; only the up counts."""
    with tempfile.TemporaryDirectory(prefix="side-by-side-") as folder:
        project = Path(folder)
        (project / "Pulumi.yaml").write_text("name: side-by-side\nruntime: python\n")
        (project / "__main__.py").write_text(PROGRAM)
        variables = {k: v for k, v in environment(project / "pulumi").items() if not k.startswith("UCLOUD_")}
        variables["XDG_STATE_HOME"] = str(project / "builds")

        def pulumi(*arguments: str) -> None:
            done = subprocess.run(
                ["pulumi", *arguments, "--non-interactive"],
                cwd=project, env=variables, capture_output=True, text=True, check=False,
            )  # fmt: skip
            if done.returncode != 0:
                raise SystemExit(f"pulumi {' '.join(arguments)} failed:\n{done.stdout}{done.stderr}")

        pulumi("stack", "init", "bench")
        settings = {
            "side-by-side:images": str(images),
            "ucloud:baseUrl": emulator.url,
            "ucloud:projectId": emulator.project,
            "ucloud:publicKey": emulator.public_key,
        }
        for key, value in settings.items():
            pulumi("config", "set", key, value)
        pulumi("config", "set", "--secret", "ucloud:privateKey", emulator.private_key)
        calls = len(emulator.requests())
        started = time.monotonic()
        pulumi("up", "--yes", "--skip-preview")
        seconds = time.monotonic() - started
        calls = len(emulator.requests()) - calls
        pulumi("destroy", "--yes", "--skip-preview")
    return Measured(images, seconds, calls)


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--images", type=int, default=16)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with Emulator(latency="scaled") as emulator:
        one = measure(1, emulator)
        many = measure(options.images, emulator)
    ratio = many.seconds / one.seconds
    if options.json:
        print(json.dumps({"one": one.__dict__, "many": many.__dict__, "ratio": ratio}))
    else:
        for measured in (one, many):
            noun = "image" if measured.images == 1 else "images"
            print(f"{measured.images:3} {noun:7} {measured.seconds:6.1f} s   {measured.calls:4} API calls")
        print(f"ratio       {ratio:6.2f}     (target: at most {TARGET})")
    return 0 if ratio <= TARGET else 1


if __name__ == "__main__":
    sys.exit(main())
