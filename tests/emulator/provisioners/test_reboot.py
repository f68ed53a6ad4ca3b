"""Scripts that have a real host reboot: what follows starts on the host that has come back."""

from __future__ import annotations

import pytest
from ucloud_provider.errors import CommunicatorError, ProvisionerFailed, WaitTimeout
from ucloud_provider.provisioners.shell import Shell

from tests.emulator.provisioners.conftest import Provisioned

SLOWLY = (
    "printf '[Unit]\\nDescription=slow\\n[Service]\\nExecStart=/bin/sleep 1000\\nExecStop=/bin/sleep 4\\n' "
    ">/run/systemd/system/slow.service; systemctl daemon-reload; systemctl start slow"
)
"""A service that takes its time to stop: the host lives on for a while after `reboot` has returned."""


@pytest.mark.parametrize(
    "script",
    [
        ["reboot"],
        ["systemctl reboot", "sleep 60"],
        ["shutdown -r now"],
        ["nohup shutdown -r now </dev/null >/dev/null 2>&1 &", "exit 0"],
        ["(sleep 2; systemctl reboot) >/dev/null 2>&1 &", "exit 0"],
        ["reboot", "exec >/dev/null 2>&1", "sleep 60"],
        ["reboot -f"],
    ],
)
def test_what_follows_a_reboot_starts_on_the_host_that_is_back(provisioned: Provisioned, script: list[str]) -> None:
    provisioned.says(SLOWLY)
    before = provisioned.host.boot_id()
    assert before
    provisioned.run(Shell(inline=script, expect_disconnect=True))
    provisioned.run(Shell(inline=["cat /proc/sys/kernel/random/boot_id", "systemctl is-active slow || true"]))
    assert provisioned.lines[-2:] == [provisioned.host.boot_id(), "inactive"]
    assert provisioned.lines[-2] != before
    assert any(line.startswith("rebooting") for line in provisioned.lines)


def test_a_script_that_the_shutdown_ends_by_a_signal_has_not_failed(provisioned: Provisioned) -> None:
    provisioned.says(SLOWLY)
    before = provisioned.host.boot_id()
    provisioned.run(Shell(inline=["systemctl reboot", "sleep 1", "kill -TERM $$"], expect_disconnect=True))
    assert provisioned.host.boot_id() != before


def test_a_script_that_is_ended_by_a_signal_without_a_reboot_has_failed(provisioned: Provisioned) -> None:
    with pytest.raises(ProvisionerFailed, match="exit code 143"):
        provisioned.run(Shell(inline=["kill -TERM $$"], expect_disconnect=True))


def test_a_host_that_does_not_reboot_is_not_waited_for(provisioned: Provisioned) -> None:
    before = provisioned.host.boot_id()
    provisioned.run(Shell(inline=["true"], expect_disconnect=True))
    provisioned.run(Shell(inline=["kill -9 $(ps -o ppid= -p $PPID)", "sleep 60"], expect_disconnect=True))
    assert provisioned.host.boot_id() == before
    assert provisioned.lines[-1] == "the host did not reboot: only the connection ended"


def test_a_host_that_goes_down_too_slowly_is_told(provisioned: Provisioned) -> None:
    provisioned.says("mkdir -p /run/systemd/shutdown && touch /run/systemd/shutdown/scheduled")
    with pytest.raises(WaitTimeout, match="come back from its reboot"):
        provisioned.run(Shell(inline=["true"], expect_disconnect=True, start_retry_timeout=6))
    provisioned.says("rm /run/systemd/shutdown/scheduled")


def test_without_expect_disconnect_a_reboot_is_a_failure(provisioned: Provisioned) -> None:
    with pytest.raises(CommunicatorError):
        provisioned.run(Shell(inline=["systemctl reboot", "sleep 60"]))
    provisioned.host.connect()
