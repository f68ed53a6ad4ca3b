"""The step that opens the communicator's port, and nothing else, by a firewall of the build's own."""

from __future__ import annotations

from typing import ClassVar

import tenacity

from ucloud_provider.build import once
from ucloud_provider.build.pipeline import Step
from ucloud_provider.build.state import Build
from ucloud_provider.cloud import network
from ucloud_provider.errors import CloudError

FIREWALL_RELEASE_SECONDS = 60
"""How long UCloud may take to notice that a terminated host no longer uses its firewall."""


class Firewall(Step):
    """A firewall that opens the communicator's port and nothing else, unless the user names theirs."""

    name: ClassVar[str] = "opening the communicator's port"

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
        thing = build.made.get("firewall")
        if thing is None:
            return
        api = build.undo_api
        ids = {thing.id} if thing.id else {each.id for each in network.firewalls(api) if each.name == thing.label}
        # UCloud refuses to delete a firewall while it still counts a host behind it.
        patient = tenacity.Retrying(
            retry=tenacity.retry_if_exception(lambda error: isinstance(error, CloudError) and error.code != 0),
            stop=tenacity.stop_after_delay(FIREWALL_RELEASE_SECONDS),
            wait=tenacity.wait_exponential(multiplier=0.5, max=5),
            reraise=True,
        )
        for firewall_id in ids:
            patient(network.delete_firewall, api, firewall_id)
        build.journal.released(thing)
        del build.made["firewall"]
