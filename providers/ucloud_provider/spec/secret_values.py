"""The secrets in inputs, as they come in: to be hidden before anything is done with them, whatever else is wrong."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

from ucloud_provider.provisioners import kinds

LEAST = 8
"""Characters that a value needs to be hidden: shorter ones, such as `1` or `test`, would take half of a log away."""

SHOWN_NOWHERE = ("user_data",)
"""Not hidden: a script, whose lines may be in any log, and which is only ever sent to UCloud."""


def secret_values(cls: type[Any], inputs: Mapping[str, Any]) -> Iterator[str]:
    """The values of arguments that are declared secret: passwords, and the variables of provisioners.

    Pulumi does not tell which others the user made a secret. Inputs of any form will do, checked or not.
    """
    for field in dataclasses.fields(cls):
        if field.metadata["secret"] and field.name not in SHOWN_NOWHERE:
            yield from (each for each in _texts(inputs.get(field.name)) if len(each) >= LEAST)
    provisioners = inputs.get("provisioners")
    for each in provisioners if isinstance(provisioners, list | tuple) else ():
        kind = kinds().get(str(each.get("type"))) if isinstance(each, Mapping) else None
        if kind is not None:
            yield from secret_values(kind, each)


def _texts(value: Any) -> Iterator[str]:
    """Every text in the value, whatever it is; of a list of KEY=value what is behind the `=`."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list | tuple):
        for each in value:
            if isinstance(each, str):
                key, equals, rest = each.partition("=")
                yield rest if equals else key
            else:
                yield from _texts(each)
