"""What is put on a host beside content: modes and owners, and the shell functions there that keep them.

What exists keeps its mode, its owner and its kind: `/tmp` stays as it is where a folder `tmp` is laid over it. Only
what is asked for by name overrides that.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass


@dataclass(frozen=True)
class Placing:
    """Modes and owners that are asked for; None: what exists keeps its own, what is new gets the local mode."""

    mode: int | None = None
    dir_mode: int | None = None
    owner: str | None = None
    group: str | None = None

    @property
    def owners(self) -> str:
        """As chown takes them: `user`, `user:group` or `:group`; empty where none is asked for."""
        return f"{self.owner or ''}{f':{self.group}' if self.group else ''}"

    def settings(self) -> str:
        """The variables that `FUNCTIONS` read, as a line of a script."""
        mode = "" if self.mode is None else f"{self.mode:o}"
        dir_mode = "" if self.dir_mode is None else f"{self.dir_mode:o}"
        return f"mode={mode}; dir_mode={dir_mode}; owners={shlex.quote(self.owners)}; h=; "


KEPT = Placing()
"""Nothing is asked for."""

# put: moves a file onto one that is there. What is written beside a file and renamed is never seen half-written; where
# its owner cannot be kept that way, or the folder lets nobody make a file, it is written to in place.
# own: of what a link leads to, unless h is -h. A change of owner takes set-id bits away, which are no part of an owner.
FUNCTIONS = (
    'put() { o=$(stat -c %u:%g -- "$2" 2>/dev/null) && m=$(stat -c %a -- "$2") || o=; '
    'if [ -n "$o" ] && { [ "$(stat -c %u:%g -- "$1")" = "$o" ] || chown "$o" "$1" 2>/dev/null; } && '
    'chmod "${mode:-$m}" "$1" && mv -f -- "$1" "$2" 2>/dev/null; then return 0; fi; '
    'cat -- "$1" >"$2" && rm -f -- "$1"; }; '
    'own() { [ -n "$owners" ] || return 0; m=; '
    'if [ ! -L "$1" ] && { [ -u "$1" ] || [ -g "$1" ]; }; then m=$(stat -c %a -- "$1"); fi; '
    'chown $h "$owners" "$1" && { [ -z "$m" ] || chmod "$m" "$1"; }; }; '
)

HOME = re.compile(r"~([A-Za-z0-9_][A-Za-z0-9._-]*)?(?=/|$)")
"""What a path on a host begins with that stands for somebody's home folder: `~` or `~user`."""
