"""What a custom image is made of and how it is built: the arguments of `CustomImage`.

Names, defaults and rules are those of Packer's UCloud builder unless a better UCloud or Pulumi term exists.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ucloud_provider.provisioners.base import Provisioner
from ucloud_provider.spec import rules
from ucloud_provider.spec.args import Arg, Effect, LocalPath, arg, args

Duration = float | str


@args
class ImageCopy:
    """A copy of the image in another region or project. Give a project, a region, or both."""

    project_id: Arg[str | None] = arg(
        default=None, effect=Effect.UPDATE, rule=rules.not_empty, doc="Project to copy to; default: the image's own."
    )
    region: Arg[str | None] = arg(
        default=None, effect=Effect.UPDATE, rule=rules.not_empty, doc="Region to copy to; default: the image's own."
    )
    name: Arg[str | None] = arg(
        default=None, effect=Effect.UPDATE, rule=rules.image_name, doc="The copy's name; default: `image_name`."
    )
    description: Arg[str | None] = arg(
        default=None,
        effect=Effect.UPDATE,
        rule=rules.remark,
        doc="The copy's description; default: `image_description`.",
    )


@args
class CustomImageArgs:
    """The arguments of `CustomImage`.

    Example:
        CustomImageArgs(
            availability_zone="cn-bj2-02",
            instance_type="n-basic-2",
            source_image_id="uimage-f1chxn",
            image_name="packer-test-basic-bj",
            provisioners=[Shell(inline=["yum install -y nginx"])],
        )
    """

    # The image
    image_name: Arg[str] = arg(effect=Effect.REPLACE, rule=rules.image_name, doc="The image's name.")
    source_image_id: Arg[str] = arg(
        effect=Effect.REPLACE, rule=rules.image_id, doc="The image that the temporary host starts from."
    )
    image_description: Arg[str | None] = arg(
        default=None, effect=Effect.REPLACE, rule=rules.remark, doc="The image's description; 255 characters at most."
    )
    provisioners: Arg[Sequence[Provisioner]] = arg(
        default=(), effect=Effect.REPLACE, doc="What is done to the host, in order: `Shell`, `File`, `ShellLocal`."
    )
    copies: Arg[Sequence[ImageCopy]] = arg(
        default=(), effect=Effect.UPDATE, doc="Other regions and projects that get a copy of the image."
    )
    boot_disk_size: Arg[int | None] = arg(
        default=None,
        effect=Effect.REPLACE,
        unit="GB",
        rule=rules.between(20, 500, "GB"),
        doc="Boot disk, and so the least disk of hosts from the image; not below the source image's size, its default.",
    )
    user_data: Arg[str | None] = arg(
        default=None,
        effect=Effect.REPLACE,
        secret=True,
        doc="User data for the temporary host; the image needs CloudInit.",
    )
    user_data_file: Arg[str | None, LocalPath] = arg(
        default=None, effect=Effect.REPLACE, path=True, doc="A file with the user data; its content counts."
    )
    triggers: Arg[Mapping[str, Any] | None] = arg(
        default=None,
        effect=Effect.REPLACE,
        rule=rules.plain_values,
        doc="Any values; a change of any builds a new image.",
    )

    # Where
    availability_zone: Arg[str] = arg(
        effect=Effect.NONE, rule=rules.not_empty, doc="Zone of the temporary host; of `region`."
    )
    region: Arg[str | None] = arg(
        default=None, effect=Effect.REPLACE, rule=rules.not_empty, doc="Region; default: `ucloud:region`."
    )
    project_id: Arg[str | None] = arg(
        default=None, effect=Effect.REPLACE, rule=rules.not_empty, doc="Project; default: `ucloud:projectId`."
    )

    # The temporary host
    instance_type: Arg[str] = arg(
        effect=Effect.NONE, rule=rules.instance_type, doc="Such as `n-basic-2` or `n-customized-1-2`."
    )
    fallback_availability_zones: Arg[Sequence[str]] = arg(
        default=(),
        effect=Effect.NONE,
        rule=rules.Each(rules.not_empty),
        doc="Zones to try, in this order, where UCloud refuses the host in `availability_zone`: no room, say.",
    )
    fallback_instance_types: Arg[Sequence[str]] = arg(
        default=(),
        effect=Effect.NONE,
        rule=rules.Each(rules.instance_type),
        doc="Instance types to try, in this order, where UCloud refuses `instance_type` in every zone.",
    )
    instance_name: Arg[str | None] = arg(
        default=None,
        effect=Effect.NONE,
        rule=rules.instance_name,
        doc="Name of the temporary host; default: one that holds the build's id.",
    )
    boot_disk_type: Arg[str | None] = arg(
        default=None,
        effect=Effect.NONE,
        rule=rules.one_of(rules.BOOT_DISK_TYPES),
        doc=f"One of {', '.join(rules.BOOT_DISK_TYPES)}; default: the first of cloud_ssd, cloud_rssd, local_ssd, "
        "local_normal that the zone offers for the type.",
    )
    min_cpu_platform: Arg[str | None] = arg(
        default=None,
        effect=Effect.NONE,
        rule=rules.one_of(rules.CPU_PLATFORMS),
        doc=f"One of {', '.join(rules.CPU_PLATFORMS)}; default: Intel/Auto, or what the type has in the zone instead; "
        "for an ARM image Ampere/Auto.",
    )
    charge_type: Arg[str] = arg(
        default="dynamic",
        effect=Effect.NONE,
        rule=rules.one_of(rules.TEMPORARY_CHARGE_TYPES),
        doc="How the temporary host, its disk and EIP are paid for: `dynamic` (by the hour), `postpay` (by the hour, "
        "afterwards; cloud disks only, and not in all zones), or `month`, where hourly billing is not open to the "
        "account: a month is paid ahead, and what is left of it refunded when the host is released, as soon as the "
        "image is made.",
    )
    vpc_id: Arg[str | None] = arg(
        default=None, effect=Effect.NONE, rule=rules.not_empty, doc="VPC, with `subnet_id`; default: the region's."
    )
    subnet_id: Arg[str | None] = arg(
        default=None, effect=Effect.NONE, rule=rules.not_empty, doc="Subnet of `vpc_id`; default: the region's."
    )
    security_group_id: Arg[str | None] = arg(
        default=None,
        effect=Effect.NONE,
        rule=rules.not_empty,
        doc="Firewall or security group; default: a temporary one that opens the communicator's port alone.",
    )
    temporary_security_group_source_cidrs: Arg[Sequence[str]] = arg(
        default=(),
        effect=Effect.NONE,
        rule=rules.Each(rules.cidr),
        doc="Networks that the temporary firewall lets in, such as `203.0.113.7/32`; default: any, until the first "
        "login has shown the address that this machine comes from, and that alone from then on.",
    )
    eip_bandwidth: Arg[int] = arg(
        default=10, effect=Effect.NONE, unit="Mbps", rule=rules.between(1, 800, "Mbps"), doc="EIP's bandwidth."
    )
    eip_charge_mode: Arg[str] = arg(
        default="traffic",
        effect=Effect.NONE,
        rule=rules.one_of(rules.EIP_CHARGE_MODES),
        doc=f"One of {', '.join(rules.EIP_CHARGE_MODES)}.",
    )
    use_ssh_private_ip: Arg[bool] = arg(
        default=False, effect=Effect.NONE, doc="No EIP: connect to the private address; needs `vpc_id`."
    )

    # SSH
    communicator: Arg[str] = arg(
        default="ssh", effect=Effect.NONE, rule=rules.communicator, doc="`ssh`, or `none` to not connect."
    )
    ssh_username: Arg[str | None] = arg(
        default=None,
        effect=Effect.REPLACE,
        rule=rules.not_empty,
        doc="User that the provisioners run as; default: `ubuntu` for images of Ubuntu, else `root`. A change between "
        "the default and `root` alone builds no new image.",
    )
    ssh_password: Arg[str | None] = arg(
        default=None,
        effect=Effect.NONE,
        secret=True,
        rule=rules.password,
        doc="Password of the temporary host's login user, to log in with until the build's own key is in; default: a "
        "random one.",
    )
    ssh_private_key_file: Arg[str | None, LocalPath] = arg(
        default=None,
        effect=Effect.NONE,
        doc="Log in with this private key; the source image, or `ssh_keypair_name`, knows its public half.",
    )
    ssh_private_key_passphrase: Arg[str | None] = arg(
        default=None, effect=Effect.NONE, secret=True, doc="Passphrase of `ssh_private_key_file`, where it has one."
    )
    ssh_keypair_name: Arg[str | None] = arg(
        default=None,
        effect=Effect.NONE,
        rule=rules.not_empty,
        doc="UCloud key pair to start the host with, in place of a password; needs `ssh_private_key_file`, and an "
        "image with CloudInit.",
    )
    temporary_key_pair_type: Arg[str] = arg(
        default="ed25519",
        effect=Effect.NONE,
        rule=rules.one_of(("ed25519", "rsa", "ecdsa")),
        doc="Kind of the key made for the build to log in with: ed25519, rsa or ecdsa.",
    )
    temporary_key_pair_bits: Arg[int | None] = arg(
        default=None, effect=Effect.NONE, unit="bits", doc="rsa: 2048 to 8192, default 3072; ecdsa: 256, 384 or 521."
    )
    ssh_host: Arg[str | None] = arg(
        default=None, effect=Effect.NONE, rule=rules.not_empty, doc="Connect to this address instead of the host's."
    )
    ssh_port: Arg[int] = arg(default=22, effect=Effect.NONE, rule=rules.between(1, 65535), doc="SSH port.")
    ssh_timeout: Arg[Duration] = arg(
        default="5m", effect=Effect.NONE, unit="s", rule=rules.duration(1), doc="How long to try to connect."
    )
    ssh_handshake_attempts: Arg[int] = arg(
        default=10,
        effect=Effect.NONE,
        rule=rules.between(1, 1000),
        doc="Log-ins tried once the port answers; for a minute at least where CloudInit brings the key.",
    )
    ssh_keep_alive_interval: Arg[Duration] = arg(
        default="5s",
        effect=Effect.NONE,
        unit="s",
        rule=rules.duration(),
        doc="Between keep-alives. A host that answers nothing for 60 s (or twice this) is hung up on; 0: never.",
    )
    ssh_read_write_timeout: Arg[Duration] = arg(
        default=0,
        effect=Effect.NONE,
        unit="s",
        rule=rules.duration(),
        doc="Silence after which a command is given up; 0: never.",
    )
    ssh_pty: Arg[bool] = arg(default=False, effect=Effect.NONE, doc="Run commands in a pseudo-terminal.")
    temporary_host_key: Arg[bool] = arg(
        default=True,
        effect=Effect.NONE,
        doc="Where the image has CloudInit, give the temporary host an SSH host key made for the build, by user data, "
        "and accept no other; `False`: trust the first one seen.",
    )
    ssh_clear_authorized_keys: Arg[bool] = arg(
        default=True, effect=Effect.REPLACE, doc="Take the build's key out of the image's authorized_keys."
    )
    keep_in_image: Arg[Sequence[str]] = arg(
        default=(),
        effect=Effect.REPLACE,
        rule=rules.Each(rules.one_of(rules.TRACES)),
        doc=f"What stays in the image of that which is taken out by default; any of {', '.join(rules.TRACES)}.",
    )
    wait_for_cloud_init: Arg[bool | None] = arg(
        default=None,
        effect=Effect.NONE,
        doc="Wait for the end of cloud-init, and of a reboot that it orders (`power_state`), before the first "
        "provisioner; default: where it is on the host.",
    )
    pause_before_connecting: Arg[Duration] = arg(
        default=0, effect=Effect.NONE, unit="s", rule=rules.duration(), doc="Wait before the first connection."
    )

    # The build
    wait_image_ready_timeout: Arg[Duration] = arg(
        default=3600,
        effect=Effect.NONE,
        unit="s",
        rule=rules.duration(1),
        doc="How long the image, and each copy, may take to become Available.",
    )
    on_failure: Arg[str] = arg(
        default="cleanup",
        effect=Effect.NONE,
        rule=rules.one_of(("cleanup", "keep")),
        doc="What becomes of the temporary host when the build fails: `cleanup`, or `keep` it for a look. One that was "
        "sealed or stopped for the image is not kept: nobody could log in.",
    )
    replace_on: Arg[Sequence[str]] = arg(
        default=(),
        effect=Effect.NONE,
        doc="Names of arguments that change nothing by default, a change of which shall build a new image.",
    )

    # An image that exists already
    adopt_image_id: Arg[str | None] = arg(
        default=None,
        effect=Effect.REPLACE,
        rule=rules.image_id,
        doc="Take over this image instead of building one; what a build is made of does not count then.",
    )
    delete_adopted: Arg[bool] = arg(
        default=False, effect=Effect.UPDATE, doc="Delete the adopted image with the resource."
    )
