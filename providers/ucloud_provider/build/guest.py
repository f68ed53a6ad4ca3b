"""What the temporary host is told at its first boot, by user data: whom to let in, its SSH host key, and when to end.

All are for hosts whose image has CloudInit. The key that is let in is the build's own. The host key is made here, so
that the very first connection is to the right host or to none. The dead man's switch is for the case that everybody
else is gone: no build, no journal, no `ucloud-image gc`; the host then powers itself off when its lease ends.
"""

from __future__ import annotations

import json
from typing import ClassVar

from ucloud_provider.build import authorize
from ucloud_provider.build.pipeline import Step
from ucloud_provider.build.state import Build
from ucloud_provider.build.user_data import NotCombinable, Part, combine, host_keys_of_its_own
from ucloud_provider.communicators.ssh_keys import HostKey, KeyPair
from ucloud_provider.errors import InvalidSpec
from ucloud_provider.spec.rules import USER_DATA_LIMIT

GRACE = 30
"""Seconds that a host lives at least after each boot: its clock may be wrong until it has asked the network."""

# A boothook runs at every boot, early, and no runcmd or script of the user's gets in its way. What it starts lives in
# memory only, so nothing of it is in an image; the hook itself is taken away with cloud-init's instance data. It runs
# itself as the unit: a command with `$` and `%` in it would be read differently by one systemd than by the next.
SWITCH = """\
#cloud-boothook
#!/bin/sh
# {name}: a temporary host of an image build. It powers itself off when its lease ends, should nobody release it.
if [ "$1" = wait ]; then
    sleep {grace}
    while [ "$(date +%s)" -lt {expires} ]; do sleep 5; done
    poweroff || shutdown -P now
    exit
fi
systemd-run --no-block --unit={unit} /bin/sh "$0" wait && exit
setsid /bin/sh "$0" wait </dev/null >/dev/null 2>&1 &
"""

UNIT = "ucloud-image-lease"


class Guest(Step):
    """Puts the user data of the temporary host together. Raises `InvalidSpec` where UCloud would not take it."""

    name: ClassVar[str] = "preparing the user data"

    def run(self, build: Build) -> None:
        args = build.args
        theirs = args.user_data.encode() if args.user_data is not None else None
        argument = "user_data"
        if args.user_data_file is not None:
            theirs = (build.base_dir / args.user_data_file).read_bytes()
            argument = "user_data_file"
        build.user_data = theirs
        source = build.the_source()
        if args.communicator != "ssh":
            return  # over no connection, what we add could not be taken away again
        if not source.has_cloud_init:
            build.log(f"image {source.id} has no CloudInit: the SSH host key is trusted on first use")
            return
        try:
            ours, host_key = self._parts(build, theirs)
            build.user_data = combine(theirs, ours)
        except NotCombinable as why:
            build.log(
                f"{argument} {why}, so nothing can be added to it: the SSH host key is trusted on first use, and the "
                "host does not power itself off when its lease ends"
            )
            return
        if len(build.user_data) > USER_DATA_LIMIT:
            added = len(build.user_data) - len(theirs or b"")
            raise InvalidSpec(
                [
                    f"{argument}: has {len(theirs or b'')} bytes, and {added} are added for the build's key, the "
                    f"host's and its end; UCloud takes {USER_DATA_LIMIT} together: shorten it, or fetch the rest"
                ]
            )
        build.login.host_key = host_key
        build.login.by_user_data = build.login.public_key is not None
        build.marked = True

    def _parts(self, build: Build, theirs: bytes | None) -> tuple[list[Part], str | None]:
        """Our parts, and the public half of the host's key where one of them holds it."""
        why = "" if build.args.temporary_host_key else "temporary_host_key is False"
        if theirs and not why:
            reason = host_keys_of_its_own(theirs)
            why = f"the user data {reason}" if reason else ""
        if why:
            build.log(f"{why}: the SSH host key is trusted on first use")
            return [*self._login(build), *parts(build.lease.origin, build.lease.expires, None)], None
        pair = KeyPair.generate()
        build.masker.add(pair.private)
        build.log(f"the host is given the SSH host key {HostKey.parse(pair.public).fingerprint}; no other is accepted")
        return [*self._login(build), *parts(build.lease.origin, build.lease.expires, pair)], pair.public

    @staticmethod
    def _login(build: Build) -> list[Part]:
        login, name = build.login, build.lease.origin
        if login.public_key is None:
            return []
        return [Part(f"{name}-key.sh", "cloud-boothook", authorize.boothook(name, login.public_key, login.username))]


def parts(mark: str, expires: int, host_key: KeyPair | None) -> list[Part]:
    """What of our parts is for the host itself, each with `mark` in its name; `expires` is in seconds since 1970."""
    made = [Part(f"{mark}.sh", "cloud-boothook", SWITCH.format(name=mark, grace=GRACE, expires=expires, unit=UNIT))]
    if host_key is not None:
        config = {"ssh_keys": {"ed25519_private": host_key.private, "ed25519_public": host_key.public}}
        made.append(Part(f"{mark}.cfg", "cloud-config", f"#cloud-config\n{json.dumps(config)}\n"))
    return made
