"""Where a user's journals and build logs are kept."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from pathlib import Path

import platformdirs

from ucloud_provider.errors import UCloudImageError

VARIABLE = "UCLOUD_IMAGE_STATE"
NAME = "ucloud-image"


class FolderUnusable(UCloudImageError):
    """The folder of journals and logs cannot be made or written; nothing can be built without it."""

    def __init__(self, folder: Path, reason: OSError) -> None:
        super().__init__(
            f"{folder}, where builds keep their journals and logs, cannot be used: {reason.strerror or reason}; free "
            f"space or give access there, or set {VARIABLE} to another folder"
        )


def state_path(environ: Mapping[str, str] = os.environ) -> Path:
    """The per-user state folder: `$UCLOUD_IMAGE_STATE`, else `ucloud-image` in `$XDG_STATE_HOME`, else the system's.

    That is in ~/.local/state on Linux, ~/Library/Application Support on macOS, %LOCALAPPDATA% on Windows. It need not
    be there. Raises `RuntimeError` where the user has no home.
    """
    chosen, base = environ.get(VARIABLE), environ.get("XDG_STATE_HOME")
    if chosen:
        folder = Path(chosen)
    elif base:  # as it stands: platformdirs would leave out one that is relative
        folder = Path(base) / NAME
    else:
        folder = Path(platformdirs.user_state_dir(NAME, appauthor=False))
    return folder.expanduser().absolute()  # the sweeper runs in another folder


def state_dir(environ: Mapping[str, str] = os.environ) -> Path:
    """The same, made where missing, readable by the user alone. Raises `FolderUnusable`."""
    return _made(state_path(environ))


def build_path(build_id: str) -> Path:
    """The folder of one build, with its journal and its log. It need not be there."""
    return state_path() / "builds" / build_id


def build_dir(build_id: str) -> Path:
    """The same, made where missing. Raises `FolderUnusable`."""
    return _made(state_dir() / "builds" / build_id)


def flush(folder: Path) -> None:
    """Put the names of a folder's new files on the disk: a power cut would take the files with all their lines."""
    with contextlib.suppress(OSError):  # not every file system can
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise FolderUnusable(folder, error) from error
    return folder
