"""A boot disk has its size, in `df` and where it is full; what the image takes up is used."""

from __future__ import annotations

from collections.abc import Callable

from tests.emulator.hosts.conftest import eip, login
from ucloud_emulator.hosts.machines import Machines, MachineSpec

Start = Callable[..., MachineSpec]


def _gigabytes(output: str) -> float:
    return int(output.split()[-1]) / (1 << 30)


def test_df_in_the_guest_says_the_size_of_the_boot_disk(start: Start) -> None:
    small, large = login(eip(start(boot_disk_gb=20))), login(eip(start(boot_disk_gb=100)))
    assert 19 < _gigabytes(small.run("df -B1 --output=size /")) <= 20
    assert 97 < _gigabytes(large.run("df -B1 --output=size /")) <= 100


def test_what_the_image_takes_up_is_used(start: Start) -> None:
    shell = login(eip(start()))
    assert _gigabytes(shell.run("df -B1 --output=used /")) > 0.1


def test_a_full_disk_is_full_at_its_size(start: Start) -> None:
    shell = login(eip(start(boot_disk_gb=2)))
    status, said = shell.attempt("fallocate -l 2G /var/much")
    assert status != 0
    assert "No space left on device" in said
    shell.run("fallocate -l 1G /var/much")


def test_a_grown_disk_has_its_new_size_from_the_next_boot_on(machines: Machines, start: Start) -> None:
    spec = start(boot_disk_gb=2)
    shell = login(eip(spec))
    shell.run("echo kept > /root/kept")
    machines.grow_boot_disk(spec.id, 5)
    machines.reboot(spec.id)
    shell = login(eip(spec))
    assert 4.5 < _gigabytes(shell.run("df -B1 --output=size /")) <= 5
    assert shell.run("cat /root/kept") == "kept"


def test_a_host_from_an_image_has_used_what_the_image_holds(machines: Machines, start: Start) -> None:
    builder = start()
    shell = login(eip(builder))
    before = _gigabytes(shell.run("df -B1 --output=used /"))
    shell.run("head -c 300M /dev/urandom > /var/much; sync")
    machines.stop(builder.id)
    machines.snapshot(builder.id, "uimage-much")
    shell = login(eip(start(layers=("base", "uimage-much"), boot_disk_gb=40)))
    assert 0.2 < _gigabytes(shell.run("df -B1 --output=used /")) - before < 0.5
    assert shell.run("stat -c %s /var/much") == str(300 << 20)
