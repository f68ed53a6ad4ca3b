"""Reads a template from files, as `packer build` would: which files, in which order, with which variables.

The reader itself opens nothing. What a template asks for (a file that it includes, a variable of the environment) comes
back as a need; this module looks, and asks again with the answer.
"""

from __future__ import annotations

import base64
import datetime
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ucloud_image.templates import module
from ucloud_image.templates.errors import Problem, TemplateError
from ucloud_image.templates.records import Template, problems, template

PACKER_VERSION = "1.11.2"
"""The Packer whose rules are followed, and what packer.version says."""

ROUNDS = 100
"""How often a template may ask: each round answers all that it asked for, so this is how deep files name files."""


def read_template(
    path: str | os.PathLike[str],
    *,
    variables: Mapping[str, str] | None = None,
    var_files: Sequence[str | os.PathLike[str]] = (),
    only: Sequence[str] = (),
    except_: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
    now: datetime.datetime | None = None,
    build: Mapping[str, Any] | None = None,
) -> Template:
    """What the template at `path` says: a legacy JSON file, a .pkr.hcl or .pkr.json file, or a folder of these.

    `variables` are those of -var, `environment` is this process's unless given, `now` is what timestamp and isotime
    say. `build` is what build.* is (ID, Host, User, …) where a host runs; without it such values are Later.

    Raises:
        TemplateError: with all that is wrong, each with its place.
        TemplateReaderMissing: wasmtime or the reader itself is not installed.
    """
    surroundings = os.environ if environment is None else environment
    moment = (now or datetime.datetime.now(datetime.UTC)).astimezone(datetime.UTC)
    name = os.fspath(path)
    found = Path(name)
    missing: list[Problem] = []
    files: list[dict[str, Any]] = []
    hcl = found.is_dir() or found.name.endswith((".pkr.hcl", ".pkr.json"))
    for each in _template_files(found, missing) if hcl else [found]:
        files += _file(each, missing)
    given: list[dict[str, Any]] = []
    if hcl and found.is_dir():
        for suffix in (".auto.pkrvars.hcl", ".auto.pkrvars.json"):
            for each in _named(found, suffix):
                given += _file(each, missing, auto=True)
    for each in map(Path, var_files):
        if hcl and each.suffix not in (".hcl", ".json"):
            missing.append(Problem("Unknown kind of var-file", "Its name must end with .hcl or .json.", str(each)))
            continue
        given += _file(each, missing)
    if missing:
        raise TemplateError(missing)
    folder = found if found.is_dir() else found.parent
    request: dict[str, Any] = {
        "kind": "hcl2" if hcl else "json",
        "root": str(folder),
        "folder": folder.absolute().as_posix(),
        "cwd": Path.cwd().as_posix(),
        "home": str(Path.home()),
        "files": files,
        "var_files": given,
        "variables": dict(variables or {}),
        "environment": {key: value for key, value in surroundings.items() if key.startswith("PKR_VAR_")},
        "only": list(only),
        "except": list(except_),
        "now": moment.isoformat(timespec="seconds"),
        "packer_version": PACKER_VERSION,
        "build": dict(build or {}),
    }
    return template(_asked(request, surroundings))


def _asked(request: dict[str, Any], surroundings: Mapping[str, str]) -> dict[str, Any]:
    known: dict[str, dict[str, Any]] = {}
    for _ in range(ROUNDS):
        answer = module.ask({**request, "known": known})
        if not answer["needs"]:
            wrong = problems(answer["errors"])
            if wrong:
                raise TemplateError(wrong)
            return answer
        for need in answer["needs"]:
            known[f"{need['what']}:{need['name']}"] = _look(need["what"], need["name"], surroundings)
    raise TemplateError([Problem("The template asks without end", f"It named more files {ROUNDS} times over.")])


def _look(what: str, name: str, surroundings: Mapping[str, str]) -> dict[str, Any]:
    """What the template asks for: a variable, the content of a file, whether there is one, or the files of a folder."""
    if what == "env":
        return {"text": surroundings.get(name, "")}
    path = Path(name)
    try:
        if what == "exists":
            if path.exists() and not path.is_file():
                return {"error": f"{name} is not a regular file"}
            return {"found": path.exists()}
        if what == "list":
            return {"names": sorted(_below(path))}
        return {"base64": base64.b64encode(path.read_bytes()).decode()}
    except OSError as error:
        return {"error": f"{name} cannot be read: {error.strerror or error}"}


def _below(folder: Path) -> Iterator[str]:
    for parent, _, names in os.walk(folder):
        for name in names:
            path = Path(parent) / name
            if path.is_file():
                yield path.relative_to(folder).as_posix()


def _template_files(path: Path, missing: list[Problem]) -> list[Path]:
    if not path.is_dir():
        return [path]
    files = [*_named(path, ".pkr.hcl"), *_named(path, ".pkr.json")]
    if not files:
        missing.append(Problem("No template", "The folder has no file *.pkr.hcl or *.pkr.json.", str(path)))
    return files


def _named(folder: Path, suffix: str) -> list[Path]:
    return sorted(each for each in folder.iterdir() if each.name.endswith(suffix) and each.is_file())


def _file(path: Path, missing: list[Problem], *, auto: bool = False) -> list[dict[str, Any]]:
    """One file of the request, or none and a problem."""
    try:
        content = path.read_bytes().decode()
    except UnicodeDecodeError as error:
        missing.append(Problem("Not UTF-8", f"Byte {error.start} of the file is no text.", str(path)))
    except OSError as error:
        missing.append(Problem("File cannot be read", error.strerror or str(error), str(path)))
    else:
        return [{"name": str(path), "content": content, "auto": auto}]
    return []
