"""Environment variables and command templates of shell provisioners: Packer's names, quoting and `{{.Vars}}` forms."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence

from ucloud_provider.provisioners.base import BuildFacts
from ucloud_provider.spec.rules import shown

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
SHELLS_OWN = re.compile(
    r"BASH(OPTS|PID|_(ALIASES|ARGC|ARGV0?|CMDS|COMMAND|LINENO|SOURCE|SUBSHELL|VERSINFO|VERSION))?|COMP_WORDBREAKS|"
    r"DIRSTACK|EPOCH(REALTIME|SECONDS)|E?UID|FUNCNAME|GROUPS|HISTCMD|IFS|LINENO|(OLD)?PWD|OPT(ERR|IND)|PPID|PS[124]|"
    r"S?RANDOM|SECONDS|SHELLOPTS|SHLVL|_"
)
"""Variables that dash or bash lets nobody set, or sets itself when it starts: a script never sees the value given."""

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
    own = "is the shell's own, and no script would see the value; take another name"
    null = "holds a null character, which no variable can; take it out"
    if given is None or isinstance(given, Mapping):
        wrong = [f"{shown(name)} is no variable name; {must}" for name in given or () if not NAME.fullmatch(name)]
        wrong += [f"{name} {own}" for name in given or () if SHELLS_OWN.fullmatch(name)]
        return wrong + [f"{shown(name)} {null}" for name, value in (given or {}).items() if "\0" in value]
    wrong = []
    for index, each in enumerate(given):
        name, equals, _value = each.partition("=")
        if not equals:
            wrong.append(f"entry {index} has no '='; write KEY=value")
        elif not NAME.fullmatch(name):
            wrong.append(f"entry {index} does not begin with a variable name; {must}")
        elif SHELLS_OWN.fullmatch(name):
            wrong.append(f"entry {index}: {name} {own}")
        elif "\0" in each:
            wrong.append(f"entry {index} {null}")
    return wrong


def inline_form(values: Mapping[str, str], form: str = "%s='%s' ") -> str:
    """The variables in front of a command: `A='1' B='2' `. Values arrive to the letter, whatever quotes `form` has."""
    places = [match.start() for match in re.finditer("%[%s]", form) if match[0] == "%s"]
    quotes = _quotes(form, places[-1]) if places else ""
    return "".join(form % (key, _quoted(value, quotes)) for key, value in sorted(values.items()))


def _quoted(value: str, quotes: str) -> str:
    """A value as it stands within these quotes, the outermost first; without any it gets its own."""
    for quote in reversed(quotes):
        value = value.replace("'", "'\"'\"'") if quote == "'" else _SPECIAL.sub(r"\\\g<0>", value)
    return value if quotes else shlex.quote(value)


_SPECIAL = re.compile(r'[\\"$`]')
"""What means something between double quotes."""


def _quotes(text: str, place: int) -> str:
    """The quotes that a place of a command is in, the outermost first: what is quoted is a shell's command itself."""
    at = 0
    while at < place:
        if text[at] == "\\":
            at += 2
        elif text[at] not in "'\"":
            at += 1
        else:
            quote, start = text[at], at + 1
            inner = ""
            at = start
            within = -1
            while at < len(text) and text[at] != quote:
                if at == place:
                    within = len(inner)
                if quote == '"' and text[at] == "\\" and text[at + 1 : at + 2] in ("\\", '"', "$", "`"):
                    at += 1
                inner += text[at : at + 1]
                at += 1
            if within >= 0:
                return quote + _quotes(inner, within)
            at += 1
    return ""


def is_in_substitution(template: str, name: str) -> bool:
    """Whether a field stands in `$(…)` or backticks within double quotes, where nobody can tell how it is read."""
    for match in _FIELD.finditer(template):
        quotes = _quotes(template, match.start())
        before = template[: match.start()]
        if match[1] == name and '"' in quotes and ("$(" in before or "`" in before):
            return True
    return False


def file_form(values: Mapping[str, str]) -> str:
    """The variables as a file to be sourced."""
    return "".join(f"export {key}={shlex.quote(value)}\n" for key, value in sorted(values.items()))


def unknown_fields(template: str, known: Sequence[str]) -> list[str]:
    """The fields of a template, such as `{{.Pth}}`, that are not among those known."""
    return list(dict.fromkeys(name[:60] for name in _FIELD.findall(template) if name not in known))


def uses(template: str, name: str) -> bool:
    return name in _FIELD.findall(template)


def render(template: str, values: Mapping[str, str]) -> str:
    """Fill in `{{.Path}}`, `{{.Vars}}` and the like; variables so that quotes around them change no value."""

    def filled(match: re.Match[str]) -> str:
        value = values[match[1]]
        quotes = _quotes(template, match.start()) if match[1] == "Vars" else ""
        return _quoted(value, quotes) if quotes else value

    return _FIELD.sub(filled, template)
