"""The step that logs in to the temporary host."""

from __future__ import annotations

import shlex
from typing import ClassVar

from ucloud_provider.build import authorize, fate, seal
from ucloud_provider.build.pipeline import Step
from ucloud_provider.build.state import Build
from ucloud_provider.communicators.ssh import SshCommunicator, SshTarget
from ucloud_provider.errors import Disconnected, NoLogin
from ucloud_provider.spec.rules import parse_duration

AUTHORIZE_TIMEOUT = 60.0
"""Seconds that adding the key may take."""

KEY_PATIENCE = 60.0
"""Seconds from the first refused login on in which cloud-init, which may be later than sshd, lets the key in."""

OTHER_KEY = (
    "where the image's cloud-init does not install the key of the user data (ssh_keys), set temporary_host_key to False"
)

OTHER_USER = "{user} is the default for this image: if it lets in another user, name that in ssh_username"


def _key_patience(build: Build) -> float:
    """For how long a refused key may still be on its way: one that is refused for good is to fail soon."""
    args, login = build.args, build.login
    if not login.by_user_data and login.key_pair_id is None:
        return 0.0
    known = ("root", build.the_source().default_user)
    if login.username not in known and (args.user_data is not None or args.user_data_file is not None):
        return parse_duration(args.ssh_timeout)  # their user data may make the user, however late in the boot
    return KEY_PATIENCE


class Connect(Step):
    """Tries until the host lets us in or `ssh_timeout` is over, and has it let in the build's own key from then on."""

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
            username=login.username,
            # The user's own key is what they said to log in with. Ours may not be in the host, or not be taken there.
            password=login.password if login.pair is not None or args.ssh_password else None,
            private_key=login.private_key,
            key_patience=_key_patience(build),
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
                if login.host_key is not None and error.other_host:
                    raise NoLogin(f"{error}; {OTHER_KEY}") from error
                if args.ssh_username is None and error.login_refused:
                    raise NoLogin(f"{error}; {OTHER_USER.format(user=login.username)}") from error
                raise
            self._let_key_in(build)
        if login.username != "root" and seal.needed(build) and not seal.as_root(build, build.communicator):
            build.progress.note(
                f"user {login.username} may not use sudo: the build will fail at its end, when what identifies the "
                "host is to be taken off it, unless a provisioner changes that, or keep_in_image names it"
            )

    def _let_key_in(self, build: Build) -> None:
        """Over this very connection. Where it cannot be done, the password goes on being the way in."""
        host, login = build.communicator, build.login
        if not isinstance(host, SshCommunicator) or host.last_login != "password" or login.public_key is None:
            return
        script = authorize.script(login.public_key, login.username)
        said: list[str] = []
        code: int | str
        try:
            code = host.run(f"sh -c {shlex.quote(script)}", on_line=said.append, timeout=AUTHORIZE_TIMEOUT, pty=False)
        except Disconnected as error:
            code = str(error)
        if code:
            why = f"{' / '.join(said)[-200:]} ({code})"
            build.log(f"the build's key could not be put into authorized_keys, the password stays the way in: {why}")

    def release(self, build: Build) -> None:
        if build.communicator is not None:
            build.communicator.close()
