"""Signature, forms, the request log: what stands before and behind every action."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ucloud.core.auth import Credential

from ucloud_emulator.body import MalformedRequest, parse_form
from ucloud_emulator.requestlog import RequestLog, without_secrets
from ucloud_emulator.signature import sign, verified


@given(st.dictionaries(st.text(), st.text()), st.text())
def test_the_signature_is_the_sdk_s(parameters: dict[str, str], private_key: str) -> None:
    parameters.pop("Signature", None)
    signature = Credential("public", private_key).verify_ac(parameters)
    assert sign({**parameters, "PublicKey": "public"}, private_key) == signature


def test_a_signature_of_another_key_or_none_is_not_verified() -> None:
    parameters = {"Action": "GetRegion"}
    assert verified({**parameters, "Signature": sign(parameters, "key")}, "key")
    assert not verified({**parameters, "Signature": sign(parameters, "other")}, "key")
    assert not verified(parameters, "key")
    assert not verified({**parameters, "Signature": "é"}, "key")


@given(st.binary(max_size=300))
def test_any_body_is_a_form_or_a_malformed_request(body: bytes) -> None:
    with contextlib.suppress(MalformedRequest):
        values = parse_form(body)
        assert all(isinstance(name, str) and isinstance(value, str) for name, value in values.items())


def test_a_parameter_given_twice_is_refused() -> None:
    with pytest.raises(MalformedRequest):
        parse_form(b"A=1&A=2")


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
