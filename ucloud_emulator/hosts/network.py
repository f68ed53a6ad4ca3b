"""The address ranges of one emulator on this machine: several emulators share it, each with its own."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network
from pathlib import Path


@dataclass(frozen=True)
class Network:
    """The ranges that one emulator gives addresses from.

    The first address of each range is the machine's own (the source of its traffic to hosts), and
    the last /24 of the private range is the emulator's own: never give those to a host.
    """

    slot: int
    tag: str
    """Begins the name of every interface, namespace and table of this emulator: "ue3"."""
    eip_range: IPv4Network
    private_range: IPv4Network

    @classmethod
    def allocate(cls, state: Path) -> Network:
        """The ranges of this state directory: the ones it had before, or new ones that nobody uses.

        Raises NotPossibleHere when an emulator is running on this state already.
        """
        raise NotImplementedError

    def release(self) -> None:
        """Let others use the ranges; a later allocate() of the same state gets the same again if still free."""
