"""The emulated cloud: everything that the actions work on."""

from __future__ import annotations


class EmulatedCloud:
    """State, hosts, ledger and latency of one emulator."""
