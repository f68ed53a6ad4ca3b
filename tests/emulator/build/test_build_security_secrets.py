"""A provisioner's variables on a real host: in no process's arguments, and gone whether a command read them or not."""

from __future__ import annotations

import pytest
from ucloud_provider.provisioners.shell import Shell

from tests.emulator.build.conftest import Builds, Run

ENV = {"TOKEN": "planted-token-1"}
IN_ARGUMENTS = "cat /proc/[0-9]*/cmdline | tr '\\0' '\\n' | grep -c 'plan[t]ed-token' | sed 's/^/arguments /'"
LEFT = Run(command="grep -rls 'plan[t]ed-token' /tmp /var/tmp /root /run /etc | sed 's/^/left /'; true")
ONCE = "[ -e /root/again ] || { touch /root/again; %s; }; . {{.EnvVarFile}} && sh {{.Path}}"
DROP = "sleep 0.5; pkill -9 -f '^sshd: root@notty'; sleep 60"


def said(builds: Builds, word: str) -> list[str]:
    return [line for line in builds.progress.lines if line.startswith(word)]


def test_variables_are_in_no_arguments_and_their_file_is_gone_when_the_script_runs(builds: Builds) -> None:
    check = ['test -n "$TOKEN" && echo has it', IN_ARGUMENTS, LEFT.command]
    builds.build(provisioners=[Shell(inline=check, inline_shebang="/bin/sh", env=ENV), LEFT])
    assert said(builds, "has it") == ["has it"]
    assert said(builds, "arguments") == ["arguments 0"]
    assert said(builds, "left") == []


def test_in_the_command_itself_anybody_on_the_host_sees_them_as_the_documentation_says(builds: Builds) -> None:
    command = "chmod +x {{.Path}}; {{.Vars}} {{.Path}}; true"
    builds.build(provisioners=[Shell(inline=[IN_ARGUMENTS], env=ENV, execute_command=command), LEFT])
    assert said(builds, "arguments") not in ([], ["arguments 0"])
    assert said(builds, "left") == []


@pytest.mark.parametrize(("why", "limit"), [("sleep 60", 4), (DROP, 0)], ids=["ran too long", "the connection broke"])
def test_a_command_that_never_read_its_variables_leaves_none_for_the_next_try(
    builds: Builds, why: str, limit: int
) -> None:
    shell = Shell(inline=["echo ran"], env=ENV, execute_command=ONCE % why, timeout=limit, max_retries=1)
    builds.build(provisioners=[shell, LEFT])
    assert said(builds, "ran") == ["ran"]
    assert said(builds, "left") == []
