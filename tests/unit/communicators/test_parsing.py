"""What is read of lines, keys and transfers: what is right in any form; a clean error for whatever else comes."""

from __future__ import annotations

import base64
import io
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from ucloud_provider.communicators import ssh_download
from ucloud_provider.communicators.lines import LONGEST, LineSplitter
from ucloud_provider.communicators.ssh_keys import HostKey, KeyPair, parse_private_key
from ucloud_provider.errors import CommunicatorError
from ucloud_provider.run import Cancel

PAIRS = {kind: KeyPair.generate("somebody@somewhere", kind=kind) for kind in ("ed25519", "ecdsa")}


def lines_of(pieces: list[bytes]) -> list[str]:
    splitter = LineSplitter()
    return [*(line for piece in pieces for line in splitter.feed(piece)), *splitter.end()]


streams = st.lists(
    st.sampled_from([b"\n", b"\r", b"\r\n", b"a", b"bc", "é".encode(), "网"[:1].encode(), b"\xff", b"\xe7\xbd", b"\0"]),
    max_size=12,
).map(b"".join) | st.binary(max_size=20)


@given(streams, st.data())
@example(b"a\r\n\r\r\nb\r", None)
@example(b"\r\xe7\xbd", None)
def test_a_stream_gives_the_same_lines_however_it_is_cut(stream: bytes, data: st.DataObject | None) -> None:
    whole = lines_of([stream])
    assert lines_of([stream[at : at + 1] for at in range(len(stream))]) == whole
    if data is not None:
        cuts = sorted(data.draw(st.sets(st.integers(0, len(stream)), max_size=5)))
        pieces = [stream[start:end] for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
        assert lines_of(pieces) == whole
    assert all("\n" not in line and "\r" not in line for line in whole)


@given(streams)
def test_lines_hold_all_that_was_printed(stream: bytes) -> None:
    shown = "".join(lines_of([stream]))
    assert shown == stream.decode(errors="replace").replace("\r", "").replace("\n", "")


@pytest.mark.parametrize("length", [LONGEST - 1, LONGEST, LONGEST + 1, 2 * LONGEST, 2 * LONGEST + 7])
@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n", b"\r", b"\r\nx"])
def test_a_line_too_long_is_cut_at_the_same_places_however_it_comes(length: int, end: bytes) -> None:
    stream = b"a" * length + end
    whole = lines_of([stream])
    assert max(map(len, whole)) == min(length, LONGEST)
    cuts = [0, LONGEST - 1, LONGEST, LONGEST + 1, length - 1, length, length + 1, len(stream)]
    pieces = [stream[start:to] for start, to in zip(sorted(cuts), sorted(cuts)[1:], strict=False)]
    assert lines_of(pieces) == whole
    assert "".join(whole) == "a" * length + end.decode().strip("\r\n")


@given(st.text(max_size=60) | st.text(alphabet="ssh-rsaed25519 AQ=/+\n", max_size=80))
@example("ssh-ed25519 密")
@example("ssh-ed25519 AAAA")
@example("ssh-rsa")
@example("ssh-rsa ====")
@example("ecdsa- QUFB ssh-ed25519 x")
def test_what_is_no_host_key_is_told_so(line: str) -> None:
    with pytest.raises(CommunicatorError, match="is no SSH host key; give it as in ssh_host"):
        HostKey.parse(line)


@pytest.mark.parametrize("kind", PAIRS)
@given(
    st.sampled_from(["", "host ", "[host]:2222 ", "|1|abc=|def= ", "@cert-authority * "]), st.text("a @\t", max_size=9)
)
def test_a_host_key_is_read_wherever_it_stands_in_a_line(kind: str, before: str, comment: str) -> None:
    word, blob, *_ = PAIRS[kind].public.split()
    key = HostKey.parse(f"{before}{word} {blob} {comment}\n")
    assert str(key) == f"{word} {blob}"
    assert HostKey.parse(str(key)) == key


@pytest.mark.parametrize("kind", PAIRS)
@given(st.data())
def test_a_damaged_host_key_is_none_or_another(kind: str, data: st.DataObject) -> None:
    word, blob, *_ = PAIRS[kind].public.split()
    raw = bytearray(base64.b64decode(blob))
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        key = HostKey.parse(f"{word} {base64.b64encode(raw).decode()}")
    except CommunicatorError:
        return
    assert key != HostKey.parse(PAIRS[kind].public)


def refusal(text: str, passphrase: str | None = None) -> str:
    """What is said of a private key; empty where it is taken."""
    try:
        parse_private_key(text, passphrase)
    except CommunicatorError as error:
        return str(error)
    return ""


begins = st.sampled_from(["", "-----BEGIN OPENSSH PRIVATE KEY-----\n", "-----BEGIN RSA PRIVATE KEY-----\n", "ssh-rsa "])
ends = st.sampled_from(["", "\n-----END OPENSSH PRIVATE KEY-----\n", "\n-----END RSA PRIVATE KEY-----\n"])


@given(begins, st.text(max_size=40) | st.binary(max_size=60).map(lambda raw: base64.b64encode(raw).decode()), ends)
@example("-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n", "AAAA", "")
def test_what_is_no_private_key_is_told_so_without_it(begin: str, middle: str, end: str) -> None:
    said = refusal(begin + middle + end)
    assert said
    assert said.startswith("the private key ")
    assert len(middle.strip()) < 12 or middle.strip() not in said


@pytest.mark.parametrize("kind", PAIRS)
@given(st.data())
def test_a_damaged_private_key_is_refused_or_still_one(kind: str, data: st.DataObject) -> None:
    text = PAIRS[kind].private
    at = data.draw(st.integers(0, len(text) - 1))
    cut = data.draw(st.integers(0, 3))
    damaged = text[:at] + data.draw(st.text("Aa0/+=- \n\x00密", max_size=3)) + text[at + cut :]
    said = refusal(damaged)
    assert said == "" or said.startswith("the private key ")
    assert not [line for line in text.splitlines()[1:-1] if line in said]


@pytest.mark.parametrize("kind", PAIRS)
@pytest.mark.parametrize("passphrase", [None, "needless", "密"])
def test_a_key_is_taken_with_other_line_ends_and_spaces_around(kind: str, passphrase: str | None) -> None:
    text = PAIRS[kind].private
    assert refusal(text, passphrase) == ""
    assert refusal("\r\n\t " + text.replace("\n", "\r\n  ") + "  \n", passphrase) == ""


class Said(io.RawIOBase):
    """Stands for what a command on the host prints."""

    said = b""
    what = "download x → y"

    def __init__(self, *_: Any) -> None:
        self._left = io.BytesIO(self.said)

    def read(self, size: int = -1, /) -> bytes:
        return self._left.read(size)

    def finish(self) -> None:
        """It ended well."""


@pytest.fixture
def host_says(monkeypatch: pytest.MonkeyPatch) -> Any:
    def says(data: bytes) -> None:
        monkeypatch.setattr(Said, "said", data)

    monkeypatch.setattr(ssh_download, "Stream", Said)
    return says


ANY: Any = None
HEADERS = [
    *(b"", b"\n", b"5", b"5\n", b"5 \n", b"5 9\n", b"-5 644\n", b"5 -1\n", b"5 644 x\n", b"1_0 644\n", b"5  644\n"),
    *(b"Welcome to this host\n5 644\nhello", b"\xff" * 200, b"0" * 100, "٣ 644\n".encode(), b"9" * 40 + b" 644\n"),
    b"5 644\nhell",
]


@pytest.mark.parametrize("said", HEADERS, ids=lambda said: repr(said[:24]))
def test_a_download_that_does_not_begin_with_its_size_is_a_clean_error(
    said: bytes, host_says: Any, tmp_path: Path
) -> None:
    host_says(said)
    with pytest.raises(CommunicatorError, match="download"):
        ssh_download.download(ANY, "/x", tmp_path / "x", Cancel())
    assert list(tmp_path.iterdir()) == []


def test_a_login_that_prints_something_is_told_of(host_says: Any, tmp_path: Path) -> None:
    host_says(b"Welcome to this host\n5 644\nhello")
    with pytest.raises(
        CommunicatorError, match=r"sent 'Welcome to this host\\n' where .* does its login print something"
    ):
        ssh_download.download(ANY, "/x", tmp_path / "x", Cancel())


def test_a_download_keeps_content_and_mode(host_says: Any, tmp_path: Path) -> None:
    host_says(b"5 4751\nhello")
    ssh_download.download(ANY, "/x", tmp_path / "x", Cancel())
    assert (tmp_path / "x").read_bytes() == b"hello"
    assert (tmp_path / "x").stat().st_mode & 0o7777 == 0o751, "set-id bits stay on the host"


def an_archive() -> bytes:
    import tarfile

    made = io.BytesIO()
    with tarfile.open(mode="w", fileobj=made, format=tarfile.PAX_FORMAT) as archive:
        for name, kind, link in (("a", b"0", ""), ("é" * 60, b"0", ""), ("sub", b"5", ""), ("sub/l", b"2", "../a")):
            member = tarfile.TarInfo(name)
            member.type, member.linkname = kind, link
            member.size = 5 if kind == b"0" else 0
            archive.addfile(member, io.BytesIO(b"hello"))
    return made.getvalue()


@pytest.mark.parametrize("seed", range(150))
def test_a_damaged_archive_is_a_clean_error_or_stays_within_the_folder(
    seed: int, host_says: Any, tmp_path: Path
) -> None:
    chance = random.Random(seed)
    raw = bytearray(an_archive())
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(raw)) if chance.random() < 0.5 else chance.randrange(512 * chance.randint(1, 8))
        raw[at] = chance.choice([0, 255, chance.randrange(256), ord("/"), ord("."), ord("7")])
    host_says(bytes(raw[: chance.choice([len(raw), chance.randrange(len(raw))])]))
    target = tmp_path / "target"
    try:
        ssh_download.download_dir(ANY, "/x", target, Cancel(), lambda _text: None)
    except CommunicatorError as error:
        assert str(error).startswith("download /x/ → ")  # noqa: PT017 -- either is right
    assert [each.name for each in tmp_path.iterdir()] == ["target"]
