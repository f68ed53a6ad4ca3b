"""Wrong arguments of provisioners, each with the property it names and what it must say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ucloud_provider.spec.check import check_custom_image

from tests.unit.spec.test_bad_input import IMAGE

SHELL = {"type": "shell", "inline": ["true"]}
LOCAL = {"type": "shell-local", "command": "true"}
FILE = {"type": "file", "source": "here", "destination": "/root/x"}

BAD: list[tuple[dict[str, Any], str, str]] = [
    ({"type": "shell"}, "inline", "nothing to run; give inline, script or scripts"),
    ({"type": "shell", "inline": []}, "inline", "nothing to run"),
    ({**SHELL, "script": "here"}, "script", "and inline are both given; give one of inline, script, scripts"),
    ({**SHELL, "scripts": ["here"]}, "scripts", "and inline are both given"),
    ({"type": "shell", "scripts": ["here", "gone"]}, "scripts[1]", "'gone' does not exist in"),
    ({"type": "shell", "scripts": "here"}, "scripts", "'here' is a text; give a list"),
    ({**SHELL, "environment_vars": ["planted"]}, "environment_vars", "entry 0 has no '='; write KEY=value"),
    ({**SHELL, "environment_vars": ["=planted"]}, "environment_vars", "entry 0 does not begin with a variable name"),
    ({**SHELL, "environment_vars": {"A-B": "planted"}}, "environment_vars", "'A-B' is no variable name; use letters"),
    ({**SHELL, "env": {"1": "planted"}}, "env", "'1' is no variable name"),
    ({**SHELL, "env": ["A=planted"]}, "env", "is a list; give a dictionary"),
    (
        {**SHELL, "execute_command": "sh {{.Pth}} {{.Path}}"},
        "execute_command",
        "{{.Pth}} is no field; one of Path, Vars",
    ),
    ({**SHELL, "execute_command": "sh"}, "execute_command", "'sh' does not run the script; use {{.Path}}"),
    ({**SHELL, "env_var_format": "%s"}, "env_var_format", "'%s' needs two %s, the name and the value"),
    ({**SHELL, "env_var_format": "%s=%s %d"}, "env_var_format", "and %% for any other %"),
    ({**SHELL, "valid_exit_codes": [0, "1"]}, "valid_exit_codes[1]", "'1' is a text; give a whole number"),
    ({**SHELL, "max_retries": 101}, "max_retries", "101 is out of range; give 0 to 100"),
    ({**SHELL, "pause_before": -1.5}, "pause_before", "-1.5 is too short; give at least 0 s"),
    ({**SHELL, "pause_after": "a while"}, "pause_after", "'a while' is no duration"),
    ({**SHELL, "start_retry_timeout": "1 m"}, "start_retry_timeout", "'1 m' is no duration"),
    ({**SHELL, "binary": "no"}, "binary", "'no' is a text; give True or False"),
    ({**SHELL, "only_on": ["linux"]}, "only_on", "is not an argument"),
    ({"type": "shell-local"}, "inline", "nothing to run; give command, inline, script or scripts"),
    ({**LOCAL, "script": "here"}, "script", "and command are both given"),
    ({**LOCAL, "execute_command": ["sh", "{{.Path}}"]}, "execute_command", "{{.Path}} is no field; one of Script"),
    ({**LOCAL, "execute_command": "sh"}, "execute_command", "'sh' is a text; give a list"),
    ({**LOCAL, "only_on": "linux"}, "only_on", "'linux' is a text; give a list"),
    ({"type": "file", "destination": "/x"}, "source", "nothing to move; give source, sources or content"),
    ({"type": "file", "destination": "/x", "sources": []}, "source", "nothing to move"),
    ({"type": "file", "source": "here"}, "destination", "is required: Path on the host"),
    ({**FILE, "source": "gone"}, "source", "'gone' does not exist in"),
    ({**FILE, "content": "x"}, "content", "and source are both given; give one of source, sources, content"),
    ({**FILE, "direction": "sideways"}, "direction", "'sideways' is not one of upload, download"),
    (
        {"type": "file", "content": "x", "destination": "/x", "direction": "download"},
        "content",
        "cannot be downloaded; set direction to upload",
    ),
    ({"type": "file", "content": "x", "destination": "/x/"}, "destination", "'/x/' is a directory; give the path of"),
]


@pytest.mark.parametrize(("provisioner", "name", "reason"), BAD, ids=lambda v: str(v)[:40])
def test_a_wrong_argument_is_named_with_its_remedy(
    provisioner: dict[str, Any], name: str, reason: str, tmp_path: Path
) -> None:
    (tmp_path / "here").write_text("#!/bin/sh\n")
    failures = check_custom_image({**IMAGE, "provisioners": [SHELL, provisioner]}, tmp_path).failures
    found = {failure.property: failure.reason for failure in failures}
    assert list(found) == [f"provisioners[1].{name}"]
    (said,) = found.values()
    assert reason in said
    assert "planted" not in said
    assert "\n" not in said
