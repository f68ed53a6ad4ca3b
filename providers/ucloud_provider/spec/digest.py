"""What decides which image a build makes, and its digest.

Two sets of inputs of equal identity make the same image. A default left out equals the default written down; a file
counts by its content and the mode it gets on the host, not by its path or times.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from ucloud_provider.provisioners.contents import script_of
from ucloud_provider.spec.args import Effect, same, whole_numbers
from ucloud_provider.spec.image import CustomImageArgs

COMPUTED = ("files", "file_list", "digest", "replace_on_changes", "__provider")
"""Inputs that are no arguments: computed by the check, or Pulumi's own; `replace_on_changes` is the resource option."""

FORMER_DEFAULTS = {"boot_disk_type": "cloud_ssd", "min_cpu_platform": "Intel/Auto", "ssh_username": "root"}
"""What states hold of arguments that were left out when these were their defaults: no change of anything."""

ADOPTED = ("adopt_image_id", "region", "project_id")
"""All that decides which image an adopted one is: it was made before, from what does not matter."""


def identity(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """What decides which image these checked inputs make, by argument; `provisioners` is a list of identities."""
    from ucloud_provider.spec.check import load_provisioners

    values = whole_numbers(dict(inputs))
    if values.get("adopt_image_id"):
        return {name: values[name] for name in ADOPTED if values.get(name) is not None}
    files: Mapping[str, str] = values.get("files") or {}
    counted = set(values.get("replace_on") or ())
    found: dict[str, Any] = {}
    for field in dataclasses.fields(CustomImageArgs):
        if field.metadata["effect"] is not Effect.REPLACE and field.name not in counted:
            continue
        value = values.get(field.name)
        if field.name == "provisioners":
            found[field.name] = [each.identity(files) for each in load_provisioners(values)]
        elif value is not None and not same(value, FORMER_DEFAULTS.get(field.name, field.default)):
            found[field.name] = script_of(value, files, binary=True) if field.metadata["path"] else value
    return found


def digest(inputs: Mapping[str, Any]) -> str:
    """SHA-256, in hex, of the identity of checked inputs."""
    return hashlib.sha256(canonical(identity(inputs)).encode()).hexdigest()


def canonical(value: Any) -> str:
    """A value as one text: equal where the values are, and only there. To Python, 1 is True."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
