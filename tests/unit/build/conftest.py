"""A build that has begun and made nothing, on a cloud that a test scripts."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from ucloud_provider.build import lease
from ucloud_provider.build.journal import Journal
from ucloud_provider.build.log import BuildLog
from ucloud_provider.build.state import Build
from ucloud_provider.run import Cancel, Silent
from ucloud_provider.spec.image import CustomImageArgs

from tests.unit.cloud.scripted import ScriptedSdk, api

ARGS = CustomImageArgs(
    image_name="built", source_image_id="uimage-1", availability_zone="cn-bj2-02", instance_type="n-basic-2"
)


@pytest.fixture
def begun(tmp_path: Path) -> Iterator[Callable[[ScriptedSdk], Build]]:
    """Begins a build on a scripted cloud."""
    builds: list[Build] = []

    def begin(sdk: ScriptedSdk) -> Build:
        cancel = Cancel()
        log = BuildLog(tmp_path / "build.log")
        build = Build(
            args=ARGS,
            api=api(sdk).using(cancel=cancel, log=log),
            lease=lease.new(time.time()),
            base_dir=tmp_path,
            journal=Journal(tmp_path / "journal.jsonl"),
            log=log,
            progress=Silent(),
            cancel=cancel,
        )
        builds.append(build)
        return build

    yield begin
    for build in builds:
        build.log.close()
        build.journal.close()


@pytest.fixture
def build(begun: Callable[[ScriptedSdk], Build]) -> Build:
    return begun(ScriptedSdk({}))
