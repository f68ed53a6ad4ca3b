"""SSH keys: reading a user's private key with errors that help, making one for a build, comparing host keys."""

from __future__ import annotations

import base64
import binascii
import hashlib
import io
from dataclasses import dataclass, field
from pathlib import Path

import paramiko
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from ucloud_provider.errors import CommunicatorError
from ucloud_provider.spec.rules import shown


@dataclass(frozen=True)
class KeyPair:
    """A key pair as OpenSSH writes it."""

    private: str = field(repr=False)
    public: str

    @classmethod
    def generate(cls, comment: str = "", *, kind: str = "ed25519", bits: int | None = None) -> KeyPair:
        """A new key pair: ed25519, rsa (3072 bits by default) or ecdsa (256)."""
        key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey
        if kind == "rsa":
            key = rsa.generate_private_key(public_exponent=65537, key_size=bits or 3072)
        elif kind == "ecdsa":
            curves: dict[int, ec.EllipticCurve] = {256: ec.SECP256R1(), 384: ec.SECP384R1(), 521: ec.SECP521R1()}
            key = ec.generate_private_key(curves[bits or 256])
        else:
            key = ed25519.Ed25519PrivateKey.generate()
        public = key.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
        return cls(private=_openssh(key), public=f"{public.decode()} {comment}".strip())


def read_private_key(path: Path, passphrase: str | None = None) -> str:
    """The private key in a file, OpenSSH or PEM, ed25519, ECDSA or RSA: a text that needs no passphrase."""
    where = f"private key {path}"
    try:
        text = path.expanduser().read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise CommunicatorError(f"{where} is not text; give the key in OpenSSH's or PEM format") from None
    except OSError as error:
        raise CommunicatorError(f"{where} cannot be read: {error.strerror}") from None
    key = _loaded(text, passphrase, where)
    return _openssh(key) if passphrase else text


def parse_private_key(text: str, passphrase: str | None = None, where: str = "the private key") -> paramiko.PKey:
    """The private key in a text. `where` names it in errors, which never hold the key."""
    key = _loaded(text, passphrase, where)
    if isinstance(key, rsa.RSAPrivateKey):
        return paramiko.RSAKey.from_private_key(io.StringIO(_openssh(key)))
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return paramiko.ECDSAKey.from_private_key(io.StringIO(_openssh(key)))
    return paramiko.Ed25519Key.from_private_key(io.StringIO(_openssh(key)))


def _loaded(
    text: str, passphrase: str | None, where: str
) -> rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey:
    text = "\n".join(line.strip() for line in text.strip().splitlines()) + "\n"
    wrong = _no_private_key(text)
    if wrong:
        raise CommunicatorError(f"{where} {wrong}")
    load = (
        serialization.load_ssh_private_key
        if "BEGIN OPENSSH PRIVATE KEY" in text
        else serialization.load_pem_private_key
    )
    encrypted = f"{where} is encrypted; give its passphrase, or a key without (ssh-keygen -p -f KEY)"
    try:
        key = load(text.encode(), passphrase.encode() if passphrase else None)
    except TypeError as error:
        if passphrase:  # the key has none
            return _loaded(text, None, where)
        raise CommunicatorError(encrypted) from error
    except (UnsupportedAlgorithm, NotImplementedError) as error:  # a compressed point, say
        raise CommunicatorError(f"{where} is of an unknown kind; use ed25519, ECDSA or RSA") from error
    except (ValueError, binascii.Error) as error:
        if passphrase:
            raise CommunicatorError(f"{where} cannot be read: damaged, or the passphrase is wrong") from error
        if "password" in str(error).lower() or "encrypted" in str(error).lower():
            raise CommunicatorError(encrypted) from error
        raise CommunicatorError(f"{where} is damaged; give the whole text of the file, every line of it") from error
    if isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey):
        return key
    raise CommunicatorError(f"{where} is of a kind that SSH servers no longer take; use ed25519, ECDSA or RSA")


def _no_private_key(text: str) -> str:
    first = text.split("\n", 1)[0]
    if not text.strip():
        return "is empty"
    if first.startswith(("ssh-", "ecdsa-", "sk-")) or "PUBLIC KEY" in first:
        return "is a public key; give the private half (the file without .pub)"
    if first.startswith("PuTTY-User-Key-File"):
        return "is in PuTTY's format; convert it with: puttygen KEY -O private-openssh -o NEW"
    if "PRIVATE KEY-----" not in text:
        return "is no private key: it has no line -----BEGIN … PRIVATE KEY-----"
    return ""


def _openssh(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
    ).decode()


@dataclass(frozen=True)
class HostKey:
    """A server's public key."""

    kind: str
    blob: bytes

    @classmethod
    def parse(cls, line: str) -> HostKey:
        """From a line as in ssh_host_ed25519_key.pub, or in known_hosts behind the host's name."""
        words = line.split()
        for at, word in enumerate(words[:-1]):
            if word.startswith(("ssh-", "ecdsa-")):
                try:
                    blob = base64.b64decode(words[at + 1], validate=True)
                except ValueError:
                    break
                named = len(word).to_bytes(4, "big") + word.encode()  # a key's first field is its kind
                if not blob.startswith(named) or len(blob) <= len(named):
                    break
                return cls(word, blob)
        raise CommunicatorError(f"{shown(line)} is no SSH host key; give it as in ssh_host_ed25519_key.pub")

    @property
    def fingerprint(self) -> str:
        """As ssh-keygen -l shows it."""
        return "SHA256:" + base64.b64encode(hashlib.sha256(self.blob).digest()).decode().rstrip("=")

    @property
    def algorithms(self) -> tuple[str, ...]:
        """The signature algorithms that go with this kind of key: what to ask a server for to be shown this key."""
        return ("rsa-sha2-512", "rsa-sha2-256") if self.kind == "ssh-rsa" else (self.kind,)

    def __str__(self) -> str:
        return f"{self.kind} {base64.b64encode(self.blob).decode()}"
