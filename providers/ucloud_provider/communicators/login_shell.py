"""Has /bin/sh run a command, whatever the login shell is: sshd gives every command to that one, and it may be fish."""

from __future__ import annotations

import re

_NOT_LITERAL = re.compile(r"['\\!\x00-\x1f\x7f]")
"""What some shell does not take as it is between single quotes: csh line ends and `!`, fish a backslash."""

_NOT_LITERAL_WITHIN = re.compile(r"""[^A-Za-z0-9 _.,:;/=@%+?*<>(){}\[\]|&^~#\x80-\U0010ffff-]""")
"""The same for what is in double quotes within them."""


def under_sh(command: str) -> str:
    """The command as one line that bash, dash, csh, tcsh, fish and their like hand to /bin/sh to the letter."""
    if not _NOT_LITERAL.search(command):
        return f"exec /bin/sh -c '{command}'"
    encoded = _NOT_LITERAL_WITHIN.sub(lambda match: f"\\0{ord(match[0]):03o}", command)
    return f'exec /bin/sh -c \'eval "$(printf %b "{encoded}")"\''
