"""`UHost`: a host on UCloud, started from an image."""

from __future__ import annotations

import pulumi
from pulumi.dynamic import Resource
from ucloud_provider.resources.contract import TYPE_MODULE, UHOST
from ucloud_provider.resources.uhost import UHostProvider
from ucloud_provider.spec.uhost import UHostArgs

from ucloud_image.inputs import inputs_of


class UHost(Resource, module=TYPE_MODULE, name=UHOST.name):
    """A host, with its disks and its public address.

    `pulumi up` waits until it runs. A changed image makes a new host before the old one goes (the resource option
    `delete_before_replace` turns that round); name, size, bandwidth and password change in place.

    Example:
        host = UHost(
            "web",
            UHostArgs(availability_zone="cn-bj2-02", instance_type="o-standard-2", image_id=image.image_id),
        )
        pulumi.export("url", pulumi.Output.concat("http://", host.public_ip))
    """

    name: pulumi.Output[str]
    """The host's name on UCloud."""
    state: pulumi.Output[str]
    """The host's state when it was last looked at, such as `Running`."""
    private_ip: pulumi.Output[str]
    """The address in its subnet."""
    public_ip: pulumi.Output[str | None]
    """The EIP's address, or None for a host without one."""
    image_id: pulumi.Output[str]
    """The image it was started from."""

    def __init__(self, name: str, args: UHostArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        if opts is not None and opts.import_:
            raise pulumi.RunError(
                f"{name}: import_ does not work with dynamic resources, and a host that was made elsewhere cannot be "
                f"taken over; leave import_ out, so that a new host is made in place of {str(opts.import_)!r}, or "
                "refer to that one by its id"
            )
        computed = ("name", "state", "private_ip", "public_ip")
        super().__init__(UHostProvider(), name, inputs_of(args, computed, opts), opts)
