"""Power on, off and round again, by the API and from inside."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable

from tests.emulator.hosts.conftest import connects, eip, login
from ucloud_emulator.hosts.machines import Machines, MachineSpec

Start = Callable[..., MachineSpec]

STOP_WITNESS = (
    "printf '[Service]\\nType=oneshot\\nRemainAfterExit=yes\\nExecStart=/bin/true\\n"
    "ExecStop=/usr/bin/touch /root/stopped-orderly\\n' > /etc/systemd/system/witness.service && "
    "systemctl start witness"
)


def test_stop_shuts_the_guests_services_down_and_force_does_not(machines: Machines, start: Start) -> None:
    spec = start()
    login(eip(spec)).run(STOP_WITNESS)
    machines.stop(spec.id, force=True)
    assert not machines.running(spec.id)
    machines.boot(spec.id)
    shell = login(eip(spec))
    shell.run("test ! -e /root/stopped-orderly && systemctl start witness")
    machines.stop(spec.id)
    machines.boot(spec.id)
    login(eip(spec)).run("test -e /root/stopped-orderly")


def test_a_stopped_host_is_unreachable_and_keeps_its_disk(machines: Machines, start: Start) -> None:
    spec = start()
    login(eip(spec)).run("echo kept > /root/kept")
    machines.stop(spec.id)
    assert not connects(eip(spec), 22)
    machines.stop(spec.id)
    machines.boot(spec.id)
    machines.boot(spec.id)
    assert login(eip(spec)).run("cat /root/kept") == "kept"


def test_reboot_by_the_api_is_a_new_boot(machines: Machines, start: Start) -> None:
    spec = start()
    before = login(eip(spec)).run("systemctl show -p UserspaceTimestampMonotonic")
    machines.reboot(spec.id)
    assert machines.running(spec.id)
    assert login(eip(spec)).run("systemctl show -p UserspaceTimestampMonotonic") != before


def test_a_guest_that_reboots_itself_comes_back(machines: Machines, start: Start) -> None:
    spec = start()
    shell = login(eip(spec))
    before = shell.run("systemctl show -p UserspaceTimestampMonotonic")
    shell.attempt("systemctl reboot")
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            if login(eip(spec)).run("systemctl show -p UserspaceTimestampMonotonic") != before:
                return
        except Exception:
            time.sleep(0.1)
    raise AssertionError("the guest did not come back")


def test_a_guest_that_powers_itself_off_is_reported_once(machines: Machines, start: Start) -> None:
    gone: queue.Queue[str] = queue.Queue()
    machines.on_exit(gone.put)
    spec = start()
    login(eip(spec)).attempt("systemctl poweroff")
    assert gone.get(timeout=30) == spec.id
    assert not machines.running(spec.id)
    machines.boot(spec.id)
    login(eip(spec))
    machines.stop(spec.id)
    assert gone.empty()


def test_destroy_ends_a_running_host_and_removes_what_it_had(machines: Machines, start: Start) -> None:
    spec = start()
    login(eip(spec))
    folder = machines.console(spec.id).parent
    machines.destroy(spec.id)
    assert not folder.exists()
    assert spec.id not in machines.ids()
    machines.destroy(spec.id)


def test_a_service_of_one_host_is_not_another_hosts(machines: Machines, start: Start) -> None:
    first, second = start(), start()
    login(eip(first)).attempt("systemctl stop ssh")
    assert login(eip(second)).run("systemctl is-active ssh") == "active"


def test_many_hosts_boot_at_once(machines: Machines, start: Start) -> None:
    specs: list[MachineSpec] = []
    threads = [threading.Thread(target=lambda: specs.append(start())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    names = {login(eip(spec)).run("hostname") for spec in specs}
    assert len(names) == 8


def test_the_console_shows_the_boot(machines: Machines, start: Start) -> None:
    spec = start()
    login(eip(spec))
    assert "Welcome to" in machines.console(spec.id).read_text(errors="replace")
