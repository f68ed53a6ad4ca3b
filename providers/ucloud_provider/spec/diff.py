"""What a change of inputs means: a new resource, an update in place, or nothing. Pure functions."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from ucloud_provider.provisioners import kinds
from ucloud_provider.provisioners.base import Provisioner
from ucloud_provider.provisioners.contents import comparable, content_alone
from ucloud_provider.spec.args import Effect, same, whole_numbers
from ucloud_provider.spec.built import as_built, with_ignored
from ucloud_provider.spec.check import load_provisioners
from ucloud_provider.spec.digest import FORMER_DEFAULTS, canonical, identity
from ucloud_provider.spec.file_list import expanded
from ucloud_provider.spec.image import CustomImageArgs
from ucloud_provider.spec.judging import path_text
from ucloud_provider.spec.property_paths import at, meets, parsed
from ucloud_provider.spec.rules import is_firewall
from ucloud_provider.spec.uhost import UHostArgs
from ucloud_provider.spec.unknown import without_unknowns

MOST_TOLD = 10
"""Changed files of a provisioner that are named; of the others there is a count."""


class Change(NamedTuple):
    """What changed: the property, and in words a person reads, such as `scripts/setup.sh: content changed`."""

    property: str
    what: str


@dataclass(frozen=True)
class Changes:
    """What a change of inputs leads to."""

    replace: tuple[Change, ...] = ()
    update: tuple[Change, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.replace or self.update)


def diff_custom_image(
    old: Mapping[str, Any], outputs: Mapping[str, Any], new: Mapping[str, Any], ignored: Sequence[str] = ()
) -> Changes:
    """Compare the inputs a `CustomImage` was made from with new ones.

    `outputs` is what the state holds of it: the files that it was built from, and a copy that was asked for and is not
    in `missing_copies` exists. A value of `new` that is not known yet may be another one than before, so it counts as
    a change. `ignored` is what `ignore_changes` names.
    """
    old, outputs, new = expanded(old), expanded(outputs), expanded(new)
    asked = list(_asked_for(CustomImageArgs, old, new))
    old = as_built(old, outputs)
    new, unknown = _settled(old, with_ignored(new, old, ignored))
    if isinstance(new.get("files"), Mapping):
        new["files"] = comparable(old.get("files") or {}, new["files"])
    # The very image that was built is to stay: a replacement would adopt it, and then delete it as the old one.
    now_adopted = not old.get("adopt_image_id") and new.get("adopt_image_id") == outputs.get("image_id", "")
    before = identity({**old, "adopt_image_id": new["adopt_image_id"]} if now_adopted else old)
    after = identity(new)
    replace = [each for each in unknown if each.property != "copies"]
    for name in dict.fromkeys([*before, *after]):
        if canonical(before.get(name)) == canonical(after.get(name)):
            continue
        if name == "provisioners":
            replace += _provisioner_changes(old, new)
        else:
            replace += _argument_changes(name, old, new)
    # `replace_on` itself decides what counts: a name that was just added to it is no change of the image.
    kept = {*(old.get("replace_on") or ())} & {*(new.get("replace_on") or ())}
    build_only = {f.name for f in dataclasses.fields(CustomImageArgs) if f.metadata["effect"] is not Effect.REPLACE}
    replace = [each for each in replace if each.property not in build_only or each.property in kept]
    replace += [each for each in asked if all(each.property != other.property for other in replace)]
    update = [each for each in unknown if each.property == "copies"]
    update += _copy_changes(old, outputs, new)
    if now_adopted:
        update.append(Change("adopt_image_id", "adopt_image_id: the image that was built here is adopted as it is"))
    if _value(old, "delete_adopted", False) != _value(new, "delete_adopted", False):
        update.append(Change("delete_adopted", f"delete_adopted is now {_value(new, 'delete_adopted', False)}"))
    return Changes(tuple(replace), tuple(update))


def _settled(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[dict[str, Any], list[Change]]:
    """The new inputs with the old values in place of what is not known yet, and what that was, where it counts."""
    known, holes = without_unknowns(new)
    effects = {field.name: field.metadata["effect"] for field in dataclasses.fields(CustomImageArgs)}
    changes: dict[str, Change] = {}
    for hole in sorted(holes, key=str):
        name = str(hole[0])
        counts = effects.get(name) is not Effect.NONE or name in (new.get("replace_on") or ())
        if name == "provisioners" and len(hole) > 2 and _is_build_only(known["provisioners"][hole[1]], str(hole[2])):
            counts = False
        elif name in old:
            known[name] = old[name]
        else:
            known.pop(name, None)
        if counts and name in effects:
            changes[path_text(hole)] = Change(name, f"{path_text(hole)}: not known yet")
    return known, list(changes.values())


def _asked_for(cls: type[Any], old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    """What changed of that a change of which shall replace the resource: what `replace_on_changes` names.

    The engine has the provider say what changed; the host has no way to say it of what changes nothing.
    """
    fields = {field.name: field for field in dataclasses.fields(cls)}
    known, holes = without_unknowns(new)

    def given(inputs: Mapping[str, Any], name: str) -> Any:
        default = None if fields[name].default is dataclasses.MISSING else fields[name].default
        return _value(inputs, name, default)

    for path in new.get("replace_on_changes") or ():
        parts = parsed(path)
        for name in fields if parts[:1] == ("*",) else parts[:1]:
            if name not in fields:
                continue
            name, place = str(name), (name, *parts[1:])
            if any(meets(place, hole) for hole in holes):
                yield Change(name, f"{path_text(place)}: not known yet")
                continue
            before, after = (dict(at(given(inputs, name), parts[1:])) for inputs in (old, known))
            if not same(_normal(before.pop((), None)), _normal(after.pop((), None))) or before != after:
                yield Change(name, f"{path_text(place)}: changed, as replace_on_changes names it")


def _is_build_only(provisioner: Any, argument: str) -> bool:
    kind = kinds().get(str(provisioner.get("type"))) if isinstance(provisioner, Mapping) else None
    fields = dataclasses.fields(kind) if kind else ()
    return any(field.name == argument and field.metadata["effect"] is Effect.NONE for field in fields)


def diff_uhost(old: Mapping[str, Any], new: Mapping[str, Any], outputs: Mapping[str, Any] | None = None) -> Changes:
    """Compare the inputs a `UHost` was made from with new ones.

    `outputs` is what the state holds of it: also what was taken where the inputs left it open.
    """
    found: dict[Effect, list[Change]] = {Effect.REPLACE: [], Effect.UPDATE: [], Effect.NONE: []}
    for field in dataclasses.fields(UHostArgs):
        default = None if field.default is dataclasses.MISSING else field.default
        before, after = _value(old, field.name, default), _value(new, field.name, default)
        if field.name in FORMER_DEFAULTS:
            # Left open, what the host has is right, whatever it is; a state of old holds the default of then.
            before = before or _value(outputs or {}, field.name, None)
            after = before if after is None else after
        if field.name == "security_group_id":
            before = _value(outputs or {}, field.name, before)  # what a refresh saw
        if not same(_normal(after), _normal(before)):
            if field.metadata["secret"]:
                shown = "changed"
            elif without_unknowns({"": after})[1]:
                shown = "not known yet"
            else:
                shown = f"{_shown(before)} → {_shown(after)}"
            effect = field.metadata["effect"]
            if field.name == "security_group_id" and isinstance(after, str | None):
                # Of a host that changes from one kind to the other, the rules hold only after a migration.
                effect = effect if is_firewall(before) is is_firewall(after) else Effect.REPLACE
            found[effect].append(Change(field.name, f"{field.name}: {shown}"))
    replace = found[Effect.REPLACE]
    replace += [each for each in _asked_for(UHostArgs, old, new) if all(each.property != o.property for o in replace)]
    return Changes(tuple(replace), tuple(found[Effect.UPDATE]))


def copy_key(inputs: Mapping[str, Any], copy: Mapping[str, Any]) -> str:
    """Where a copy goes and what it is called, as one text: a copy that differs in any of these is another copy."""
    parts = (
        copy.get("project_id") or "",
        copy.get("region") or "",
        copy.get("name") or inputs.get("image_name") or "",
        copy.get("description") or inputs.get("image_description") or "",
    )
    return "|".join(str(part) for part in parts)


def copy_name(copy: Mapping[str, Any]) -> str:
    """Where a copy goes, for a person."""
    return " in ".join(str(copy[key]) for key in ("project_id", "region") if copy.get(key))


def _copy_changes(old: Mapping[str, Any], outputs: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    before = {copy_key(old, each): each for each in old.get("copies") or ()}
    after = {copy_key(new, each): each for each in new.get("copies") or ()}
    missing = set(outputs.get("missing_copies") or ())
    for key, copy in after.items():
        if key not in before:
            yield Change("copies", f"copy to {copy_name(copy)} added")
        elif key in missing:
            yield Change("copies", f"copy to {copy_name(copy)} is missing")
    for key, copy in before.items():
        if key not in after:
            yield Change("copies", f"copy to {copy_name(copy)} removed")


def _provisioner_changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    before, after = load_provisioners(old), load_provisioners(new)
    old_files, new_files = old.get("files") or {}, new.get("files") or {}
    if len(before) != len(after):
        yield Change("provisioners", f"provisioners: {len(before)} → {len(after)}")
    for index, (was, now) in enumerate(zip(before, after, strict=False)):
        if was.identity(old_files) == now.identity(new_files):
            continue
        changed_files = list(_file_changes(was, old_files, now, new_files))
        for path, what in changed_files[:MOST_TOLD]:
            yield Change("files", f"{path}: {what}")
        if len(changed_files) > MOST_TOLD:
            yield Change("files", f"{len(changed_files) - MOST_TOLD} more files")
        names = [
            field
            for field in dict.fromkeys([*was.identity(old_files), *now.identity(new_files)])
            if was.identity(old_files).get(field) != now.identity(new_files).get(field)
            and not (changed_files and (field == "names" or _is_path(now, field)))
        ]
        for name in names:
            yield Change("provisioners", f"provisioners[{index}].{name} changed")


def _file_changes(
    was: Provisioner, old_files: Mapping[str, str], now: Provisioner, new_files: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    """The files that changed, and how; a file of equal content at another path as a whole is no change."""
    if was.type != now.type:
        return
    before, after = dict(_counted(was, old_files)), dict(_counted(now, new_files))
    gone = {place: entry for place, entry in before.items() if place not in after}
    for place, entry in after.items():
        name = "".join(place)
        if place in before:
            if entry != before[place]:
                same = content_alone(entry) == content_alone(before[place])
                yield name, "mode changed" if same else "content changed"
            continue
        alike = sorted((other for other in gone if gone[other] == entry), key=lambda other: other[1] != place[1])
        if not alike:
            yield name, "new"
            continue
        del gone[alike[0]]
        if alike[0][1] != place[1]:
            yield name, f"renamed, was {''.join(alike[0])}"
    for place in gone:
        yield "".join(place), "gone"


def _counted(provisioner: Provisioner, files: Mapping[str, str]) -> Iterator[tuple[tuple[str, str], str]]:
    """What counts of each file: its place, as the path that was given and the rest, and its entry."""
    for path in provisioner.paths():
        key = path.rstrip("/")
        counted = provisioner.counted(path, files)
        if isinstance(counted, Mapping):
            yield from (((f"{key}/", name), entry) for name, entry in counted.items())
        elif counted:
            yield (key, ""), counted


def _is_path(provisioner: Provisioner, name: str) -> bool:
    return any(field.name == name and field.metadata["path"] for field in dataclasses.fields(provisioner))


def _argument_changes(name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    field = next(each for each in dataclasses.fields(CustomImageArgs) if each.name == name)
    before, after = old.get(name), new.get(name)
    if field.metadata["secret"]:
        yield Change(name, f"{name}: changed")
    elif field.metadata["path"]:
        yield Change("files", f"{after or before}: content changed")
    elif isinstance(after, str | int | float | bool | None) and len(str(after)) + len(str(before)) < 160:
        yield Change(name, f"{name}: {_shown(before)} → {_shown(after)}")
    else:
        yield Change(name, f"{name}: changed")


def _shown(value: Any) -> str:
    return "default" if value is None else repr(whole_numbers(value))


def _value(inputs: Mapping[str, Any], name: str, default: Any) -> Any:
    value = inputs.get(name)
    return default if value is None else whole_numbers(value)


def _normal(value: Any) -> Any:
    """Data disks compare by what they are: a type left out is the default type."""
    if isinstance(value, list | tuple):
        return [{"type": "cloud_ssd", **each} if isinstance(each, Mapping) else each for each in value]
    return value
