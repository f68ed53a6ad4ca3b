"""Whatever way variables are passed to a script, they arrive to the letter and the script runs; or preview says no."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ucloud_provider.provisioners import environment
from ucloud_provider.provisioners.shell import Shell
from ucloud_provider.provisioners.shell_local import ShellLocal

odd = st.lists(
    st.text(st.sampled_from("ab '\"$`\\!*\n;&|(){}~#%密"), max_size=12)
    | st.sampled_from(["$HOME", "$(id)", "it's", "a b"]),
    min_size=1,
    max_size=4,
)
TEMPLATES = [
    "{{.Vars}} {{.Path}}",
    "sh -c '{{ .Vars }} {{ .Path }}'",
    'sh -c "{{.Vars}} {{.Path}}"',
    "env X=1 sh -c 'exec env Y=2 sh -c \"{{.Vars}} {{.Path}}\"'",
    "sh -c \"sh -c '{{.Vars}} {{.Path}}'\"",
    "echo \"it's\" >/dev/null; sh -c '{{.Vars}} {{.Path}}'",
    "echo \\' >/dev/null; env {{.Vars}} {{.Path}}",
    "sh -c 'true; '\"{{.Vars}}\"' {{.Path}}'",
]
FORMATS = ["%s='%s' ", '%s="%s" ', "%s=%s ", "export %s='%s'; ", 'export %s="%s" && ']


@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.parametrize("form", FORMATS)
@given(odd)
@settings(max_examples=6, deadline=None)
def test_variables_arrive_whatever_quotes_are_around_them(
    tmp_path_factory: pytest.TempPathFactory, template: str, form: str, several: list[str]
) -> None:
    if "env {{.Vars}}" in template and "export" in form:
        return  # env is no shell
    folder = tmp_path_factory.mktemp("passing")
    given_ = {f"V{number}": value for number, value in enumerate(several)}
    script = folder / "script"
    script.write_text("#!/bin/sh\nprintf '%s\\0' " + " ".join(f'"${name}"' for name in given_) + "\n")
    script.chmod(0o755)
    assert list(Shell(inline=["x"], execute_command=template, env_var_format=form).problems(folder)) == []
    command = environment.render(template, {"Path": str(script), "Vars": environment.inline_form(given_, form)})
    done = subprocess.run(["sh", "-c", command], capture_output=True, check=True)
    assert done.stdout.decode().split("\0")[:-1] == several


@pytest.mark.parametrize("template", ['sh -c "$(echo {{.Vars}}) {{.Path}}"', 'sh -c "`echo {{.Vars}}` {{.Path}}"'])
def test_variables_where_nobody_can_tell_how_they_are_read_are_refused(template: str, tmp_path: Path) -> None:
    (problem,) = Shell(inline=["x"], execute_command=template).problems(tmp_path)
    assert problem.argument == "execute_command"
    assert "{{.EnvVarFile}}" in problem.reason
    (problem,) = ShellLocal(inline=["x"], execute_command=["sh", "-c", template.replace("Path", "Script")]).problems(
        tmp_path
    )
    assert problem.argument == "execute_command"


@pytest.mark.parametrize("form", ["%s='%s'", "export %s=%s", "%s=%s,"])
def test_a_form_that_glues_variables_together_is_refused(form: str, tmp_path: Path) -> None:
    (problem,) = Shell(inline=["x"], env_var_format=form).problems(tmp_path)
    assert problem.argument == "env_var_format"
    assert "end it in a blank" in problem.reason


NAMES = (
    *("UID", "EUID", "PPID", "BASHOPTS", "SHELLOPTS", "BASH_VERSINFO", "IFS", "RANDOM", "PWD", "_", "SHLVL", "OPTIND"),
    *("GROUPS", "BASH_SOURCE"),
)
FREE = (
    *("PATH", "HOME", "LANG", "TERM", "SHELL", "USER", "BASH_ENV", "ENV", "HISTFILE", "HOSTNAME", "TMPDIR", "UIDS"),
    *("MY_PWD", "BASHRC", "LD_PRELOAD", "CDPATH"),
)


@pytest.mark.parametrize("name", NAMES)
def test_a_variable_of_the_shells_own_is_refused(name: str, tmp_path: Path) -> None:
    for kind in (Shell, ShellLocal):
        (problem,) = kind(inline=["x"], env={name: "planted"}).problems(tmp_path)
        assert problem.argument == "env"
        assert name in problem.reason
        assert "planted" not in problem.reason
        (problem,) = kind(inline=["x"], environment_vars=[f"{name}=planted"]).problems(tmp_path)
        assert problem.argument == "environment_vars"
        assert "planted" not in problem.reason


@pytest.mark.parametrize("name", FREE)
def test_any_other_variable_is_let_be(name: str, tmp_path: Path) -> None:
    assert list(Shell(inline=["x"], env={name: "v"}).problems(tmp_path)) == []


@pytest.mark.parametrize("shell", ["dash", "bash"])
@pytest.mark.parametrize("name", [name for name in FREE if name not in ("BASH_ENV", "ENV", "LD_PRELOAD")])
def test_a_variable_that_is_not_refused_reaches_any_script(name: str, shell: str, tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_text(f'#!/bin/{shell} -e\n/usr/bin/printf %s "${name}"\n')
    script.chmod(0o755)
    (tmp_path / "env").write_text(environment.file_form({name: "/opt/x y"}))
    done = subprocess.run(["/bin/sh", "-c", f". {tmp_path}/env && {script}"], capture_output=True, check=True)
    assert done.stdout == b"/opt/x y"
    assert os.environ.get(name) != "/opt/x y"
