"""Waits for a host that reboots, until it has gone down and come back: what starts on a dying host dies with it."""

from __future__ import annotations

import time

from ucloud_provider.communicators.base import Communicator
from ucloud_provider.errors import CommunicatorError, NoLogin, WaitTimeout
from ucloud_provider.provisioners.base import ProvisionContext

SOON = 5.0
"""Seconds in which a host begins to go down once the command that has it reboot has ended."""

SETTLED = 2.0
"""The same once the connection was lost: if it is not going down by then, it was the connection alone."""

LOOK = 0.5
"""Seconds between two looks."""

ANSWER = 15.0
"""Seconds that a host may take for an answer before it counts as one that goes down."""

_GOING_DOWN = '[ "$(systemctl is-system-running 2>/dev/null)" = stopping ] || [ -e /run/systemd/shutdown/scheduled ]'


def is_going_down(host: Communicator) -> bool:
    """Whether the host shuts down, or cannot be asked any more."""
    try:
        return host.run(_GOING_DOWN, on_line=lambda _line: None, timeout=ANSWER, pty=False) == 0
    except (CommunicatorError, WaitTimeout):
        return True


def wait_until_back(before: str, limit: float, grace: float, context: ProvisionContext) -> bool:
    """Wait until the host has another boot id than `before`; whether it rebooted.

    It did not where it is still up after `grace` seconds and does not go down. Raises `WaitTimeout` where it goes down
    and is not back within `limit` seconds, or what `connect` raises where nobody can log in any more.
    """
    host = context.communicator
    if host is None or not before:
        return False
    started = time.monotonic()
    told = False

    def tell() -> None:
        nonlocal told
        if not told:
            told = True
            context.on_line("rebooting: waiting for the host to go down and to come back")

    while True:
        try:
            if host.disconnected():
                tell()
                host.connect()
            if host.boot_id() not in ("", before):
                context.on_line("rebooted: the host is back")
                return True
        except NoLogin:
            raise
        except (CommunicatorError, WaitTimeout) as error:
            context.log(f"while the host reboots: {error}")
        going = host.disconnected() or is_going_down(host)
        waited = time.monotonic() - started
        if not going and waited > grace:
            if told:
                context.on_line("the host did not reboot: only the connection ended")
            return False
        if going:
            tell()
        if waited > max(limit, grace):
            raise WaitTimeout("the host to come back from its reboot", limit, "it is going down, or does not answer")
        context.cancel.sleep(LOOK)
