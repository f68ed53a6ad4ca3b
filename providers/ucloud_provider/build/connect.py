"""The step that logs in to the temporary host."""

from __future__ import annotations

from typing import ClassVar

from ucloud_provider.build import fate, seal
from ucloud_provider.build.pipeline import Step
from ucloud_provider.build.state import Build
from ucloud_provider.communicators.ssh import SshCommunicator, SshTarget
from ucloud_provider.errors import NoLogin
from ucloud_provider.spec.rules import parse_duration

OTHER_KEY = (
    "where the image's cloud-init does not install the key of the user data (ssh_keys), set temporary_host_key to False"
)


class Connect(Step):
    """Tries until the host lets us in or `ssh_timeout` is over."""

    name: ClassVar[str] = "connecting"
    tells_itself: ClassVar[bool] = True

    def run(self, build: Build) -> None:
        args, login, address = build.args, build.login, build.address
        if args.communicator == "none":
            return
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
            try:
                build.communicator.connect()
            except NoLogin as error:
                if login.host_key is None or "host key" not in str(error):
                    raise
                raise NoLogin(f"{error}; {OTHER_KEY}") from error
        if args.ssh_username != "root" and seal.needed(build) and not seal.as_root(build, build.communicator):
            build.progress.note(
                f"user {args.ssh_username} may not use sudo: the build will fail at its end, when what identifies the "
                "host is to be taken off it, unless a provisioner changes that, or keep_in_image names it"
            )

    def release(self, build: Build) -> None:
        if build.communicator is not None:
            build.communicator.close()
