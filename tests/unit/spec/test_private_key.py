"""A key to log in with that cannot be used is told in preview, without it and without its passphrase."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from pulumi.output import Unknown
from ucloud_provider.communicators.ssh_keys import KeyPair, read_private_key
from ucloud_provider.spec.check import check_custom_image

IMAGE: dict[str, Any] = {
    "availability_zone": "cn-bj2-02",
    "instance_type": "n-basic-2",
    "source_image_id": "uimage-1",
    "image_name": "web",
    "ssh_private_key_file": "key",
}
PASSPHRASE = "planted-passphrase"
PLAIN = KeyPair.generate().private


def encrypted(kind: str, form: serialization.PrivateFormat) -> str:
    pair = KeyPair.generate(kind=kind)
    key = serialization.load_ssh_private_key(pair.private.encode(), None)
    how = serialization.BestAvailableEncryption(PASSPHRASE.encode())
    return key.private_bytes(serialization.Encoding.PEM, form, how).decode()


OPENSSH = encrypted("ed25519", serialization.PrivateFormat.OpenSSH)


def told(project: Path, text: str, **more: Any) -> list[tuple[str, str]]:
    (project / "key").write_text(text)
    failures = check_custom_image({**IMAGE, **more}, project).failures
    assert PASSPHRASE not in str(failures)
    assert not [line for line in text.splitlines()[1:-1] if len(line) > 20 and line in str(failures)]
    return [(each.property, each.reason) for each in failures]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (OPENSSH, "is encrypted; give ssh_private_key_passphrase, or a key without"),
        (encrypted("rsa", serialization.PrivateFormat.PKCS8), "is encrypted; give ssh_private_key_passphrase"),
        (encrypted("ecdsa", serialization.PrivateFormat.TraditionalOpenSSL), "is encrypted; give ssh_private_key"),
        (KeyPair.generate().public, "is a public key; give the private half"),
        ("PuTTY-User-Key-File-3: ssh-ed25519\n", "is in PuTTY's format"),
        (PLAIN[: len(PLAIN) // 2], "is damaged"),
        ("", "is empty"),
    ],
    ids=["openssh", "pkcs8", "pem", "public", "putty", "cut", "empty"],
)
def test_a_key_that_nobody_can_log_in_with_is_told(tmp_path: Path, text: str, said: str) -> None:
    ((name, reason),) = told(tmp_path, text)
    assert name == "ssh_private_key_file"
    assert said in reason


def test_a_wrong_passphrase_is_told(tmp_path: Path) -> None:
    ((name, reason),) = told(tmp_path, OPENSSH, ssh_private_key_passphrase=f"not {PASSPHRASE}")
    assert (name, "the passphrase is wrong" in reason) == ("ssh_private_key_file", True)


def test_a_passphrase_that_is_not_known_yet_is_not_judged(tmp_path: Path) -> None:
    assert told(tmp_path, OPENSSH, ssh_private_key_passphrase=Unknown()) == []  # type: ignore[no-untyped-call]


@pytest.mark.parametrize("kind", ["ed25519", "rsa", "ecdsa"])
def test_a_key_with_its_passphrase_is_taken_and_needs_none_from_then_on(tmp_path: Path, kind: str) -> None:
    text = encrypted(kind, serialization.PrivateFormat.OpenSSH)
    assert told(tmp_path, text, ssh_private_key_passphrase=PASSPHRASE) == []
    plain = read_private_key(tmp_path / "key", PASSPHRASE)
    assert serialization.load_ssh_private_key(plain.encode(), None)


def test_a_needless_passphrase_is_no_matter(tmp_path: Path) -> None:
    assert told(tmp_path, PLAIN, ssh_private_key_passphrase=PASSPHRASE) == []


def test_a_passphrase_without_a_key_is_told(tmp_path: Path) -> None:
    ((name, _reason),) = told(tmp_path, PLAIN, ssh_private_key_file=None, ssh_private_key_passphrase=PASSPHRASE)
    assert name == "ssh_private_key_passphrase"
