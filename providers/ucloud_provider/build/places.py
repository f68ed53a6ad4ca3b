"""Where a user's journals and build logs are kept."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

VARIABLE = "UCLOUD_IMAGE_STATE"


def state_dir(environ: Mapping[str, str] = os.environ) -> Path:
    """The per-user state folder: `$UCLOUD_IMAGE_STATE`, else `ucloud-image` in `$XDG_STATE_HOME` or ~/.local/state.

    Made where missing, readable by the user alone.
    """
    chosen = environ.get(VARIABLE)
    base = environ.get("XDG_STATE_HOME") or "~/.local/state"
    folder = Path(chosen).expanduser() if chosen else Path(base).expanduser() / "ucloud-image"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def build_dir(build_id: str) -> Path:
    """The folder of one build: its journal and its log."""
    folder = state_dir() / "builds" / build_id
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder
