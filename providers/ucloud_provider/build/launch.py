"""Hosts through their states: waited for until Running, stopped, and removed. For builds and for `UHost` alike."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable

from ucloud_provider.cloud import hosts, retry, waits
from ucloud_provider.cloud.client import Api
from ucloud_provider.cloud.records import Host
from ucloud_provider.errors import CloudError, UnexpectedState, WaitTimeout

SETTLE_TIMEOUT = 300.0
"""Seconds that a host on its way out may hang in Starting, Stopping or Rebooting before its power is cut."""
STOP_TIMEOUT = 600.0
GONE_TIMEOUT = 600.0
"""Seconds that a host may take to stop, and to be gone once it was terminated."""

REFUSAL_PAUSE = 2.0
"""Seconds until a refused termination is asked for again."""

RESIZE_FAIL = "Resize Fail"
DEAD_ENDS = ("Install Fail", RESIZE_FAIL)


def wait_running(api: Api, host_id: str, timeout: float, *, public: bool = False, lag: float = 0.0) -> Host:
    """Wait until a host is Running and has its private address; the `public` one too, where it comes with an EIP.

    Raises `UnexpectedState` where it is Stopped instead: it never comes up by itself. One that was Stopped when it was
    told to start may be listed as it was for `lag` seconds.
    """

    def reached(host: Host) -> bool:
        return host.state == "Running" and bool(host.private_ip) and (bool(host.public_ip) or not public)

    awaited = f"host {host_id} to be Running" + (" and have its EIP" if public else "")
    return _wait(api, host_id, awaited, _unless_off(reached, lag), timeout)


def wait_eip(api: Api, host_id: str, timeout: float) -> Host:
    """Wait until a host is listed with the EIP that was ordered with it, or runs."""

    def reached(host: Host) -> bool:
        return bool(host.eip_id) or host.state == "Running"

    return _wait(api, host_id, f"host {host_id} to have its EIP", _unless_off(reached), timeout)


def wait_boot_disk(api: Api, host_id: str, timeout: float) -> Host:
    """Wait until a host's boot disk is Normal: before that no image can be made of it."""
    return _wait(api, host_id, f"the boot disk of host {host_id} to be Normal", lambda h: h.boot_disk_ready, timeout)


def stop(api: Api, host_id: str) -> Host:
    """Shut a host down and wait until it is Stopped. One that could not be resized is off already.

    One that hangs is not powered off here: that may damage its file systems, and with them an image, or a user's data.
    """
    found = hosts.describe(api, [host_id]).get(host_id)
    if found is None:
        raise UnexpectedState(f"host {host_id} no longer exists: somebody else terminated it")
    if found.state in ("Stopped", RESIZE_FAIL):
        return found
    _order(api, host_id, hosts.stop, "Stopping", "Stopped")
    awaited = f"host {host_id} to be Stopped (only a proper stop leaves its disk whole)"
    return _wait(api, host_id, awaited, lambda h: h.state == "Stopped", STOP_TIMEOUT)


def start(api: Api, host_id: str, timeout: float) -> Host:
    """Start a stopped host and wait until it is Running."""
    _order(api, host_id, hosts.start, "Starting", "Running")
    return wait_running(api, host_id, timeout, lag=waits.LISTING_LAG)


def remove(api: Api, host_id: str) -> bool:
    """Terminate a host whatever its state, its EIP and data disks with it, and wait until it is gone.

    False where it is not listed. UCloud terminates only stopped ones: a host that still starts is waited for, and one
    that hangs in a state, or runs, is powered off.
    """
    found = hosts.describe(api, [host_id]).get(host_id)
    if found is None:
        return False
    if found.state not in ("Stopped", *DEAD_ENDS):
        try:
            settled = waits.host(
                api,
                host_id,
                awaited=f"host {host_id} to be in a state that can be stopped",
                until=lambda h: h is None or h.state in ("Running", "Stopped", *DEAD_ENDS),
                timeout=SETTLE_TIMEOUT,
            )
        except WaitTimeout as hangs:
            api.log(f"{hangs}: its power is cut")
            api.notice(f"host {host_id} hangs ({hangs.last}): its power is cut")
            _cut_power(api, host_id)
        else:
            if settled is None:
                return True
            if settled.state == "Running":
                _cut_power(api, host_id)
    _terminate(api, host_id)
    return True


def _cut_power(api: Api, host_id: str) -> None:
    """Power a host off until it is, also one that hangs in a state, where a stop has no effect.

    It is on its way out: that is quicker than shutting it down, and just as good.
    """
    deadline = time.monotonic() + STOP_TIMEOUT
    orders = (hosts.power_off, hosts.stop)
    for order in itertools.cycle(orders):
        refusal: CloudError | None = None
        try:
            order(api, host_id)
        except CloudError as error:
            if error.code == 0:
                raise
            refusal = error
        try:
            waits.host(
                api,
                host_id,
                awaited=f"host {host_id} to be Stopped",
                until=lambda h: h is None or h.state in ("Stopped", *DEAD_ENDS),
                timeout=REFUSAL_PAUSE if refusal else STOP_TIMEOUT,
            )
        except WaitTimeout:
            if refusal is None:
                raise
            if order is orders[-1] and not retry.may_succeed_later(refusal):
                raise refusal from None
            if time.monotonic() > deadline:
                raise WaitTimeout(
                    f"host {host_id} to be one that can be powered off", STOP_TIMEOUT, str(refusal)
                ) from (refusal)
            api.log(f"host {host_id} is not powered off yet: {refusal}")
        else:
            return


def _terminate(api: Api, host_id: str) -> None:
    """Terminate until UCloud does it: it refuses while an image is being made of the host, or it is going already.

    What says that it is gone is the listing, never a refusal.
    """
    deadline = time.monotonic() + GONE_TIMEOUT
    while True:
        refusal: CloudError | None = None
        try:
            hosts.terminate(api, host_id)
        except CloudError as error:
            if error.code == 0:
                raise
            refusal = error
        try:
            waits.host(
                api,
                host_id,
                awaited=f"host {host_id} to be gone",
                until=lambda h: h is None,
                timeout=REFUSAL_PAUSE if refusal else GONE_TIMEOUT,
            )
        except WaitTimeout:
            if refusal is None:
                raise
            if not retry.may_succeed_later(refusal):
                raise refusal from None
            if time.monotonic() > deadline:
                raise WaitTimeout(
                    f"host {host_id} to be one that can be terminated", GONE_TIMEOUT, str(refusal)
                ) from refusal
            api.log(f"host {host_id} is not terminated yet: {refusal}")
            api.notice(f"{refusal}; trying again until {waits.clock_in(deadline - time.monotonic())}")
        else:
            return


def _order(api: Api, host_id: str, change: Callable[[Api, str], None], *outcomes: str) -> None:
    """Ask for a change of state. Content with a refusal where an earlier call, whose answer was lost, has done it."""
    try:
        change(api, host_id)
    except CloudError as error:
        if error.code == 0:
            raise
        found = hosts.describe(api, [host_id]).get(host_id)
        if found is not None and found.state not in outcomes:
            raise


def _unless_off(reached: Callable[[Host], bool], lag: float = 0.0) -> Callable[[Host], bool]:
    """`reached`, of a host that is starting. Raises `UnexpectedState` once it is Stopped: nothing starts it again."""
    since, rose = time.monotonic(), lag == 0

    def there(host: Host) -> bool:
        nonlocal rose
        rose = rose or host.state not in ("Stopped", "")
        if host.state == "Stopped" and (rose or time.monotonic() - since > lag):
            raise UnexpectedState(
                f"host {host.id} is Stopped: it went off before it was Running. It shut itself down, or somebody else "
                "stopped it: see what its image and its user data do at boot"
            )
        return reached(host)

    return there


def _wait(api: Api, host_id: str, awaited: str, reached: Callable[[Host], bool], timeout: float) -> Host:
    def until(host: Host) -> bool:
        if host.state in DEAD_ENDS:
            raise UnexpectedState(f"host {host_id} is in state {host.state!r}; UCloud could not set it up")
        return reached(host)

    there = waits.present(f"host {host_id}", "somebody else terminated it", until)
    host = waits.host(api, host_id, awaited=awaited, until=there, timeout=timeout)
    if host is None:
        raise AssertionError("until is true of a host only")
    return host
