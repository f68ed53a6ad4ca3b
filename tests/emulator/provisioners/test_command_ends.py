"""When a command on a real host has ended, what it reads, and which shell runs it."""

from __future__ import annotations

import subprocess
import time
from dataclasses import replace
from pathlib import Path

import pytest
from ucloud_provider.communicators.ssh import SshCommunicator, SshTarget
from ucloud_provider.errors import Disconnected, ProvisionerFailed
from ucloud_provider.provisioners.base import Provisioner
from ucloud_provider.provisioners.file import File
from ucloud_provider.provisioners.shell import Shell
from ucloud_provider.run import Cancel

from tests.emulator.provisioners.conftest import Provisioned

FORMS = ["{{.Path}}", "bash {{.Path}}", "{{.Vars}} bash {{.Path}}", "exec {{.Path}}"]
SILENT = ["exec >/root/t/setup.log 2>&1", "sleep 12", "echo done", "touch /root/t/done"]


@pytest.mark.parametrize("expected", [False, True])
@pytest.mark.parametrize("form", [None, *FORMS])
def test_a_script_that_closes_its_output_is_waited_for(
    provisioned: Provisioned, form: str | None, expected: bool
) -> None:
    template = f"chmod +x {{{{.Path}}}}; {form}" if form else None
    provisioned.run(
        Shell(inline=SILENT, execute_command=template, expect_disconnect=expected, use_env_var_file=form is None)
    )
    assert provisioned.says("cat /root/t/setup.log; ls /root/t/done") == "done\n/root/t/done"


def test_a_script_without_output_fails_with_its_own_exit_code(provisioned: Provisioned) -> None:
    with pytest.raises(ProvisionerFailed) as caught:
        provisioned.run(Shell(inline=["exec >&- 2>&- <&-", "sleep 11", "exit 9"], execute_command="sh {{.Path}}"))
    assert caught.value.exit_code == 9


def test_a_script_without_output_whose_connection_ends_is_a_disconnect(provisioned: Provisioned) -> None:
    script = ["exec >/dev/null 2>&1", "sleep 1", "pkill -9 -f 'sshd: root'", "sleep 60"]
    with pytest.raises(Disconnected):
        provisioned.run(Shell(inline=script, execute_command="sh {{.Path}}"))


def test_a_script_without_output_can_be_given_up(provisioned: Provisioned) -> None:
    started = time.monotonic()
    with pytest.raises(Exception, match="provisioner shell to end"):
        provisioned.run(Shell(inline=["exec >/dev/null 2>&1", "sleep 600"], execute_command="sh {{.Path}}", timeout=2))
    assert time.monotonic() - started < 60


READING = [
    'read first || echo "end of file"',
    "cat",
    'read again </dev/tty || echo "the terminal has none either"',
    'echo "[$first$again]"',
]


def test_in_a_terminal_too_a_command_that_reads_gets_the_end_of_file(
    provisioned: Provisioned, target: SshTarget
) -> None:
    host = _in_terminal(target)
    lines: list[str] = []
    assert host.run(";".join(READING), on_line=lines.append, timeout=60) == 0
    assert lines == ["end of file", "the terminal has none either", "[]"]
    lines.clear()
    read = "read first; cat; echo $first; test -t 0 && sleep 2"
    assert host.run(read, on_line=lines.append, stdin=b"1\n2", timeout=60) == 0
    assert "1" in lines
    host.close()


def _in_terminal(target: SshTarget) -> SshCommunicator:
    host = SshCommunicator(replace(target, pty=True), Cancel())
    host.connect()
    return host


def put_shell(provisioned: Provisioned, shell: str) -> None:
    """The shell of this machine, with the libraries it needs, as a root-owned file of the host's."""
    listed = subprocess.run(["ldd", f"/usr/bin/{shell}"], capture_output=True, text=True, check=True).stdout
    libraries = [word for word in listed.split() if word.startswith("/")]
    for each in [f"/usr/bin/{shell}", *libraries]:
        if provisioned.host.run(f"test -e {each}", on_line=print) != 0:
            provisioned.host.run(f"mkdir -p {Path(each).parent}", on_line=print)
            provisioned.host.upload(Path(each).resolve(), each)


@pytest.mark.parametrize("shell", ["tcsh", "fish"])
def test_any_login_shell_will_do(provisioned: Provisioned, target: SshTarget, shell: str) -> None:
    put_shell(provisioned, shell)
    user = f"{shell}er"
    provisioned.says(f"useradd -m -s /usr/bin/{shell} {user} && echo {user}:{target.password} | chpasswd")
    host = SshCommunicator(replace(target, username=user), Cancel())
    host.connect()
    odd = 'it\'s $HOME `id` "quoted" \\ 密码 * wow!! {{.Path}} 100% a\nb\t\\n ~ \\0041'
    theirs = Provisioned(host, provisioned.folder)
    script = ["set -e", 'printf "%s\\n" "$ODD" "$SHELL"', "if [ 1 = 1 ]; then echo posix >&2; fi"]
    steps: list[Provisioner] = [
        Shell(inline=script, env={"ODD": odd}),
        Shell(inline=script, env={"ODD": odd}, use_env_var_file=False),
    ]
    for step in steps:
        theirs.lines.clear()
        theirs.run(step)
        assert "\n".join(theirs.lines) == f"{odd}\n/usr/bin/{shell}\nposix"
    (provisioned.folder / "it's!").mkdir()
    (provisioned.folder / "it's!/a\\b").write_text("x")
    theirs.run(File(source="it's!", destination=f"/home/{user}/new\\ness!"))
    theirs.run(File(source=f"/home/{user}/new\\ness!/it's!/a\\b", destination="back", direction="download"))
    assert (provisioned.folder / "back").read_text() == "x"
    host.close()
