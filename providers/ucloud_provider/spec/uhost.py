"""What a host is: the arguments of `UHost`."""

from __future__ import annotations

from collections.abc import Sequence

from ucloud_provider.spec import rules
from ucloud_provider.spec.args import Arg, Effect, arg, args

Duration = float | str


@args
class DataDisk:
    """A data disk made with the host and deleted with it."""

    size: Arg[int] = arg(effect=Effect.REPLACE, unit="GB", rule=rules.between(20, 32000, "GB"), doc="Size.")
    type: Arg[str | None] = arg(
        default=None,
        effect=Effect.REPLACE,
        rule=rules.one_of(rules.DATA_DISK_TYPES),
        doc=f"One of {', '.join(rules.DATA_DISK_TYPES)}; default: cloud_ssd, or the first that the zone offers.",
    )


@args
class UHostArgs:
    """The arguments of `UHost`.

    Example:
        UHostArgs(availability_zone="cn-bj2-02", instance_type="o-standard-2", image_id=image.image_id)
    """

    availability_zone: Arg[str] = arg(effect=Effect.REPLACE, rule=rules.not_empty, doc="Zone, of `region`.")
    instance_type: Arg[str] = arg(
        effect=Effect.UPDATE,
        rule=rules.instance_type,
        doc="Such as `n-basic-2`; a change stops the host, resizes it and starts it again.",
    )
    image_id: Arg[str] = arg(effect=Effect.REPLACE, rule=rules.image_id, doc="The image to start from.")
    name: Arg[str | None] = arg(
        default=None, effect=Effect.UPDATE, rule=rules.instance_name, doc="Default: the resource's name and a suffix."
    )
    region: Arg[str | None] = arg(
        default=None, effect=Effect.REPLACE, rule=rules.not_empty, doc="Region; default: `ucloud:region`."
    )
    project_id: Arg[str | None] = arg(
        default=None, effect=Effect.REPLACE, rule=rules.not_empty, doc="Project; default: `ucloud:projectId`."
    )
    boot_disk_type: Arg[str | None] = arg(
        default=None,
        effect=Effect.REPLACE,
        rule=rules.one_of(rules.BOOT_DISK_TYPES),
        doc=f"One of {', '.join(rules.BOOT_DISK_TYPES)}; default: the first of cloud_ssd, cloud_rssd, local_ssd, "
        "local_normal that the zone offers for the type.",
    )
    boot_disk_size: Arg[int | None] = arg(
        default=None, effect=Effect.REPLACE, unit="GB", rule=rules.between(20, 500, "GB"), doc="Default: the image's."
    )
    data_disks: Arg[Sequence[DataDisk]] = arg(default=(), effect=Effect.REPLACE, doc="Data disks.")
    min_cpu_platform: Arg[str | None] = arg(
        default=None,
        effect=Effect.REPLACE,
        rule=rules.one_of(rules.CPU_PLATFORMS),
        doc=f"One of {', '.join(rules.CPU_PLATFORMS)}; default: Intel/Auto, or what the type has in the zone instead; "
        "for an ARM image Ampere/Auto.",
    )
    vpc_id: Arg[str | None] = arg(
        default=None, effect=Effect.REPLACE, rule=rules.not_empty, doc="VPC, with `subnet_id`; default: the region's."
    )
    subnet_id: Arg[str | None] = arg(
        default=None, effect=Effect.REPLACE, rule=rules.not_empty, doc="Subnet of `vpc_id`; default: the region's."
    )
    security_group_id: Arg[str | None] = arg(
        default=None,
        effect=Effect.UPDATE,
        rule=rules.not_empty,
        doc="Firewall, or security group, which the host is then in alone; default: UCloud's `recommend web` firewall. "
        "A change from one kind to the other replaces the host.",
    )
    eip: Arg[bool] = arg(default=True, effect=Effect.REPLACE, doc="Whether the host gets a public address.")
    eip_bandwidth: Arg[int] = arg(
        default=10, effect=Effect.UPDATE, unit="Mbps", rule=rules.between(1, 800, "Mbps"), doc="EIP's bandwidth."
    )
    eip_charge_mode: Arg[str] = arg(
        default="traffic",
        effect=Effect.REPLACE,
        rule=rules.one_of(rules.EIP_CHARGE_MODES),
        doc=f"One of {', '.join(rules.EIP_CHARGE_MODES)}.",
    )
    password: Arg[str | None] = arg(
        default=None,
        effect=Effect.UPDATE,
        secret=True,
        rule=rules.password,
        doc="Login password; default: a random one nobody knows, or `key_pair_id`. A change restarts the host.",
    )
    key_pair_id: Arg[str | None] = arg(
        default=None, effect=Effect.REPLACE, rule=rules.not_empty, doc="UCloud key pair to log in with."
    )
    user_data: Arg[str | None] = arg(
        default=None, effect=Effect.REPLACE, secret=True, doc="User data; the image needs CloudInit."
    )
    charge_type: Arg[str] = arg(
        default="dynamic",
        effect=Effect.REPLACE,
        rule=rules.one_of(rules.CHARGE_TYPES),
        doc=f"One of {', '.join(rules.CHARGE_TYPES)}.",
    )
    timeout: Arg[Duration] = arg(
        default="10m",
        effect=Effect.NONE,
        unit="s",
        rule=rules.duration(1),
        doc="How long each change of state may take.",
    )
