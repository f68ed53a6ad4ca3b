"""Waits for the end of a host's first boot: cloud-init installs packages, and may reboot it, while SSH answers."""

from __future__ import annotations

import re
from collections.abc import Callable

from ucloud_provider.errors import CommunicatorError, NoLogin, WaitTimeout
from ucloud_provider.provisioners import rebooting
from ucloud_provider.provisioners.base import ProvisionContext

LIMIT = 3600.0
"""Seconds that cloud-init may take; what the user has it do is theirs to bound."""

REBOOT_LIMIT = 600.0
"""Seconds in which a host comes back from a reboot that cloud-init ordered."""

REBOOTS_SOON = 40.0
"""Seconds after cloud-init's end in which it has the host reboot: it grants other processes 30 by default."""

_NONE = 90
"""What the command exits with where there is no cloud-init."""

_WAIT = f"command -v cloud-init >/dev/null || exit {_NONE}; cloud-init status --wait >/dev/null 2>&1"

# The whole of the configuration, the user's own among it, is root's alone to read.
_ORDERED = (
    "f=/var/lib/cloud/instance/cloud-config.txt; "
    "grep -qs '^power_state:' $f || { [ ! -r $f ] && sudo -n grep -qs '^power_state:' $f 2>/dev/null; }"
)
_POWER_STATE = re.compile(rb"^power_state:", re.MULTILINE)


def wait(context: ProvisionContext, *, theirs: bytes, note: Callable[[str], None]) -> None:
    """Wait for cloud-init, where it is on the host; `theirs` is the user data, for a login that may not read it there.

    That it failed is for the user to judge: the log has it, and the build goes on.
    """
    host = context.communicator
    assert host is not None
    for _reboot in range(3):
        before = host.boot_id()
        try:
            code = host.run(_WAIT, on_line=context.log, timeout=LIMIT, pty=False)
        except NoLogin:
            raise
        except WaitTimeout:
            note(f"cloud-init has not ended within {LIMIT:g} s; the provisioners start all the same")
            return
        except CommunicatorError as error:
            context.log(f"while waiting for cloud-init: {error}")
            rebooting.wait_until_back(before, REBOOT_LIMIT, rebooting.SETTLED, context)
            continue
        if code == _NONE:
            return
        if code:
            context.log(f"cloud-init ended with exit code {code}: see /var/log/cloud-init.log on the host")
        if not _orders_reboot(context, theirs):
            return
        context.on_line("cloud-init is to change the host's power state: waiting for that")
        rebooting.wait_until_back(before, REBOOT_LIMIT, REBOOTS_SOON, context)
        return  # it does so at the first boot alone


def _orders_reboot(context: ProvisionContext, theirs: bytes) -> bool:
    assert context.communicator is not None
    if _POWER_STATE.search(theirs):
        return True
    return context.communicator.run(_ORDERED, on_line=lambda _line: None, timeout=60, pty=False) == 0
