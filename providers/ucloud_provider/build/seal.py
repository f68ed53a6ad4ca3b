"""The step that takes the build's own traces off the host before it becomes an image."""

from __future__ import annotations

import shlex
from typing import ClassVar

from ucloud_provider.build.pipeline import Step
from ucloud_provider.build.state import Build
from ucloud_provider.errors import UCloudImageError


class Seal(Step):
    """Takes the build's key out of authorized_keys, and has everything written to the disk."""

    name: ClassVar[str] = "sealing"

    def run(self, build: Build) -> None:
        communicator = build.communicator
        if communicator is None:
            return
        script = "sync\n"
        if build.args.ssh_clear_authorized_keys and build.login.public_key:
            body = shlex.quote(build.login.public_key.split()[1])
            script = (
                'f="$HOME/.ssh/authorized_keys"\n'
                f'if [ -f "$f" ]; then grep -vF {body} "$f" > "$f.sealed"; '
                'cat "$f.sealed" > "$f" && rm -f "$f.sealed" || exit 1; fi\n'
            ) + script
        said: list[str] = []
        code = communicator.run(script, on_line=said.append, timeout=120)
        if code != 0:
            raise UCloudImageError(f"the build's key could not be taken off the host: {' '.join(said)[-200:]}")
        communicator.close()
