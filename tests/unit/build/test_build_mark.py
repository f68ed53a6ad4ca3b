"""The key that marks a build: one that UCloud's documents allow, quickly made, and no way in to anything."""

from __future__ import annotations

import subprocess
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_ssh_public_key
from ucloud_provider.build.mark import nobodys_key

from tests.support.documents import documented

CHALLENGE_DIGITS = 617
"""Of the number in RSA Laboratories' factoring challenge, which is composite and of unknown factors."""


@documented("uhost/guide/keypair.md", "Imported key pairs are ssh-rsa only")
def test_it_is_an_rsa_key_as_openssh_reads_them(tmp_path: Path) -> None:
    text = nobodys_key("ucloud-image-0123456789ab-x1700000000")
    assert text.startswith("ssh-rsa ")
    key = load_ssh_public_key(text.encode())
    assert isinstance(key, rsa.RSAPublicKey)
    numbers = key.public_numbers()
    assert numbers.n.bit_length() == 2048
    assert len(str(numbers.n)) == CHALLENGE_DIGITS
    assert all(numbers.n % prime for prime in range(2, 100_000)), "a number that was mistyped would have a small factor"
    assert (numbers.e % 2, numbers.e.bit_length()) == (1, 23)
    file = tmp_path / "key.pub"
    file.write_text(text)
    shown = subprocess.run(["ssh-keygen", "-l", "-f", str(file)], capture_output=True, text=True, check=True).stdout
    assert shown.startswith("2048 SHA256:")
    assert shown.rstrip().endswith("ucloud-image-0123456789ab-x1700000000 (RSA)")


def test_no_two_marks_are_the_same_key() -> None:
    assert len({nobodys_key("x") for _ in range(100)}) == 100
