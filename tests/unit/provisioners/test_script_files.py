"""Scripts as they are run, and interpreters that are none."""

from __future__ import annotations

from pathlib import Path

import pytest
from ucloud_provider.provisioners import script_files
from ucloud_provider.provisioners.shell import Shell
from ucloud_provider.provisioners.shell_local import ShellLocal
from ucloud_provider.spec.check import check_custom_image

BOM = b"\xef\xbb\xbf"


@pytest.mark.parametrize(
    ("data", "run"),
    [
        (BOM + b"#!/bin/sh -e\nfalse\n", b"#!/bin/sh -e\nfalse\n"),
        (BOM + b"#!/bin/sh\r\n", b"#!/bin/sh\n"),
        (b"a\rb\n" + BOM, b"a\rb\n" + BOM),
        (BOM, b""),
        (b"", b""),
    ],
)
def test_a_script_is_cleaned(data: bytes, run: bytes) -> None:
    assert script_files.cleaned(data) == run


def test_commands_are_cleaned() -> None:
    assert script_files.inline(["\ufeffa\r\nb\r", "c"], "/bin/sh -e", binary=False) == b"#!/bin/sh -e\na\nb\nc\n"
    assert script_files.inline(["\ufeffa\r"], "/bin/sh", binary=True) == "#!/bin/sh\n\ufeffa\r\n".encode()


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("kind", [Shell, ShellLocal])
def test_a_script_that_no_shell_can_read_is_refused(
    kind: type[Shell | ShellLocal], encoding: str, tmp_path: Path
) -> None:
    (tmp_path / "setup.ps").write_bytes("#!/bin/sh\nfalse\n".encode(encoding))
    (problem,) = kind(script="setup.ps").problems(tmp_path)
    assert (problem.argument, "UTF-8" in problem.reason) == ("script", True)
    assert list(kind(script="setup.ps", binary=True).problems(tmp_path)) == []


@pytest.mark.parametrize("kind", ["shell", "shell-local"])
@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("#!/bin/bash -e", "write '/bin/bash -e'"),
        ("#! /bin/sh", "write '/bin/sh'"),
        ("bash -e", "give its whole path"),
        ("", "give its whole path"),
        ("/bin/sh\nrm -rf /", "more than one line"),
        ("/bin/sh -e\r", "more than one line"),
        ("/" + "x" * 200, "longer than Linux takes"),
    ],
)
def test_an_interpreter_that_is_none_is_told_in_preview(kind: str, value: str, said: str, tmp_path: Path) -> None:
    image = {
        "availability_zone": "cn-bj2-02",
        "instance_type": "n-basic-2",
        "source_image_id": "uimage-1",
        "image_name": "web",
        "provisioners": [{"type": kind, "inline": ["true"], "inline_shebang": value}],
    }
    (failure,) = check_custom_image(image, tmp_path).failures
    assert failure.property == "provisioners[0].inline_shebang"
    assert said in failure.reason
