"""Builds on hosts in their first boot when SSH answers: cloud-init installs things, or has them reboot."""

from __future__ import annotations

import pytest
from ucloud_provider.errors import StepFailed
from ucloud_provider.provisioners.shell import Shell

from tests.emulator.build.conftest import Builds

CLOUD_INIT = "uimage-debian12-ci"

SLOW = """#cloud-config
runcmd:
 - sleep 6
 - echo done > /opt/first-boot
"""
LOCKED = """#cloud-config
runcmd:
 - flock /var/lib/dpkg/lock-frontend sleep 6
"""
REBOOTS = """#cloud-config
runcmd:
 - echo once >> /opt/booted
power_state:
  mode: reboot
  delay: now
"""


def test_provisioners_start_once_cloud_init_is_through(builds: Builds) -> None:
    builds.build(
        source_image_id=CLOUD_INIT,
        user_data=SLOW,
        keep_in_image=["logs"],
        provisioners=[Shell(inline=["cat /opt/first-boot"])],
    )
    assert "done" in builds.progress.lines
    assert "waiting for cloud-init" in builds.progress.steps


def test_apts_lock_at_first_boot_is_nobodys_problem(builds: Builds) -> None:
    lock = "flock -n /var/lib/dpkg/lock-frontend echo free"
    builds.build(source_image_id=CLOUD_INIT, user_data=LOCKED, provisioners=[Shell(inline=[lock])])
    assert "free" in builds.progress.lines


def test_a_reboot_that_cloud_init_orders_is_over_before_the_first_provisioner(builds: Builds) -> None:
    script = ["cat /opt/booted; journalctl --list-boots | wc -l; systemctl is-system-running || true", "sleep 3"]
    builds.build(source_image_id=CLOUD_INIT, user_data=REBOOTS, provisioners=[Shell(inline=script)])
    assert any(line.startswith("rebooted") for line in builds.progress.lines), builds.progress.lines
    assert "once" in builds.progress.lines


def test_it_need_not_be_waited_for(builds: Builds) -> None:
    with pytest.raises(StepFailed, match="exit code"):
        builds.build(
            source_image_id=CLOUD_INIT,
            user_data=SLOW.replace("sleep 6", "sleep 20"),
            wait_for_cloud_init=False,
            provisioners=[Shell(inline=["test -e /opt/first-boot"])],
        )


def test_a_host_without_cloud_init_starts_at_once(builds: Builds) -> None:
    builds.build(provisioners=[Shell(inline=["command -v cloud-init || echo none"])])
    assert "none" in builds.progress.lines
