"""The base images: built once into a cache that every emulator on this machine shares."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

CACHE = Path("/var/cache/ucloud-emulator")
LAYERS = ("base", "cloudinit", "yum")


def ensure_bases(cache: Path = CACHE, progress: Callable[[str], None] = lambda _: None) -> None:
    """Build the base layers that are missing; takes a minute or two the first time, nothing after."""
    raise NotImplementedError
