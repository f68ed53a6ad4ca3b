"""Scripts on a real host as Packer's users have them: other users, quotes, byte order marks, odd variables."""

from __future__ import annotations

import pytest
from ucloud_provider.errors import ProvisionerFailed
from ucloud_provider.provisioners.shell import Shell
from ucloud_provider.provisioners.shell_local import ShellLocal

from tests.emulator.provisioners.conftest import Provisioned

BOM = "\ufeff"


@pytest.fixture
def user(provisioned: Provisioned) -> str:
    provisioned.says("id app >/dev/null 2>&1 || useradd -m -s /bin/sh app")
    return "app"


@pytest.mark.parametrize("value", ["a b", "it's", "$HOME", '"', "a'b\"c $(id) `id` \\", "plain"])
@pytest.mark.parametrize(
    "template",
    [
        "sh -c '{{ .Vars }} {{ .Path }}'",
        'sh -c "{{.Vars}} {{.Path}}"',
        "su - app -c '{{.Vars}} {{.Path}}'",
        "env {{.Vars}} {{.Path}}",
        "sh -c '. {{.EnvVarFile}} && {{.Path}}'",
    ],
)
def test_no_way_of_passing_variables_loses_the_command(
    provisioned: Provisioned, user: str, template: str, value: str
) -> None:
    provisioned.run(Shell(inline=['echo "[$V]"', "touch /tmp/ran"], env={"V": value}, execute_command=template))
    assert provisioned.lines == [f"[{value}]"]
    assert provisioned.says(f"rm /tmp/ran; id -u {user} >/dev/null; ls /tmp | grep -E 'script_|env_' || true") == ""


def test_another_user_can_run_a_script(provisioned: Provisioned, user: str) -> None:
    for template in ("su - app -c {{.Path}}", "su app -c 'sh {{.Path}}'", "su - app -c 'sh -e < {{.Path}}'"):
        provisioned.run(Shell(inline=["id -un"], execute_command=template))
    assert provisioned.lines == [user] * 3


def test_a_script_with_a_secret_is_its_logins_alone_and_the_error_says_so(provisioned: Provisioned, user: str) -> None:
    provisioned.secrets.add("planted-secret")
    provisioned.run(Shell(inline=["stat -c %a $0; : planted-secret"]))
    assert provisioned.lines == ["700"]
    with pytest.raises(ProvisionerFailed, match=r"holds a secret value.*pass the value by env"):
        provisioned.run(Shell(inline=["echo planted-secret"], execute_command=f"su - {user} -c {{{{.Path}}}}"))
    with pytest.raises(ProvisionerFailed) as caught:
        provisioned.run(Shell(inline=["echo Permission denied; exit 1"]))
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_a_byte_order_mark_hides_no_interpreter(provisioned: Provisioned, ends: str) -> None:
    script = provisioned.folder / "setup.sh"
    script.write_bytes(f"{BOM}#!/bin/bash -e{ends}echo ${{BASH_VERSION%%.*}}{ends}false{ends}echo never{ends}".encode())
    for step in (Shell(script="setup.sh"), ShellLocal(script="setup.sh")):
        provisioned.lines.clear()
        with pytest.raises(ProvisionerFailed, match="exit code 1"):
            provisioned.run(step)
        assert provisioned.lines[-1] == "5" if isinstance(step, Shell) else "never" not in provisioned.lines
    assert [each.name for each in provisioned.folder.iterdir()] == ["setup.sh"]
    script.chmod(0o755)
    with pytest.raises(ProvisionerFailed, match="exit code 1"):
        provisioned.run(ShellLocal(script="setup.sh"))
    assert provisioned.lines[-1] == "5"


def test_a_local_script_that_is_cleaned_still_finds_what_is_beside_it(provisioned: Provisioned) -> None:
    (provisioned.folder / "lib").mkdir()
    (provisioned.folder / "lib/setup.sh").write_bytes(b'#!/bin/sh\r\ncat "$(dirname "$0")/data"\r\n')
    (provisioned.folder / "lib/setup.sh").chmod(0o755)
    (provisioned.folder / "lib/data").write_text("found\n")
    provisioned.run(ShellLocal(script="lib/setup.sh"))
    assert provisioned.lines == ["found"]
    assert sorted(each.name for each in (provisioned.folder / "lib").iterdir()) == ["data", "setup.sh"]


def test_a_binary_keeps_its_byte_order_mark(provisioned: Provisioned) -> None:
    (provisioned.folder / "setup.sh").write_bytes(f"{BOM}echo\r\n".encode())
    provisioned.run(
        Shell(script="setup.sh", binary=True, execute_command="head -c 3 {{.Path}} | od -An -tx1; wc -c < {{.Path}}")
    )
    assert [line.strip() for line in provisioned.lines] == ["ef bb bf", "9"]


@pytest.mark.parametrize("by_file", [True, False])
def test_a_path_of_the_users_own_is_for_the_script_alone(provisioned: Provisioned, by_file: bool) -> None:
    provisioned.run(Shell(inline=["echo $PATH"], env={"PATH": "/opt/bin", "LANG": "C"}, use_env_var_file=by_file))
    assert provisioned.lines == ["/opt/bin"]
    assert provisioned.says("ls /tmp | grep -E 'script_|env_' || true") == ""


def test_a_long_file_of_variables_is_read_to_its_end_though_it_is_gone(provisioned: Provisioned) -> None:
    many = {f"V{number:04}": f"value {number} {'x' * 50}" for number in range(1500)}
    provisioned.run(Shell(inline=['echo "$V0000" "$V1499"', "ls /tmp | grep env_ || true"], env=many))
    assert provisioned.lines == [f"{many['V0000']} {many['V1499']}"]


def test_a_program_that_is_not_there_is_a_clean_error(provisioned: Provisioned) -> None:
    with pytest.raises(ProvisionerFailed, match="no-such-program"):
        provisioned.run(ShellLocal(inline=["true"], execute_command=["no-such-program", "{{.Script}}"]))
    with pytest.raises(ProvisionerFailed, match="bash"):
        provisioned.run(ShellLocal(inline=["true"], execute_command=["bash", "{{.Script}}"], env={"PATH": "/opt/bin"}))
