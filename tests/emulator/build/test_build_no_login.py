"""A host that does not let the build in: the error says why, in the end as at first, and soon where it is for good."""

from __future__ import annotations

import re
from typing import Any

import pytest
from ucloud_provider.build import connect
from ucloud_provider.communicators.ssh_keys import KeyPair
from ucloud_provider.errors import StepFailed

from tests.emulator.build.conftest import DEBIAN, Builds, Run

CLOUD_INIT = "uimage-debian12-ci"
LONG = 3600
"""Seconds of `ssh_timeout`: a build that waited for it would never end."""


def prepared(builds: Builds, command: str, source: str, **given: Any) -> str:
    """The id of an image on which this was run."""
    made = builds.build(source_image_id=source, image_name="prepared", provisioners=[Run(command=command)], **given)
    builds.forget()
    return made.image_id


def failure(builds: Builds, **given: Any) -> str:
    with pytest.raises(StepFailed, match="connecting failed") as caught:
        builds.build(**given, provisioners=[Run(command="true")])
    assert builds.left() == []
    return str(caught.value)


def nobody_as_root(source: str, builds: Builds) -> str:
    return prepared(builds, "printf 'PermitRootLogin no\\n' > /etc/ssh/sshd_config.d/10-mine.conf", source)


def test_a_key_by_user_data_and_a_password_that_are_both_refused_for_good_fail_long_before_the_timeout(
    builds: Builds, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connect, "KEY_PATIENCE", 4.0)
    source = nobody_as_root(CLOUD_INIT, builds)
    said = failure(builds, source_image_id=source, ssh_timeout=LONG, ssh_handshake_attempts=2)
    assert re.search(r"after \d+ attempts that the host refused \(handshake attempts: 2, and 4 s for the key", said)
    assert re.search(r"login as root refused \(key SHA256:\S+: .*; password: .*\)", said)
    assert "root is the default for this image: if it lets in another user, name that in ssh_username" in said


def test_a_password_that_is_refused_for_good_fails_after_its_attempts(builds: Builds) -> None:
    source = nobody_as_root(DEBIAN, builds)
    said = failure(builds, source_image_id=source, ssh_timeout=LONG, ssh_handshake_attempts=2)
    assert "after 2 attempts that the host refused (handshake attempts: 2)" in said
    assert "login as root refused" in said


def test_a_key_of_the_users_own_that_the_host_does_not_know_fails_after_its_attempts(builds: Builds) -> None:
    (builds.base_dir / "key").write_text(KeyPair.generate("mine").private)
    said = failure(builds, ssh_private_key_file="key", ssh_timeout=LONG, ssh_handshake_attempts=2)
    assert "after 2 attempts that the host refused (handshake attempts: 2)" in said
    assert re.search(r"login as root refused \(key SHA256:\S+: ", said)


def test_where_the_key_is_refused_for_good_the_password_is_the_second_way(
    builds: Builds, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connect, "KEY_PATIENCE", 2.0)
    no_keys = "printf 'PubkeyAuthentication no\\n' > /etc/ssh/sshd_config.d/10-mine.conf"
    source = prepared(builds, no_keys, CLOUD_INIT)
    builds.build(source_image_id=source, ssh_timeout=LONG, provisioners=[Run(command="echo in")])
    assert builds.progress.lines[-1] == "in"


def test_a_user_whom_the_users_own_data_makes_late_in_the_boot_is_waited_for(
    builds: Builds, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connect, "KEY_PATIENCE", 1.0)
    late = "#cloud-config\nruncmd:\n- sleep 5\n- useradd -m -s /bin/bash app\n"
    late += "- echo 'app ALL=(ALL) NOPASSWD:ALL' > /etc/sudoers.d/app\n"
    builds.build(
        source_image_id=CLOUD_INIT,
        user_data=late,
        ssh_username="app",
        ssh_handshake_attempts=1,
        wait_for_cloud_init=False,
        provisioners=[Run(command="id -un")],
    )
    assert builds.progress.lines[-1] == "app"


def test_a_host_key_that_is_another_for_good_is_what_the_error_says_when_the_time_is_over(builds: Builds) -> None:
    command = "touch /etc/cloud/cloud-init.disabled"
    source = prepared(builds, command, CLOUD_INIT, keep_in_image=["ssh_host_keys"])
    said = failure(builds, source_image_id=source, ssh_timeout=4, ssh_handshake_attempts=1000)
    assert "within 4 s" in said
    assert "the host key is not the expected one" in said
    assert "set temporary_host_key to False" in said
    assert "ssh_username" not in said


def test_a_port_on_which_no_sshd_listens_is_no_reason_to_doubt_the_user(builds: Builds) -> None:
    said = failure(builds, ssh_port=2222, ssh_timeout=3)
    assert "connection refused; sshd does not listen there yet" in said
    assert "ssh_username" not in said
