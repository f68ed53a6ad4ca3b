"""The steps that open the communicator's port, and nothing else, by a firewall of the build's own: to whom it concerns.

At first nobody knows by which address UCloud sees this machine. The host knows once it was logged in to.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from ipaddress import AddressValueError, IPv4Address
from typing import ClassVar

from ucloud_provider.build import once
from ucloud_provider.build.pipeline import Step
from ucloud_provider.build.release import found, release_made
from ucloud_provider.build.state import Build
from ucloud_provider.cloud import network
from ucloud_provider.errors import CloudError, UCloudImageError

ANYWHERE = "0.0.0.0/0"
NOTHING = f"TCP|1-65535|{ANYWHERE}|DROP|LOW|image build"
"""UCloud wants one rule at least; what no rule lets in is dropped anyway."""


class Firewall(Step):
    """A firewall that opens the communicator's port and nothing else, unless the user names theirs.

    It is open to `temporary_security_group_source_cidrs`, or to any address until `Narrow` has run.
    """

    name: ClassVar[str] = "opening the communicator's port"
    serves_host: ClassVar[bool] = True

    def run(self, build: Build) -> None:
        args, api = build.args, build.api
        if args.security_group_id:
            build.firewall_id = None if build.security_group else args.security_group_id
            return
        label = build.lease.label
        rules = _rules(build, args.temporary_security_group_source_cidrs or [ANYWHERE])
        thing = build.made["firewall"] = build.thing("firewall")
        made = once.make(
            api,
            build.journal,
            thing,
            lambda: network.create_firewall(api, name=label, rules=rules, remark="temporary: image build", tag=label),
            lambda: found(api, thing),
        )
        build.made["firewall"] = made
        build.firewall_id = made.id

    def release(self, build: Build) -> None:
        host, thing = build.made.get("host"), build.made.get("firewall")
        if host is not None and thing is not None:  # it would be in use for as long as anybody waits
            raise UCloudImageError(f"{thing}: {host} is behind it, and is not released")
        release_made(build, "firewall")


class Narrow(Step):
    """Leaves the temporary firewall open to the one address that the host saw the login come from."""

    name: ClassVar[str] = "narrowing the firewall"

    def run(self, build: Build) -> None:
        thing, host = build.made.get("firewall"), build.communicator
        if thing is None or host is None or build.args.temporary_security_group_source_cidrs:
            return
        said: list[str] = []
        host.run('echo "from ${SSH_CONNECTION:-${SSH_CLIENT:-nowhere}}"', on_line=said.append, timeout=60, pty=False)
        seen = next((line.split()[1] for line in said if re.match(r"from \S", line)), "nowhere")
        try:
            address = str(IPv4Address(seen))
        except AddressValueError:
            _stays_open(build, f"the host saw the login come from {seen!r}, which is no IPv4 address")
            return
        try:
            network.update_firewall(build.api, thing.id, _rules(build, [f"{address}/32"]))
        except CloudError as error:
            _stays_open(build, str(error))
            return
        build.let_in = address
        build.log(f"firewall {thing.id} is open to {address} alone from now on: the login came from there")


def _rules(build: Build, sources: Sequence[str]) -> list[str]:
    if build.args.communicator == "none":
        return [NOTHING]
    return [f"TCP|{build.args.ssh_port}|{source}|ACCEPT|HIGH|image build" for source in sources]


def _stays_open(build: Build, why: str) -> None:
    build.progress.note(
        f"the temporary firewall stays open to any address: {why}; temporary_security_group_source_cidrs narrows it"
    )
    build.log(f"the firewall could not be narrowed: {why}")
