"""Judges values against one args class: names, types and each argument's own rule, all that is wrong at once."""

from __future__ import annotations

import dataclasses
import difflib
import types
import typing
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ucloud_provider.spec.args import adapter
from ucloud_provider.spec.rules import Each, shown
from ucloud_provider.spec.unknown import Location

_known_hints: dict[type[Any], Mapping[str, Any]] = {}
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
    given = {
        name: [] if name in elsewhere and isinstance(value, list | tuple) else value
        for name, value in values.items()
        if value is not None
    }
    for location in _no_unicode(given, ()):
        path = prefix + path_text(location)
        failures[path] = Failure(path, "holds half a character, which no text can; give Unicode")
    unreadable = {str(location[0]) for location in _no_unicode(given, ())}
    wrong = set(unreadable)
    given = {name: value for name, value in given.items() if name not in unreadable}
    hints = _hints(cls)
    declared = {field.name: field for field in dataclasses.fields(cls)}
    try:
        adapter(cls).validate_python(given)
    except ValidationError as error:
        for each in error.errors(include_url=False, include_context=False):
            name = str(each["loc"][0])
            location, hint = _place(each["loc"], hints, given.get(name))
            if not location or name in unreadable or any(location[: len(hole)] == hole for hole in unknown):
                continue
            path = prefix + path_text(location)
            secret = name in declared and declared[name].metadata["secret"]
            failures.setdefault(path, Failure(path, _reason(each, name, hint, declared, secret=secret)))
            wrong.add(name)
    for name, field in declared.items():
        rule = field.metadata.get("rule")
        if rule is None or name not in given or name in wrong or (name,) in unknown:
            continue
        for path, value in _judged_by(rule, name, given[name]):
            reason = rule(value)
            if reason:
                failures[prefix + path] = Failure(prefix + path, reason)
    return list(failures.values())


def _judged_by(rule: Any, name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """What a rule is asked about: the value, or each of its elements that is known."""
    if isinstance(rule, Each):
        yield from ((f"{name}[{index}]", each) for index, each in enumerate(value) if each is not None)
    else:
        yield name, value


def _hints(cls: type[Any]) -> Mapping[str, Any]:
    """The types that an args class declares; to read them from its texts takes milliseconds."""
    if cls not in _known_hints:
        _known_hints[cls] = typing.get_type_hints(cls)
    return _known_hints[cls]


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
    """("copies", 1, "region") → "copies[1].region"; a name that would not stand on a line by itself is quoted."""
    text = ""
    for part in location:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            name = part if part.isprintable() and 0 < len(part) <= 80 else shown(part)
            text += f".{name}" if text else name
    return text


def _no_unicode(value: Any, location: Location) -> Iterator[Location]:
    """Where in a value there are texts that cannot be written down."""
    if isinstance(value, str):
        if any("\ud800" <= character <= "\udfff" for character in value):
            yield location
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield from _no_unicode(key, (*location, key))
            yield from _no_unicode(each, (*location, key))
    elif isinstance(value, list | tuple):
        for index, each in enumerate(value):
            yield from _no_unicode(each, (*location, index))


def _place(location: Sequence[str | int], hints: Mapping[str, Any], given: Any) -> tuple[Location, Any]:
    """Where an error is, without the names of a union's members that pydantic puts in, and the type wanted there.

    Nowhere, (), where it is about a member that was not meant: a dict need not be a list, where either will do.
    """
    name = str(location[0])
    place: list[str | int] = [name]
    hint = _given_type(hints.get(name))
    inner = location[1:]
    meant = next((each for each in typing.get_args(hint) if _is_container(given) and _is_meant(each, given)), None)
    if meant is not None and _is_union(hint):
        if str(inner[0]).startswith("dict[") is not isinstance(given, Mapping):
            return (), None
        hint, inner = meant, inner[1:]
    for part in inner:
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
    if not _is_union(hint):
        return hint
    members = tuple(each for each in typing.get_args(hint) if each is not type(None))
    return members[0] if len(members) == 1 else typing.Union[members]  # noqa: UP007 -- of members known only now


def _is_union(hint: Any) -> bool:
    return typing.get_origin(hint) in (typing.Union, types.UnionType)


def _is_container(value: Any) -> bool:
    return isinstance(value, Mapping | list | tuple)


def _is_meant(hint: Any, value: Any) -> bool:
    """Whether a value is of the kind of container that a member of a union is."""
    origin = typing.get_origin(hint)
    return isinstance(origin, type) and isinstance(value, origin)


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
