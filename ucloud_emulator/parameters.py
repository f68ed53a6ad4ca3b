"""The parameters of one call: UCloud's flat names ("Disks.0.Size", "UHostIds.0") read by type."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from typing import TypeVar

from ucloud_emulator.refusals import bad_parameter, missing_parameter

T = TypeVar("T")


class Parameters:
    """Typed reading of one call's parameters; what does not fit is refused as the real API does."""

    def __init__(self, values: Mapping[str, str], prefix: str = "") -> None:
        self._values = values
        self._prefix = prefix

    def _name(self, name: str) -> str:
        return f"{self._prefix}{name}"

    def has(self, name: str) -> bool:
        return bool(self._values.get(name, ""))

    def text(self, name: str, default: str = "") -> str:
        """The value, or the default where it is missing or empty (UCloud takes both for the same)."""
        return self._values.get(name, "") or default

    def with_text(self, name: str, value: str) -> Parameters:
        """The same parameters and this one."""
        return Parameters({**self._values, name: value}, self._prefix)

    def required(self, name: str) -> str:
        value = self.text(name)
        if not value:
            raise missing_parameter(self._name(name))
        return value

    def one_of(self, name: str, choices: Sequence[str], default: str) -> str:
        value = self.text(name, default)
        if value not in choices:
            raise bad_parameter(self._name(name), f"{value!r} is none of {', '.join(choices)}")
        return value

    def integer(self, name: str, default: int, *, least: int | None = None, most: int | None = None) -> int:
        text = self.text(name)
        if not text:
            return default
        if not re.fullmatch(r"-?[0-9]{1,18}", text):
            raise bad_parameter(self._name(name), f"{text!r} is not a whole number")
        value = int(text)
        if (least is not None and value < least) or (most is not None and value > most):
            raise bad_parameter(self._name(name), f"{value} is not in {least}..{'' if most is None else most}")
        return value

    def required_integer(self, name: str, *, least: int | None = None, most: int | None = None) -> int:
        self.required(name)
        return self.integer(name, 0, least=least, most=most)

    def boolean(self, name: str, default: bool = False) -> bool:
        text = self.text(name).lower()
        if not text:
            return default
        if text not in ("true", "false", "yes", "no", "1", "0"):
            raise bad_parameter(self._name(name), f"{text!r} is neither true nor false")
        return text in ("true", "yes", "1")

    def base64(self, name: str, *, most: int) -> bytes | None:
        """The decoded value; the encoded one is never put into the message (it may be a password)."""
        text = self.text(name)
        if not text:
            return None
        try:
            value = base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError) as error:
            raise bad_parameter(self._name(name), "not base64") from error
        if len(value) > most:
            raise bad_parameter(self._name(name), f"longer than {most} bytes")
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        """Name.0, Name.1, …: in order of their numbers."""
        return tuple(self._values[f"{name}.{n}"] for n in self._numbers(name) if self._values.get(f"{name}.{n}"))

    def groups(self, name: str) -> tuple[Parameters, ...]:
        """Name.0.Field, Name.1.Field, …: one Parameters for each number."""
        found = []
        for number in self._numbers(name):
            prefix = f"{name}.{number}."
            values = {key[len(prefix) :]: value for key, value in self._values.items() if key.startswith(prefix)}
            found.append(Parameters(values, self._name(prefix)))
        return tuple(found)

    def group(self, name: str) -> Parameters:
        """Name.Field: the fields below a name, none where there are none."""
        prefix = f"{name}."
        values = {key[len(prefix) :]: value for key, value in self._values.items() if key.startswith(prefix)}
        return Parameters(values, self._name(prefix))

    def _numbers(self, name: str) -> list[int]:
        pattern = re.compile(re.escape(name) + r"\.([0-9]{1,4})(?:\.|$)")
        return sorted({int(match[1]) for key in self._values if (match := pattern.match(key))})

    def page(self, found: Sequence[T], *, limit: int = 20, most: int = 10_000_000) -> Sequence[T]:
        """The part of the list that Offset and Limit ask for."""
        offset = self.integer("Offset", 0, least=0)
        return found[offset : offset + self.integer("Limit", limit, least=0, most=most)]
