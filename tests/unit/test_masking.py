"""Secrets never get through, in whatever form; everything else does."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ucloud_provider.masking import MASK, Masker

words = st.text(
    st.characters(min_codepoint=33, max_codepoint=0x2FF, exclude_categories=["Cs"]), min_size=6, max_size=40
)
anything = st.text(max_size=60)
# What surely stands for a shorter one within the base64 of something longer is too short to be told from a word.
long_enough = words.filter(lambda secret: len(secret.encode()) >= 9)


@given(words, anything, anything)
def test_a_secret_is_not_in_a_masked_text(secret: str, before: str, after: str) -> None:
    assert secret not in Masker([secret])(before + secret + after).replace(MASK, "\0")


@given(long_enough, st.binary(max_size=20), st.binary(max_size=20))
def test_its_base64_is_masked_wherever_it_stands_in_something_longer(secret: str, before: bytes, after: bytes) -> None:
    text = base64.b64encode(before + secret.encode() + after).decode()
    shown = Masker([secret])(text)
    left = shown.replace(MASK, "")
    assert len(text) - len(left) >= len(secret.encode()) // 3 * 4 - 4


@given(st.lists(words, min_size=1, max_size=5), anything)
def test_many_secrets_go_at_once(secrets: list[str], glue: str) -> None:
    masked = Masker(secrets)(glue.join(secrets))
    assert not [secret for secret in secrets if secret in masked.replace(MASK, "\0")]


@given(anything)
def test_without_secrets_a_text_stays_as_it_is(text: str) -> None:
    assert Masker()(text) == text
    assert Masker([None, ""])(text) == text


def test_a_key_of_many_lines_is_masked_line_by_line() -> None:
    key = "-----BEGIN KEY-----\nAAAAbbbbCCCCdddd\nEEEEffffGGGG\n-----END KEY-----"
    masker = Masker([key])
    assert masker("debug: EEEEffffGGGG") == "debug: ***"
    assert "AAAA" not in masker(key)


def test_one_secret_may_be_the_beginning_of_another() -> None:
    assert Masker(["secret", "secret-and-more"])("secret-and-more secret") == "*** ***"


@pytest.mark.parametrize("text", ["nothing here", "", "***"])
def test_other_texts_get_through(text: str) -> None:
    assert Masker(["s3cret-token"])(text) == text


def test_secrets_can_be_added_later() -> None:
    masker = Masker()
    assert masker("late-secret") == "late-secret"
    masker.add("late-secret")
    assert masker("late-secret") == "***"
