"""From the arguments of a program to the inputs of a resource, with what is a secret by its nature marked as one."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Any

import pulumi
from ucloud_provider.spec.args import to_inputs

from ucloud_image.plain import plain


def inputs_of(args: Any, computed: Iterable[str], opts: pulumi.ResourceOptions | None = None) -> dict[str, Any]:
    """The inputs for an args object. `computed` names the outputs that are no inputs: Pulumi must be told of them.

    So is the provider of `replace_on_changes`: the engine tells it only what is ignored.
    """
    args = plain(args)
    asked = list(opts.replace_on_changes or ()) if opts is not None else []
    told = {"replace_on_changes": asked} if asked else {}
    return dict.fromkeys(computed) | _marked(args, to_inputs(args)) | told


def _marked(args: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    """The inputs with every argument that is declared secret as a secret, at any depth that is known here."""
    for field in dataclasses.fields(args):
        value = getattr(args, field.name)
        if field.name not in inputs:
            continue
        if field.metadata["secret"]:
            inputs[field.name] = pulumi.Output.secret(inputs[field.name])
        elif isinstance(value, list | tuple):
            inputs[field.name] = [
                _marked(each, given) if dataclasses.is_dataclass(each) else given
                for each, given in zip(value, inputs[field.name], strict=True)
            ]
    return inputs
