"""Environment variables and command templates of shell provisioners: Packer's names, quoting and `{{.Vars}}` forms."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence

from ucloud_provider.provisioners.base import BuildFacts
from ucloud_provider.spec.rules import shown

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_FIELD = re.compile(r"\{\{\s*\.(\w+)\s*\}\}")


def build_variables(facts: BuildFacts) -> dict[str, str]:
    """What every script is told of the build. The PACKER_ names are there for scripts that come from Packer."""
    return {
        "PACKER_BUILD_NAME": facts.image_name,
        "PACKER_BUILDER_TYPE": "ucloud-uhost",
        "UCLOUD_IMAGE_BUILD_ID": facts.build_id,
        "UCLOUD_IMAGE_NAME": facts.image_name,
        "UCLOUD_IMAGE_SOURCE": facts.source_image_id,
    }


def variables(
    environment_vars: Mapping[str, str] | Sequence[str] | None, env: Mapping[str, str] | None
) -> dict[str, str]:
    """The user's variables: `environment_vars` as a mapping or as Packer's list of KEY=value, then `env`."""
    found: dict[str, str] = {}
    if isinstance(environment_vars, Mapping):
        found |= environment_vars
    else:
        for each in environment_vars or ():
            key, _equals, value = each.partition("=")
            found[key] = value
    return found | dict(env or {})


def wrong_variables(given: Mapping[str, str] | Sequence[str] | None) -> list[str]:
    """What is wrong with the variables of one argument; values, which may be secret, are not shown.

    An entry of a list is told by its place: who forgets the name writes the value there.
    """
    must = "use letters, digits and _, no digit first"
    null = "holds a null character, which no variable can; take it out"
    if given is None or isinstance(given, Mapping):
        wrong = [f"{shown(name)} is no variable name; {must}" for name in given or () if not NAME.fullmatch(name)]
        return wrong + [f"{shown(name)} {null}" for name, value in (given or {}).items() if "\0" in value]
    wrong = []
    for index, each in enumerate(given):
        name, equals, _value = each.partition("=")
        if not equals:
            wrong.append(f"entry {index} has no '='; write KEY=value")
        elif not NAME.fullmatch(name):
            wrong.append(f"entry {index} does not begin with a variable name; {must}")
        elif "\0" in each:
            wrong.append(f"entry {index} {null}")
    return wrong


def inline_form(values: Mapping[str, str], form: str = "%s='%s' ") -> str:
    """The variables in front of a command: `A='1' B='2' `, a quote in a value written as '"'"'."""
    return "".join(form % (key, value.replace("'", "'\"'\"'")) for key, value in sorted(values.items()))


def file_form(values: Mapping[str, str]) -> str:
    """The variables as a file to be sourced."""
    return "".join(f"export {key}={shlex.quote(value)}\n" for key, value in sorted(values.items()))


def unknown_fields(template: str, known: Sequence[str]) -> list[str]:
    """The fields of a template, such as `{{.Pth}}`, that are not among those known."""
    return list(dict.fromkeys(name[:60] for name in _FIELD.findall(template) if name not in known))


def uses(template: str, name: str) -> bool:
    return name in _FIELD.findall(template)


def render(template: str, values: Mapping[str, str]) -> str:
    """Fill in `{{.Path}}`, `{{.Vars}}` and the like."""
    return _FIELD.sub(lambda match: values[match[1]], template)
