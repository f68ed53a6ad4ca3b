"""What happens to a host itself: it dies, is taken away, its SSH drops or stalls, its disk is full."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator

import paramiko
import pytest

from tests.support.asker import EIP, Asker
from tests.support.emulator import Refused
from tests.support.ssh import answers, public_ip, run, ssh

PASSWORD = "Password123"


@pytest.fixture
def host(real: Asker) -> Iterator[str]:
    id = real.running_host(NetworkInterface=[{"EIP": EIP}])
    yield id
    if real.hosts(id):
        real.remove_host(id)


def broken(client: paramiko.SSHClient) -> bool:
    """Whether the connection ends within seconds."""
    transport = client.get_transport()
    assert transport is not None
    transport.join(10)
    return not transport.is_active()


def test_a_host_that_loses_its_power_is_stopped_and_starts_again(real: Asker, host: str) -> None:
    ip = public_ip(real, host)
    with ssh(ip, password=PASSWORD) as client:
        run(client, "touch /root/kept && sync")
        real.emulator.host_fault(host, "power_loss")
        real.wait(host, "Stopped")
        assert not answers(ip, 22)
    with pytest.raises(Refused, match="is not running"):
        real.emulator.host_fault(host, "power_loss")
    real.ask("StartUHostInstance", UHostId=host)
    real.wait(host, "Running")
    with ssh(ip, password=PASSWORD) as client:
        run(client, "test -e /root/kept")


def test_a_host_terminated_by_somebody_else_is_gone_with_all_it_had(real: Asker) -> None:
    before = real.open_ids()
    id = real.running_host(NetworkInterface=[{"EIP": EIP}])
    ip = public_ip(real, id)
    real.emulator.host_fault(id, "terminate")
    assert real.hosts(id) == []
    assert real.open_ids() == before
    assert not answers(ip, 22)


def test_dropped_ssh_ends_the_sessions_and_takes_new_ones(real: Asker, host: str) -> None:
    ip = public_ip(real, host)
    with ssh(ip, password=PASSWORD) as client:
        run(client, "true")
        real.emulator.host_fault(host, "drop_ssh")
        assert broken(client)
    with ssh(ip, password=PASSWORD) as client:
        run(client, "systemctl is-active ssh")


def test_stalled_ssh_says_nothing_until_it_is_resumed(real: Asker, host: str) -> None:
    ip = public_ip(real, host)
    with ssh(ip, password=PASSWORD) as client:
        sink, output, _ = client.exec_command("cat", timeout=20)
        sink.write("first\n")
        assert output.readline() == "first\n"
        real.emulator.host_fault(host, "stall_ssh")
        sink.write("second\n")
        with socket.create_connection((ip, 22), 5) as connection:
            connection.settimeout(1)
            with pytest.raises(TimeoutError):
                connection.recv(1)
        assert not output.channel.recv_ready()
        real.emulator.host_fault(host, "resume_ssh")
        assert output.readline() == "second\n"
    with ssh(ip, password=PASSWORD) as client:
        run(client, "true")


def test_a_full_disk_takes_no_byte_more_and_shows_what_it_has(real: Asker, host: str) -> None:
    with ssh(public_ip(real, host), password=PASSWORD) as client:
        run(client, "echo kept > /root/kept")
        real.emulator.host_fault(host, "fill_disk")
        real.emulator.host_fault(host, "fill_disk")
        for file in ("/root/more", "/root/kept", "/tmp/more", "/etc/hosts", "/var/lib/more", "/usr/local/more"):
            _, output, errors = client.exec_command(f"echo x >> {file}", timeout=20)
            assert output.channel.recv_exit_status() != 0
            assert "No space left on device" in errors.read().decode(), file
        with client.open_sftp() as sftp, pytest.raises(OSError), sftp.open("/tmp/upload", "wb") as file_:  # noqa: PT011
            file_.write(b"x" * 100_000)
        assert run(client, "cat /root/kept") == "kept"
    with ssh(public_ip(real, host), password=PASSWORD) as client:
        real.emulator.host_fault(host, "free_disk")
        run(client, "echo more >> /root/kept && echo x > /tmp/more && test ! -s /root/more")
        assert run(client, "cat /root/kept").split() == ["kept", "more"]
    real.ask("StopUHostInstance", UHostId=host)
    real.wait(host, "Stopped")


def test_a_host_whose_disk_is_full_can_be_stopped_and_an_image_made_of_it(real: Asker, host: str) -> None:
    real.emulator.host_fault(host, "fill_disk")
    real.ask("StopUHostInstance", UHostId=host)
    real.wait(host, "Stopped")
    image = real.made_image(host)
    real.ask("StartUHostInstance", UHostId=host)
    real.wait(host, "Running")
    with ssh(public_ip(real, host), password=PASSWORD) as client:
        run(client, "echo x > /root/more")
    real.ask("TerminateCustomImage", ImageId=image)


def test_a_reboot_from_within_comes_back(real: Asker, host: str) -> None:
    ip = public_ip(real, host)
    boots = "cat /proc/sys/kernel/random/boot_id; systemctl show -p UserspaceTimestampMonotonic"
    with ssh(ip, password=PASSWORD) as client:
        before = run(client, boots)
        real.emulator.host_fault(host, "reboot")
        assert broken(client)
    deadline = time.monotonic() + 60
    while True:
        assert time.monotonic() < deadline
        try:
            with ssh(ip, password=PASSWORD) as client:
                assert run(client, boots) != before
                break
        except (OSError, paramiko.SSHException):
            time.sleep(0.1)
    assert real.host(host)["State"] == "Running"


def test_state_faults_hold_for_real_hosts_too(real: Asker) -> None:
    before = real.open_ids()
    real.emulator.fault(transition="launch", outcome="fail")
    failed = real.create_host()
    real.wait(failed, "Install Fail")
    real.emulator.fault(transition="start", outcome="vanish")
    gone = real.create_host(NetworkInterface=[{"EIP": EIP}])
    real.until(lambda: not real.hosts(gone))
    real.remove_host(failed)
    assert real.open_ids() == before
    real.emulator.clear_faults()


@pytest.mark.parametrize(
    ("id", "status"),
    [
        ("uhost-aaaaaaaaaa", 404),
        ("uhost-../../etc", 404),
        ("%2e%2e%2f%2e%2e", 404),
        ("uhost-aaaaaaaaaa%0a", 404),
        ("*", 404),
        ("x" * 5000, 404),
    ],
)
def test_an_unknown_host_is_answered_404(api: Asker, id: str, status: int) -> None:
    with pytest.raises(Refused) as refusal:
        api.emulator.host_fault(id, "power_loss")
    assert refusal.value.status == status


def test_a_wrong_fault_of_a_host_is_refused_with_what_is_right(api: Asker) -> None:
    id = api.running_host()
    for kind, more, said in (
        ("explode", {}, "'explode' is none of power_loss, terminate, drop_ssh"),
        ("power_loss", {"keep_eip": True}, "keep_eip"),
        ("terminate", {"when": 1}, "keep_eip"),
        ("fill_disk", {}, "hosts on paper have no disk and no SSH"),
    ):
        with pytest.raises(Refused, match="400") as refusal:
            api.emulator.host_fault(id, kind, **more)
        assert said in str(refusal.value)
    api.emulator.host_fault(id, "power_loss")
    api.wait(id, "Stopped")
    api.emulator.host_fault(id, "terminate")
    assert api.hosts(id) == []
