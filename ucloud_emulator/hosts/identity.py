"""Puts on a host's disk what a cloud gives a new host: its name, resolvers and login."""

from __future__ import annotations

import time
from collections.abc import Sequence

from ucloud_emulator.hosts.commands import run
from ucloud_emulator.hosts.errors import HostError
from ucloud_emulator.hosts.rootfs import Rootfs
from ucloud_emulator.hosts.spec import MachineSpec

OUR_LINE = "# this host"


def give_identity(root: Rootfs, spec: MachineSpec, nameservers: Sequence[str]) -> None:
    """Make the image's disk this host's. What the image has beyond that (its host keys, say) stays."""
    root.write("/etc/hostname", f"{spec.hostname}\n".encode())
    hosts = (root.read("/etc/hosts") or b"127.0.0.1 localhost\n").decode(errors="replace").splitlines()
    hosts = [line for line in hosts if not line.endswith(OUR_LINE)]
    hosts.append(f"{spec.private_ip} {spec.hostname} {OUR_LINE}")
    root.write("/etc/hosts", "".join(f"{line}\n" for line in hosts).encode())
    root.write("/etc/resolv.conf", _resolv_conf(nameservers))
    if spec.password is not None:
        set_password(root, spec.username, spec.password)
    if spec.authorized_keys:
        _authorize(root, spec.username, spec.authorized_keys)


def refresh_resolvers(root: Rootfs, nameservers: Sequence[str]) -> None:
    """At every boot, as DHCP would, unless the guest has its own way with it."""
    if not root.is_link("/etc/resolv.conf"):
        root.write("/etc/resolv.conf", _resolv_conf(nameservers))


def set_password(root: Rootfs, username: str, password: str) -> None:
    hashed = run("openssl", "passwd", "-6", "-stdin", stdin=f"{password}\n").strip()
    lines = (root.read("/etc/shadow") or b"").decode().splitlines()
    today = int(time.time() // 86400)
    for number, line in enumerate(lines):
        fields = line.split(":")
        if fields[0] == username and len(fields) == 9:
            fields[1], fields[2] = hashed, str(today)
            lines[number] = ":".join(fields)
            root.write("/etc/shadow", "".join(f"{line}\n" for line in lines).encode())
            return
    raise HostError(f'cannot set the password: the image has no user "{username}"')


def _authorize(root: Rootfs, username: str, keys: Sequence[str]) -> None:
    """Add the keys to those that the image lets in already, as cloud-init does."""
    home, owner = _user(root, username)
    root.make_folder(f"{home}/.ssh", mode=0o700, owner=owner)
    path = f"{home}/.ssh/authorized_keys"
    lines = (root.read(path) or b"").decode(errors="replace").splitlines()
    lines += [key.strip() for key in keys if key.strip() not in lines]
    root.write(path, "".join(f"{line}\n" for line in lines).encode(), mode=0o600, owner=owner)


def _user(root: Rootfs, username: str) -> tuple[str, tuple[int, int]]:
    for line in (root.read("/etc/passwd") or b"").decode(errors="replace").splitlines():
        fields = line.split(":")
        if fields[0] == username and len(fields) == 7:
            return fields[5], (int(fields[2]), int(fields[3]))
    raise HostError(f'cannot let a key in: the image has no user "{username}"')


def _resolv_conf(nameservers: Sequence[str]) -> bytes:
    return "".join(f"nameserver {address}\n" for address in nameservers).encode()
