"""Scripts as they are run: without a byte order mark, which would hide the `#!`, and with the line ends of Unix."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from ucloud_provider.provisioners.base import Problem, Provisioner, path_argument
from ucloud_provider.provisioners.contents import cleaned
from ucloud_provider.spec.rules import shown

__all__ = ["cleaned", "cleaned_lines", "inline", "problems", "shebang"]

_OTHER_MARKS = (b"\xff\xfe", b"\xfe\xff", b"#\0!\0", b"\0#\0!", b"\0\0\xfe\xff")


def inline(lines: Iterable[str], shebang: str, *, binary: bool) -> bytes:
    """The script that commands make."""
    script = ("\n".join([f"#!{shebang}", *(cleaned_lines(lines) if not binary else lines)]) + "\n").encode()
    return script if binary else cleaned(script)


def cleaned_lines(lines: Iterable[str]) -> list[str]:
    """Commands without byte order marks and with the line ends of Unix."""
    return [line.removeprefix("\ufeff").replace("\r\n", "\n").removesuffix("\r") for line in lines]


def problems(provisioner: Provisioner, scripts: Sequence[str], base_dir: Path) -> Iterator[Problem]:
    """What is wrong with the encoding of scripts: no shell reads UTF-16, and some take all of it for comments."""
    for path in scripts:
        try:
            with (base_dir / path).open("rb") as file:
                begins = file.read(4)
        except (OSError, ValueError):  # a null character, say
            continue  # told elsewhere
        if begins.startswith(_OTHER_MARKS):
            yield Problem(path_argument(provisioner, path), f"{shown(path)} is in UTF-16 or UTF-32; save it as UTF-8")


def shebang(value: str) -> str | None:
    """What is wrong with an interpreter."""
    if value.startswith("#!"):
        return f"{shown(value)} has the #! already, which is put in front of it; write {shown(value[2:].strip())}"
    if not value.startswith("/"):
        return f"{shown(value)} is no interpreter; give its whole path, such as '/bin/bash -e'"
    if len(value.splitlines()) > 1 or value != value.rstrip("\r\n"):
        return f"{shown(value)} has more than one line; give one, such as '/bin/bash -e'"
    if len(value.encode()) > 125:
        return f"{shown(value)} is longer than Linux takes; give 125 bytes at most"
    return None
