"""The step that opens the communicator's port, and nothing else, by a firewall of the build's own."""

from __future__ import annotations

from typing import ClassVar

from ucloud_provider.build import once
from ucloud_provider.build.pipeline import Step
from ucloud_provider.build.release import release_made
from ucloud_provider.build.state import Build
from ucloud_provider.cloud import network


class Firewall(Step):
    """A firewall that opens the communicator's port and nothing else, unless the user names theirs."""

    name: ClassVar[str] = "opening the communicator's port"
    serves_host: ClassVar[bool] = True

    def run(self, build: Build) -> None:
        args, api = build.args, build.api
        if args.security_group_id:
            build.firewall_id = args.security_group_id
            return
        label = build.lease.label
        rule = f"TCP|{args.ssh_port}|0.0.0.0/0|ACCEPT|HIGH|image build"
        thing = build.made["firewall"] = build.thing("firewall")
        made = once.make(
            api,
            build.journal,
            thing,
            lambda: network.create_firewall(api, name=label, rules=[rule], remark="temporary: image build", tag=label),
            lambda: next((each.id for each in network.firewalls(api) if each.name == label), None),
        )
        build.made["firewall"] = made
        build.firewall_id = made.id

    def release(self, build: Build) -> None:
        release_made(build, "firewall")
