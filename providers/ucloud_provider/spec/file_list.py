"""The input `files` of folders with many files: a line each, so that the engine prints no megabytes of a change.

What the line stands for is kept whole beside it, in the input `file_list`, which the engine is told not to print: a
change is still told by the names of the first files. States of before have all in `files`, which is the same.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import zlib
from collections.abc import Mapping
from typing import Any

MOST_LISTED = 200
"""Entries of a folder that are listed one by one."""


def compact(files: Mapping[str, str]) -> dict[str, Any]:
    """The inputs `files` and, where a folder has more entries than are listed, `file_list`."""
    folders: dict[str, dict[str, str]] = {}
    for name in sorted(each for each in files if each.endswith("/")):
        if not any(name.startswith(outer) for outer in folders):
            folders[name] = {}
    tops = sorted(folders, key=len)
    for name, entry in files.items():
        top = next((each for each in tops if name.startswith(each)), None)
        if top is not None:
            folders[top][name] = entry
    many = {top: inside for top, inside in folders.items() if len(inside) > MOST_LISTED}
    if not many:
        return {"files": dict(files)}
    kept = {name: entry for name, entry in files.items() if not name.startswith(tuple(many))}
    lines = {top: f"{len(inside)} entries, sha256 {_digest(inside)}" for top, inside in many.items()}
    listed = {name: entry for inside in many.values() for name, entry in inside.items()}
    return {"files": {**kept, **lines}, "file_list": base64.b64encode(zlib.compress(_text(listed).encode())).decode()}


def expanded(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The inputs, or outputs, with every file in `files` again."""
    whole = {name: value for name, value in inputs.items() if name != "file_list"}
    packed = inputs.get("file_list")
    if isinstance(packed, str) and isinstance(inputs.get("files"), Mapping):
        try:
            listed = json.loads(zlib.decompress(base64.b64decode(packed)))
        except (binascii.Error, zlib.error, ValueError):  # of a version to come: then the lines alone count
            return whole
        whole["files"] = {**inputs["files"], **listed}
    return whole


def _digest(files: Mapping[str, str]) -> str:
    return hashlib.sha256(_text(files).encode()).hexdigest()


def _text(files: Mapping[str, str]) -> str:
    return json.dumps(dict(files), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
