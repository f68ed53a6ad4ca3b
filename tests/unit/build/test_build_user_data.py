"""Parts of ours behind the user's own user data, which stays what it was."""

from __future__ import annotations

import email
import gzip
from email.message import Message
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ucloud_provider.build.user_data import NotCombinable, Part, combine, host_keys_of_its_own

OURS = (Part("ours.sh", "cloud-boothook", "#cloud-boothook\n#!/bin/sh\n"), Part("ours.cfg", "cloud-config", "{}\n"))


def parts(data: bytes) -> list[Message]:
    return [part for part in email.message_from_bytes(data).walk() if not part.is_multipart()]


def multipart(*texts: tuple[str, str]) -> bytes:
    message = MIMEMultipart()
    for text, subtype in texts:
        message.attach(MIMEText(text, subtype))
    return message.as_bytes()


@given(st.text())
def test_any_text_of_the_users_stays_the_first_part_to_the_letter(text: str) -> None:
    theirs = text.encode("utf-8", "replace")
    try:
        combined = combine(theirs, OURS)
    except NotCombinable:
        assert b"mime-version:" in theirs.lower()
        return
    *before, switch, config = parts(combined)
    assert (switch.get_filename(), config.get_filename()) == ("ours.sh", "ours.cfg")
    assert len(before) == (1 if theirs else 0)
    for part in before:
        assert part.get_payload(decode=True) == theirs
        assert (part.get_content_type(), part.get_filename()) == ("text/x-not-multipart", None)


def test_a_message_of_the_users_keeps_its_parts_and_ours_come_behind() -> None:
    theirs = multipart(("#!/bin/sh\necho ü\n", "x-shellscript"), ("#cloud-config\n{}\n", "cloud-config"))
    found = [(each.get_content_type(), each.get_payload(decode=True)) for each in parts(combine(theirs, OURS))]
    assert found[:2] == [(each.get_content_type(), each.get_payload(decode=True)) for each in parts(theirs)]
    assert [kind for kind, _payload in found[2:]] == ["text/cloud-boothook", "text/cloud-config"]


def test_our_config_never_changes_a_key_that_is_there() -> None:
    assert parts(combine(b"#cloud-config\n{}\n", OURS))[-1]["Merge-Type"] == "dict(no_replace)+list()+str()"


def test_cloud_init_sees_a_message_within_the_bytes_it_looks_at() -> None:
    assert b"mime-version:" in combine(b"#!/bin/sh\n", OURS)[:4096].lower()


@pytest.mark.parametrize(
    ("theirs", "why"),
    [(gzip.compress(b"#!/bin/sh\n", mtime=0), "is compressed"), (b"\xff\xfe#\x00!\x00", "is not text in UTF-8")],
)
def test_what_is_no_text_has_nothing_added(theirs: bytes, why: str) -> None:
    with pytest.raises(NotCombinable, match=why):
        combine(theirs, OURS)


@pytest.mark.parametrize(
    ("theirs", "why"),
    [
        (b"#cloud-config\nssh_keys: {rsa_private: x}\n", "has ssh_keys of its own"),
        (b"#cloud-config\ncloud_init_modules: [ssh]\n", "has cloud_init_modules of its own"),
        (b"## template: jinja\n#cloud-config\nssh_keys: {}\n", "has ssh_keys of its own"),
        (b"#include\nhttp://198.18.0.1/more\n", "brings in what only the host will see"),
        (b"#include-once\nhttp://198.18.0.1/more\n", "brings in what only the host will see"),
        (b"#part-handler\nimport os\n", "brings in what only the host will see"),
        (b"#cloud-config-archive\n- '#include http://198.18.0.1/more'\n", "brings in what only the host will see"),
        (b"#cloud-config-archive\n- {type: text/cloud-config, content: 'ssh_keys: {}'}\n", "has ssh_keys of its own"),
        (multipart(("#!/bin/sh\n", "x-shellscript"), ("ssh_keys: {}", "cloud-config")), "has ssh_keys of its own"),
        (multipart(("#include http://198.18.0.1/", "plain")), "brings in what only the host will see"),
        (multipart(("http://198.18.0.1/", "x-include-url")), "brings in what only the host will see"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_user_data_that_may_bring_host_keys_is_told(theirs: bytes, why: str) -> None:
    assert host_keys_of_its_own(theirs) == why


@pytest.mark.parametrize(
    "theirs",
    [
        b"#!/bin/sh\nssh_keys=/root/keys\n",
        b"#cloud-config\nssh_authorized_keys: [x]\nruncmd: [x]\n",
        b"#cloud-boothook\n#!/bin/sh\n# ssh_keys\n",
        b"#cloud-config-archive\n- {type: text/cloud-config, content: 'runcmd: [x]'}\n",
        b"what cloud-init does not know",
        multipart(("#!/bin/sh\ncat <<E\n#include <stdio.h>\nE\n", "x-shellscript")),
    ],
    ids=lambda value: str(value)[:40],
)
def test_other_user_data_says_nothing_of_host_keys(theirs: bytes) -> None:
    assert host_keys_of_its_own(theirs) == ""
