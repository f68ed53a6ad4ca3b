"""How Pulumi's command provider reaches a host of ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi

if TYPE_CHECKING:
    from pulumi_command.remote import ConnectionArgs

    from ucloud_image.uhost import UHost


def ssh_connection(
    host: UHost,
    *,
    user: pulumi.Input[str] = "root",
    password: pulumi.Input[str] | None = None,
    private_key: pulumi.Input[str] | None = None,
    port: pulumi.Input[float] = 22,
    private: bool = False,
) -> ConnectionArgs:
    """The connection of `pulumi_command.remote.Command` to a host, by its public address, or its private one.

    Example:
        pulumi_command.remote.Command("hello", connection=ssh_connection(host, password=password), create="uname -a")
    """
    from pulumi_command.remote import ConnectionArgs

    return ConnectionArgs(
        host=host.private_ip if private else host.public_ip.apply(lambda address: address or ""),
        user=user,
        port=port,
        password=None if password is None else pulumi.Output.secret(password),
        private_key=None if private_key is None else pulumi.Output.secret(private_key),
    )
