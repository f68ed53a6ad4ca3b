"""How an argument is declared: once, with its type, default, effect and description.

An args class is a frozen dataclass. In a program its fields take Pulumi Inputs; in the provider the same fields hold
plain, checked values. `Arg[T]` says both: to a type checker it is a descriptor that is set with `Input[T]` and read as
`T` (PEP 681), at run time it is just `T`, so that pydantic can check it.

Example:
    @args
    class ImageCopy:
        region: Arg[str] = arg(doc="Where to copy to.", effect=Effect.UPDATE)
        name: Arg[str | None] = arg(default=None, doc="The copy's name.", effect=Effect.UPDATE)
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any, Generic, Self, TypeVar, dataclass_transform, overload

if TYPE_CHECKING:
    import pulumi
    from pydantic import TypeAdapter
    from typing_extensions import TypeVar as TypeVarWithDefault

    G = TypeVarWithDefault("G", default="T")
    Texts = Sequence[pulumi.Input[str]] | None
    TextsByName = Mapping[str, pulumi.Input[str]] | None
    LocalPath = str | os.PathLike[str] | None
    LocalPaths = Sequence[str | os.PathLike[str]] | None
    Source = LocalPath | pulumi.Asset | pulumi.Archive
    Sources = Sequence[str | os.PathLike[str] | pulumi.Asset | pulumi.Archive] | None
    TextOrBytes = str | bytes | None
else:
    Texts = TextsByName = LocalPath = LocalPaths = Source = Sources = TextOrBytes = object

T = TypeVar("T")
C = TypeVar("C")


class Effect(Enum):
    """What a change of an argument does to an existing resource."""

    REPLACE = "replaces"
    UPDATE = "updates in place"
    NONE = "nothing"


if TYPE_CHECKING:

    class Arg(Generic[T, G]):
        """A field that is given as `Input[G]` and read as `T`; G is T unless said otherwise.

        For lists and dicts G says that their elements may be Inputs too: `Arg[Sequence[str], Texts]`.
        """

        @overload
        def __get__(self, instance: None, owner: type) -> Self: ...
        @overload
        def __get__(self, instance: object, owner: type) -> T: ...
        def __get__(self, instance: object | None, owner: type) -> Self | T: ...
        def __set__(self, instance: object, value: pulumi.Input[G]) -> None: ...

else:

    class Arg:
        """`Arg[T]` is `T` at run time, to the letter: the text "20" is no number, and True is none either."""

        def __class_getitem__(cls, item: Any) -> Any:
            return _to_the_letter(item[0] if isinstance(item, tuple) else item)


def _to_the_letter(hint: Any) -> Any:
    """The type without pydantic's leniency. Runs when a checker is built, for annotations are texts until then."""
    import types
    import typing

    from pydantic import Strict

    if hint in (str, int, float, bool):
        return Annotated[hint, Strict()]
    origin: Any = typing.get_origin(hint)
    members = tuple(_to_the_letter(each) for each in typing.get_args(hint))
    if origin in (typing.Union, types.UnionType):
        return typing.Union[members]  # noqa: UP007 -- of members known only now
    return origin[members] if members and hasattr(origin, "__class_getitem__") else hint


def arg(
    *,
    default: Any = dataclasses.MISSING,
    doc: str,
    effect: Effect,
    secret: bool = False,
    unit: str = "",
    path: bool = False,
    rule: Callable[[Any], str | None] | None = None,
) -> Any:
    """Declare an argument, all by keyword, as PEP 681 asks of field specifiers.

    Without a default it is required; `secret` keeps its value out of every message; `path` says that it names local
    files whose content counts, not their name; `rule` returns what is wrong with a value, or None.
    """
    metadata = {"doc": doc, "effect": effect, "secret": secret, "unit": unit, "path": path, "rule": rule}
    return dataclasses.field(default=default, metadata=metadata)


@dataclass_transform(frozen_default=False, kw_only_default=True, field_specifiers=(arg,))
def args(cls: type[C]) -> type[C]:
    """Make an args class: a frozen, keyword-only dataclass."""
    return dataclasses.dataclass(frozen=True, kw_only=True)(cls)


_adapters: dict[type[Any], TypeAdapter[Any]] = {}


def adapter(cls: type[Any]) -> TypeAdapter[Any]:
    """pydantic's checker for an args class; imported and built on first use, since programs never need it."""
    if cls in _adapters:
        return _adapters[cls]
    from pydantic import ConfigDict, TypeAdapter

    for nested in _args_classes(cls):
        if "__pydantic_config__" not in nested.__dict__:
            nested.__pydantic_config__ = ConfigDict(extra="forbid", strict=False)
    return _adapters.setdefault(cls, TypeAdapter(cls))


def _args_classes(cls: type[Any]) -> list[type[Any]]:
    """The class and every args class its fields mention."""
    import typing

    found: list[type[Any]] = [cls]
    for hint in typing.get_type_hints(cls).values():
        stack = [hint]
        while stack:
            each = stack.pop()
            stack.extend(typing.get_args(each))
            if isinstance(each, type) and dataclasses.is_dataclass(each) and each not in found:
                found.extend(c for c in _args_classes(each) if c not in found)
    return found


def whole_numbers(value: Any) -> Any:
    """Pulumi hands every number over as a float; give whole ones back as ints."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Mapping):
        return {key: whole_numbers(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [whole_numbers(each) for each in value]
    return value


def same(value: Any, other: Any) -> bool:
    """Whether two values of an argument say the same: a list is a tuple, and what is empty is not given."""
    empty: tuple[Any, ...] = (None, "", [], (), {}, dataclasses.MISSING)
    if isinstance(value, list | tuple) and isinstance(other, list | tuple):
        return list(value) == list(other)
    return bool(value == other) or (value in empty and other in empty)


def to_inputs(value: Any) -> Any:
    """The inputs a program passes to Pulumi: args classes become dicts, None is dropped, Outputs stay as they are.

    A provisioner's dict gets its `type`.
    """
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        kind = getattr(type(value), "type", None)
        inputs: dict[str, Any] = {"type": kind} if isinstance(kind, str) else {}
        for field in dataclasses.fields(value):
            each = getattr(value, field.name)
            if each is not None:
                inputs[field.name] = to_inputs(each)
        return inputs
    if isinstance(value, Mapping):
        return {key: to_inputs(each) for key, each in value.items() if each is not None}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [to_inputs(each) for each in value]
    return value
