"""Writing to a guest's disk from outside never leaves that disk, whatever the guest made of it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ucloud_emulator.hosts.identity import give_identity
from ucloud_emulator.hosts.rootfs import Rootfs
from ucloud_emulator.hosts.spec import MachineSpec


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    (root / "etc").mkdir(parents=True)
    (root / "root").mkdir()
    (root / "etc/passwd").write_text("root:x:0:0:root:/root:/bin/bash\n")
    (root / "etc/shadow").write_text("root:*:1:0:99999:7:::\n")
    (tmp_path / "outside").mkdir()
    return root


def test_an_absolute_link_leads_to_the_guests_own_file(tree: Path, tmp_path: Path) -> None:
    (tree / "root/.ssh").symlink_to(tmp_path / "outside")
    (tree / str(tmp_path / "outside").lstrip("/")).mkdir(parents=True)
    with Rootfs(tree) as root:
        root.write("/root/.ssh/authorized_keys", b"key\n")
    assert list((tmp_path / "outside").iterdir()) == []
    assert (tree / str(tmp_path / "outside").lstrip("/") / "authorized_keys").read_bytes() == b"key\n"


def test_a_link_upwards_stays_inside(tree: Path, tmp_path: Path) -> None:
    (tree / "up").symlink_to("../../../outside")
    with Rootfs(tree) as root, pytest.raises(FileNotFoundError):
        root.write("/up/file", b"x")
    assert list((tmp_path / "outside").iterdir()) == []


def test_a_link_in_the_files_place_is_replaced_not_followed(tree: Path, tmp_path: Path) -> None:
    target = tmp_path / "outside/victim"
    target.write_text("mine")
    (tree / "etc/hostname").symlink_to(target)
    with Rootfs(tree) as root:
        root.write("/etc/hostname", b"host\n")
    assert target.read_text() == "mine"
    assert (tree / "etc/hostname").read_text() == "host\n"


def test_a_pipe_in_a_files_place_does_not_block(tree: Path) -> None:
    os.mkfifo(tree / "etc/hosts")
    with Rootfs(tree) as root:
        assert root.read("/etc/hosts") is None


def test_identity_keeps_the_keys_and_users_that_the_image_has(tree: Path) -> None:
    (tree / "etc/shadow").write_text("root:*:1:0:99999:7:::\nwww:!:1:0:99999:7:::\n")
    (tree / "etc/shadow").chmod(0o640)
    (tree / "root/.ssh").mkdir()
    (tree / "root/.ssh/authorized_keys").write_text("ssh-ed25519 AAAA builder")
    spec = MachineSpec(
        id="uhost-1", layers=("base",), hostname="h", private_ip="10.9.0.2", private_prefix=16, password="p",
        authorized_keys=("ssh-ed25519 BBBB user\n", "ssh-ed25519 AAAA builder"),
    )  # fmt: skip
    with Rootfs(tree) as root:
        give_identity(root, spec, ["192.0.2.53"])
        give_identity(root, spec, ["192.0.2.53"])
    shadow = (tree / "etc/shadow").read_text().splitlines()
    assert shadow[0].startswith("root:$6$")
    assert shadow[1] == "www:!:1:0:99999:7:::"
    assert (tree / "etc/shadow").stat().st_mode & 0o777 == 0o640
    keys = tree / "root/.ssh/authorized_keys"
    assert keys.read_text() == "ssh-ed25519 AAAA builder\nssh-ed25519 BBBB user\n"
    assert keys.stat().st_mode & 0o777 == 0o600
    assert (tree / "etc/hosts").read_text() == "127.0.0.1 localhost\n10.9.0.2 h # this host\n"
    assert (tree / "etc/resolv.conf").read_text() == "nameserver 192.0.2.53\n"
