"""The script that takes off a host what identifies it: what is in it, and that a shell takes it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from ucloud_provider.build import traces
from ucloud_provider.spec.rules import TRACES


def test_every_trace_can_be_kept_by_its_name() -> None:
    assert tuple(traces.TRACES) == TRACES


def test_the_page_on_security_names_every_trace() -> None:
    page = (Path(__file__).parents[3] / "docs/security.md").read_text()
    assert [line.split("`")[1] for line in page.splitlines() if line.startswith("| `")] == list(TRACES)


@pytest.mark.parametrize("remove", [(), TRACES, *((name,) for name in TRACES)], ids=",".join)
def test_the_script_is_one_that_a_shell_takes(remove: tuple[str, ...]) -> None:
    script = traces.script(remove=remove, key="AAAA", mark="ucloud-image-0123456789ab")
    subprocess.run(["sh", "-n"], input=script, text=True, check=True)
    for name in TRACES:
        assert (f"\n{name}() {{" in script) is (name in remove)


def test_only_the_builds_key_leaves_authorized_keys(tmp_path: Path) -> None:
    (tmp_path / ".ssh").mkdir()
    keys = tmp_path / ".ssh/authorized_keys"
    keys.write_text("ssh-ed25519 AAAAmine me\nssh-ed25519 AAAAbuild build\ncommand=x ssh-ed25519 AAAAbuild build\n")
    keys.chmod(0o600)
    script = traces.script(remove=(), key="AAAAbuild", every_home=False)
    done = subprocess.run(["sh", "-c", script, "seal", str(tmp_path)], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == traces.DONE
    assert keys.read_text() == "ssh-ed25519 AAAAmine me\n"
    assert keys.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in keys.parent.iterdir()] == ["authorized_keys"]


def test_what_could_not_be_removed_is_named(tmp_path: Path) -> None:
    (tmp_path / ".bash_history").mkdir()  # what no rm -f takes away
    script = traces.script(remove=["shell_history"], every_home=False)
    done = subprocess.run(["sh", "-c", script, "seal", str(tmp_path)], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "failed: shell_history" in done.stdout
    assert traces.DONE not in done.stdout
