"""Checks of inputs: every rule that needs no cloud, all that is wrong at once, one line each.

Preview runs them too, with values that are not known yet: what is unknown is not judged. Passwords and other secrets
never reach a line.
"""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from ucloud_provider.provisioners import kinds
from ucloud_provider.provisioners.base import Provisioner, contents
from ucloud_provider.spec import rules
from ucloud_provider.spec.args import adapter, whole_numbers
from ucloud_provider.spec.digest import COMPUTED, digest
from ucloud_provider.spec.image import CustomImageArgs, ImageCopy
from ucloud_provider.spec.uhost import DataDisk, UHostArgs
from ucloud_provider.spec.unknown import Location, without_unknowns


class Failure(NamedTuple):
    """What is wrong with a property: its path, such as `copies[1].region`, and why, with the remedy."""

    property: str
    reason: str


@dataclass(frozen=True)
class Checked:
    """Inputs after their check: the failures, and the inputs with what the check computed from them."""

    failures: tuple[Failure, ...]
    inputs: dict[str, Any]


def check_custom_image(inputs: Mapping[str, Any], base_dir: Path) -> Checked:
    """Check the inputs of a `CustomImage`; local paths are relative to `base_dir`.

    Adds `files` (path → digest of the content) and, where everything is known, `digest` (of all that decides what the
    image is), so that a preview shows which file has changed.
    """
    given = {key: value for key, value in inputs.items() if key not in COMPUTED}
    values, unknown = without_unknowns(whole_numbers(given))
    failures: list[Failure] = []
    raw_provisioners = values.pop("provisioners", None) or []
    failures += _class_failures(CustomImageArgs, {**values, "provisioners": []}, unknown, "")
    for index, copy in enumerate(_dicts(values.get("copies"))):
        failures += _class_failures(ImageCopy, copy, _below(unknown, "copies", index), f"copies[{index}].")
    files: dict[str, str] = {}
    for index, raw in enumerate(raw_provisioners if isinstance(raw_provisioners, Sequence) else []):
        below = _below(unknown, "provisioners", index)
        if () in below:
            continue
        path = f"provisioners[{index}]"
        provisioner, wrong = _provisioner(raw, below, path)
        failures += wrong
        if provisioner is not None:
            partly_known = any(len(location) == 1 for location in below)
            if not partly_known:
                failures += (Failure(f"{path}.{p.argument}", p.reason) for p in provisioner.problems(base_dir))
            for name in provisioner.paths():
                files |= contents(name, base_dir)
    failures += _image_failures(values, unknown, base_dir)
    if isinstance(values.get("user_data_file"), str):
        files |= contents(values["user_data_file"], base_dir)
    checked = dict(inputs)
    checked["files"] = files
    if not failures and not unknown:
        checked["digest"] = digest({**given, "files": files})
    return Checked(tuple(failures), checked)


def check_uhost(inputs: Mapping[str, Any]) -> Checked:
    """Check the inputs of a `UHost`."""
    values, unknown = without_unknowns(whole_numbers(dict(inputs)))
    failures = _class_failures(UHostArgs, values, unknown, "")
    for index, disk in enumerate(_dicts(values.get("data_disks"))):
        failures += _class_failures(DataDisk, disk, _below(unknown, "data_disks", index), f"data_disks[{index}].")
    failures += _both_or_neither(values, unknown, "vpc_id", "subnet_id")
    failures += _at_most_one(values, "password", "key_pair_id")
    failures += _user_data_size(values)
    return Checked(tuple(failures), dict(inputs))


def load_provisioners(inputs: Mapping[str, Any]) -> list[Provisioner]:
    """The provisioners of checked inputs. Raises ValueError for inputs that were never checked."""
    found = []
    for index, raw in enumerate(inputs.get("provisioners") or ()):
        provisioner, wrong = _provisioner(whole_numbers(raw), set(), f"provisioners[{index}]")
        if provisioner is None or wrong:
            raise ValueError("; ".join(f"{failure.property}: {failure.reason}" for failure in wrong))
        found.append(provisioner)
    return found


def load_custom_image(inputs: Mapping[str, Any]) -> CustomImageArgs:
    """The arguments behind checked inputs."""
    given = {key: value for key, value in inputs.items() if key not in COMPUTED and key != "provisioners"}
    plain: CustomImageArgs = adapter(CustomImageArgs).validate_python(
        {**_known_fields(CustomImageArgs, whole_numbers(given)), "provisioners": []}
    )
    return dataclasses.replace(plain, provisioners=load_provisioners(inputs))


def load_uhost(inputs: Mapping[str, Any]) -> UHostArgs:
    """The arguments behind checked inputs."""
    values = _known_fields(UHostArgs, whole_numbers(dict(inputs)))
    plain: UHostArgs = adapter(UHostArgs).validate_python(values)
    return plain


def _known_fields(cls: type[Any], values: Mapping[str, Any]) -> dict[str, Any]:
    names = {field.name for field in dataclasses.fields(cls)}
    return {key: value for key, value in values.items() if key in names}


def _provisioner(raw: Any, unknown: set[Location], path: str) -> tuple[Provisioner | None, list[Failure]]:
    if not isinstance(raw, Mapping):
        return None, [Failure(path, f"{raw!r} is no provisioner; give one such as Shell(inline=[…])")]
    known = kinds()
    kind = raw.get("type")
    if kind not in known:
        return None, [Failure(f"{path}.type", f"{kind!r} is no provisioner; one of {', '.join(sorted(known))}")]
    values = {key: value for key, value in raw.items() if key != "type"}
    failures = _class_failures(known[kind], values, unknown, f"{path}.")
    if failures:
        return None, failures
    try:
        made: Provisioner = adapter(known[kind]).validate_python(values)
    except ValueError:  # a required argument is not known yet
        return None, []
    return made, []


def _class_failures(cls: type[Any], values: Mapping[str, Any], unknown: set[Location], prefix: str) -> list[Failure]:
    """What is wrong with the values of one args class: names, types, and each argument's own rule."""
    from pydantic import ValidationError

    failures: dict[str, Failure] = {}
    declared = {field.name: field for field in dataclasses.fields(cls)}
    try:
        adapter(cls).validate_python(dict(values))
    except ValidationError as error:
        for each in error.errors(include_url=False, include_context=False):
            location = tuple(
                part for part in each["loc"] if isinstance(part, int) or part in declared or len(each["loc"]) == 1
            )
            top = each["loc"][0]
            if _judged_elsewhere(cls, str(top)) and len(each["loc"]) > 1:
                continue
            if any(location[: len(hole)] == hole for hole in unknown):
                continue
            secret = str(top) in declared and declared[str(top)].metadata["secret"]
            name = prefix + _path(location)
            failures.setdefault(name, Failure(name, _reason(each, declared, secret=secret)))
    for name, field in declared.items():
        rule = field.metadata.get("rule")
        value = values.get(name)
        if rule is None or value is None or (name,) in unknown or any(f.startswith(prefix + name) for f in failures):
            continue
        wrong = rule(value)
        if wrong:
            failures[prefix + name] = Failure(prefix + name, wrong)
    return list(failures.values())


def _judged_elsewhere(cls: type[Any], name: str) -> bool:
    """Lists of args classes are checked element by element, each under its own path."""
    return (cls is CustomImageArgs and name in ("copies", "provisioners")) or (
        cls is UHostArgs and name == "data_disks"
    )


def _reason(error: Mapping[str, Any], declared: Mapping[str, Any], *, secret: bool) -> str:
    name = str(error["loc"][0])
    kind = str(error["type"])
    if kind == "missing":
        return f"is required: {declared[name].metadata['doc']}"
    if kind == "unexpected_keyword_argument":
        close = difflib.get_close_matches(name, list(declared), n=1)
        return "is not an argument" + (f"; did you mean {close[0]}?" if close else "; see docs/arguments.md")
    shown = "the value" if secret else repr(error.get("input"))
    wanted = str(error["msg"]).removeprefix("Input should be ")
    return f"{shown} does not fit: give {wanted[:1].lower()}{wanted[1:]}"


def _image_failures(values: Mapping[str, Any], unknown: set[Location], base_dir: Path) -> Iterator[Failure]:
    """The rules between arguments."""
    yield from _both_or_neither(values, unknown, "vpc_id", "subnet_id")
    yield from _at_most_one(values, "user_data", "user_data_file")
    yield from _at_most_one(values, "ssh_password", "ssh_keypair_name")
    yield from _user_data_size(values)
    if values.get("use_ssh_private_ip") is True and not values.get("vpc_id") and ("vpc_id",) not in unknown:
        yield Failure("use_ssh_private_ip", "True needs vpc_id and subnet_id: a VPC that this machine is connected to")
    if values.get("ssh_keypair_name") and not values.get("ssh_private_key_file"):
        yield Failure("ssh_keypair_name", "needs ssh_private_key_file, the private half of that key pair")
    for name in ("ssh_private_key_file", "user_data_file"):
        value = values.get(name)
        if isinstance(value, str) and not (base_dir / Path(value).expanduser()).is_file():
            yield Failure(name, f"{value!r} is no file in {base_dir}; correct the path")
    file = values.get("user_data_file")
    if isinstance(file, str) and (base_dir / file).is_file():
        size = (base_dir / file).stat().st_size
        if size > rules.USER_DATA_LIMIT:
            yield Failure(
                "user_data_file", f"{file!r} has {size} bytes; UCloud takes {rules.USER_DATA_LIMIT}: shorten it"
            )
    bits, kind = values.get("temporary_key_pair_bits"), values.get("temporary_key_pair_type", "ed25519")
    if isinstance(bits, int):
        allowed = {"rsa": range(2048, 8193), "ecdsa": (256, 384, 521)}.get(str(kind), ())
        if bits not in allowed:
            yield Failure(
                "temporary_key_pair_bits",
                f"{bits} does not go with {kind}; rsa takes 2048 to 8192, ecdsa 256, 384 or 521, ed25519 none",
            )
    names = [field.name for field in dataclasses.fields(CustomImageArgs)]
    for index, name in enumerate(values.get("replace_on") or ()):
        if name not in names:
            close = difflib.get_close_matches(str(name), names, n=1)
            hint = f"; did you mean {close[0]}?" if close else "; see docs/arguments.md"
            yield Failure(f"replace_on[{index}]", f"{name!r} is not an argument{hint}")
    if values.get("communicator") == "none" and values.get("provisioners"):
        yield Failure("communicator", "'none' cannot run provisioners; use ssh, or leave the provisioners out")
    yield from _copy_failures(values, unknown)


def _copy_failures(values: Mapping[str, Any], unknown: set[Location]) -> Iterator[Failure]:
    seen: dict[tuple[Any, Any], int] = {}
    for index, copy in enumerate(_dicts(values.get("copies"))):
        if any(location[-1:] in ((), ("region",), ("project_id",)) for location in _below(unknown, "copies", index)):
            continue
        project, region = copy.get("project_id"), copy.get("region")
        if project is None and region is None:
            yield Failure(f"copies[{index}]", "names neither region nor project_id; give where to copy to")
            continue
        own = (values.get("project_id") or project, values.get("region"))
        if (project or own[0], region or own[1]) == own and own[1] is not None:
            yield Failure(f"copies[{index}]", f"{region or own[1]!r} is where the image is built; leave this copy out")
        if (project, region) in seen:
            yield Failure(
                f"copies[{index}]",
                f"goes where copies[{seen[project, region]}] goes ({region or project}); leave one out",
            )
        seen.setdefault((project, region), index)


def _user_data_size(values: Mapping[str, Any]) -> Iterator[Failure]:
    text = values.get("user_data")
    if isinstance(text, str) and len(text.encode()) > rules.USER_DATA_LIMIT:
        yield Failure(
            "user_data",
            f"has {len(text.encode())} bytes; UCloud takes {rules.USER_DATA_LIMIT}: shorten it, or fetch the rest",
        )


def _both_or_neither(values: Mapping[str, Any], unknown: set[Location], one: str, other: str) -> Iterator[Failure]:
    for given, missing in ((one, other), (other, one)):
        if values.get(given) and not values.get(missing) and (missing,) not in unknown:
            yield Failure(missing, f"is missing: {given} is {values[given]!r}; give both or neither")


def _at_most_one(values: Mapping[str, Any], one: str, other: str) -> Iterator[Failure]:
    if values.get(one) is not None and values.get(other) is not None:
        yield Failure(other, f"and {one} are both given; give one of the two")


def _dicts(value: Any) -> list[Mapping[str, Any]]:
    return [each if isinstance(each, Mapping) else {} for each in value] if isinstance(value, list | tuple) else []


def _below(unknown: set[Location], name: str, index: int) -> set[Location]:
    """The unknown locations at or below an element, relative to it."""
    return {location[2:] for location in unknown if location[:2] == (name, index)} | (
        {()} if (name,) in unknown else set()
    )


def _path(location: Sequence[str | int]) -> str:
    text = ""
    for part in location:
        text += f"[{part}]" if isinstance(part, int) else (f".{part}" if text else str(part))
    return text

