"""What an image was built from, where the inputs of the last update say something else: `ignore_changes`.

The engine puts the old value of an argument that is ignored in place of the new one; what the check then reads of the
files that it names is new. It also keeps the new inputs where nothing changes. The outputs keep what was built.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from ucloud_provider.errors import InvalidSpec
from ucloud_provider.provisioners import kinds
from ucloud_provider.provisioners.contents import comparable
from ucloud_provider.spec.digest import canonical, identity
from ucloud_provider.spec.file_list import expanded
from ucloud_provider.spec.property_paths import covers, parsed
from ucloud_provider.spec.unknown import Location

_COUNTED = ("provisioners", "user_data_file")
"""The arguments that name files whose content counts."""


def as_built(old: Mapping[str, Any], outputs: Mapping[str, Any]) -> dict[str, Any]:
    """The old inputs, with what the outputs say of files and what names them where that is not the same.

    What older versions wrote of files tells less: as far as it goes the inputs are of it, they are what was built.
    """
    return dict(old) if _alike(outputs, old) else {**old, **_of_files(outputs)}


def still_built(outputs: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """What outputs must go on saying of an image that is not built anew by these inputs."""
    if _alike(expanded(outputs), expanded(new)):
        return {}
    return {**_of_files(outputs), "file_list": outputs.get("file_list"), "digest": outputs.get("digest")}


def with_ignored(new: Mapping[str, Any], built: Mapping[str, Any], ignored: Sequence[str]) -> dict[str, Any]:
    """The new inputs, with what was built in place of files named by arguments that are ignored.

    A file that is ignored in one of the places where it is named is so in all of them.
    """
    paths = [parsed(each) for each in ignored]
    whole = any(covers(path, ("files",)) for path in paths)

    def is_ignored(*location: str | int) -> bool:
        return whole or any(covers(path, location) for path in paths)

    named: list[str] = []

    def substituted(location: Location, now: Any, was: Any) -> Any:
        if isinstance(now, str) and isinstance(was, str) and is_ignored(*location):
            named.append(was)
            return was
        if isinstance(now, list | tuple) and isinstance(was, list | tuple):
            rest = [None] * (len(now) - len(was))
            return [substituted((*location, i), n, w) for i, (n, w) in enumerate(zip(now, [*was, *rest], strict=False))]
        return now

    result = dict(new)
    before, after = built.get("provisioners"), new.get("provisioners")
    if isinstance(before, list | tuple) and isinstance(after, list | tuple):
        result["provisioners"] = [
            {**now, **{n: substituted(("provisioners", i, n), now.get(n), was.get(n)) for n in _path_arguments(now)}}
            if isinstance(now, Mapping) and isinstance(was, Mapping) and now.get("type") == was.get("type")
            else now
            for i, (now, was) in enumerate(zip(after, [*before, *[None] * len(after)], strict=False))
        ]
    if new.get("user_data_file") is not None:
        result["user_data_file"] = substituted(("user_data_file",), new["user_data_file"], built.get("user_data_file"))
    if named:
        keys = tuple({path.rstrip("/") for path in named})

        def is_named(name: str) -> bool:
            return any(name == key or name.startswith(f"{key}/") for key in keys)

        result["files"] = {
            **{name: entry for name, entry in (new.get("files") or {}).items() if not is_named(name)},
            **{name: entry for name, entry in (built.get("files") or {}).items() if is_named(name)},
        }
    return result


def _path_arguments(provisioner: Mapping[str, Any]) -> list[str]:
    kind = kinds().get(str(provisioner.get("type")))
    fields = dataclasses.fields(kind) if kind else ()
    return [each.name for each in fields if each.metadata["path"] and provisioner.get(each.name) is not None]


def _of_files(outputs: Mapping[str, Any]) -> dict[str, Any]:
    return {name: outputs.get(name) for name in (*_COUNTED, "files")}


def _alike(outputs: Mapping[str, Any], inputs: Mapping[str, Any]) -> bool:
    """Whether the inputs make of files what the outputs tell; also where that cannot be said."""
    if outputs.get("files") is None or outputs.get("adopt_image_id") or inputs.get("adopt_image_id"):
        return True
    files = comparable(outputs["files"], inputs.get("files") or {})
    try:
        here, there = identity({**inputs, "files": files}), identity(outputs)
    except InvalidSpec:  # provisioners with values that are not known yet, or of another version
        return True
    return all(canonical(here.get(name)) == canonical(there.get(name)) for name in _COUNTED)
