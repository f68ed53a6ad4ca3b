"""What every provisioner has in common, and what is tried again until a script has started. The host is a stand-in."""

from __future__ import annotations

import contextlib
import shlex
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, ClassVar

import pytest
from ucloud_provider.communicators.base import Communicator
from ucloud_provider.communicators.placing import KEPT, Placing
from ucloud_provider.errors import (
    CommunicatorError,
    Disconnected,
    HostFull,
    NoLogin,
    ProvisionerFailed,
    StartUnknown,
    UCloudImageError,
    WaitTimeout,
)
from ucloud_provider.provisioners.base import BuildFacts, ProvisionContext, Provisioner
from ucloud_provider.provisioners.running import run_provisioner
from ucloud_provider.provisioners.shell import Shell
from ucloud_provider.run import Cancel
from ucloud_provider.spec.args import args


class Sleepless(Cancel):
    """Notes what was to be waited for instead of waiting."""

    def __init__(self, happened: list[str]) -> None:
        super().__init__()
        self.happened = happened

    def sleep(self, seconds: float) -> None:
        if seconds:
            self.happened.append(f"pause {seconds:g}" if seconds >= 1 else "pause")
        self.raise_if_set()


class RebootingHost(Communicator):
    """Refuses what it is told to refuse, in the order of the calls; notes the others."""

    def __init__(self, happened: list[str], *refusals: BaseException | None) -> None:
        self.happened = happened
        self._refusals = list(refusals)
        self._connected = True

    def _next(self, call: str) -> None:
        refusal = self._refusals.pop(0) if self._refusals else None
        self.happened.append(f"{call} refused" if refusal else call)
        if refusal is not None:
            self._connected = False
            raise refusal

    def connect(self) -> None:
        self._next("connect")
        self._connected = True

    def run(
        self,
        command: str,
        *,
        on_line: Callable[[str], None],
        stdin: bytes | None = None,
        timeout: float | None = None,
        pty: bool | None = None,
    ) -> int:
        self._next("clean" if command.startswith("rm ") else "run")
        return 0

    def upload(self, content: bytes | Path, remote: str, *, mode: int | None = None, placing: Placing = KEPT) -> None:
        self._next("upload")

    def upload_dir(self, local: Path, remote: str, *, placing: Placing = KEPT, exclude: Sequence[str] = ()) -> None:
        raise AssertionError("not called")

    def download(self, remote: str, local: Path) -> None:
        raise AssertionError("not called")

    def download_dir(self, remote: str, local: Path) -> None:
        raise AssertionError("not called")

    def disconnected(self) -> bool:
        return not self._connected

    def close(self) -> None:
        self._connected = False


class GoneHost(RebootingHost):
    """Refuses everything once a number of calls have been made."""

    def __init__(self, happened: list[str], why: BaseException, *first: BaseException | None) -> None:
        super().__init__(happened, *first)
        self._why = why

    def _next(self, call: str) -> None:
        if not self._refusals:
            self._refusals.append(self._why)
        super()._next(call)


@args
class Flaky(Provisioner):
    """Fails as often as it is told."""

    type: ClassVar[str] = "flaky"
    failures: ClassVar[list[BaseException]] = []

    def provision(self, context: ProvisionContext) -> None:
        context.on_line("ran")
        if self.failures:
            raise self.failures.pop(0)


def context(happened: list[str], host: Communicator | None = None) -> ProvisionContext:
    facts = BuildFacts("0123456789ab", "image", "uimage-f1chxn", "uhost-x", "198.18.0.7")
    return ProvisionContext(host, happened.append, Sleepless(happened), Path(), facts)


def test_every_run_has_its_pause_and_there_are_no_more_runs_than_allowed() -> None:
    happened: list[str] = []
    Flaky.failures[:] = [ProvisionerFailed("flaky", 1, ()), WaitTimeout("flaky", 1, "")]
    run_provisioner(Flaky(pause_before="7s", max_retries=2), context(happened))
    assert [each for each in happened if each in ("ran", "pause 7")] == ["pause 7", "ran"] * 3
    Flaky.failures[:] = [ProvisionerFailed("flaky", 1, ()), ProvisionerFailed("flaky", 2, ())]
    with pytest.raises(ProvisionerFailed, match="exit code 2"):
        run_provisioner(Flaky(max_retries=1), context(happened))
    Flaky.failures[:] = [ProvisionerFailed("flaky", 3, ())]
    with pytest.raises(ProvisionerFailed, match="exit code 3"):
        run_provisioner(Flaky(), context(happened))


def test_a_script_is_put_and_started_again_until_it_has_started() -> None:
    happened: list[str] = []
    gone = CommunicatorError("the host did not start the command")
    host = RebootingHost(happened, Disconnected("while uploading"), gone, None, None, None, gone)
    Shell(inline=["true"]).provision(context(happened, host))
    put = ["upload", "upload"]
    told = [each for each in happened if each.startswith("waiting for inline script to start: ")]
    assert [each.split("; trying again in ")[0].rpartition(": ")[2] for each in told] == [
        "while uploading", "the host did not start the command", "the host did not start the command",
    ]  # fmt: skip
    assert [each for each in happened if each != "pause" and each not in told] == [
        "upload refused", "connect refused", "connect", *put, "run refused", "connect", *put, "run", "clean",
    ]  # fmt: skip


def test_a_command_that_had_started_is_not_run_again() -> None:
    happened: list[str] = []
    host = RebootingHost(happened, None, None, Disconnected("while it ran"))
    with pytest.raises(Disconnected, match="while it ran"):
        Shell(inline=["true"]).provision(context(happened, host))
    assert happened == ["upload", "upload", "run refused"]


@pytest.mark.parametrize("expected", [False, True])
def test_a_command_that_may_have_started_is_not_run_again(expected: bool) -> None:
    happened: list[str] = []
    host = RebootingHost(happened, None, None, StartUnknown("the command was sent"))
    with pytest.raises(StartUnknown):
        Shell(inline=["true"], expect_disconnect=expected).provision(context(happened, host))
    assert happened == ["upload", "upload", "run refused"]


def test_without_time_to_retry_the_first_refusal_counts() -> None:
    happened: list[str] = []
    with pytest.raises(CommunicatorError, match="refused"):
        Shell(inline=["true"], start_retry_timeout=0).provision(
            context(happened, RebootingHost(happened, CommunicatorError("refused")))
        )
    assert happened == ["upload refused"]


@pytest.mark.parametrize("why", [CommunicatorError("the host did not start the command"), WaitTimeout("it", 1, "")])
def test_variables_that_were_never_read_are_taken_back_where_the_host_is_used_again(why: Exception) -> None:
    happened: list[str] = []
    host = RebootingHost(happened, None, None, why)
    with contextlib.suppress(UCloudImageError):
        Shell(inline=["true"], start_retry_timeout=0, max_retries=1).provision(context(happened, host))
    assert happened == ["upload", "upload", "run refused", "connect", "clean"]


def test_scripts_that_stay_do_so_without_their_variables() -> None:
    happened: list[str] = []
    removed: list[str] = []

    class Noting(RebootingHost):
        def run(self, command: str, **given: Any) -> int:
            removed.extend(shlex.split(command)[2:] if command.startswith("rm ") else [])
            return super().run(command, **given)

    Shell(inline=["true"], skip_clean=True, remote_folder="/opt").provision(context(happened, Noting(happened)))
    assert [path.rpartition("_")[0] for path in removed] == ["/opt/env"]


@pytest.mark.parametrize("given", [{}, {"use_env_var_file": False}, {"skip_clean": True}])
def test_what_earlier_tries_left_is_gone_when_a_later_one_succeeds(given: dict[str, Any]) -> None:
    happened: list[str] = []
    there: set[str] = set()

    class Filling(RebootingHost):
        def upload(
            self, content: bytes | Path, remote: str, *, mode: int | None = None, placing: Placing = KEPT
        ) -> None:
            super().upload(content, remote, mode=mode)
            there.add(remote)

        def run(self, command: str, **given: Any) -> int:
            code = super().run(command, **given)
            there.difference_update(shlex.split(command)[2:] if command.startswith("rm ") else [])
            return code

    uploads: list[BaseException | None] = [None] * (1 if "use_env_var_file" in given else 2)
    gone = NoLogin("it reboots")
    # The first try breaks off, and what it left cannot be removed either; nor at once where the next one is over.
    host = Filling(
        happened, *uploads, Disconnected("while it ran"), gone, None, *uploads, WaitTimeout("x", 1, ""), gone
    )
    run_provisioner(Shell(inline=["true"], remote_folder="/opt", max_retries=2, **given), context(happened, host))
    left = sorted(path.rpartition("/")[2].split("_")[0] for path in there)
    assert left == (["script"] * 3 if "skip_clean" in given else []), happened
    assert happened.count("run refused") == 2


def test_a_start_that_comes_too_late_is_told_with_what_was_waited_for_and_seen_last() -> None:
    happened: list[str] = []
    host = GoneHost(happened, CommunicatorError("refused"))
    with pytest.raises(WaitTimeout, match=r"waited [\d.]+ s for inline script to start; last seen: refused"):
        Shell(inline=["true"], start_retry_timeout=0.2).provision(context(happened, host))


def test_a_host_that_lets_nobody_in_any_more_is_told_as_it_is() -> None:
    happened: list[str] = []
    host = GoneHost(happened, NoLogin("no SSH login"), Disconnected("while uploading"))
    with pytest.raises(NoLogin, match="no SSH login"):
        Shell(inline=["true"], start_retry_timeout=0.2).provision(context(happened, host))


def test_a_full_host_is_not_tried_again() -> None:
    happened: list[str] = []
    host = GoneHost(happened, HostFull("No space left on device"))
    with pytest.raises(HostFull):
        Shell(inline=["true"]).provision(context(happened, host))
    assert happened == ["upload refused"]


def test_files_that_cannot_be_removed_after_a_reboot_are_told_with_what_was_waited_for() -> None:
    happened: list[str] = []
    host = GoneHost(happened, CommunicatorError("refused"), None, None, Disconnected("expected"))
    with pytest.raises(
        WaitTimeout, match=r"waited [\d.]+ s for the files of inline script to be removed; last seen: ref"
    ):
        Shell(inline=["true"], expect_disconnect=True, start_retry_timeout=0.2).provision(context(happened, host))


def test_that_a_script_failed_is_told_even_where_its_files_stay() -> None:
    happened: list[str] = []

    class Failing(RebootingHost):
        def run(self, command: str, **given: Any) -> int:
            super().run(command, **given)
            return 3

    host = Failing(happened, None, None, None, WaitTimeout("output of the command", 1, "silence"))
    with pytest.raises(ProvisionerFailed, match="exit code 3"):
        Shell(inline=["true"]).provision(context(happened, host))
