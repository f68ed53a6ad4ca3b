"""The world of one round of the soak: a stack that grows and changes, its cloud, and what must hold of both.

The program that is wanted is kept as a model here; each operation runs the real `pulumi` on it.
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ucloud_provider.build import collect, handed_over
from ucloud_provider.build.lease import DURATION
from ucloud_provider.cloud import account

from tests.e2e.stack import Running, Stack
from tests.faults import aftermath, deaths, victim
from tests.support import processes
from tests.support.emulator import Emulator
from tests.support.gateway import Gateway
from tests.support.journals import journals_in

NAMES = ("a", "b", "c", "d", "e", "f")
REGIONS = ("cn-sh2", "hk")

HEADER = "from ucloud_image import CustomImage, CustomImageArgs, ImageCopy, Shell\n"
IMAGE = """
CustomImage(
    {key!r},
    CustomImageArgs(
        availability_zone="cn-bj2-02",
        instance_type="n-basic-2",
        source_image_id="uimage-f1chxn",
        image_name={name!r},
        wait_image_ready_timeout={patience},
        {how},
        copies=[{copies}],
    ),
)
"""


@dataclass(frozen=True)
class Wanted:
    """An image of the program. `content` stands for what the provisioner does; `login`: the host is logged in to."""

    name: str
    login: bool
    content: int = 0
    patience: int = 600
    copies: frozenset[str] = frozenset()

    def text(self, key: str) -> str:
        how = f"provisioners=[Shell(inline=['echo {self.content} > /root/content'])]"
        if not self.login:
            how = f"communicator='none', triggers={{'content': {self.content}}}"
        copies = ", ".join(f"ImageCopy(region={region!r})" for region in sorted(self.copies))
        return IMAGE.format(key=key, name=self.name, patience=self.patience, how=how, copies=copies)


@dataclass
class World:
    """A stack on a cloud. `changed` counts edits, so that every one makes a difference."""

    cloud: Emulator
    stack: Stack
    gateway: Gateway
    wanted: dict[str, Wanted] = field(default_factory=dict)
    changed: int = 0
    named: int = 0
    """Builds of which a result was left that only its name in gc's table told of."""
    died: int = 0
    """How often a run has died."""
    clean: bool = True
    """Nothing has died or failed since everything was last seen to be right: nothing may be left behind."""

    @staticmethod
    def begin(cloud: Emulator, folder: Path) -> World:
        cloud.reset()
        gateway = Gateway(cloud.url)
        gateway.__enter__()
        stack = Stack(folder, cloud.environment() | {"UCLOUD_BASE_URL": gateway.url})
        stack.create(HEADER)
        return World(cloud, stack, gateway)

    def end(self) -> None:
        processes.kill_all(self.stack.folder)
        self.gateway.__exit__(None, None, None)

    def write(self) -> None:
        self.stack.write(HEADER + "".join(each.text(key) for key, each in sorted(self.wanted.items())))

    def edit(self, kind: str, key: str, region: str, login: bool) -> str:
        """Change the program; what was changed, in words. An image that is not there is added."""
        self.changed += 1
        old = self.wanted.get(key)
        if old is None:
            self.wanted[key] = Wanted(f"image-{key}-{self.changed}", login)
            return f"add {key}"
        if kind == "remove":
            del self.wanted[key]
        elif kind == "content":
            self.wanted[key] = replace(old, content=self.changed)
        elif kind == "name":
            self.wanted[key] = replace(old, name=f"image-{key}-{self.changed}")
        elif kind == "build only":
            self.wanted[key] = replace(old, patience=600 + self.changed)
        else:
            self.wanted[key] = replace(old, copies=old.copies ^ {region})
            return f"toggle copy of {key} to {region}"
        return f"{kind} of {key}"

    def up(self) -> None:
        """Bring the stack up with nothing in the way: that succeeds, and afterwards all is as the program says."""
        self.write()
        self.stack.up().succeeded()
        self.check()

    def check(self) -> None:
        self.see_to_what_is_named()
        aftermath.check_agreement(self.stack, self.cloud)
        there = Counter((row["region"], row["name"]) for row in aftermath.rows(self.cloud))
        wanted = Counter(
            (region, each.name) for each in self.wanted.values() for region in ("cn-bj2", *sorted(each.copies))
        )
        assert there == wanted, f"wanted {wanted}, there is {there}"
        self.clean = True

    def see_to_what_is_named(self) -> None:
        """Delete, as a user would, what gc on this machine names and no stack has.

        Where something died between the provider's last word to its journal and the engine's to its state, nobody can
        tell from here who has it. Whatever else there is that the state does not know is a violation.
        """
        api = victim.api(self.gateway.url)  # journals are of an account at an address
        with journals_in(self.stack.folder / "state" / "ucloud-image"):
            found = collect.find([api.at(region=region) for region in account.zones(api)], time.time())
        known = aftermath.images_in(self.stack)
        named = [each.thing for each in found if each.why == handed_over.WHY and each.thing.id not in known]
        self.named += len({each.label for each in named})
        assert self.named <= self.died, f"in no state, and no run has died: {', '.join(map(str, named))}"
        for each in named:
            self.cloud.client(region=each.region).uhost().terminate_custom_image({"ImageId": each.id})

    def up_that_dies(self, way: str, said: str, later: float) -> str:
        """Bring it up, and let it die some time after the engine has shown `said`; how it ended, in words."""
        self.write()
        running = self.stack.start_up()
        end = time.monotonic() + 120
        while running.process.poll() is None and said not in running.output():
            assert time.monotonic() < end, running.output()
            time.sleep(0.01)
        time.sleep(later)
        if running.process.poll() is not None:
            running.ended().succeeded()
            return "it was done before"
        return self._die(running, way)

    def _die(self, running: Running, way: str) -> str:
        self.clean = False
        self.died += 1
        deaths.strike(running, self.stack.folder, way)
        running.ended(120)
        processes.wait_until_gone(self.stack.folder, deaths.GONE_WITHIN)
        aftermath.unlock(self.stack)
        return "it died"

    def up_with_fault(self, rule: dict[str, Any]) -> str:
        """Bring it up while the cloud has a fault; how it ended, in words."""
        self.write()
        self.cloud.fault(**rule)
        try:
            outcome = self.stack.up()
        finally:
            self.cloud.clear_faults()
        assert "Traceback" not in outcome.output, outcome.output
        self.clean = False
        return "it succeeded" if outcome.code == 0 else "it failed"

    def up_without_network(self, later: float, seconds: float) -> str:
        """Bring it up, and take the network away for a while; that is no reason to fail."""
        self.write()
        running = self.stack.start_up()
        time.sleep(later)
        with self.gateway.network_gone():
            time.sleep(seconds)
        running.ended().succeeded()
        self.check()
        return "it succeeded"

    def refresh(self) -> None:
        self.stack.run("refresh", "--yes", "--skip-preview", "--clear-pending-creates").succeeded()

    def delete_behind(self, which: int) -> str:
        """Somebody deletes an image or a copy; a refresh notices. What was deleted, in words."""
        left = aftermath.rows(self.cloud)
        images = [row for row in left if row["kind"] == "image"]
        if not images:
            return "there is none"
        row = images[which % len(images)]
        self.cloud.client(region=row["region"]).uhost().terminate_custom_image({"ImageId": row["id"]})
        self.refresh()
        return f"{row['name']} in {row['region']}"

    def gc(self) -> None:
        """gc hours later, on a machine without the journal: what is left is in the state, and the other way round."""
        api = victim.api(self.cloud.url)
        self.see_to_what_is_named()
        apis = [api.at(region=region) for region in account.zones(api)]
        with journals_in(self.stack.folder / "elsewhere"):
            failed = collect.remove(api, collect.find(apis, time.time() + DURATION + 60), lambda _each, _said: None)
        assert failed == []
        aftermath.check_agreement(self.stack, self.cloud)
        self.clean = True

    def destroy(self) -> None:
        """A stack without an image has none deleted: then nobody but gc collects what a death or a fault left."""
        if not self.clean:
            self.stack.destroy().succeeded()
            self.gc()
        aftermath.check_destroy(self.stack, self.cloud)
