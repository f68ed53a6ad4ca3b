"""An image is what was on the host's disk: hosts from it have it, whatever becomes of the host and the image."""

from __future__ import annotations

import threading
import urllib.request
from collections.abc import Callable

import pytest

from tests.emulator.hosts.conftest import SSH_ALLOWED, connects, eip, login
from ucloud_emulator.hosts.errors import HostError
from ucloud_emulator.hosts.machines import Machines, MachineSpec, Rule

Start = Callable[..., MachineSpec]

HTTP_ALLOWED = Rule("TCP", "80", "0.0.0.0/0", "ACCEPT", "HIGH")


def test_a_host_from_an_image_serves_what_was_installed_on_the_builder(machines: Machines, start: Start) -> None:
    builder = start(layers=("base", "yum"))
    shell = login(eip(builder))
    assert "stand-in" in shell.run("yum --version")
    shell.run("yum install -y nginx")
    machines.stop(builder.id)
    assert machines.snapshot(builder.id, "uimage-nginx") > 1_000_000
    machines.destroy(builder.id)

    closed = start(layers=("base", "yum", "uimage-nginx"))
    login(eip(closed)).run("systemctl is-active nginx")
    assert not connects(eip(closed), 80)

    opened = start(layers=("base", "yum", "uimage-nginx"), rules=(SSH_ALLOWED, HTTP_ALLOWED))
    login(eip(opened))
    page = urllib.request.urlopen(f"http://{eip(opened)}/", timeout=10).read().decode()
    assert "Welcome to nginx!" in page


def test_an_image_has_what_was_changed_and_lacks_what_was_removed(machines: Machines, start: Start) -> None:
    builder = start()
    login(eip(builder)).run(
        "echo new > /root/new && rm /etc/debian_version && rm -rf /usr/share/doc && mkdir /usr/share/doc && "
        "touch /usr/share/doc/only && chmod 4711 /root/new && setfattr -h -n user.x -v y /root/new 2>/dev/null || true"
    )
    machines.stop(builder.id)
    machines.snapshot(builder.id, "uimage-changed")
    shell = login(eip(start(layers=("base", "uimage-changed"))))
    assert shell.run("cat /root/new && stat -c %a /root/new") == "new\n4711"
    assert shell.run("ls /usr/share/doc") == "only"
    assert shell.attempt("cat /etc/debian_version")[0] != 0


def test_the_builder_goes_on_after_its_image_was_made_and_does_not_change_it(machines: Machines, start: Start) -> None:
    builder = start()
    login(eip(builder)).run("echo first > /root/what")
    machines.stop(builder.id)
    machines.snapshot(builder.id, "uimage-first")
    machines.boot(builder.id)
    login(eip(builder)).run("test $(cat /root/what) = first && echo second > /root/what")
    machines.stop(builder.id)
    machines.snapshot(builder.id, "uimage-second")
    # Both as the API knows them: the image's own layers and the new one.
    shells = [login(eip(start(layers=("base", layer)))) for layer in ("uimage-first", "uimage-second")]
    assert [shell.run("cat /root/what") for shell in shells] == ["first", "second"]


def test_an_image_on_an_image_has_both(machines: Machines, start: Start) -> None:
    first = start()
    login(eip(first)).run("touch /root/lower")
    machines.stop(first.id)
    machines.snapshot(first.id, "uimage-lower")
    second = start(layers=("base", "uimage-lower"))
    login(eip(second)).run("touch /root/upper")
    machines.stop(second.id)
    machines.snapshot(second.id, "uimage-upper")
    login(eip(start(layers=("base", "uimage-lower", "uimage-upper")))).run("test -e /root/lower -a -e /root/upper")


def test_a_removed_image_stays_below_its_hosts_and_images_until_they_go(machines: Machines, start: Start) -> None:
    builder = start()
    login(eip(builder)).run("echo here > /root/what")
    machines.stop(builder.id)
    machines.snapshot(builder.id, "uimage-gone")
    machines.destroy(builder.id)
    user = start(layers=("base", "uimage-gone"))
    shell = login(eip(user))
    machines.delete_layer("uimage-gone")
    folder = machines.console(user.id).parents[2] / "layers" / "uimage-gone"
    assert shell.run("cat /root/what") == "here"
    machines.reboot(user.id)
    assert login(eip(user)).run("cat /root/what") == "here"
    machines.stop(user.id)
    machines.snapshot(user.id, "uimage-above")
    machines.destroy(user.id)
    assert login(eip(start(layers=("base", "uimage-gone", "uimage-above")))).run("cat /root/what") == "here"
    assert folder.exists()
    for id in machines.ids():
        machines.destroy(id)
    machines.delete_layer("uimage-above")
    assert not folder.exists()
    machines.delete_layer("uimage-above")


def test_no_image_is_made_of_a_running_host(machines: Machines, start: Start) -> None:
    spec = start()
    with pytest.raises(HostError, match="stopped"):
        machines.snapshot(spec.id, "uimage-running")


def test_hosts_from_one_image_do_not_see_each_others_changes(machines: Machines, start: Start) -> None:
    builder = start()
    login(eip(builder))
    machines.stop(builder.id)
    machines.snapshot(builder.id, "uimage-shared")
    one, two = (start(layers=("base", "uimage-shared")) for _ in range(2))
    login(eip(one)).run("touch /root/mine")
    assert login(eip(two)).attempt("test -e /root/mine")[0] != 0


def test_an_image_keeps_the_builders_host_keys_unless_the_builder_removed_them(
    machines: Machines, start: Start
) -> None:
    builder = start()
    before = login(eip(builder)).run("cat /etc/ssh/ssh_host_ed25519_key.pub")
    machines.stop(builder.id)
    machines.snapshot(builder.id, "uimage-keys")
    machines.boot(builder.id)
    assert login(eip(start(layers=("base", "uimage-keys")))).run("cat /etc/ssh/ssh_host_ed25519_key.pub") == before
    login(eip(builder)).run("rm /etc/ssh/ssh_host_* && truncate -s 0 /etc/machine-id")
    machines.stop(builder.id)
    machines.snapshot(builder.id, "uimage-no-keys")
    assert login(eip(start(layers=("base", "uimage-no-keys")))).run("cat /etc/ssh/ssh_host_ed25519_key.pub") != before


def test_images_are_made_side_by_side(machines: Machines, start: Start) -> None:
    builders = [start() for _ in range(3)]
    sizes: list[int] = []

    def make(spec: MachineSpec) -> None:
        login(eip(spec)).run("head -c 3000000 /dev/urandom > /root/data")
        machines.stop(spec.id)
        sizes.append(machines.snapshot(spec.id, f"uimage-of-{spec.id}"))

    threads = [threading.Thread(target=make, args=(spec,)) for spec in builders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(sizes) == 3
    assert all(size >= 3_000_000 for size in sizes)
