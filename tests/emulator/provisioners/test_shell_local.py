"""`shell-local`: on this machine, beside a real host."""

from __future__ import annotations

import threading
import uuid
from pathlib import Path
from typing import Any

import pytest
from ucloud_provider.errors import Cancelled, ProvisionerFailed, WaitTimeout
from ucloud_provider.provisioners.shell_local import ShellLocal

from tests.emulator.provisioners.conftest import Provisioned

TOKEN = f"planted-{uuid.uuid4().hex}"
"""Of this run alone: others may look for theirs on the same machine."""


def test_it_runs_here_with_the_builds_facts(provisioned: Provisioned) -> None:
    provisioned.run(ShellLocal(inline=["pwd", 'echo "$A $UCLOUD_IMAGE_HOST"'], env={"A": "it's"}))
    assert provisioned.lines == [str(provisioned.folder), f"it's {provisioned.host.target.host}"]


def test_commands_and_scripts_run(provisioned: Provisioned) -> None:
    (provisioned.folder / "a b.sh").write_text("echo $((40+2))\n")
    provisioned.run(ShellLocal(command="echo one | tr o 0"))
    provisioned.run(ShellLocal(script="a b.sh"))
    provisioned.run(ShellLocal(command="x", execute_command=["/bin/echo", "{{.Vars}}|{{.Command}}"], env={"K": "v"}))
    assert provisioned.lines[:2] == ["0ne", "42"]
    assert "K='v' " in provisioned.lines[2]
    assert provisioned.lines[2].endswith("|x")


IN_ARGUMENTS = (
    "test -n \"$TOKEN\" && for each in /proc/[0-9]*/cmdline; do tr '\\0' ' ' < $each; echo; done 2>/dev/null"
    f" | grep -c '{TOKEN.replace('planted', 'plan[t]ed')}' || true"
)
"""How many processes of this machine have the value in their arguments; it is written so as not to count itself."""

WAYS: dict[str, dict[str, Any]] = {
    "inline": {"inline": [IN_ARGUMENTS]},
    "command": {"command": IN_ARGUMENTS},
    "script": {"script": "count.sh"},
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("given", [{"env": {"TOKEN": TOKEN}}, {"environment_vars": [f"TOKEN={TOKEN}"]}])
def test_variables_are_in_no_processs_arguments(provisioned: Provisioned, way: str, given: dict[str, Any]) -> None:
    (provisioned.folder / "count.sh").write_text(f"{IN_ARGUMENTS}\n")
    provisioned.run(ShellLocal(**WAYS[way], **given))
    assert provisioned.lines == ["0"]


def test_in_the_command_itself_anybody_here_sees_them_as_the_documentation_says(provisioned: Provisioned) -> None:
    command = ["/bin/sh", "-c", "{{.Vars}} {{.Script}}; true"]
    provisioned.run(ShellLocal(inline=[IN_ARGUMENTS], env={"TOKEN": TOKEN}, execute_command=command))
    assert int(provisioned.lines[0]) >= 1


def test_another_system_is_left_out(provisioned: Provisioned) -> None:
    provisioned.run(ShellLocal(inline=["echo no"], only_on=["windows"]))
    assert provisioned.lines == []


def test_a_failure_is_told_with_its_end(provisioned: Provisioned) -> None:
    with pytest.raises(ProvisionerFailed) as caught:
        provisioned.run(ShellLocal(inline=["echo last words", "exit 9"]))
    assert (caught.value.exit_code, caught.value.tail) == (9, ("last words",))


def test_a_time_limit_ends_it_and_what_it_started(provisioned: Provisioned) -> None:
    with pytest.raises(WaitTimeout):
        provisioned.run(ShellLocal(inline=["sleep 600 & echo $!", "wait"], timeout=1))
    status = Path(f"/proc/{provisioned.lines[0]}/status")
    assert not status.exists() or "State:\tZ" in status.read_text()


def test_a_cancelled_build_ends_it(provisioned: Provisioned) -> None:
    provisioned.on_line = lambda _line: threading.Timer(0.1, provisioned.cancel.set).start()
    with pytest.raises(Cancelled):
        provisioned.run(ShellLocal(inline=["echo on", "sleep 600"]))
