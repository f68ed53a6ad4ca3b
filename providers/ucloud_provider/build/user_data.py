"""User data: parts of ours put behind the user's own, as cloud-init reads a MIME multi-part message.

cloud-init takes one blob of user data and tells from its beginning what it is: a script, a cloud-config, a list of
includes, a MIME message of several of these… Ours is added in a way that leaves the user's exactly as it would be
alone: it stays the first part, so that it keeps its name (`part-001`); and of several cloud-configs, ours never changes
a key that is there already.
"""

from __future__ import annotations

import email
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email.message import Message
from email.mime.multipart import MIMEMultipart
from email.mime.nonmultipart import MIMENonMultipart

GZIP = b"\x1f\x8b"

LOOKED_AT = 4096
"""Bytes in whose range cloud-init looks for `MIME-Version:`, to tell a message from anything else."""

KEEP_WHAT_IS_THERE = "dict(no_replace)+list()+str()"
"""How a cloud-config part of ours is merged into what came before; cloud-init's default would replace equal keys."""

BEGINNINGS = {
    "#include": "include",
    "#!": "script",
    "#cloud-config-archive": "archive",
    "#cloud-config": "config",
    "#part-handler": "handler",
    "#cloud-boothook": "script",
    "## template: jinja": "config",
}
"""What a part is by how it begins; the longest beginning that fits."""

TYPES = {
    "text/x-include-url": "include",
    "text/x-include-once-url": "include",
    "text/x-shellscript": "script",
    "text/x-shellscript-per-boot": "script",
    "text/x-shellscript-per-instance": "script",
    "text/x-shellscript-per-once": "script",
    "text/cloud-boothook": "script",
    "text/cloud-config": "config",
    "text/cloud-config-jsonp": "config",
    "text/cloud-config-archive": "archive",
    "text/jinja2": "config",
    "text/part-handler": "handler",
}

_OWN_KEYS = re.compile(r"\b(ssh_keys|cloud_init_modules)\b")
_INCLUDES = re.compile(r"#include|include-url|include-once-url|part-handler|!!binary", re.IGNORECASE)


class NotCombinable(Exception):
    """The user's data can have nothing added; why, in words that go behind "it"."""


@dataclass(frozen=True)
class Part:
    """A part of ours: its file name on the host, its MIME subtype of text, its content (ASCII)."""

    name: str
    subtype: str
    content: str


def combine(theirs: bytes | None, ours: Sequence[Part]) -> bytes:
    """One user data of the user's own, if any, and our parts behind it.

    Raises `NotCombinable` for what is compressed, is not text, or would not be read as before.
    """
    whole = MIMEMultipart()
    if theirs:
        whole.attach(_their_part(theirs))
    for part in ours:
        whole.attach(_our_part(part))
    made = whole.as_string(maxheaderlen=0).encode()
    if theirs and list(_read(_message(made)))[: -len(ours)] != list(_read(_message(theirs))):
        raise NotCombinable("is a MIME message that is read differently within another")
    return made


def host_keys_of_its_own(theirs: bytes) -> str:
    """Why this user data may decide about the host's SSH keys itself, in words that go behind "it"; else empty."""
    for content_type, _name, payload in _read(_message(theirs)):
        text = payload.decode(errors="replace")
        kind = _kind(content_type, text)
        if kind in ("config", "archive") and (word := _OWN_KEYS.search(text)):
            return f"has {word[1]} of its own"
        if kind in ("include", "handler") or (kind == "archive" and _INCLUDES.search(text)):
            return "brings in what only the host will see"
        if kind == "compressed":
            return "has a compressed part"
    return ""


def _their_part(theirs: bytes) -> Message:
    message = _message(theirs)
    if _is_message(theirs):
        return message
    text = theirs.decode()
    # The type that cloud-init itself gives a blob without headers: it goes by how the text begins.
    part = MIMENonMultipart("text", "x-not-multipart", charset="utf-8")
    del part["MIME-Version"]
    if text.isascii() and "\r" not in text:
        part.set_payload(text)
        part["Content-Transfer-Encoding"] = "7bit"
    else:
        part.set_payload(text, "utf-8")  # in base64
    return part


def _our_part(part: Part) -> Message:
    made = MIMENonMultipart("text", part.subtype)
    del made["MIME-Version"]
    made.set_payload(part.content)
    if part.subtype == "cloud-config":
        made["Merge-Type"] = KEEP_WHAT_IS_THERE
    made.add_header("Content-Disposition", "attachment", filename=part.name)
    return made


def _is_message(data: bytes) -> bool:
    return b"mime-version:" in data[:LOOKED_AT].lower()


def _message(data: bytes) -> Message:
    """User data as cloud-init takes it apart."""
    if data.startswith(GZIP):
        raise NotCombinable("is compressed")
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise NotCombinable("is not text in UTF-8") from None
    if _is_message(data):
        return email.message_from_string(text)
    message = MIMENonMultipart("text", "x-not-multipart")
    message.set_payload(text.encode("utf-8", "surrogateescape").decode("ascii", "surrogateescape"))
    return message


def _read(message: Message) -> Iterator[tuple[str, str | None, bytes]]:
    """What cloud-init finds in a message: of each part its type, its file name, and its content."""
    for part in message.walk():
        if not part.is_multipart() and part.get_content_maintype() != "multipart":
            payload = part.get_payload(decode=True)
            yield part.get_content_type(), part.get_filename(), payload if isinstance(payload, bytes) else b""


def _kind(content_type: str, text: str) -> str:
    if "zip" in content_type or "compress" in content_type:
        return "compressed"
    if content_type in ("text/plain", "text/x-not-multipart", "text/x-shellscript"):
        start = text.lstrip().lower()
        fitting = [each for each in BEGINNINGS if start.startswith(each)]
        if fitting:
            return BEGINNINGS[max(fitting, key=len)]
    return TYPES.get(content_type, "")
