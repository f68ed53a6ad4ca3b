"""How long things take here: as fast as this machine can, or paced like a cloud."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Latency:
    """Seconds that a change takes at least; what it really takes on this machine counts in."""

    start: float = 0.0
    stop: float = 0.0
    image: float = 0.0
    copy: float = 0.0
    terminate: float = 0.0
    boot_disk: float = 0.0
    """From Running until the boot disk is Normal."""
    eip: float = 0.0
    """From a host's getting an EIP until its IPSet shows it."""
    release: float = 0.0
    """From a host's end until its firewall and its subnet are no longer in use; a minute and more on the real cloud."""


PROFILES = {
    "instant": Latency(),
    "scaled": Latency(start=3.0, stop=2.0, image=5.0, copy=5.0, terminate=1.0, eip=0.5, release=0.5),
}
