"""Data disks are block devices in the host, which outlive its boots and move between hosts."""

from __future__ import annotations

from collections.abc import Callable

from tests.emulator.hosts.conftest import eip, login
from ucloud_emulator.hosts.commands import run
from ucloud_emulator.hosts.machines import DataDisk, Machines, MachineSpec

Start = Callable[..., MachineSpec]


def test_a_disk_is_there_from_the_first_boot_and_keeps_its_data(machines: Machines, start: Start) -> None:
    spec = start(disks=(DataDisk("bsi-kept", 2),))
    shell = login(eip(spec))
    assert shell.run("blockdev --getsize64 /dev/vdb") == str(2 << 30)
    shell.run("mkfs.ext4 -q /dev/vdb && mount /dev/vdb /mnt && echo kept > /mnt/kept")
    machines.reboot(spec.id)
    shell = login(eip(spec))
    assert shell.run("mount /dev/vdb /mnt && cat /mnt/kept") == "kept"


def test_a_disk_moves_to_another_running_host_with_its_data(machines: Machines, start: Start) -> None:
    first, second = start(), start()
    machines.set_disks(first.id, [DataDisk("bsi-other", 1), DataDisk("bsi-moved", 1)])
    shell = login(eip(first))
    shell.run("mkfs.ext4 -q /dev/vdc && mount /dev/vdc /mnt && echo moved > /mnt/moved")
    machines.set_disks(first.id, [DataDisk("bsi-other", 1)])
    assert shell.run("ls /dev/vd?") == "/dev/vdb"
    machines.set_disks(second.id, [DataDisk("bsi-moved", 1)])
    assert login(eip(second)).run("mount /dev/vdb /mnt && cat /mnt/moved") == "moved"


def test_a_disk_grows_while_the_host_runs(machines: Machines, start: Start) -> None:
    spec = start(disks=(DataDisk("bsi-grown", 1),))
    machines.set_disks(spec.id, [DataDisk("bsi-grown", 3)])
    assert login(eip(spec)).run("blockdev --getsize64 /dev/vdb") == str(3 << 30)


def test_destroying_the_host_removes_its_disks(machines: Machines, start: Start) -> None:
    spec = start(disks=(DataDisk("bsi-gone", 1), DataDisk("bsi-stays", 1)))
    folder = machines.console(spec.id).parents[2] / "disks"
    machines.set_disks(spec.id, [DataDisk("bsi-gone", 1)])
    machines.destroy(spec.id)
    assert [file.name for file in folder.iterdir() if file.name in ("bsi-gone", "bsi-stays")] == ["bsi-stays"]
    assert str(folder / "bsi-stays") not in run("losetup", "--list")
    machines.delete_disk("bsi-stays")
    assert not (folder / "bsi-stays").exists()
