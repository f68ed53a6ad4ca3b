"""The step that logs in to the temporary host."""

from __future__ import annotations

from typing import ClassVar

from ucloud_provider.build import fate
from ucloud_provider.build.pipeline import Step
from ucloud_provider.build.state import Build
from ucloud_provider.communicators.ssh import SshCommunicator, SshTarget
from ucloud_provider.errors import InvalidSpec
from ucloud_provider.spec.rules import parse_duration


class Connect(Step):
    """Tries until the host lets us in or `ssh_timeout` is over."""

    name: ClassVar[str] = "connecting"

    def run(self, build: Build) -> None:
        args, login, host = build.args, build.login, build.the_host()
        if args.communicator == "none":
            return
        address = args.ssh_host or (host.private_ip if args.use_ssh_private_ip else host.public_ip)
        if not address:
            raise InvalidSpec([f"host {host.id} has no public address; set use_ssh_private_ip, or ssh_host"])
        build.progress.step(f"connecting to {address}")
        build.cancel.sleep(parse_duration(args.pause_before_connecting))
        target = SshTarget(
            host=address,
            port=args.ssh_port,
            username=args.ssh_username,
            password=login.password if login.private_key is None else None,
            private_key=login.private_key,
            host_key=login.host_key,
            timeout=parse_duration(args.ssh_timeout),
            handshake_attempts=args.ssh_handshake_attempts,
            keep_alive_interval=parse_duration(args.ssh_keep_alive_interval),
            read_write_timeout=parse_duration(args.ssh_read_write_timeout),
            pty=args.ssh_pty,
        )
        build.communicator = SshCommunicator(target, build.cancel, build.log, fate.watch(build))
        with fate.told(build, patience=0):
            build.communicator.connect()

    def release(self, build: Build) -> None:
        if build.communicator is not None:
            build.communicator.close()
