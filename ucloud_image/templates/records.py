"""What a template says, as frozen records: variables, sources, and for each build all that is done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ucloud_image.templates.errors import Problem


@dataclass(frozen=True)
class Secret:
    """A value that the template says is sensitive, or that was computed from one. It is not shown."""

    value: Value = field(repr=False)

    def __str__(self) -> str:
        return "(sensitive)"


@dataclass(frozen=True)
class Later:
    """A value that only a running host has; `references` are what it reads, such as build.Host."""

    references: tuple[str, ...]


Value = None | bool | int | float | str | Secret | Later | Sequence["Value"] | Mapping[str, "Value"]


@dataclass(frozen=True)
class Place:
    """Where something stands in a file; line and column from 1, 0 where it stands in none."""

    file: str = ""
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


@dataclass(frozen=True)
class Variable:
    """A variable, or a local. `origin` is what its value came from: default, env, varfile, cmd."""

    name: str
    value: Value
    sensitive: bool
    required: bool
    description: str
    type: str
    origin: str
    place: Place


@dataclass(frozen=True)
class Source:
    """A source (legacy: a builder) that the template declares, used or not."""

    type: str
    name: str
    place: Place


@dataclass(frozen=True)
class Component:
    """A source, provisioner or post-processor as one build has it, overrides done.

    `pause_before` and `timeout` are in seconds, 0 for none. `keep_input_artifact` is a post-processor's, None where the
    template does not say.
    """

    type: str
    name: str
    options: Mapping[str, Value]
    places: Mapping[str, Place]
    place: Place
    pause_before: float = 0
    timeout: float = 0
    max_retries: int = 0
    keep_input_artifact: bool | None = None


@dataclass(frozen=True)
class Build:
    """One source of one build block, which makes one image. `label` is the name of the block, "" where it has none."""

    name: str
    label: str
    description: str
    source: Component
    provisioners: tuple[Component, ...]
    error_cleanup_provisioner: Component | None
    post_processors: tuple[tuple[Component, ...], ...]
    place: Place


@dataclass(frozen=True)
class Template:
    """All that a template says. `builds` are those that `only` and `except_` leave.

    `passed_over` are blocks that are read and have no effect here, such as hcp_packer_registry.
    """

    description: str
    variables: tuple[Variable, ...]
    locals: tuple[Variable, ...]
    sources: tuple[Source, ...]
    builds: tuple[Build, ...]
    required_version: tuple[str, ...]
    required_plugins: Mapping[str, Value]
    passed_over: tuple[tuple[str, Place], ...]
    warnings: tuple[Problem, ...]


def revealed(value: Value) -> Value:
    """The value with every Secret in it opened."""
    if isinstance(value, Secret):
        return revealed(value.value)
    if isinstance(value, Mapping):
        return {name: revealed(inner) for name, inner in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [revealed(inner) for inner in value]
    return value


def template(answer: Mapping[str, Any]) -> Template:
    """The records of the reader's answer."""
    return Template(
        description=answer["description"],
        variables=tuple(_variable(each) for each in answer["variables"] or ()),
        locals=tuple(_variable(each) for each in answer["locals"] or ()),
        sources=tuple(Source(each["type"], each["name"], _place(each["place"])) for each in answer["sources"] or ()),
        builds=tuple(_build(each) for each in answer["builds"] or ()),
        required_version=tuple(answer["required_version"] or ()),
        required_plugins={name: _value(each) for name, each in (answer["required_plugins"] or {}).items()},
        passed_over=tuple((each["what"], _place(each)) for each in answer["passed_over"] or ()),
        warnings=problems(answer["warnings"]),
    )


def problems(answers: Sequence[Mapping[str, Any]] | None) -> tuple[Problem, ...]:
    """The errors or the warnings of the reader's answer."""
    return tuple(
        Problem(each["summary"], each["detail"], each["file"], each["line"], each["column"], each["text"])
        for each in answers or ()
    )


def _place(answer: Mapping[str, Any]) -> Place:
    return Place(answer["file"], answer["line"], answer["column"])


def _variable(answer: Mapping[str, Any]) -> Variable:
    return Variable(
        answer["name"], _value(answer["value"]), answer["sensitive"], answer["required"], answer["description"],
        answer["type"], answer["from"], _place(answer["place"]),
    )  # fmt: skip


def _build(answer: Mapping[str, Any]) -> Build:
    cleanup = answer["error_cleanup_provisioner"]
    return Build(
        name=answer["name"],
        label=answer["label"],
        description=answer["description"],
        source=_component(answer["source"]),
        provisioners=tuple(_component(each) for each in answer["provisioners"] or ()),
        error_cleanup_provisioner=None if cleanup is None else _component(cleanup),
        post_processors=tuple(tuple(_component(each) for each in chain) for chain in answer["post_processors"] or ()),
        place=_place(answer["place"]),
    )


def _component(answer: Mapping[str, Any]) -> Component:
    return Component(
        type=answer["type"],
        name=answer["name"],
        options={name: _value(each) for name, each in (answer["options"] or {}).items()},
        places={name: _place(each) for name, each in (answer["places"] or {}).items()},
        place=_place(answer["place"]),
        pause_before=answer["pause_before"],
        timeout=answer["timeout"],
        max_retries=answer["max_retries"],
        keep_input_artifact=answer["keep_input_artifact"],
    )


def _value(answer: Any) -> Value:
    """Plain JSON, but for the objects by which the reader tells what is no plain value (tools/templates/values.go)."""
    if isinstance(answer, list):
        return [_value(each) for each in answer]
    if not isinstance(answer, dict):
        return answer  # type: ignore[no-any-return]
    if len(answer) == 1:
        ((key, inner),) = answer.items()
        if key == "$sensitive":
            return Secret(_value(inner))
        if key == "$later":
            return Later(tuple(inner or ()))
        if key == "$object":
            return {name: _value(each) for name, each in inner.items()}
    return {name: _value(each) for name, each in answer.items()}
