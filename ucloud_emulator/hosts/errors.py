"""What can go wrong with real hosts: one tree, each error saying what to do about it."""

from __future__ import annotations


class HostError(Exception):
    """A real host, its disk or its network could not be made, changed or removed."""


class NotPossibleHere(HostError):
    """This machine cannot run hosts: not root, a package is missing, another emulator is in the way."""


class NoSuchMachine(HostError):
    """No host of this id was created, or it was destroyed."""


class CommandFailed(HostError):
    """A command of the machine (ip, nft, mount, ...) failed."""
