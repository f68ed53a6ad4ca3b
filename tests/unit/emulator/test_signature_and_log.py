"""Signature, forms, the request log: what stands before and behind every action."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from ucloud.core.auth import Credential

from tests.support.documents import documented
from ucloud_emulator.body import MalformedRequest, form, parse_form, parse_json
from ucloud_emulator.requestlog import RequestLog, without_secrets
from ucloud_emulator.signature import sign, verified


def _dumped(value: Any) -> bytes:
    return json.dumps({"Value": value}).encode()


@given(st.dictionaries(st.text(), st.text()), st.text())
def test_the_signature_is_the_sdk_s(parameters: dict[str, str], private_key: str) -> None:
    parameters.pop("Signature", None)
    signature = Credential("public", private_key).verify_ac(parameters)
    assert sign({**parameters, "PublicKey": "public"}, private_key) == signature


def test_a_signature_of_another_key_or_none_is_not_verified() -> None:
    parameters = {"Action": "GetRegion"}

    def is_verified(**more: str) -> bool:
        return verified(form(urlencode({**parameters, **more}).encode()), "key")

    assert is_verified(Signature=sign(parameters, "key"))
    assert not is_verified(Signature=sign(parameters, "other"))
    assert not is_verified()
    assert not is_verified(Signature="é")


@given(st.binary(max_size=300))
def test_any_body_is_a_form_or_a_malformed_request(body: bytes) -> None:
    with contextlib.suppress(MalformedRequest):
        values = parse_form(body)
        assert all(isinstance(name, str) and isinstance(value, str) for name, value in values.items())


def test_a_parameter_given_twice_is_refused() -> None:
    with pytest.raises(MalformedRequest):
        parse_form(b"A=1&A=2")


@documented("api/summary/signature.md", "Parameters in the order of their names, then the private key, as SHA-1")
def test_the_page_s_example_has_the_page_s_signature() -> None:
    parameters = {
        "Action": "DescribeUHostInstance",
        "Region": "cn-bj2",
        "Limit": 10,
        "PublicKey": "ucloudsomeone@example.com1296235120854146120",
    }
    signature = "cba5cf5ec4d4233d206b1b54951e3787350a642f"
    assert sign(parameters, "46f09bb9fab4f12dfc160dae12273d5332b5debe") == signature


@pytest.mark.parametrize(
    ("value", "signed"),
    [("true", "true"), ("42.0", "42"), ("0.5", "0.5"), ("1E3", "1000"), ("1e-3", "0.001"), ("null", ""), ("7", "7")],
)
@documented("api/summary/signature.md", "Booleans are true and false, whole floats have no fraction, none an exponent")
def test_values_in_json_are_signed_as_the_page_writes_them(value: str, signed: str) -> None:
    asked = parse_json(f'{{"Name": {value}, "Signature": "x"}}'.encode())
    assert (asked.signed, asked.values["Name"]) == (f"Name{signed}", signed)


def test_lists_and_objects_in_json_are_named_as_in_a_form_and_signed_as_the_go_sdk_signs_them() -> None:
    given = {"UHostIds": ["b", "a"], "Disks": [{"Size": 20, "IsBoot": True}], "NetworkInterface": [{"EIP": {"B": 1}}]}
    asked = parse_json(json.dumps(given).encode())
    assert asked.values == {
        "UHostIds.0": "b",
        "UHostIds.1": "a",
        "Disks.0.Size": "20",
        "Disks.0.IsBoot": "true",
        "NetworkInterface.0.EIP.B": "1",
    }
    assert asked.signed == "DisksIsBoottrueSize20NetworkInterfaceEIPB1UHostIdsba"


@given(st.binary(max_size=300) | st.recursive(st.none() | st.floats() | st.text(), st.lists).map(_dumped))
@example(b"[" * 100_000)
@example(b'{"A": NaN}')
@example(b'{"A": 1e999999999}')
@example(b'{"A": 1, "A": 2}')
@example(b'{"A": "\\ud800"}')
def test_any_body_is_json_or_a_malformed_request(body: bytes) -> None:
    with contextlib.suppress(MalformedRequest):
        assert all(isinstance(each, str) for pair in parse_json(body).values.items() for each in pair)


def test_secrets_are_masked_wherever_they_are(tmp_path: Path) -> None:
    log = RequestLog(tmp_path / "requests.jsonl")
    secrets = {"Password": "p1", "UserData": "p2", "Signature": "p3", "PublicKey": "p4", "PublicKeyBody": "p5"}
    log.add({**secrets, "Nested.0.Password": "p6", "Action": "A", "Name": "shown"}, 0, 0.001)
    log.close()
    line = (tmp_path / "requests.jsonl").read_text()
    assert not any(f"p{number}" in line for number in range(1, 7))
    assert json.loads(line)["params"]["Name"] == "shown"


def test_long_values_are_cut() -> None:
    assert len(without_secrets({"Name": "x" * 100_000})["Name"]) <= 200
