"""A command reaches /bin/sh to the letter, through whatever shell a login has."""

from __future__ import annotations

import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ucloud_provider.communicators.login_shell import under_sh

texts = st.lists(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=200), max_size=20)


def printed(shell: str, command: str) -> bytes:
    form = [shell, "-f", "-c"] if shell == "tcsh" else [shell, "-c"]
    return subprocess.run([*form, under_sh(command)], capture_output=True, check=True).stdout


@pytest.mark.parametrize("shell", ["sh", "bash", "tcsh", "fish"])
@given(texts)
@settings(max_examples=15, deadline=None)
def test_any_text_survives_any_login_shell(shell: str, several: list[str]) -> None:
    quoted = " ".join("'" + each.replace("'", "'\"'\"'") + "'" for each in several)
    expected = "".join(f"<{each}>" for each in several or [""])
    assert printed(shell, f"printf '<%s>' {quoted}").decode() == expected


@pytest.mark.parametrize("shell", ["sh", "bash", "tcsh", "fish"])
def test_what_only_some_shells_know_is_the_bourne_shells(shell: str) -> None:
    assert printed(shell, 'exec 2>&1; a=$(echo 1) b=2; [ "$a" = 1 ] && echo "$((a + b))" >&2') == b"3\n"


@pytest.mark.parametrize("shell", ["sh", "tcsh", "fish"])
def test_a_long_command_survives(shell: str) -> None:
    long = "密" * 20_000 + "'" + "x" * 30_000
    quoted = long.replace("'", "'\"'\"'")
    assert printed(shell, f"printf %s '{quoted}'").decode() == long
