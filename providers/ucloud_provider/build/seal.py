"""The step that takes off the host what identifies it, the last thing over the connection."""

from __future__ import annotations

import shlex
from typing import ClassVar

from ucloud_provider.build import fate, traces
from ucloud_provider.build.pipeline import Step
from ucloud_provider.build.state import Build
from ucloud_provider.communicators.base import Communicator
from ucloud_provider.errors import CommunicatorError, Disconnected, UCloudImageError

TIMEOUT = 300.0
"""Seconds that it may take: a large /tmp has to go."""

AS_LOGIN = "sh -c {script} seal {home}"
WITHOUT_PASSWORD = "sudo -n sh -c {script} seal {home}"  # noqa: S105 -- no secret
WITH_PASSWORD = "sudo -k -S -p '' sh -c {script} seal {home}"  # noqa: S105 -- reads it from its input
HOME = '"$HOME"'


class Seal(Step):
    """Removes what `traces` lists, less what `keep_in_image` names, and the build's key from authorized_keys."""

    name: ClassVar[str] = "sealing"

    def run(self, build: Build) -> None:
        with fate.told(build):
            self._seal(build)

    def _seal(self, build: Build) -> None:
        host = build.communicator
        if build.args.communicator != "ssh" or host is None:
            build.log("there is no SSH connection: what identifies the host stays in the image")
            return
        remove = _removed(build)
        public_key = build.login.public_key if build.args.ssh_clear_authorized_keys else None
        key = public_key.split()[1] if public_key else ""
        mark = build.lease.origin if build.marked else ""
        form = as_root(build, host)
        # Without it, the login's own authorized_keys can still be seen to.
        every_home = bool(form)
        if not form and not needed(build):
            form = AS_LOGIN
        if not form:
            raise UCloudImageError(
                f"user {build.login.username} is neither root nor may use sudo, so what identifies the host cannot "
                f"be taken off it: {', '.join(remove) or 'the user data of the build'}; let it use sudo without a "
                "password, or name what may stay in keep_in_image"
            )
        password = build.login.password
        login = build.login.username if password is not None and "password" in remove else ""
        script = traces.script(remove=remove, key=key, mark=mark, every_home=every_home, login=login)
        # Never in arguments: whoever is on the host could read them.
        stdin = f"{password}\n".encode() * ((form == WITH_PASSWORD) + bool(login))
        if key or "ssh_host_keys" in remove:
            build.out_of_sight = "it was being sealed for the image already, after which nobody can log in to it"
        said = _run(build, host, form.format(script=shlex.quote(script), home=HOME), stdin or None)
        if traces.DONE not in said:
            raise UCloudImageError(
                f"what identifies the host could not all be taken off it: {' / '.join(said)[-500:]}; name what may "
                "stay in keep_in_image, or see to it in a provisioner"
            )
        host.close()


def _run(build: Build, host: Communicator, command: str, stdin: bytes | None) -> list[str]:
    """What the script said. A connection that ends once it is through is as good as an exit code."""
    for attempt in (1, 2):
        said: list[str] = []

        def on_line(line: str, said: list[str] = said) -> None:
            said.append(line)
            build.log(f"| {line}")
            if line.startswith("note: "):
                build.progress.note(line.removeprefix("note: "))

        try:
            host.run(command, on_line=on_line, stdin=stdin, timeout=TIMEOUT, pty=False if stdin else None)
        except Disconnected:
            # What was removed is gone, so it may run again; not once it was through, as nobody could log in then.
            if traces.DONE not in said and attempt == 1:
                build.log("the connection broke while sealing; once more")
                continue
            if traces.DONE not in said:
                raise
        return said
    raise CommunicatorError("the connection broke while sealing")


def needed(build: Build) -> bool:
    """Whether there is something to take off the host that only root can."""
    return build.args.communicator == "ssh" and (build.marked or bool(_removed(build)))


def as_root(build: Build, host: Communicator) -> str:
    """How this login runs something as root, with places for the script and the home folder; empty: it cannot."""
    if build.login.username == "root" or _works(host, '[ "$(id -u)" = 0 ]'):
        return AS_LOGIN
    if _works(host, "sudo -n true"):
        return WITHOUT_PASSWORD
    password = build.login.password
    if password and _works(host, "sudo -k -S -p '' true", f"{password}\n".encode()):
        return WITH_PASSWORD
    return ""


def _removed(build: Build) -> list[str]:
    return [name for name in traces.TRACES if name not in build.args.keep_in_image]


def _works(host: Communicator, command: str, stdin: bytes | None = None) -> bool:
    return host.run(command, on_line=lambda _line: None, stdin=stdin, timeout=60, pty=False if stdin else None) == 0
