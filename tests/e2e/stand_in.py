"""A dynamic provider that does what its input says, to show what `engine` adds to Pulumi's dynamic host."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

from pulumi import Output, ResourceOptions
from pulumi.dynamic import ConfigureRequest, CreateResult, DiffResult, Resource, ResourceProvider, UpdateResult
from ucloud_provider import engine
from ucloud_provider.errors import UCloudImageError


class StandInProvider(ResourceProvider):
    serialize_as_secret_always = False

    def configure(self, _req: ConfigureRequest) -> None:
        engine.prepare()

    def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        with engine.Call():
            return DiffResult(changes=olds.get("does") != news.get("does"))

    def create(self, props: dict[str, Any]) -> CreateResult:
        with engine.Call() as call:
            journal = Path(props["journal"])
            _write(journal, f"create {call.name} pid {os.getpid()}")
            match props["does"]:
                case "talk":
                    call.progress.step("starting the host")
                    for number in range(40):
                        call.progress.line(f"\x1b[32moutput {number}\x1b[0m\r\n")
                        time.sleep(0.02)
                    time.sleep(0.5)
                    call.progress.note("made of fine material")
                case "fail":
                    raise UCloudImageError("start host failed (uhost-1): no such zone\nlast lines:\n  boom")
                case "blunder":
                    call.hide("s3cret")
                    raise KeyError("s3cret has no such key")
                case "part":
                    raise engine.PartlyMade("part-1", {"does": "part", "made": "half"}, ["copy to cn-sh2 failed"])
                case "sleep":
                    try:
                        call.cancel.sleep(float(props["seconds"]))
                    finally:
                        _write(journal, f"cleaning {call.name}")
                        time.sleep(0.5)
                        _write(journal, f"cleaned {call.name}")
            return CreateResult(f"id-{call.name}", {"does": props["does"], "made": "whole"})

    def update(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        with engine.Call():
            _write(Path(news["journal"]), f"update {olds.get('made')}")
            return UpdateResult({"does": news["does"], "made": "whole"})


class StandIn(Resource, module="test", name="StandIn"):
    made: Output[str]

    def __init__(
        self, name: str, journal: str, does: str, seconds: float = 0, opts: ResourceOptions | None = None
    ) -> None:
        inputs = {"journal": journal, "does": does, "seconds": seconds, "made": None}
        super().__init__(StandInProvider(), name, inputs, opts)


def _write(journal: Path, text: str) -> None:
    with journal.open("a") as file:
        file.write(f"{time.time():.2f} {text}\n")
