"""The rules for names, tags, remarks and passwords that several resources share."""

from __future__ import annotations

import re

from ucloud_emulator.parameters import Parameters
from ucloud_emulator.refusals import bad_parameter

_NAME = re.compile(r"[\w\-.,:\[\]]{1,63}")
SYMBOLS = "()`~!@#$%^&*-+=_|{}[]:;'<>,.?/"


def name(parameters: Parameters, parameter: str, default: str = "") -> str:
    """A resource's name: 1 to 63 letters (Chinese too), digits and the signs the console allows."""
    value = parameters.text(parameter, default)
    if not value:
        parameters.required(parameter)
    if not _NAME.fullmatch(value):
        raise bad_parameter(parameter, "1-63 letters, digits, Chinese characters and -_.,:[]")
    return value


def tag(parameters: Parameters, parameter: str = "Tag") -> str:
    return name(parameters, parameter, "Default")


def remark(parameters: Parameters, parameter: str = "Remark") -> str:
    value = parameters.text(parameter)
    if len(value) > 255:
        raise bad_parameter(parameter, "longer than 255 characters")
    return value


def password_problem(password: str) -> str:
    """What is wrong with a Linux host's password; "" where nothing is. Never quotes it."""
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
    if sum(kinds) < 2:
        return "a password has at least two of: lower case, upper case, digits, symbols"
    return ""
