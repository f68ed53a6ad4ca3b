"""What `security_group_id` names, for `CustomImage` and `UHost` alike: a firewall, or a security group of a VPC."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ucloud_provider.build.found import is_default
from ucloud_provider.build.lookups import Lookups
from ucloud_provider.cloud import network
from ucloud_provider.cloud.client import Api
from ucloud_provider.cloud.records import Firewall, SecGroup
from ucloud_provider.spec.between import Given
from ucloud_provider.spec.rules import is_firewall


class Guard:
    """Asked at once, judged later."""

    def __init__(self, given: Given, api: Api, lookups: Lookups) -> None:
        self._given, self._api, self._lookups = given, api, lookups
        self._wanted: str | None = given["security_group_id"] or None
        self._firewalls = lookups.ask(api, "firewalls", network.firewalls) if self._wanted else None
        self._found: Firewall | SecGroup | None = None
        self.security_group = False
        """Whether it is a security group; known once the problems are."""

    def problems(self) -> Iterator[str]:
        """That there is no such thing, or that its group is of another VPC than the host."""
        if self._wanted is None or self._firewalls is None:
            return
        firewalls = self._firewalls.value()
        self._found = _by_id(firewalls, self._wanted)
        if self._found is not None:
            return
        groups = self._lookups.ask(self._api, "security groups", network.sec_groups).value()
        self._found = _by_id(groups, self._wanted)
        # What could not be listed is judged by its id, and not taken for absent.
        self.security_group = self._found is not None or (groups is None and not is_firewall(self._wanted))
        if isinstance(self._found, SecGroup):
            yield from self._other_vpc(self._found)
        elif not self.security_group and firewalls is not None:
            where = f"neither a firewall nor a security group of {self._api.region}"
            yield f"security_group_id: {self._wanted!r} is {where}; look it up in the console"

    def closed(self, port: int, *, private: bool) -> Iterator[str]:
        """That no rule lets a login in, by the private address or the public one, which alone a firewall guards."""
        found = self._found
        if found is None or found.rules is None or (private and isinstance(found, Firewall)):
            return
        if not any(rule.may_open(port) for rule in found.rules):
            kind = "firewall" if isinstance(found, Firewall) else "security group"
            yield (
                f"security_group_id: no rule of {kind} {found.id!r} lets TCP port {port} in, by which the build logs "
                "in; add one, or give another"
            )

    def _other_vpc(self, group: SecGroup) -> Iterator[str]:
        vpc_id = self._given["vpc_id"]
        if vpc_id is None and self._given.absent("vpc_id"):
            vpcs = self._lookups.ask(self._api, "vpcs", network.vpcs).value() or ()
            vpc_id = next((each.id for each in vpcs if is_default(each)), None)
        if vpc_id and group.vpc_id and group.vpc_id != vpc_id:
            yield (
                f"security_group_id: {group.id!r} is a security group of VPC {group.vpc_id}, and the host is in "
                f"{vpc_id}; give a group of that VPC, or vpc_id and subnet_id of {group.vpc_id}"
            )


def _by_id(things: Sequence[Firewall] | Sequence[SecGroup] | None, id: str) -> Firewall | SecGroup | None:
    return next((each for each in things or () if each.id == id), None)
