"""Judges values against one args class: names, types and each argument's own rule, all that is wrong at once."""

from __future__ import annotations

import dataclasses
import difflib
import types
import typing
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from ucloud_provider.spec.args import adapter
from ucloud_provider.spec.rules import shown
from ucloud_provider.spec.unknown import Location

_NESTED_DURATION = frozenset({float, str})


class Failure(NamedTuple):
    """What is wrong with a property: its path, such as `copies[1].region`, and why, with the remedy."""

    property: str
    reason: str


def judge(
    cls: type[Any],
    values: Mapping[str, Any],
    unknown: Collection[Location],
    *,
    prefix: str = "",
    elsewhere: Collection[str] = (),
) -> list[Failure]:
    """What is wrong with the values of an args class.

    What lies at or below a location in `unknown` is not judged. `elsewhere` names arguments that are lists of args
    objects: those are judged one by one, by further calls.
    """
    from pydantic import ValidationError

    failures: dict[str, Failure] = {}
    wrong: set[str] = set()
    given = {name: value for name, value in values.items() if value is not None}
    hints = typing.get_type_hints(cls)
    declared = {field.name: field for field in dataclasses.fields(cls)}
    try:
        adapter(cls).validate_python(given)
    except ValidationError as error:
        for each in error.errors(include_url=False, include_context=False):
            name = str(each["loc"][0])
            location, hint = _place(each["loc"], hints)
            if name in elsewhere and len(location) > 1:
                continue
            if any(location[: len(hole)] == hole for hole in unknown):
                continue
            path = prefix + path_text(location)
            secret = name in declared and declared[name].metadata["secret"]
            failures.setdefault(path, Failure(path, _reason(each, name, hint, declared, secret=secret)))
            wrong.add(name)
    for name, field in declared.items():
        rule = field.metadata.get("rule")
        if rule is None or name not in given or name in wrong or (name,) in unknown:
            continue
        reason = rule(given[name])
        if reason:
            failures[prefix + name] = Failure(prefix + name, reason)
    return list(failures.values())


def did_you_mean(name: str, names: Collection[str]) -> str:
    """What is wrong with a name that is not among `names`."""
    close = difflib.get_close_matches(name, names, n=1)
    return "is not an argument; " + (f"did you mean {close[0]}?" if close else "docs/arguments.md lists them")


def kind_of(value: Any) -> str:
    """What a value of the wrong type is, in a word or two."""
    if value is None:
        return "nothing"
    for kinds, word in (
        (bool, "a truth value"),
        (int | float, "a number"),
        (str, "a text"),
        (Mapping, "a dictionary"),
        (Sequence, "a list"),
    ):
        if isinstance(value, kinds):
            return word
    return f"a {type(value).__name__}"


def path_text(location: Sequence[str | int]) -> str:
    """("copies", 1, "region") → "copies[1].region"."""
    text = ""
    for part in location:
        text += f"[{part}]" if isinstance(part, int) else (f".{part}" if text else str(part))
    return text


def _place(location: Sequence[str | int], hints: Mapping[str, Any]) -> tuple[Location, Any]:
    """Where an error is, without the names of a union's members that pydantic puts in, and the type wanted there."""
    name = str(location[0])
    place: list[str | int] = [name]
    hint = _given_type(hints.get(name))
    for part in location[1:]:
        origin, members = typing.get_origin(hint), typing.get_args(hint)
        inside = isinstance(origin, type) and (
            (issubclass(origin, Sequence) and isinstance(part, int)) or issubclass(origin, Mapping)
        )
        if not inside or part == "[key]":
            break
        place.append(part)
        hint = _given_type(members[-1])
    return tuple(place), hint


def _given_type(hint: Any) -> Any:
    """The type less None: that an argument can be left out is not what is wrong."""
    if typing.get_origin(hint) not in (typing.Union, types.UnionType):
        return hint
    members = tuple(each for each in typing.get_args(hint) if each is not type(None))
    return members[0] if len(members) == 1 else typing.Union[members]  # noqa: UP007 -- of members known only now


def _reason(error: Mapping[str, Any], name: str, hint: Any, declared: Mapping[str, Any], *, secret: bool) -> str:
    if error["type"] == "missing":
        return f"is required: {declared[name].metadata['doc']}" if name in declared else "is required"
    if error["type"] == "unexpected_keyword_argument":
        return did_you_mean(name, list(declared))
    value = error.get("input")
    plain = isinstance(value, str | int | float | bool) and not secret
    return f"{f'{shown(value)} is' if plain else 'is'} {kind_of(value)}; give {_wanted(hint)}"


def _wanted(hint: Any) -> str:
    members = typing.get_args(hint)
    if frozenset(members) == _NESTED_DURATION:
        return "seconds, or such as 30s, 5m, 1h30m"
    words = {str: "a text", int: "a whole number", float: "a number", bool: "True or False"}
    if hint in words:
        return words[hint]
    origin = typing.get_origin(hint)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return "a dictionary"
    if isinstance(origin, type) and issubclass(origin, Sequence):
        return "a list"
    if members:
        return " or ".join(_wanted(each) for each in members)
    return f"a {getattr(hint, '__name__', 'value')}"
