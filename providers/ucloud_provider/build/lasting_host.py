"""A host that stays, for `UHost`: ordered, waited for, and changed in place. One that fails to start is given back."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ucloud_provider import places
from ucloud_provider.build import dead_builds, handed_over, launch, lease, once, preflight, recover
from ucloud_provider.build.access import random_password
from ucloud_provider.build.journal import FILE as JOURNAL
from ucloud_provider.build.journal import Journal, Thing
from ucloud_provider.build.log import FILE as LOG
from ucloud_provider.build.log import BuildLog
from ucloud_provider.build.lookups import Lookups
from ucloud_provider.build.release import found, give_back, release_second
from ucloud_provider.cloud import account, hosts, network, retry
from ucloud_provider.cloud.client import Api
from ucloud_provider.cloud.records import Host
from ucloud_provider.errors import Cancelled, InvalidSpec, StepFailed, UCloudImageError, UnexpectedState
from ucloud_provider.run import Cancel, Progress
from ucloud_provider.spec.args import to_inputs
from ucloud_provider.spec.between import Given
from ucloud_provider.spec.rules import is_firewall, parse_duration, parse_instance_type
from ucloud_provider.spec.uhost import UHostArgs


def create(
    args: UHostArgs,
    name: str,
    *,
    api: Api,
    progress: Progress,
    mask: Callable[[str], str],
    wanted: Callable[[], bool] = lambda: True,
) -> Host:
    """Start a host and wait until it is Running; `name` is for one that the arguments give no name.

    `wanted` is asked at the end whether anybody still waits for it. Meanwhile what dead builds of this machine left is
    given back. Raises `StepFailed` or `Cancelled` after the host was given back.
    """
    api = api.using(notice=progress.line)
    held = lease.new(account.now(api))
    patient = api.using(patience=retry.PATIENCE)
    with recover.in_background(patient, held.build_id, progress.note, api.cancel) as collected:

        def taken() -> bool:
            # Before the host is handed over: from then on until Pulumi is told of it, nobody could tell whose it is.
            collected()
            handed_over.tell(patient.using(cancel=Cancel()), progress.note)
            return wanted()

        return _create(args, name, held, api=api, progress=progress, mask=mask, wanted=taken)


def _create(
    args: UHostArgs,
    name: str,
    held: lease.Lease,
    *,
    api: Api,
    progress: Progress,
    mask: Callable[[str], str],
    wanted: Callable[[], bool],
) -> Host:
    folder = places.build_dir(held.build_id)
    log, journal = BuildLog(folder / LOG, mask), Journal(folder / JOURNAL)
    api = api.using(log=log)
    journal.event("start", build=held.build_id, expires=held.expires, **dead_builds.whose(api))
    thing = Thing("host", held.label, api.project_id or "", api.region or "")
    eip: list[Thing] = []

    def ask() -> None:
        if not wanted():
            raise Cancelled("nobody waits for this host any more")

    try:
        progress.step("checking the arguments with the cloud")
        order = _order(args, args.name or f"{name}-{secrets.token_hex(3)}", held.label, api)
        progress.step("creating the host")
        api = api.using(patience=retry.PATIENCE)
        try:
            thing = once.make(api, journal, thing, lambda: hosts.create(api, order), lambda: found(api, thing))
            progress.step(f"starting host {thing.id}")
            public = order.eip_bandwidth is not None
            if public:
                # It goes with the host, unless somebody else terminates that and leaves it.
                eip_id = launch.wait_eip(api, thing.id, parse_duration(args.timeout)).eip_id
                if eip_id:
                    eip.append(Thing("EIP", held.label, thing.project_id, thing.region, eip_id))
                    journal.intend(eip[0])
            host = launch.wait_running(api, thing.id, parse_duration(args.timeout), public=public)
            ask()
            release_second(api, journal.path, thing)
            # Until here its Tag said when it may be collected: from here on it stays.
            hosts.set_tag(api, thing.id, held.origin)
            ask()  # once more: that call may have taken long
            handed_over.keep(journal, held.build_id, thing, *eip)
        except BaseException as cause:
            left = _give_back(api.using(cancel=Cancel()), journal, [thing, *eip])
            if isinstance(cause, UCloudImageError):
                raise StepFailed(
                    "starting the host", f"host {thing.id}".strip(), cause, log_file=str(log.path), left_behind=left
                ) from cause
            raise
        return host
    finally:
        journal.close()
        log.close()


def change(old: Mapping[str, Any], args: UHostArgs, host_id: str, *, api: Api, progress: Progress) -> Host:
    """Make a host what the arguments say, where it can be changed in place; `old` is what it was made with.

    Raises `UnexpectedState` where it is gone.
    """
    timeout = parse_duration(args.timeout)
    host = hosts.describe(api, [host_id]).get(host_id)
    if host is None:
        raise UnexpectedState(
            f"host {host_id} no longer exists; run `pulumi refresh`, and the next update makes it anew"
        )
    if args.name is not None and args.name != host.name:
        progress.step(f"renaming host {host.id}")
        hosts.rename(api, host.id, args.name)
    if args.security_group_id != old.get("security_group_id"):
        progress.step(f"changing the firewall of host {host.id}")
        if not is_firewall(args.security_group_id):
            network.move_to_sec_group(api, host.id, str(args.security_group_id))
        elif (firewall_id := args.security_group_id or _web_firewall(api)) is not None:
            network.grant_firewall(api, firewall_id, host.id)
    if host.eip_id and args.eip_bandwidth != old.get("eip_bandwidth", args.eip_bandwidth):
        progress.step(f"changing the bandwidth of {host.public_ip}")
        network.set_bandwidth(api, host.eip_id, args.eip_bandwidth)
    size = parse_instance_type(args.instance_type)
    resized = (host.cpu, host.memory) != (size.cpu, size.memory)
    new_password = args.password if args.password is not None and args.password != old.get("password") else None
    off = host.state == "Stopped"  # an earlier change got no further, or somebody stopped it
    if resized or new_password is not None:
        off = True
        progress.step(f"stopping host {host.id}")
        launch.stop(api, host.id)
        if resized:
            progress.step(f"resizing host {host.id}")
            hosts.resize(api, host.id, size)
        if new_password is not None:
            progress.step(f"setting the password of host {host.id}")
            hosts.reset_password(api, host.id, new_password)
    if off:
        progress.step(f"starting host {host.id}")
        return launch.start(api, host.id, timeout)
    return launch.wait_running(api, host.id, timeout)


def _order(args: UHostArgs, name: str, tag: str, api: Api) -> hosts.HostOrder:
    """Everything the cloud has to be told, after what only the cloud knows was checked."""
    with contextlib.closing(Lookups()) as lookups:
        asked = preflight.of_host(Given(to_inputs(args), ()), api, lookups)
    if asked.problems:
        raise InvalidSpec(asked.problems)
    choice = asked.choices[0]
    group = args.security_group_id if asked.security_group else None
    return hosts.HostOrder(
        name=name,
        tag=tag,
        zone=choice.zone,
        image_id=args.image_id,
        instance_type=choice.instance_type,
        boot_disk=choice.boot_disk,
        data_disks=choice.data_disks,
        cpu_platform=choice.cpu_platform,
        charge_type=args.charge_type.capitalize(),
        vpc_id=args.vpc_id,
        subnet_id=args.subnet_id,
        firewall_id=None if group else args.security_group_id or _web_firewall(api),
        security_group_id=group,
        eip_bandwidth=args.eip_bandwidth if args.eip else None,
        eip_charge_mode=args.eip_charge_mode,
        user_data=None if args.user_data is None else args.user_data.encode(),
        password=None if args.key_pair_id else args.password or random_password(),
        key_pair_id=args.key_pair_id,
    )


def _web_firewall(api: Api) -> str | None:
    """UCloud's own firewall for web servers: 22, 80 and 443 are open."""
    return next((each.id for each in network.firewalls(api) if each.type == "recommend web"), None)


def _give_back(api: Api, journal: Journal, things: Sequence[Thing]) -> list[str]:
    """Remove a host that is not what was ordered, and its EIP; what could not be removed, in words."""
    left: list[str] = []
    for thing in things:
        try:
            give_back(api, journal, thing)
        except UCloudImageError as error:
            left.append(str(error))
    return left
