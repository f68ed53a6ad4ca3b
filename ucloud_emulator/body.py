"""Reading a request's body: never more than the limit in memory; a form or JSON, and only if it is one."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect, Request

MOST_BYTES = 1 << 20
MOST_FIELDS = 2000
LONGEST_NUMBER = 30
"""Digits before or behind the point of a number in JSON."""


@dataclass(frozen=True)
class Asked:
    """A request's parameters by their flat names, and the text that its signature has to be over."""

    values: Mapping[str, str]
    signed: str


class MalformedRequest(Exception):
    """The body is neither form nor JSON: answered with an HTTP error before any action is looked at."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


async def read_body(request: Request) -> bytes:
    """The body, never more than the limit in memory."""
    declared = request.headers.get("content-length", "0")
    if not declared.isdecimal() or not declared.isascii() or len(declared) > 18:
        raise MalformedRequest(400, "bad Content-Length")
    if int(declared) > MOST_BYTES:
        raise MalformedRequest(413, f"body of more than {MOST_BYTES} bytes")
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > MOST_BYTES:
                raise MalformedRequest(413, f"body of more than {MOST_BYTES} bytes")
    except ClientDisconnect:
        raise MalformedRequest(400, "the body breaks off") from None
    return bytes(body)


def parse_form(body: bytes) -> Mapping[str, str]:
    if not body:
        return {}
    try:
        pairs = parse_qsl(
            body.decode(), keep_blank_values=True, strict_parsing=True, errors="strict", max_num_fields=MOST_FIELDS
        )
    except ValueError as error:
        raise MalformedRequest(400, "the body is not a form") from error
    values = dict(pairs)
    if len(values) != len(pairs):
        raise MalformedRequest(400, "a parameter is given twice")
    return values


def form(body: bytes) -> Asked:
    values = parse_form(body)
    return Asked(values, signed_text(values))


def parse_json(body: bytes) -> Asked:
    """An object whose lists and objects are named as a form names them: {"Disks": [{"Size": 20}]} is Disks.0.Size."""
    try:
        given = json.loads(body.decode(), parse_float=Decimal, parse_constant=_no_number, object_pairs_hook=_each_once)
        if not isinstance(given, dict):
            raise ValueError("no object")
        values = dict(_flat("", given))
        text = signed_text(given)
        text.encode()
    except (ValueError, RecursionError, ArithmeticError) as error:
        raise MalformedRequest(400, "the body is not a JSON object") from error
    if len(values) > MOST_FIELDS:
        raise MalformedRequest(400, f"more than {MOST_FIELDS} parameters")
    return Asked(values, text)


def signed_text(given: Mapping[str, Any]) -> str:
    """What UCloud signs: names and values in the order of the names, those of lists and objects inside as well."""
    return "".join(f"{name}{_signed(given[name])}" for name in sorted(given) if name != "Signature")


def _signed(value: Any) -> str:
    if isinstance(value, Mapping):
        return "".join(f"{name}{_signed(value[name])}" for name in sorted(value))
    if isinstance(value, list):
        return "".join(map(_signed, value))
    return _plain(value)


def _plain(value: Any) -> str:
    """A value as text: true and false, no exponent, no fraction where it is 0."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        if not -LONGEST_NUMBER < value.adjusted() < LONGEST_NUMBER:
            raise ValueError("a number too long")
        whole = value == value.to_integral_value()
        return format(value.to_integral_value() if whole else value.normalize(), "f")
    return str(value)


def _flat(prefix: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping | list):
        items = value.items() if isinstance(value, Mapping) else enumerate(value)
        for name, inner in items:
            yield from _flat(f"{prefix}.{name}" if prefix else str(name), inner)
    else:
        yield prefix, _plain(value)


def _no_number(constant: str) -> None:
    raise ValueError(f"{constant} is no number")


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) != len(pairs):
        raise ValueError("a name is given twice")
    return values
