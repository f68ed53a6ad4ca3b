"""Secrets never get through, in whatever form and however broken; everything else does."""

from __future__ import annotations

import base64
import string
import textwrap
import threading

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from ucloud_provider.masking import LEAST, MASK, Masker

words = st.text(
    st.characters(min_codepoint=33, max_codepoint=0x2FF, exclude_categories=["Cs"]), min_size=6, max_size=40
)
anything = st.text(max_size=60)
# What surely stands for a shorter one within the base64 of something longer is too short to be told from a word.
long_enough = words.filter(lambda secret: len(secret.encode()) >= 9)

SECRET_LETTERS = "abcdefghijklmABCDEFGHIJKLM01234+/='\"\\$ "
OTHER_LETTERS = "nopqrstuvwxyzNOPQRSTUVWXYZ56789.:()- "
"""None of which can be part of a secret of the other letters, nor of its base64: what is masked is surely too much."""
secrets = st.text(SECRET_LETTERS, min_size=8, max_size=60).filter(lambda text: len("".join(text.split())) >= LEAST)
surroundings = st.text(OTHER_LETTERS, max_size=30)

TOKEN = "gT7xQ2mLw9Zp4RkYc8Vd3NbHs6Jf1AeUi5To0Kq"  # of nothing
PASSPHRASE = "correct horse battery staple"


def leaked(secret: str, shown: str) -> list[str]:
    """The stretches of eight or more of a secret's characters that are left, whatever stands between them."""
    left = "".join(shown.replace(MASK, "\0").split())
    whole = "".join(secret.split())
    return [whole[at : at + LEAST] for at in range(len(whole) - LEAST + 1) if whole[at : at + LEAST] in left]


@given(words, anything, anything)
def test_a_secret_is_not_in_a_masked_text(secret: str, before: str, after: str) -> None:
    assert secret not in Masker([secret])(before + secret + after).replace(MASK, "\0")


@given(secrets, surroundings, surroundings)
def test_what_stands_around_a_secret_is_shown(secret: str, before: str, after: str) -> None:
    assume(secret == secret.strip())
    assert Masker([secret])(f"{before}{secret}{after}") == f"{before}{MASK}{after}"


@given(long_enough, st.binary(max_size=20), st.binary(max_size=20))
def test_its_base64_is_masked_wherever_it_stands_in_something_longer(secret: str, before: bytes, after: bytes) -> None:
    text = base64.b64encode(before + secret.encode() + after).decode()
    shown = Masker([secret])(text)
    left = shown.replace(MASK, "")
    assert len(text) - len(left) >= len(secret.encode()) // 3 * 4 - 4


@given(st.lists(words, min_size=1, max_size=5), anything)
def test_many_secrets_go_at_once(several: list[str], glue: str) -> None:
    masked = Masker(several)(glue.join(several))
    assert not [secret for secret in several if secret in masked.replace(MASK, "\0")]


@given(secrets, surroundings, surroundings, st.data())
def test_however_lines_break_a_secret_no_eight_characters_of_it_are_shown(
    secret: str, before: str, after: str, data: st.DataObject
) -> None:
    text = before + secret + after
    cuts = sorted(data.draw(st.sets(st.integers(0, len(text)), max_size=len(text))))
    lines = [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    indent = data.draw(st.sampled_from(["", "  ", "\t"]))
    stream = Masker([secret]).stream()
    shown = [stream(indent + line) for line in lines]
    assert leaked(secret, "\n".join(shown)) == []
    # and the same where it comes as one text, as in an error that shows the last lines
    assert leaked(secret, Masker([secret])("\n".join(indent + line for line in lines))) == []


@given(st.lists(surroundings, max_size=8), secrets)
def test_lines_without_a_secret_come_through_a_stream_as_they_are(lines: list[str], secret: str) -> None:
    stream = Masker([secret, TOKEN, PASSPHRASE]).stream()
    assert [stream(line) for line in lines] == lines


@pytest.mark.parametrize("width", [20, 60, 64, 76])
@pytest.mark.parametrize("before", ["", "x", "KEY="])
def test_base64_is_masked_however_it_is_wrapped(width: int, before: str) -> None:
    secret = f"{PASSPHRASE} {TOKEN}"
    encoded = base64.b64encode(f"{before}{secret}\n".encode()).decode()
    stream = Masker([secret]).stream()
    shown = "".join(stream(encoded[at : at + width]) for at in range(0, len(encoded), width))
    left = max(len(each) for each in shown.split(MASK))
    assert left < LEAST, shown


@pytest.mark.parametrize("prefix", ["", "    ", "[12:30:05] ", "#12 0.345 ", "00000010: "])
def test_a_wrapped_token_is_masked_behind_whatever_prefix_its_lines_have(prefix: str) -> None:
    stream = Masker([TOKEN]).stream()
    shown = [stream(prefix + line) for line in textwrap.wrap(TOKEN, 13)]
    assert leaked(TOKEN, "\n".join(shown)) == []
    assert all(line.startswith(prefix) for line in shown)


@pytest.mark.parametrize("width", range(1, 29))
def test_words_wrapped_at_any_width_show_less_than_eight_characters(width: int) -> None:
    stream = Masker([PASSPHRASE]).stream()
    shown = [stream(PASSPHRASE[at : at + width]) for at in range(0, len(PASSPHRASE), width)]
    assert leaked(PASSPHRASE, "\n".join(shown)) == []


def test_a_hex_dump_is_masked() -> None:
    data = TOKEN.encode()
    dump = [
        f"{at:08x}: {data[at : at + 16].hex(' ', 2):<39}  {data[at : at + 16].decode()}"
        for at in range(0, len(data), 16)
    ]
    stream = Masker([TOKEN]).stream()
    shown = "\n".join(map(stream, dump))
    assert leaked(TOKEN, shown) == []
    assert leaked(data.hex(), shown) == []


def test_a_key_of_many_lines_is_masked_line_by_line() -> None:
    key = "-----BEGIN KEY-----\nAAAAbbbbCCCCdddd\nEEEEffffGGGG\n-----END KEY-----"
    masker = Masker([key])
    assert masker("debug: EEEEffffGGGG") == "debug: ***"
    assert "AAAA" not in masker(key)
    stream = masker.stream()
    assert "".join(map(stream, key.splitlines())).replace(MASK, "") == ""


def test_the_rest_of_a_line_that_was_cut_off_is_not_shown() -> None:
    assert Masker([TOKEN])(f"the token is {TOKEN[:12]}") == "the token is ***"
    assert Masker([TOKEN])(f"the token is {TOKEN[:7]}") == f"the token is {TOKEN[:7]}"
    assert Masker([PASSPHRASE])(f"the words '{PASSPHRASE[:20]}…' were wrong") == "the words '***…' were wrong"


def test_colours_in_the_middle_of_a_secret_do_not_show_it() -> None:
    assert Masker([TOKEN])(f"a \x1b[1m{TOKEN[:9]}\x1b[0m{TOKEN[9:]} b") == "a \x1b[1m*** b"
    assert Masker([PASSPHRASE])(f"\x1b[{PASSPHRASE} b") == "\x1b[*** b"


def test_words_of_a_secret_are_left_alone_elsewhere() -> None:
    lines = [
        "Cloning into https://github.com/acme/other.git",
        "/usr/local/bin/app is here",
        "the correct horse won",
        "installing x86_64-linux-gnu 2.36-9+deb12u10 (2024-01-02T03:04:05Z)",
        "-----BEGIN CERTIFICATE-----",
    ]
    masker = Masker(
        [
            "https://github.com/acme/app.git",
            "/opt/bin:/usr/local/bin:/usr/bin",
            PASSPHRASE,
            "x86_64-linux-musl 2.36-9+deb12u9 (2024-01-02T00:00:00Z)",
            "-----BEGIN KEY-----\nAAAAbbbbCCCCdddd\n-----END KEY-----",
        ]
    )
    stream = masker.stream()
    assert [stream(line) for line in lines] == lines


def test_two_streams_of_one_masker_know_nothing_of_each_other() -> None:
    masker = Masker([TOKEN])
    lines = textwrap.wrap(f"{TOKEN} " * 200, 11)
    shown: list[list[str]] = [[], []]

    def print_out(into: list[str]) -> None:
        stream = masker.stream()
        into += map(stream, lines)

    threads = [threading.Thread(target=print_out, args=(each,)) for each in shown]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert shown[0] == shown[1]
    assert leaked(TOKEN, "\n".join(shown[0])) == []
    one, other = masker.stream(), masker.stream()
    assert (one(TOKEN[:5]), other("nothing"), one(TOKEN[5:])) == (TOKEN[:5], "nothing", MASK)


@given(anything)
def test_without_secrets_a_text_stays_as_it_is(text: str) -> None:
    assert Masker()(text) == text
    assert Masker([None, ""])(text) == text


def test_one_secret_may_be_the_beginning_of_another() -> None:
    assert Masker(["secret", "secret-and-more"])("secret-and-more secret") == "*** ***"


@pytest.mark.parametrize("text", ["nothing here", "", "***"])
def test_other_texts_get_through(text: str) -> None:
    assert Masker(["s3cret-token"])(text) == text


def test_secrets_can_be_added_later() -> None:
    masker = Masker()
    stream = masker.stream()
    assert (masker("late-secret"), stream("late-secret")) == ("late-secret", "late-secret")
    masker.add("late-secret")
    assert (masker("late-secret"), stream("late-secret")) == ("***", "***")


@given(st.text(string.printable, min_size=1, max_size=20_000), anything)
@settings(max_examples=20)
def test_a_secret_of_any_length_can_be_hidden(secret: str, text: str) -> None:
    assume(secret.strip())
    assert secret.strip() not in Masker([secret])(f"{secret.strip()} {text}").replace(MASK, "\0")
