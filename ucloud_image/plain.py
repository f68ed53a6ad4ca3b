"""What a program may give as an argument beside texts, numbers, lists and dicts; what it may not, in one clean line.

Paths, enums, durations and Pulumi's assets become what the provider takes. Where a value cannot, the error names the
argument, never the value, and says what to give: Pulumi shows a `RunError` without a traceback.
"""

from __future__ import annotations

import dataclasses
import datetime
import enum
import inspect
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import pulumi
from ucloud_provider.provisioners.file import File

Args = TypeVar("Args")

_TEXTS_AND_NUMBERS = (str, int, float, bool, type(None))


def plain(args: Args) -> Args:
    """The args object with values that can be sent to the provider. Raises `pulumi.RunError`."""
    converted: Args = _args(args, type(args).__name__)
    return converted


def _args(args: Any, where: str) -> Any:
    if isinstance(args, File):
        args = _without_assets(args, where)
    given = {
        field.name: _value(getattr(args, field.name), f"{where}.{field.name}") for field in dataclasses.fields(args)
    }
    return dataclasses.replace(args, **given)


def _value(value: Any, where: str) -> Any:
    if isinstance(value, enum.Enum):
        return _value(value.value, where)
    if isinstance(value, str):
        return _text(value, where)
    if isinstance(value, _TEXTS_AND_NUMBERS):
        return value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return _args(value, where)
    if isinstance(value, os.PathLike):
        return _text(os.fsdecode(value), where)
    if isinstance(value, bytes | bytearray):
        return _decoded(bytes(value), where)
    if isinstance(value, datetime.timedelta):
        return value.total_seconds()
    if isinstance(value, Mapping):
        return {_value(key, where): _value(each, f"{where}[{key!r}]") for key, each in value.items()}
    if isinstance(value, Sequence):
        return [_value(each, f"{where}[{index}]") for index, each in enumerate(value)]
    if isinstance(value, pulumi.Output | pulumi.Resource) or inspect.isawaitable(value):
        return value  # judged by the provider, when it is known
    raise pulumi.RunError(f"{where} is {_kind(value)}")


def _kind(value: Any) -> str:
    name = type(value).__name__
    if isinstance(value, set | frozenset):
        return "a set, which has no order; give a list, such as sorted(…)"
    if isinstance(value, datetime.date | datetime.time):
        return f"a {name}; give a text, such as that of its isoformat()"
    if isinstance(value, pulumi.Asset | pulumi.Archive):
        return f"a {name}; give one as source of a File alone, and here a text or a path"
    return f"a {name}; give a text, a number, True or False, a list or a dictionary"


def _text(value: str, where: str) -> str:
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise pulumi.RunError(f"{where} is not UTF-8, as the name of a file may be; rename it, or give Unicode")
    return str(value)


def _decoded(value: bytes, where: str) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise pulumi.RunError(f"{where} is bytes that are no UTF-8; write them to a file, and upload that") from None


def _without_assets(file: File, where: str) -> File:
    """The provisioner with paths, or its text, in place of assets."""
    source: Any = file.source
    if isinstance(source, pulumi.StringAsset):
        if file.content is not None:
            raise pulumi.RunError(f"{where}.source is a text, and content is given too; give one of the two")
        return dataclasses.replace(file, source=None, content=source.text)
    several: Any = file.sources
    if isinstance(several, list | tuple):
        several = [_path(each, f"{where}.sources[{index}]") for index, each in enumerate(several)]
    return dataclasses.replace(file, source=_path(source, f"{where}.source"), sources=several)


def _path(source: Any, where: str) -> Any:
    if isinstance(source, pulumi.FileAsset):
        return source.path
    if isinstance(source, pulumi.FileArchive):
        if not Path(source.path).is_dir():
            raise pulumi.RunError(
                f"{where} is an archive in a file; give its content as a folder, or a FileAsset to upload it as it is"
            )
        return f"{source.path.rstrip('/')}/"  # what is in it, as an archive has it
    if isinstance(source, pulumi.Asset | pulumi.Archive):
        raise pulumi.RunError(
            f"{where} is a {type(source).__name__}; give a FileAsset, StringAsset, FileArchive of a folder, or a path"
        )
    return source
