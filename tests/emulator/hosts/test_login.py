"""A new host lets in whom the API was told to let in, under its own name and with its own keys."""

from __future__ import annotations

from collections.abc import Callable

import paramiko
import pytest

from tests.emulator.hosts.conftest import PASSWORD, eip, login
from ucloud_emulator.hosts.errors import HostError
from ucloud_emulator.hosts.machines import Machines, MachineSpec

Start = Callable[..., MachineSpec]


def test_root_logs_in_with_the_password(start: Start) -> None:
    shell = login(eip(start()))
    assert shell.run("id -un") == "root"
    assert shell.run("systemctl is-system-running --wait") == "running"


def test_root_logs_in_with_the_key_and_not_with_another(start: Start) -> None:
    key, other = paramiko.ECDSAKey.generate(), paramiko.ECDSAKey.generate()
    spec = start(password=None, authorized_keys=(f"{key.get_name()} {key.get_base64()} me",))
    assert login(eip(spec), password=None, key=key).run("id -un") == "root"
    with pytest.raises(paramiko.AuthenticationException):
        login(eip(spec), password=None, key=other)


def test_a_wrong_password_is_refused(start: Start) -> None:
    spec = start()
    with pytest.raises(paramiko.AuthenticationException):
        login(eip(spec), password="Wrong-horse-7")


def test_the_password_changes_while_the_host_is_off_and_while_it_runs(machines: Machines, start: Start) -> None:
    spec = start()
    machines.set_password(spec.id, "While-it-runs-1")
    login(eip(spec), password="While-it-runs-1")
    machines.stop(spec.id)
    machines.set_password(spec.id, "While-it-is-off-1")
    machines.boot(spec.id)
    login(eip(spec), password="While-it-is-off-1")
    with pytest.raises(paramiko.AuthenticationException):
        login(eip(spec), password=PASSWORD)


def test_no_file_of_the_emulator_holds_the_password_or_user_data(machines: Machines, start: Start) -> None:
    spec = start(user_data=b"#!/bin/sh\n: planted-user-data\n")
    record = machines.console(spec.id).with_name("host.json").read_text()
    assert PASSWORD not in record
    assert "planted" not in record


def test_each_host_has_its_own_name_host_keys_and_machine_id(start: Start) -> None:
    shells = [login(eip(spec)) for spec in (start(hostname="10-9-1-1"), start(hostname="10-9-1-2"))]
    assert [shell.run("hostname") for shell in shells] == ["10-9-1-1", "10-9-1-2"]
    assert [shell.run("getent hosts $(hostname) | wc -l") for shell in shells] == ["1", "1"]
    for what in ("cat /etc/ssh/ssh_host_ed25519_key.pub", "cat /etc/machine-id"):
        first, second = (shell.run(what) for shell in shells)
        assert first != second


def test_an_id_that_exists_is_not_created_again(machines: Machines, start: Start) -> None:
    spec = start()
    with pytest.raises(HostError, match="already"):
        machines.create(spec)


def test_a_host_that_was_never_created_is_named(machines: Machines) -> None:
    with pytest.raises(HostError, match="uhost-none"):
        machines.boot("uhost-none")


def test_an_image_that_is_not_there_is_named_and_leaves_no_host(
    machines: Machines, new_spec: Callable[..., MachineSpec]
) -> None:
    spec = new_spec(layers=("base", "uimage-none"))
    with pytest.raises(HostError, match="uimage-none"):
        machines.create(spec)
    assert spec.id not in machines.ids()
