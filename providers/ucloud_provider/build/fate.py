"""What became of the host when the connection to it broke: stopped, terminated, rebooted by somebody else, or fine."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator

from ucloud_provider.build.state import Build
from ucloud_provider.cloud import hosts, waits
from ucloud_provider.cloud.records import Host
from ucloud_provider.errors import (
    CloudError,
    CommunicatorError,
    NoLogin,
    ProvisionerFailed,
    UnexpectedState,
    WaitTimeout,
)

SETTLE = 8.0
"""Seconds that UCloud may take to notice that a host has gone down by itself."""

BREAKING = 2.0
"""Seconds in which a connection breaks after its commands, where it is the host that goes."""

CLOCKS_APART = 15.0
"""Seconds by which the host's clock, by which it ends itself, may be ahead of UCloud's."""

ALIVE = ("Running", "Starting", "Rebooting", "Initializing", "")
"""The empty one says that UCloud could not tell."""


def watch(build: Build, every: float = 10.0) -> Callable[[], None]:
    """What to call between attempts to connect: raises `UnexpectedState` once the host cannot come back any more.

    It asks UCloud every so many seconds at most, and not in the first of them.
    """
    asked = time.monotonic()

    def look() -> None:
        nonlocal asked
        if time.monotonic() - asked < every:
            return
        said = ""
        with contextlib.suppress(CloudError):  # of no account while trying to connect
            host_id = build.the_host().id
            host = hosts.describe(build.api, [host_id]).get(host_id)
            said = "" if host is not None and host.state in ALIVE else _words(build, host)
        asked = time.monotonic()
        if said:
            raise UnexpectedState(said)

    return look


@contextlib.contextmanager
def told(build: Build, patience: float = SETTLE) -> Iterator[None]:
    """Where a step fails because its host is not there any more, say that, and not only what it looked like."""
    try:
        yield
    except ProvisionerFailed as error:
        # The host's shutdown ends its commands first, by a signal, and the connection after.
        killed = error.exit_code is not None and error.exit_code > 128
        said = _fate(build, patience if killed and _breaks(build) else 0.0)
        if not said:
            raise
        raise ProvisionerFailed(
            error.what, error.exit_code, error.tail, f"ended with exit code {error.exit_code}, as {said}"
        ) from error
    except (CommunicatorError, WaitTimeout) as error:
        broken = build.communicator is not None and build.communicator.disconnected()
        said = _fate(build, patience if broken else 0.0)
        if said:
            raise CommunicatorError(f"{said} ({error})") from error
        if isinstance(error, NoLogin) and build.let_in:
            raise NoLogin(f"{error}; {_let_in(build)}") from error
        if isinstance(error, NoLogin) and build.args.security_group_id and "no answer" in str(error):
            kind = "security group" if build.security_group else "firewall"
            guard = f"security_group_id: do the rules of {kind} {build.args.security_group_id!r} let TCP port"
            raise NoLogin(f"{error}; {guard} {build.args.ssh_port} in from this machine?") from error
        raise


def _breaks(build: Build) -> bool:
    """Whether the connection is broken, or breaks now."""
    end = time.monotonic() + BREAKING
    while build.communicator is not None and not build.communicator.disconnected():
        if time.monotonic() > end:
            return False
        build.cancel.sleep(0.1)
    return True


def _fate(build: Build, patience: float) -> str:
    """What became of the host, if anything, in words; within `patience` seconds."""
    host_id = build.the_host().id
    try:
        host = hosts.describe(build.api, [host_id]).get(host_id)
        if patience and host is not None and host.state == "Running":
            host = waits.host(
                build.api,
                host_id,
                awaited=f"host {host_id} to be anything but Running",
                until=lambda host: host is None or host.state != "Running",
                timeout=patience,
            )
    except WaitTimeout:
        return ""
    except CloudError as error:
        build.log(f"what became of host {host_id} is not known: {error}")
        return ""
    return "" if host is not None and host.state == "Running" else _words(build, host)


def _let_in(build: Build) -> str:
    return (
        f"since the first login the temporary firewall lets in {build.let_in} alone: where this machine comes from "
        "another address now and then, give all of them as temporary_security_group_source_cidrs"
    )


def _words(build: Build, host: Host | None) -> str:
    host_id = build.the_host().id
    if host is None:
        return f"host {host_id} no longer exists: somebody else terminated it"
    if build.lease.has_ended(build.api.clock() + CLOCKS_APART):
        ended = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(build.lease.expires))
        return f"host {host_id} is {host.state}: its lease has ended, as of {ended}"
    return f"host {host_id} is {host.state}: it shut itself down, or somebody else stopped or rebooted it"
