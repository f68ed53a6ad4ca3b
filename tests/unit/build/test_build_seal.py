"""The seal's last words: a connection that ends behind them is no failure. The host is a stand-in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from unittest.mock import create_autospec

import pytest
from ucloud_provider.build import traces
from ucloud_provider.build.seal import Seal
from ucloud_provider.build.state import Build
from ucloud_provider.cloud.records import Host
from ucloud_provider.communicators.base import Communicator
from ucloud_provider.errors import CommunicatorError, Disconnected, UCloudImageError

HOST = {"UHostId": "uhost-x", "State": "Running"}


def sealed(build: Build, *outcomes: list[str | BaseException]) -> int:
    """Seal a host whose scripts say and end so; how many scripts ran."""
    left = list(outcomes)

    def run(_command: str, *, on_line: Callable[[str], None], **_given: Any) -> int:
        for each in left.pop(0):
            if isinstance(each, BaseException):
                raise each
            on_line(each)
        return 0

    host = create_autospec(Communicator, instance=True)
    host.run.side_effect = run
    host.disconnected.return_value = False
    build.communicator, build.host = host, Host.of(HOST)
    Seal()._seal(build)
    return len(outcomes) - len(left)


def test_a_connection_that_ends_once_all_is_done_is_no_failure(build: Build) -> None:
    assert sealed(build, [traces.DONE, Disconnected("it broke")]) == 1


def test_one_that_breaks_before_is_made_again_once(build: Build) -> None:
    assert sealed(build, [Disconnected("it broke")], [traces.DONE]) == 2
    with pytest.raises(CommunicatorError, match="broke again"):
        sealed(build, [Disconnected("it broke")], [Disconnected("it broke again")], [traces.DONE])


def test_what_could_not_be_removed_fails_the_build_and_is_named(build: Build) -> None:
    with pytest.raises(UCloudImageError, match=r"failed: machine_id.*keep_in_image"):
        sealed(build, ["failed: machine_id"])
