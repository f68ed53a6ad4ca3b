"""`make acceptance`: the product on a real account, with its owner's keys and within a ceiling of cost.

Builds the guide's image with a copy and a host, lets a build fail, stops one by Ctrl-C, looks for leftovers by gc,
destroys all, and proves by listings that nothing is left. Then it looks at assumptions that calls without cost can
settle. Keys as for the product: environment, profile or credentials file. Never part of CI.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ucloud_provider.cloud import images
from ucloud_provider.cloud.client import Api, connect
from ucloud_provider.cloud.credentials import Credentials, resolve
from ucloud_provider.errors import UCloudImageError
from ucloud_provider.spec.rules import parse_instance_type

from tests.acceptance.account import Thing, everything
from tests.acceptance.assumed import ASSUMPTIONS
from tests.acceptance.spending import CeilingReached, Spending, price_of_an_hour
from tests.e2e.stack import Stack

PROGRAM = """
import pulumi
from ucloud_image import CustomImage, CustomImageArgs, ImageCopy, Shell, UHost, UHostArgs

image = CustomImage("acceptance", CustomImageArgs(
    region={region!r}, availability_zone={zone!r}, instance_type={type!r}, source_image_id={image!r},
    image_name="ucloud-image-acceptance", provisioners=[Shell(inline={inline!r})], copies={copies},
))
{host}
"""
HOST = """
host = UHost("acceptance", UHostArgs(
    region={region!r}, availability_zone={zone!r}, instance_type={type!r}, image_id=image.image_id,
))
pulumi.export("host", host.id)
"""
INSTALL = "if command -v yum; then yum install -y nginx; else apt-get update && apt-get install -y nginx; fi"
LONGEST = 3600.0


class Failed(Exception):
    """A step did not end as it must."""


@dataclass(frozen=True)
class Plan:
    """Where and of what."""

    region: str
    zone: str
    type: str
    image: str
    copy_region: str

    def program(self, inline: Sequence[str], *, host: bool = False, copy: bool = True) -> str:
        copies = f"[ImageCopy(region={self.copy_region!r})]" if copy and self.copy_region else "[]"
        extra = HOST.format(**vars(self)) if host else ""
        return PROGRAM.format(**vars(self), inline=list(inline), copies=copies, host=extra)


class Run:
    """One run: its stack, its account, what it may cost."""

    def __init__(self, plan: Plan, credentials: Credentials, api: Api, folder: Path, spending: Spending) -> None:
        self.plan, self.api, self.spending = plan, api, spending
        self.regions = sorted({plan.region, plan.copy_region} - {""})
        self.before = everything(api, self.regions)
        self.stack = Stack(folder)
        self.stack.environment = {
            "UCLOUD_PUBLIC_KEY": credentials.public_key,
            "UCLOUD_PRIVATE_KEY": credentials.private_key,
            "UCLOUD_SECURITY_TOKEN": credentials.security_token,
            "UCLOUD_PROJECT_ID": api.project_id or "",
            "UCLOUD_REGION": plan.region,
            "UCLOUD_BASE_URL": credentials.base_url,
        }
        self.stack.create(plan.program([INSTALL], host=True))

    def step(self, what: str, hosts: int, act: Callable[[], str]) -> None:
        """One step with so many hosts. Raises `CeilingReached` before it, `Failed` after it."""
        cost = self.spending.expect(what, hosts)
        say(f"{what} (at most ¥{cost:.2f})")
        try:
            said = act()
        finally:
            self.spending.add(what, cost)
        say(f"  {said}")

    def left(self) -> list[Thing]:
        """What there is now and was not before."""
        return sorted(everything(self.api, self.regions) - self.before, key=str)

    def build(self) -> str:
        shown = self.stack.preview().output
        if "create" not in shown:
            raise Failed(f"preview:\n{shown}")
        self._up()
        (resource,) = self.stack.resources("CustomImage")
        ids: dict[str, str] = resource["outputs"]["image_ids"]
        for region, id in ids.items():
            image = images.get(self.api.at(region=region), id)
            if image is None or image.state != "Available":
                raise Failed(f"image {id} in {region} is {image and image.state}")
        return f"images {', '.join(ids.values())} are Available; host {self.stack.outputs()['host']} runs"

    def fail(self) -> str:
        """A build whose provisioner fails, beside the image that is there."""
        before = set(self.left())
        self.stack.write(self.plan.program(["echo this build is meant to fail", "exit 7"], host=True))
        ended = self.stack.start_up().ended(LONGEST)
        if ended.code == 0 or "exit code 7" not in ended.output:
            raise Failed(f"the build did not fail as it was to:\n{ended.output}")
        return self._nothing_new(before, "the failed build")

    def interrupt(self) -> str:
        before = set(self.left())
        self.stack.write(self.plan.program(["echo now it may be stopped", "sleep 600"], host=True))
        running = self.stack.start_up()
        running.until(lambda output: "now it may be stopped" in output, LONGEST)
        running.send(signal.SIGINT)
        if running.ended(LONGEST).code == 0:
            raise Failed(f"the build was not stopped:\n{running.output()}")
        self.stack.run("cancel", "--yes")
        return self._nothing_new(before, "the stopped build")

    def gc(self) -> str:
        command = [sys.executable, "-m", "ucloud_image.cli", "gc", "--dry-run"]
        regions = [word for region in self.regions for word in ("--region", region)]
        done = subprocess.run(
            [*command, *regions], env=self.stack.environ(), capture_output=True, text=True, check=False, timeout=600
        )
        if done.returncode or "Nothing is left" not in done.stdout:
            raise Failed(f"gc finds something:\n{done.stdout}{done.stderr}")
        return done.stdout.strip()

    def destroy(self) -> str:
        self.stack.destroy().succeeded()
        return "the stack is gone"

    def _up(self) -> None:
        ended = self.stack.start_up().ended(LONGEST)
        if ended.code:
            raise Failed(ended.output)

    def _nothing_new(self, before: set[Thing], what: str) -> str:
        new = [thing for thing in self.left() if thing not in before]
        if new:
            raise Failed(f"{what} left {', '.join(map(str, new))}")
        return f"{what} left nothing"


def main(arguments: Sequence[str] | None = None) -> int:
    options = _options(arguments)
    try:
        return _main(options)
    except (UCloudImageError, Failed, CeilingReached) as error:
        say(f"error: {error}")
        return 1


def _main(options: argparse.Namespace) -> int:
    credentials = resolve(lambda _key: None)
    api = connect(credentials, region=options.region)
    kind = parse_instance_type(options.instance_type)
    an_hour = price_of_an_hour(
        api, zone=options.zone, image_id=options.image, cpu=kind.cpu, memory=kind.memory,
        machine_type=kind.machine_type, disk=options.disk_type.upper(),
    )  # fmt: skip
    plan = Plan(options.region, options.zone, options.instance_type, options.image, options.copy_region)
    whose = api.project_id or "the default project"
    say(f"{whose} at {credentials.base_url}; {plan.type} in {plan.zone}, {plan.image}")
    say(f"a host costs ¥{an_hour:.2f} an hour with disk and EIP; the run makes 4 hosts: at most ¥{4 * an_hour:.2f}")
    spending = Spending(options.ceiling or _asked_for_ceiling(), an_hour)
    if not options.yes and input("Begin? Type yes: ").strip() != "yes":
        say("nothing was made")
        return 1
    folder = Path(tempfile.mkdtemp(prefix="ucloud-image-acceptance-"))
    run = Run(plan, credentials, api, folder, spending)
    failed = _steps(run)
    for line in spending.lines:
        say(line)
    say(f"spent at most ¥{spending.spent:.2f} of ¥{spending.ceiling:.2f}, by the hours that UCloud bills")
    left = run.left()
    for thing in left:
        say(f"NOT released, or made by somebody else meanwhile: {thing}")
    say("nothing is left: every list is as it was before" if not left else f"look at {folder} and at the console")
    refuted = _assumptions(api)
    return 1 if failed or left or refuted else 0


def _steps(run: Run) -> bool:
    """Whether a step failed; the stack is destroyed whatever happens."""
    failed = False
    try:
        run.step("the guide's image with a copy, and a host from it", 2, run.build)
        run.step("a build that fails", 1, run.fail)
        run.step("a build stopped by Ctrl-C", 1, run.interrupt)
        run.step("gc", 0, run.gc)
    except (Failed, CeilingReached, AssertionError, UCloudImageError) as error:
        failed = True
        say(f"error: {error}")
    finally:
        say(f"destroying the stack: {run.destroy()}")
    return failed


def _assumptions(api: Api) -> bool:
    """Whether one was refuted."""
    refuted = False
    say("\nassumptions (docs/assumptions.md):")
    for each in ASSUMPTIONS:
        try:
            holds, seen = each.look(api)
        except UCloudImageError as error:
            holds, seen = None, str(error)
        refuted = refuted or holds is False
        word = {True: "confirmed", False: "REFUTED", None: "not told"}[holds]
        say(f"  {word}: {each.row} … ({seen})")
    return refuted


def _asked_for_ceiling() -> float:
    try:
        return float(input("The most that this run may cost, in yuan: "))
    except ValueError:
        raise Failed("the ceiling is a number, such as 10; nothing was made") from None


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.acceptance", description=__doc__)
    parser.add_argument("--ceiling", type=float, metavar="YUAN", help="the most it may cost; asked for where not given")
    parser.add_argument("--yes", action="store_true", help="do not ask before it begins")
    parser.add_argument("--region", default=os.environ.get("UCLOUD_REGION") or "cn-bj2")
    parser.add_argument("--zone", default="cn-bj2-05")
    parser.add_argument("--instance-type", default="o-basic-2")
    parser.add_argument("--disk-type", default="cloud_rssd", help="of the boot disk, for the price")
    parser.add_argument("--image", required=True, metavar="IMAGE", help="source image, of the zone's region")
    parser.add_argument("--copy-region", default="", metavar="REGION", help="needs UCloud's permission to copy images")
    return parser.parse_args(arguments)


def say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
