"""How a build logs in to its host: with a key of its own that comes by user data, or first with a password."""

from __future__ import annotations

import gzip
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from ucloud_provider.cloud import keypairs
from ucloud_provider.communicators.ssh_keys import KeyPair
from ucloud_provider.errors import InvalidSpec, StepFailed
from ucloud_provider.provisioners.shell import Shell

from tests.emulator.build.conftest import DEBIAN, Builds, Run
from tests.support.documents import documented
from tests.support.from_image import PASSWORD, hosts_from
from tests.support.ssh import run, ssh

CLOUD_INIT = "uimage-debian12-ci"
WAYS = re.compile(r"logged in by (\w+)")
REBOOT_BY_SUDO = Shell(inline=["sudo reboot", "sleep 60"], expect_disconnect=True)
REBOOT = Shell(inline=["reboot", "sleep 60"], expect_disconnect=True)


def ways(state: Path) -> list[str]:
    """How the only build logged in, each time."""
    (file,) = state.glob("builds/*/build.log")
    return WAYS.findall(file.read_text())


def modes(builds: Builds) -> list[str]:
    return [each["params"]["LoginMode"] for each in builds.requests("CreateUHostInstance")]


def prepared(builds: Builds, command: str, source: str = DEBIAN) -> str:
    """The id of an image on which this was run."""
    made = builds.build(source_image_id=source, image_name="prepared", provisioners=[Run(command=command)])
    builds.forget()
    return made.image_id


@documented("uhost/guide/keypair.md", "A key pair is imported as ssh-rsa, and no host is started with one")
@pytest.mark.parametrize("source", [DEBIAN, CLOUD_INIT])
def test_ucloud_is_given_a_password_and_the_key_pair_is_a_mark_alone(builds: Builds, source: str) -> None:
    builds.build(source_image_id=source, provisioners=[Run(command="cat ~/.ssh/authorized_keys | wc -l")])
    assert modes(builds) == ["Password"]
    assert "KeyPairId" not in builds.requests("CreateUHostInstance")[0]["params"]
    assert builds.progress.lines == ["1"]
    assert builds.left() == []


@pytest.mark.parametrize(("source", "first"), [(DEBIAN, "password"), (CLOUD_INIT, "key")])
def test_after_a_reboot_the_builds_own_key_lets_in(builds: Builds, state: Path, source: str, first: str) -> None:
    builds.build(source_image_id=source, provisioners=[Run(command="true"), REBOOT, Run(command="echo again")])
    assert builds.progress.lines[-1] == "again"
    assert ways(state) == [first, "key"]


@pytest.mark.parametrize(
    ("sshd", "expected"),
    [
        ("PasswordAuthentication no\nKbdInteractiveAuthentication yes\nUsePAM yes\n", ["password", "key"]),
        ("PubkeyAuthentication no\n", ["password", "password"]),
    ],
    ids=["keyboard-interactive only", "no keys"],
)
def test_an_ssh_server_of_another_mind(builds: Builds, state: Path, sshd: str, expected: list[str]) -> None:
    source = prepared(builds, f"printf {sshd!r} > /etc/ssh/sshd_config.d/10-mine.conf")
    (state / "builds").rename(state / "earlier")
    builds.build(source_image_id=source, provisioners=[Run(command="true"), REBOOT, Run(command="echo again")])
    assert builds.progress.lines[-1] == "again"
    assert ways(state) == expected


def test_where_passwords_are_not_taken_the_key_is_waited_for_beyond_the_handshake_attempts(
    builds: Builds, state: Path
) -> None:
    # As on a cloud whose user data comes late: what lets the key in runs long after sshd.
    source = prepared(
        builds,
        "printf 'PermitRootLogin prohibit-password\\n' > /etc/ssh/sshd_config.d/10-mine.conf",
        CLOUD_INIT,
    )
    (state / "builds").rename(state / "earlier")
    away = "#cloud-boothook\n#!/bin/sh\nln -sfn /nowhere /root/.ssh; (sleep 6; rm /root/.ssh) &\n"
    builds.build(
        source_image_id=source, user_data=away, ssh_handshake_attempts=2, provisioners=[Run(command="echo in")]
    )
    assert builds.progress.lines[-1] == "in"
    assert ways(state) == ["key"]


@pytest.mark.parametrize(
    "given",
    [{"user_data_file": "compressed", "source_image_id": CLOUD_INIT}, {"ssh_password": "Mine-12345"}],
    ids=lambda value: next(iter(value)),
)
def test_where_nothing_can_be_added_to_the_user_data_the_password_is_the_way_in(
    builds: Builds, state: Path, given: dict[str, Any]
) -> None:
    (builds.base_dir / "compressed").write_bytes(gzip.compress(b"#!/bin/sh\ntrue\n"))
    builds.build(**given, provisioners=[Run(command="true"), REBOOT, Run(command="echo again")])
    assert ways(state) == ["password", "key"]


def test_the_key_leaves_the_others_of_the_user_as_they_are(builds: Builds) -> None:
    other = KeyPair.generate("of somebody").public
    command = f"mkdir -p -m 700 /root/.ssh && printf %s '{other}' > /root/.ssh/authorized_keys"
    source = prepared(builds, command)
    builds.build(source_image_id=source, provisioners=[Run(command="cat ~/.ssh/authorized_keys")])
    assert builds.progress.lines[0] == other
    assert len(builds.progress.lines) == 2
    image = builds.images()[-1]
    with hosts_from(builds.emulator, image) as (host,):
        assert host.says("cat ~/.ssh/authorized_keys") == [other]


@documented("uhost/guide/keypair.md", "Key pairs work only on Linux images that have CloudInit")
def test_a_key_pair_of_the_users_own_needs_cloud_init_and_the_error_says_what_to_do(builds: Builds) -> None:
    pair = KeyPair.generate("mine", kind="rsa", bits=2048)
    keypairs.import_public(builds.api(), "mine", pair.public)
    (builds.base_dir / "key").write_text(pair.private)
    given = {"ssh_keypair_name": "mine", "ssh_private_key_file": "key"}
    with pytest.raises(InvalidSpec, match=r"ssh_keypair_name: .* has no CloudInit, .*; leave it out"):
        builds.build(source_image_id=DEBIAN, **given)
    assert modes(builds) == []


def test_a_kept_host_says_its_password_where_its_key_may_not_be_taken(builds: Builds, state: Path) -> None:
    source = prepared(builds, "printf 'PubkeyAuthentication no\\n' > /etc/ssh/sshd_config.d/10-mine.conf")
    (state / "builds").rename(state / "earlier")
    with pytest.raises(StepFailed) as caught:
        builds.build(source_image_id=source, on_failure="keep", provisioners=[Run(command="exit 3")])
    (command, file) = re.findall(r"log in with: (ssh .*) \(or with the password in (.*)\)", str(caught.value))[0]
    assert Path(file).stat().st_mode & 0o777 == 0o600
    assert Path(file).read_text() not in str(caught.value)
    options = ["-o", "BatchMode=yes"]
    ran = subprocess.run([*command.split(), *options, "true"], capture_output=True, timeout=60, check=False)
    assert ran.returncode == 255
    with ssh(command.split("@")[-1], password=Path(file).read_text()) as client:
        assert run(client, "echo in") == "in"


UBUNTU = "uimage-ubuntu20"


def test_ubuntu_is_logged_in_to_as_its_user_and_generalized_by_sudo(builds: Builds, state: Path) -> None:
    show = "sudo awk -F: '$1 ~ /^(root|ubuntu)$/ { print $1, $2 }' /etc/shadow"
    image = builds.build(
        source_image_id=UBUNTU,
        provisioners=[
            Run(command=f"id -un; sudo cp -p /etc/shadow /etc/shadow-; {show}"),
            REBOOT_BY_SUDO,
            Run(command="id -un"),
        ],
    )
    assert builds.progress.lines[0] == builds.progress.lines[-1] == "ubuntu"
    entries = dict(line.split(" ") for line in builds.progress.lines if line.startswith(("root ", "ubuntu ")))
    assert entries["ubuntu"].startswith("$")
    assert ways(state) == ["key", "key"]
    (log,) = state.glob("builds/*/build.log")
    assert "ssh_username: provisioners run as ubuntu, the default user of image 'uimage-ubuntu20'" in log.read_text()
    with (
        hosts_from(builds.emulator, image.image_id) as (host,),
        ssh(host.address, password=PASSWORD, username="ubuntu") as client,
    ):
        assert run(client, "sudo awk -F: '$1 == \"ubuntu\" { print $2 }' /etc/shadow-") == "*"
        assert run(client, "wc -l < ~/.ssh/authorized_keys") == "0"
        assert run(client, "sudo find / -xdev -name 'ucloud-image-*' | wc -l") == "0"


def test_root_is_logged_in_to_where_ssh_username_says_so_and_the_image_lets_it(builds: Builds, state: Path) -> None:
    permit = "printf 'PermitRootLogin prohibit-password\\n' | sudo tee /etc/ssh/sshd_config.d/10-mine.conf"
    source = prepared(builds, permit, UBUNTU)
    (state / "builds").rename(state / "earlier")
    builds.build(source_image_id=source, ssh_username="root", provisioners=[Run(command="id -un")])
    assert builds.progress.lines[-1] == "root"
    assert ways(state) == ["key"]


def test_a_default_user_that_is_not_let_in_is_told_with_the_argument_that_names_another(builds: Builds) -> None:
    away = "echo AllowUsers root | sudo tee -a /etc/ssh/sshd_config"
    source = prepared(builds, away, UBUNTU)
    with pytest.raises(StepFailed, match="ubuntu is the default for this image: if it lets in another user, name that"):
        builds.build(source_image_id=source, ssh_timeout=6)
    assert builds.left() == []
