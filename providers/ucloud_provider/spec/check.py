"""Checks of inputs: every rule that needs no cloud, all that is wrong at once, one line each.

Preview runs them too, with values that are not known yet: what is unknown is not judged. Passwords and other secrets
never reach a line.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ucloud_provider.errors import InvalidSpec
from ucloud_provider.provisioners import kinds
from ucloud_provider.provisioners.base import Provisioner, path_argument
from ucloud_provider.provisioners.contents import Unreadable, contents, joined
from ucloud_provider.spec.args import adapter, whole_numbers
from ucloud_provider.spec.between import Given, argument_of, copy_failures, host_failures, image_failures, unjudged
from ucloud_provider.spec.digest import COMPUTED, digest
from ucloud_provider.spec.file_list import compact
from ucloud_provider.spec.image import CustomImageArgs, ImageCopy
from ucloud_provider.spec.judging import Failure, judge, kind_of
from ucloud_provider.spec.rules import shown
from ucloud_provider.spec.uhost import DataDisk, UHostArgs
from ucloud_provider.spec.unknown import Location, without_unknowns

__all__ = ["Checked", "Failure", "check_custom_image", "check_uhost", "load_custom_image", "load_uhost"]


@dataclass(frozen=True)
class Checked:
    """Inputs after their check: the failures, and the inputs with what the check computed from them."""

    failures: tuple[Failure, ...]
    inputs: dict[str, Any]
    given: Given
    """What is known of the inputs, and right."""
    copies: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)
    """Those of an image that are known and right, by their index."""


def check_custom_image(inputs: Mapping[str, Any], base_dir: Path) -> Checked:
    """Check the inputs of a `CustomImage`; local paths are relative to `base_dir`.

    Adds `files` (path → digest of the content; where there are many `file_list`) and, where everything is known,
    `digest` (of all that decides what the image is), so that a preview shows which file has changed.
    """
    values, unknown = without_unknowns(whole_numbers(_given(inputs)))
    failures = judge(CustomImageArgs, _without_provisioners(values), unknown, elsewhere=("copies",))
    copies, wrong = _elements(ImageCopy, values, unknown, "copies")
    failures += wrong
    provisioners, wrong = _provisioners(values, unknown)
    failures += wrong
    files: dict[str, str] = {}
    for index, provisioner in provisioners.items():
        if not _below(unknown, "provisioners", index):
            failures += _problems(provisioner, index, values["provisioners"][index], failures, base_dir)
        for path in provisioner.paths():
            name = f"provisioners[{index}].{path_argument(provisioner, path)}"
            files = joined(files, _contents(name, path, provisioner.contents, base_dir, failures))
    given = Given(values, unjudged(unknown, failures))
    failures += image_failures(given, base_dir)
    failures += copy_failures(copies, project_id=given["project_id"], region=given["region"])
    if given["user_data_file"] is not None:
        found = _contents("user_data_file", given["user_data_file"], contents, base_dir, failures)
        files = joined(files, found)
    checked = {name: value for name, value in inputs.items() if name not in ("digest", "file_list")} | compact(files)
    if not failures and not unknown:
        checked["digest"] = digest({**values, "files": files})
    return Checked(tuple(failures), checked, Given(values, unjudged(unknown, failures)), copies)


def check_uhost(inputs: Mapping[str, Any]) -> Checked:
    """Check the inputs of a `UHost`."""
    values, unknown = without_unknowns(whole_numbers(_given(inputs)))
    failures = judge(UHostArgs, values, unknown, elsewhere=("data_disks",))
    failures += _elements(DataDisk, values, unknown, "data_disks")[1]
    failures += host_failures(Given(values, unjudged(unknown, failures)))
    return Checked(tuple(failures), dict(inputs), Given(values, unjudged(unknown, failures)))


def load_provisioners(inputs: Mapping[str, Any]) -> list[Provisioner]:
    """The provisioners of checked inputs. Raises `InvalidSpec` for inputs that were never checked."""
    made, wrong = _provisioners(whole_numbers(dict(inputs)), ())
    if wrong:
        raise InvalidSpec([f"{failure.property}: {failure.reason}" for failure in wrong])
    return list(made.values())


def load_custom_image(inputs: Mapping[str, Any]) -> CustomImageArgs:
    """The arguments behind checked inputs. Raises `InvalidSpec` for inputs that were never checked."""
    plain: CustomImageArgs = _load(CustomImageArgs, _without_provisioners(whole_numbers(_given(inputs))))
    return dataclasses.replace(plain, provisioners=load_provisioners(inputs))


def load_uhost(inputs: Mapping[str, Any]) -> UHostArgs:
    """The arguments behind checked inputs. Raises `InvalidSpec` for inputs that were never checked."""
    plain: UHostArgs = _load(UHostArgs, whole_numbers(_given(inputs)))
    return plain


def _load(cls: type[Any], values: Mapping[str, Any]) -> Any:
    values = _known_fields(cls, values)
    wrong = judge(cls, values, ())
    if wrong:  # pydantic's own text would hold the values, passwords too
        raise InvalidSpec([f"{failure.property}: {failure.reason}" for failure in wrong])
    return adapter(cls).validate_python(values)


def _given(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """What the user gave: None is what was not given."""
    return {key: value for key, value in inputs.items() if key not in COMPUTED and value is not None}


def _known_fields(cls: type[Any], values: Mapping[str, Any]) -> dict[str, Any]:
    names = {field.name for field in dataclasses.fields(cls)}
    return {key: value for key, value in values.items() if key in names}


def _elements(
    cls: type[Any], values: Mapping[str, Any], unknown: Collection[Location], name: str
) -> tuple[dict[int, Mapping[str, Any]], list[Failure]]:
    """The elements of a list of args objects that are right and wholly known, by index; and what is wrong."""
    right: dict[int, Mapping[str, Any]] = {}
    failures: list[Failure] = []
    for index, each in enumerate(_list(values.get(name))):
        path = f"{name}[{index}]"
        holes = _below(unknown, name, index)
        if () in holes:
            continue
        if not isinstance(each, Mapping):
            failures.append(Failure(path, f"is {kind_of(each)}; give {cls.__name__}(…)"))
            continue
        wrong = judge(cls, each, holes, prefix=f"{path}.")
        failures += wrong
        if not wrong and not holes:
            right[index] = each
    return right, failures


def _problems(
    provisioner: Provisioner, index: int, given: Mapping[str, Any], failures: Collection[Failure], base_dir: Path
) -> list[Failure]:
    """What is wrong between a provisioner's arguments, and with the local files they name.

    Where one of them is wrong by itself, only what is said of others that were given: the rest may follow from that.
    """
    path = f"provisioners[{index}]."
    wrong = {argument_of(each.property.removeprefix(path)) for each in failures if each.property.startswith(path)}
    return [
        Failure(f"{path}{problem.argument}", problem.reason)
        for problem in provisioner.problems(base_dir)
        if not wrong or argument_of(problem.argument) in given.keys() - wrong
    ]


def _contents(
    name: str, path: str, reader: Callable[[str, Path], dict[str, str]], base_dir: Path, failures: list[Failure]
) -> dict[str, str]:
    """What is at a path that an argument names; where it cannot be read, one more failure."""
    if any(each.property == name for each in failures):
        return {}
    try:
        return reader(path, base_dir)
    except Unreadable as error:
        failures.append(Failure(name, f"{shown(path)} {error}"))
        return {}


def _provisioners(
    values: Mapping[str, Any], unknown: Collection[Location]
) -> tuple[dict[int, Provisioner], list[Failure]]:
    """The provisioners that can be made of what is known and right, by index; and what is wrong."""
    made: dict[int, Provisioner] = {}
    failures: list[Failure] = []
    known = kinds()
    for index, raw in enumerate(_list(values.get("provisioners"))):
        path = f"provisioners[{index}]"
        holes = _below(unknown, "provisioners", index)
        if not {(), ("type",)}.isdisjoint(holes):
            continue
        if not isinstance(raw, Mapping):
            failures.append(Failure(path, f"is {kind_of(raw)}; give one such as Shell(inline=[…])"))
            continue
        kind = raw.get("type")
        if not isinstance(kind, str) or kind not in known:
            failures.append(Failure(f"{path}.type", f"{shown(kind)} is no provisioner; one of {', '.join(known)}"))
            continue
        arguments = {key: value for key, value in raw.items() if key != "type" and value is not None}
        wrong = judge(known[kind], arguments, holes, prefix=f"{path}.")
        failures += wrong
        doubtful = {argument_of(each.property.removeprefix(f"{path}.")) for each in wrong}
        right = {key: value for key, value in arguments.items() if key not in doubtful}
        try:
            made[index] = adapter(known[kind]).validate_python(right)
        except ValueError:  # a required argument, or part of one, is wrong or not known yet
            continue
    return made, failures


def _without_provisioners(values: Mapping[str, Any]) -> dict[str, Any]:
    """A list of provisioners has many classes, which pydantic knows nothing of; anything else is for it to judge."""
    isolated = isinstance(values.get("provisioners"), list | tuple)
    return {**values, "provisioners": []} if isolated else dict(values)


def _list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else []


def _below(unknown: Collection[Location], name: str, index: int) -> set[Location]:
    """The unknown locations at or below an element of a list, relative to it."""
    return {location[2:] for location in unknown if location[:2] == (name, index)}
