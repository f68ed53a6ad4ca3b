"""A build on a host whose login has a shell of another family: everything runs under /bin/sh all the same."""

from __future__ import annotations

import pytest
from ucloud_provider.provisioners.file import File
from ucloud_provider.provisioners.shell import Shell

from tests.emulator.build.conftest import Builds

RECONNECT = Shell(inline=["kill -9 $(ps -o ppid= -p $PPID)", "sleep 60"], expect_disconnect=True)


@pytest.mark.parametrize("pty", [False, True])
def test_a_host_with_tcsh_is_provisioned_and_generalized(builds: Builds, pty: bool) -> None:
    builds.build(
        ssh_pty=pty,
        provisioners=[
            File(source="/usr/bin/tcsh", destination="/usr/bin/tcsh"),
            Shell(inline=["usermod -s /usr/bin/tcsh root"]),
            RECONNECT,
            Shell(inline=["[ $(( 1 + 1 )) = 2 ] && echo $SHELL $ODD"], env={"ODD": "it's odd!"}),
        ],
    )
    assert "/usr/bin/tcsh it's odd!" in builds.progress.lines
    assert "sealing" in builds.progress.steps
