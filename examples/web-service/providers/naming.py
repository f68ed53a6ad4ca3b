"""What this project calls its things on UCloud."""

from __future__ import annotations


def named(service: str, stack: str) -> str:
    """The name of a service's image or host in a stack."""
    return f"{service}-{stack}"
