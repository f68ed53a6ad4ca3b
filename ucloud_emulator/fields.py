"""The rules for names, tags, remarks and passwords that several resources share."""

from __future__ import annotations

import re

from ucloud_emulator.parameters import Parameters
from ucloud_emulator.refusals import bad_parameter

_LETTERS = r"0-9A-Za-z\u3400-\u9fff_.\-"
_NAME = re.compile(f"[{_LETTERS}]{{1,63}}")
_IMAGE_NAME = re.compile(rf"[{_LETTERS},:\[\]]{{1,63}}")
ADMINISTRATOR = "administrator"
SYMBOLS = "()`~!@#$%^&*-+=_|{}[]:;'<>,.?/"


def name(parameters: Parameters, parameter: str, default: str = "") -> str:
    """A resource's name: 1 to 63 letters, Chinese characters, digits and -_. (uhost-api/specification.md)."""
    return _name(parameters, parameter, default, _NAME, "-_.")


def image_name(parameters: Parameters, parameter: str, default: str = "") -> str:
    """As other names, and with the signs that Packer's own check lets image names have."""
    return _name(parameters, parameter, default, _IMAGE_NAME, "-_.,:[]")


def _name(parameters: Parameters, parameter: str, default: str, pattern: re.Pattern[str], signs: str) -> str:
    value = parameters.text(parameter, default)
    if not value:
        parameters.required(parameter)
    if not pattern.fullmatch(value):
        raise bad_parameter(parameter, f"1-63 letters, digits, Chinese characters and {signs}")
    return value


def tag(parameters: Parameters, parameter: str = "Tag") -> str:
    return name(parameters, parameter, "Default")


def remark(parameters: Parameters, parameter: str = "Remark") -> str:
    value = parameters.text(parameter)
    if len(value) > 255:
        raise bad_parameter(parameter, "longer than 255 characters")
    return value


def password_problem(password: str, os_type: str = "Linux") -> str:
    """What is wrong with a host's password; "" where nothing is. Never quotes it."""
    if not 8 <= len(password) <= 30:
        return "a password has 8 to 30 characters"
    kinds = (
        any(c.islower() for c in password),
        any(c.isupper() for c in password),
        any(c.isdigit() for c in password),
        any(c in SYMBOLS for c in password),
    )
    if any(not (c.isascii() and c.isalnum()) and c not in SYMBOLS for c in password):
        return f"a password has only letters, digits and {SYMBOLS}"
    least = 3 if os_type == "Windows" else 2
    if sum(kinds) < least:
        return f"a password has at least {least} of: lower case, upper case, digits, symbols"
    parts = (ADMINISTRATOR[start : start + 3] for start in range(len(ADMINISTRATOR) - 2))
    if os_type == "Windows" and any(part in password.lower() for part in parts):
        return f"a password has no three letters in a row of {ADMINISTRATOR}"
    return ""
