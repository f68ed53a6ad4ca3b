"""The address ranges of one emulator on this machine: several emulators share it, each with its own."""

from __future__ import annotations

import fcntl
import json
import os
import re
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import TextIO

from ucloud_emulator.hosts.commands import require_root_and_tools, run
from ucloud_emulator.hosts.errors import NotPossibleHere

RUN = Path("/run/ucloud-emulator")
SLOTS = 32
ALL_EIPS = IPv4Network("198.18.0.0/15")
"""Set aside by RFC 2544 for tests on a network of one's own: nobody's real address."""
FIRST_PRIVATE = 64


@dataclass(frozen=True)
class Network:
    """The ranges that one emulator gives addresses from.

    The first address of each range is the machine's own (the source of its traffic to hosts), and
    the last /22 of the private range is the emulator's own: never give those to a host.
    A host whose private address is outside private_range, or taken by another host, is not reached by
    it from this machine, only from the hosts; by its EIPs it is.
    """

    slot: int
    _lock: TextIO | None = field(default=None, repr=False, compare=False)

    @property
    def tag(self) -> str:
        """Begins the name of every interface, namespace and table of this emulator: "ue3"."""
        return f"ue{self.slot}"

    @property
    def eip_range(self) -> IPv4Network:
        return IPv4Network((int(ALL_EIPS.network_address) + (self.slot << 12), 20))

    @property
    def private_range(self) -> IPv4Network:
        return IPv4Network(f"10.{FIRST_PRIVATE + self.slot}.0.0/16")

    @property
    def machine_eip(self) -> IPv4Address:
        return self.eip_range[1]

    @property
    def machine_private(self) -> IPv4Address:
        return self.private_range[1]

    @property
    def transit_range(self) -> IPv4Network:
        """Stand-ins for private addresses that two hosts have, or that are not the emulator's to route."""
        return IPv4Network((int(self.private_range.broadcast_address) - 1023, 22))

    @classmethod
    def allocate(cls, state: Path) -> Network:
        """The ranges of this state directory: the ones it had before, or new ones that nobody uses.

        Raises NotPossibleHere when an emulator is running on this state already.
        """
        require_root_and_tools()
        state.mkdir(parents=True, exist_ok=True)
        RUN.mkdir(parents=True, exist_ok=True)
        record = state / "network.json"
        with (RUN / "allocate.lock").open("w") as turn:
            fcntl.flock(turn, fcntl.LOCK_EX)
            slot = _recorded(record)
            if slot is not None:
                if lock := _lock(slot, state):
                    return cls(slot, lock)
                raise NotPossibleHere(_in_use(slot, state))
            # Ranges that another state directory remembers come last: its addresses are still written there.
            foreign = _foreign_networks()
            free = [s for s in range(SLOTS) if not _overlaps(cls(s), foreign)]
            for slot in sorted(free, key=lambda s: (_remembered(s, state), s)):
                if lock := _lock(slot, state):
                    record.write_text(json.dumps({"slot": slot}))
                    return cls(slot, lock)
        raise NotPossibleHere(f"all {SLOTS} address ranges for emulators are taken: stop one of them")

    def release(self) -> None:
        """Let others use the ranges; a later allocate() of the same state gets the same again if still free."""
        if self._lock is not None:
            self._lock.close()


def nameservers() -> tuple[str, ...]:
    """Resolvers that a host can reach: the machine's, or behind a resolver on loopback those it asks itself."""
    for file in (Path("/etc/resolv.conf"), Path("/run/systemd/resolve/resolv.conf")):
        if file.is_file():
            found = re.findall(r"^\s*nameserver\s+([0-9.]+)\s*$", file.read_text(), re.MULTILINE)
            usable = tuple(a for a in found if not IPv4Address(a).is_loopback)
            if usable:
                return usable[:3]
    return ("223.5.5.5", "1.1.1.1")


def _recorded(record: Path) -> int | None:
    try:
        slot = json.loads(record.read_text())["slot"]
    except (FileNotFoundError, ValueError, KeyError):
        return None
    return slot if isinstance(slot, int) and 0 <= slot < SLOTS else None


def _lock(slot: int, state: Path) -> TextIO | None:
    """Take the slot for this process's lifetime (the kernel drops the lock with the process), or None."""
    file = os.fdopen(os.open(RUN / f"slot-{slot}", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644), "r+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    file.truncate()
    file.write(json.dumps({"state": str(state.resolve()), "pid": os.getpid()}))
    file.flush()
    return file


def _holder(slot: int) -> dict[str, object]:
    try:
        found = json.loads((RUN / f"slot-{slot}").read_text())
    except (FileNotFoundError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _in_use(slot: int, state: Path) -> str:
    holder = _holder(slot)
    pid, other = holder.get("pid", "unknown"), holder.get("state", "unknown")
    if other == str(state.resolve()):
        return f"an emulator runs on {state} already (process {pid}): stop it, or use another --state"
    return f"the address range of {state} is in use by the emulator of {other} (process {pid}): stop that one first"


def _remembered(slot: int, state: Path) -> bool:
    """Whether some other state directory, still there, was given this slot."""
    other = _holder(slot).get("state")
    if not isinstance(other, str) or other == str(state.resolve()):
        return False
    return _recorded(Path(other) / "network.json") == slot


def _foreign_networks() -> list[IPv4Network]:
    """What this machine already routes somewhere, and its resolvers: never ours to take."""
    found = [IPv4Network(address) for address in nameservers()]
    for line in run("ip", "-4", "-j", "route", "show", "table", "all").splitlines():
        for route in json.loads(line):
            target, device = str(route.get("dst", "default")), str(route.get("dev", ""))
            # Ours are on ue… devices, or unreachable without any.
            if target == "default" or re.fullmatch(r"ue\d+(h\d+)?", device) or route.get("type") == "unreachable":
                continue
            found.append(IPv4Network(target, strict=False))
    return found


def _overlaps(network: Network, foreign: list[IPv4Network]) -> bool:
    return any(n.overlaps(network.eip_range) or n.overlaps(network.private_range) for n in foreign if n.prefixlen > 0)
