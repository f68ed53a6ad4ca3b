"""`shell` on a real host, over real SSH."""

from __future__ import annotations

import threading
import time

import pytest
from ucloud_provider.errors import Cancelled, Disconnected, ProvisionerFailed, WaitTimeout
from ucloud_provider.provisioners.shell import Shell

from tests.emulator.provisioners.conftest import Provisioned


def test_lines_come_as_they_are_printed_from_both_streams(provisioned: Provisioned) -> None:
    came: list[float] = []
    provisioned.on_line = lambda _line: came.append(time.monotonic())
    provisioned.run(Shell(inline=["echo one", "sleep 0.5", "echo two >&2", "printf three"]))
    assert provisioned.lines == ["one", "two", "three"]
    assert came[1] - came[0] > 0.3


def test_inline_commands_are_one_script_that_ends_at_the_first_failure(provisioned: Provisioned) -> None:
    with pytest.raises(ProvisionerFailed) as caught:
        provisioned.run(Shell(inline=["A=kept", "echo $A", "exit 7", "echo never"]))
    assert caught.value.exit_code == 7
    assert caught.value.tail == ("kept",)
    assert "inline script ended with exit code 7" in str(caught.value)


def test_scripts_run_in_order_and_leave_nothing_behind(provisioned: Provisioned) -> None:
    (provisioned.folder / "one.sh").write_bytes(b"#!/bin/bash\r\necho one $BASH_VERSION | cut -c1-5\r\n")
    (provisioned.folder / "two.py").write_text("#!/usr/bin/env sh\necho two\n")
    provisioned.run(Shell(scripts=["one.sh", "two.py"]))
    assert provisioned.lines == ["one 5", "two"]
    assert provisioned.says("ls /tmp | grep -E 'script_|env_' || true") == ""


def test_a_script_stays_where_the_user_wants_it(provisioned: Provisioned) -> None:
    provisioned.run(Shell(inline=["echo $0"], remote_folder="/root/t", remote_file="mine.sh", skip_clean=True))
    assert provisioned.lines == ["/root/t/mine.sh"]
    assert provisioned.says("stat -c %a /root/t/mine.sh") == "755"


@pytest.mark.parametrize("by_file", [True, False])
def test_variables_arrive_to_the_letter(provisioned: Provisioned, by_file: bool) -> None:
    value = 'it\'s $HOME `id` "quoted" \\ 密码 *'
    provisioned.run(
        Shell(
            inline=['printf "%s\\n" "$ODD" "$B" "$PACKER_BUILDER_TYPE" "$PACKER_BUILD_NAME"'],
            environment_vars=["B=x=y"],
            env={"ODD": value},
            use_env_var_file=by_file,
        )
    )
    assert provisioned.lines == [value, "x=y", "ucloud-uhost", "image"]


def test_a_variable_is_not_in_the_arguments_of_a_process(provisioned: Provisioned) -> None:
    provisioned.run(Shell(inline=["cat /proc/[0-9]*/cmdline | tr '\\0' '\\n'"], env={"TOKEN": "planted-secret"}))
    assert provisioned.lines
    assert "planted-secret" not in "\n".join(provisioned.lines)
    assert provisioned.says("grep -rl planted-secret /tmp /root /var/log 2>/dev/null || true") == ""


def test_another_interpreter_and_command_are_used(provisioned: Provisioned) -> None:
    provisioned.run(
        Shell(
            inline=["print 'perl here'; print qq{\\n};"],
            inline_shebang="/usr/bin/perl -w",
            execute_command="chmod +x {{ .Path }}; env {{.Vars}} {{.Path}}",
        )
    )
    assert provisioned.lines == ["perl here"]


def test_a_script_may_have_a_path_of_its_own_and_is_taken_away_from_there(provisioned: Provisioned) -> None:
    provisioned.run(Shell(inline=["echo $0"], remote_path="/root/t/own-name"))
    assert provisioned.lines == ["/root/t/own-name"]
    assert provisioned.says("ls /root/t") == ""


def test_a_binary_goes_as_it_is(provisioned: Provisioned) -> None:
    (provisioned.folder / "program").write_bytes(b"#!/bin/sh\nprintf 'a\r\nb' | wc -c\n")
    provisioned.run(Shell(script="program", binary=True))
    provisioned.run(Shell(script="program"))
    assert provisioned.lines == ["4", "3"]


def test_variables_are_written_as_the_user_wants_them(provisioned: Provisioned) -> None:
    provisioned.run(
        Shell(
            inline=["echo $KEY"],
            env={"KEY": "v"},
            use_env_var_file=False,
            env_var_format="export %s='%s'; ",
            execute_command="{{.Vars}} sh {{.Path}}",
        )
    )
    assert provisioned.lines == ["v"]


def test_the_log_has_every_command_and_no_variable(provisioned: Provisioned) -> None:
    provisioned.run(Shell(inline=["A=1", "echo $A"], env={"PIN": "4711"}, use_env_var_file=False))
    text = "\n".join(provisioned.log)
    assert "> A=1\n> echo $A\n$ PACKER_BUILDER_TYPE=" in text
    assert "PIN='***'" in text
    assert "4711" not in text
    provisioned.run(Shell(inline=["true"], execute_command="echo sudo-password | cat; sh {{.Path}}"))
    assert "sudo-password" not in "\n".join(provisioned.log)


def test_other_exit_codes_may_be_a_success(provisioned: Provisioned) -> None:
    provisioned.run(Shell(inline=["exit 3"], valid_exit_codes=[0, 3]))


def test_death_by_a_signal_is_told(provisioned: Provisioned) -> None:
    with pytest.raises(ProvisionerFailed, match="exit code 137"):
        provisioned.run(Shell(inline=["kill -9 $$"]))


def test_a_failed_run_is_repeated_as_often_as_allowed(provisioned: Provisioned) -> None:
    step = Shell(inline=["echo x >> /root/t/count", "[ $(wc -l < /root/t/count) = 3 ]"], max_retries=2)
    provisioned.run(step)
    assert provisioned.says("wc -l < /root/t/count") == "3"


def test_a_run_that_takes_too_long_is_ended(provisioned: Provisioned) -> None:
    with pytest.raises(WaitTimeout, match="provisioner shell to end"):
        provisioned.run(Shell(inline=["sleep 600"], timeout=1))


def test_a_cancelled_build_ends_at_once(provisioned: Provisioned) -> None:
    started = threading.Event()
    provisioned.on_line = lambda _line: started.set()
    errors: list[BaseException] = []

    def run() -> None:
        try:
            provisioned.run(Shell(inline=["echo started", "sleep 600"]))
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    assert started.wait(20)
    provisioned.cancel.set()
    thread.join(20)
    assert not thread.is_alive()
    assert isinstance(errors[0], Cancelled)


def test_a_lost_connection_is_a_failure_unless_expected(provisioned: Provisioned) -> None:
    with pytest.raises(Disconnected):
        provisioned.run(Shell(inline=["kill -9 $(ps -o ppid= -p $PPID)", "sleep 60"]))


@pytest.mark.parametrize("how", ["kill -9 $(ps -o ppid= -p $PPID)", "sleep 60"])
def test_a_try_that_broke_off_leaves_nothing_once_the_next_has_succeeded(provisioned: Provisioned, how: str) -> None:
    script = ["[ -e /root/t/once ] && exit 0", "touch /root/t/once", how, "sleep 60"]
    provisioned.run(Shell(inline=script, remote_folder="/root/t", max_retries=1, timeout=10))
    assert provisioned.says("ls /root/t") == "once"


def test_a_reboot_may_be_expected_and_the_next_script_waits_for_the_host(provisioned: Provisioned) -> None:
    provisioned.run(
        Shell(
            inline=["cat /proc/sys/kernel/random/boot_id >/dev/null; systemctl reboot", "sleep 60"],
            expect_disconnect=True,
            pause_after=1,
        )
    )
    provisioned.run(Shell(inline=["echo back"]))
    assert provisioned.lines[-1] == "back"
