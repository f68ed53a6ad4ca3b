"""The step that makes the temporary host, with its EIP and disks, and gives it back."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from ucloud_provider.build import launch, once
from ucloud_provider.build.pipeline import Step
from ucloud_provider.build.release import found, release_made
from ucloud_provider.build.state import Build
from ucloud_provider.cloud import hosts, network, retry
from ucloud_provider.errors import CloudError

START_TIMEOUT = 900.0
"""Seconds that a host may take until it is Running."""


class TemporaryHost(Step):
    """Billed from here until its release, by the hour unless `charge_type` says otherwise."""

    name: ClassVar[str] = "creating the host"
    serves_host: ClassVar[bool] = True

    def run(self, build: Build) -> None:
        args, api, label = build.args, build.api, build.lease.label
        first = build.choices[0]
        order = hosts.HostOrder(
            name=args.instance_name or label,
            tag=label,
            zone=first.zone,
            image_id=args.source_image_id,
            instance_type=first.instance_type,
            boot_disk=first.boot_disk,
            cpu_platform=first.cpu_platform,
            charge_type=args.charge_type.capitalize(),
            vpc_id=args.vpc_id,
            subnet_id=args.subnet_id,
            firewall_id=build.firewall_id,
            security_group_id=args.security_group_id if build.security_group else None,
            eip_bandwidth=None if args.use_ssh_private_ip else args.eip_bandwidth,
            eip_charge_mode=args.eip_charge_mode,
            user_data=build.user_data,
            password=build.login.password,
            key_pair_id=build.login.key_pair_id,
        )
        self._order(build, order)
        build.progress.step(f"starting host {build.made['host'].id}")
        public = order.eip_bandwidth is not None
        if public:
            self._label_eip(build)
        build.host = launch.wait_running(api, build.made["host"].id, START_TIMEOUT, public=public)

    def _order(self, build: Build, order: hosts.HostOrder) -> None:
        """Order the host where UCloud has room for it: first in the zones given, then of the types given."""
        api = build.api
        tried: list[str] = []
        for choice in build.choices:
            here = replace(
                order,
                zone=choice.zone,
                instance_type=choice.instance_type,
                boot_disk=choice.boot_disk,
                cpu_platform=choice.cpu_platform,
            )
            tried.append(str(choice.place))
            build.made["host"] = build.thing("host")
            try:
                build.made["host"] = once.make(
                    api,
                    build.journal,
                    build.made["host"],
                    lambda here=here: hosts.create(api, here),  # type: ignore[misc]
                    lambda: found(api, build.made["host"]),
                )
            except CloudError as error:
                if not retry.may_succeed_elsewhere(error):
                    raise
                if len(tried) == len(build.choices):
                    message = error.message if len(tried) == 1 else f"{error.message}; tried {', '.join(tried)}"
                    raise CloudError(error.action, error.code, message) from error
                build.log(f"refused, trying the next: {error}")
                build.progress.step(f"no {tried[-1]} ({error.message}): trying the next")
            else:
                return

    def _label_eip(self, build: Build) -> None:
        """Say whose the host's EIP is: it goes with the host, unless somebody else terminates that and leaves it."""
        host = launch.wait_eip(build.api, build.made["host"].id, START_TIMEOUT)
        if not host.eip_id:
            return
        thing = build.thing("EIP")
        build.journal.intend(thing)
        build.made["EIP"] = replace(thing, id=host.eip_id)
        build.journal.made(build.made["EIP"])
        try:
            network.label_eip(build.api, host.eip_id, thing.label)
        except CloudError as error:
            if error.code == 0:
                raise
            build.progress.note(
                f"the host's EIP {host.eip_id} is not labelled ({error}): should this build die and somebody else "
                "terminate its host, only this machine can tell whose it was"
            )

    def release(self, build: Build) -> None:
        if "host" in build.made:
            build.progress.step(f"releasing the host {build.made['host'].id}")
        release_made(build, "host")
        release_made(build, "EIP")
