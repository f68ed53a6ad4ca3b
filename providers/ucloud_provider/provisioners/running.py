"""Runs a provisioner with what every kind has in common: a pause before, a time limit, and retries."""

from __future__ import annotations

import dataclasses
import threading

from ucloud_provider.errors import Cancelled, CommunicatorError, ProvisionerFailed, UCloudImageError, WaitTimeout
from ucloud_provider.provisioners.base import ProvisionContext, Provisioner
from ucloud_provider.run import Cancel
from ucloud_provider.spec.rules import parse_duration


def run_provisioner(provisioner: Provisioner, context: ProvisionContext) -> None:
    """Run it until it succeeds, or was run `max_retries` times more than once; the last failure is raised.

    A provisioner is never run a second time unless `max_retries` says so: what it did the first time is still there.
    """
    attempts = int(provisioner.max_retries) + 1
    for attempt in range(1, attempts + 1):
        context.cancel.sleep(parse_duration(provisioner.pause_before))
        try:
            _limited(provisioner, context)
        except (ProvisionerFailed, CommunicatorError, WaitTimeout) as error:
            if attempt == attempts:
                raise
            context.log(f"{provisioner.type}: attempt {attempt} of {attempts} failed: {error}")
            context.on_line(f"{provisioner.type} failed ({error}); attempt {attempt + 1} of {attempts}")
            if context.communicator is not None and context.communicator.disconnected():
                context.communicator.connect()
        else:
            return


def _limited(provisioner: Provisioner, context: ProvisionContext) -> None:
    """Run it once, for `timeout` seconds at most: then the connection, or the local process, is ended."""
    limit = parse_duration(provisioner.timeout)
    if not limit:
        provisioner.provision(context)
        return
    mine = Cancel()
    expired = threading.Event()

    def expire() -> None:
        expired.set()
        mine.set(f"{provisioner.type} ran longer than {limit:g} s")
        if context.communicator is not None:
            context.communicator.close()

    timer = threading.Timer(limit, expire)
    timer.daemon = True
    with context.cancel.on_cancel(lambda: mine.set("cancelled")):
        timer.start()
        try:
            provisioner.provision(dataclasses.replace(context, cancel=mine))
        except UCloudImageError as error:
            context.cancel.raise_if_set()
            if expired.is_set():
                raise WaitTimeout(f"provisioner {provisioner.type} to end", limit, "still running") from error
            if isinstance(error, Cancelled):
                raise CommunicatorError(f"{provisioner.type} was interrupted") from error
            raise
        finally:
            timer.cancel()
