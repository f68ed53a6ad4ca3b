"""The temporary firewall on real hosts: whom it lets in before the first login, after it, and where nobody logs in."""

from __future__ import annotations

from pathlib import Path

import pytest
from ucloud_provider.errors import StepFailed
from ucloud_provider.provisioners.shell import Shell

from tests.emulator.build.conftest import Builds, Run
from tests.support.asker import Asker
from tests.support.ssh import answers, public_ip

SEEN = "echo seen ${SSH_CONNECTION%% *}"


def rules(builds: Builds, action: str) -> list[list[str]]:
    """The rules that each call of this kind asked for, without their remarks."""
    return [
        [value.rpartition("|")[0] for name, value in sorted(each["params"].items()) if name.startswith("Rule.")]
        for each in builds.requests(action)
    ]


def test_it_is_narrowed_to_the_address_that_the_host_saw_and_a_reconnect_gets_through(
    builds: Builds, state: Path
) -> None:
    reboot = Shell(inline=["reboot", "sleep 60"], expect_disconnect=True)
    builds.build(provisioners=[Run(command=SEEN), reboot, Run(command=SEEN)])
    first, second = [line for line in builds.progress.lines if line.startswith("seen ")]
    address = first.removeprefix("seen ")
    assert first == second
    assert rules(builds, "CreateFirewall") == [["TCP|22|0.0.0.0/0|ACCEPT|HIGH"]]
    assert rules(builds, "UpdateFirewall") == [[f"TCP|22|{address}/32|ACCEPT|HIGH"]]
    (log,) = state.glob("builds/*/build.log")
    assert f"is open to {address} alone from now on" in log.read_text()
    order = [each["Action"] for each in builds.requests()]
    assert order.index("CreateUHostInstance") < order.index("UpdateFirewall") < order.index("StopUHostInstance")


def test_the_users_networks_are_let_in_from_the_start_and_no_others(builds: Builds) -> None:
    with pytest.raises(StepFailed, match="no SSH login as"):
        builds.build(temporary_security_group_source_cidrs=["203.0.113.0/24"], ssh_timeout=4)
    assert builds.left() == []
    given = ["203.0.113.0/24", "198.18.0.0/15"]
    builds.build(temporary_security_group_source_cidrs=given, provisioners=[Run(command=SEEN)])
    assert rules(builds, "CreateFirewall")[1] == [f"TCP|22|{each}|ACCEPT|HIGH" for each in given]
    assert rules(builds, "UpdateFirewall") == []


def test_where_the_narrowing_is_refused_the_build_goes_on_and_says_so(builds: Builds) -> None:
    builds.emulator.fault(action="UpdateFirewall", ret_code=230, message="no")
    builds.build(provisioners=[Run(command="true")])
    (note,) = builds.progress.notes
    assert "stays open to any address" in note
    assert "temporary_security_group_source_cidrs" in note


def test_where_nobody_logs_in_no_port_is_open(builds: Builds) -> None:
    api = Asker(builds.emulator, builds.emulator.client())
    open_ports: list[int] = []

    def on_step(text: str) -> None:
        if text == "stopping the host":
            (id,) = [row["id"] for row in builds.left() if row["kind"] == "uhost"]
            open_ports.extend(port for port in (22, 80) if answers(public_ip(api, id), port))

    builds.progress.on_step = on_step
    builds.build(communicator="none")
    assert rules(builds, "CreateFirewall") == [["TCP|1-65535|0.0.0.0/0|DROP|LOW"]]
    assert open_ports == []


def test_a_firewall_of_the_users_is_left_as_it_is(builds: Builds) -> None:
    api = Asker(builds.emulator, builds.emulator.client())
    mine = str(api.ask("CreateFirewall", Name="mine", Rule=["TCP|22|0.0.0.0/0|ACCEPT|HIGH|x"])["FWId"])
    builds.build(security_group_id=mine, provisioners=[Run(command="true")])
    assert len(builds.requests("CreateFirewall")) == 1
    assert rules(builds, "UpdateFirewall") == []


def test_a_login_that_the_narrowed_firewall_keeps_out_is_explained(builds: Builds) -> None:
    api = Asker(builds.emulator, builds.emulator.client())

    def on_line(_line: str) -> None:
        (id,) = [row["id"] for row in builds.left() if row["kind"] == "firewall"]
        api.ask("UpdateFirewall", FWId=id, Rule=["TCP|22|203.0.113.7/32|ACCEPT|HIGH|as if we came from elsewhere now"])

    builds.progress.on_line = on_line
    drop = Shell(inline=["echo now", "sleep 1", "reboot", "sleep 60"], expect_disconnect=True, start_retry_timeout=1)
    with pytest.raises(StepFailed, match=r"lets in [\d.]+ alone: .* give all of them") as caught:
        builds.build(ssh_timeout=8, provisioners=[drop])
    assert "no SSH login as" in str(caught.value)
    assert builds.left() == []
