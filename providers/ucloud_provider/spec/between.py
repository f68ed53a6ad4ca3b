"""The rules between arguments: what may not be given together, and what needs what else."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from ucloud_provider.spec import rules
from ucloud_provider.spec.image import CustomImageArgs
from ucloud_provider.spec.judging import Failure, did_you_mean
from ucloud_provider.spec.unknown import Location


@dataclasses.dataclass(frozen=True)
class Given:
    """The values that are known and of the right type, and the names of those that cannot be judged.

    A rule between two arguments has nothing to say where one of them is unknown, or wrong by itself.
    """

    values: Mapping[str, Any]
    unjudged: Collection[str]

    def __getitem__(self, name: str) -> Any:
        return None if name in self.unjudged else self.values.get(name)

    def absent(self, name: str) -> bool:
        """Whether an argument is surely not given."""
        return name not in self.unjudged and self.values.get(name) in (None, "")


def image_failures(given: Given, base_dir: Path) -> Iterator[Failure]:
    """What is wrong between the arguments of a `CustomImage`, and with the local files they name."""
    yield from _both_or_neither(given, "vpc_id", "subnet_id")
    yield from _at_most_one(given, "user_data", "user_data_file")
    yield from _at_most_one(given, "ssh_password", "ssh_keypair_name")
    yield from _user_data_size(given)
    yield from _bandwidth(given)
    if given["use_ssh_private_ip"] is True and given.absent("vpc_id"):
        yield Failure("use_ssh_private_ip", "True needs vpc_id and subnet_id: a VPC that this machine is connected to")
    if given["ssh_keypair_name"] and given.absent("ssh_private_key_file"):
        name = rules.shown(given["ssh_keypair_name"])
        yield Failure("ssh_keypair_name", f"{name} needs ssh_private_key_file, the private half of that key pair")
    if given["delete_adopted"] is True and given.absent("adopt_image_id"):
        yield Failure("delete_adopted", "True needs adopt_image_id; an image that was built is deleted anyway")
    for name in ("ssh_private_key_file", "user_data_file"):
        yield from _file(given, name, base_dir)
    yield from _private_key(given, base_dir)
    yield from _key_bits(given)
    names = [field.name for field in dataclasses.fields(CustomImageArgs)]
    for index, name in enumerate(given["replace_on"] or ()):
        if name is not None and name not in names:
            yield Failure(f"replace_on[{index}]", f"{rules.shown(name)} {did_you_mean(name, names)}")
    if given["temporary_security_group_source_cidrs"] and given["security_group_id"]:
        yield Failure(
            "temporary_security_group_source_cidrs",
            "and security_group_id are both given; give one of the two: there is no temporary firewall with your own",
        )
    if given["communicator"] == "none" and given["provisioners"]:
        yield Failure("communicator", "'none' cannot run provisioners; use ssh, or leave the provisioners out")


def host_failures(given: Given) -> Iterator[Failure]:
    """What is wrong between the arguments of a `UHost`."""
    yield from _both_or_neither(given, "vpc_id", "subnet_id")
    yield from _at_most_one(given, "password", "key_pair_id")
    yield from _user_data_size(given)
    yield from _bandwidth(given)


def copy_failures(
    copies: Mapping[int, Mapping[str, Any]], *, project_id: str | None, region: str | None
) -> Iterator[Failure]:
    """What is wrong between copies that are right by themselves, by their index; and where the image is built."""
    seen: dict[tuple[str | None, str | None], int] = {}
    for index, copy in copies.items():
        name = f"copies[{index}]"
        if copy.get("project_id") is None and copy.get("region") is None:
            yield Failure(name, "names neither region nor project_id; give where to copy to")
            continue
        place = (copy.get("project_id") or project_id, copy.get("region") or region)
        text = " in ".join(each for each in place if each)
        if place == (project_id, region):
            yield Failure(name, f"{text} is where the image is built; leave this copy out")
        elif place in seen:
            yield Failure(name, f"goes where copies[{seen[place]}] goes, {text}; leave one out")
        seen.setdefault(place, index)


def _file(given: Given, name: str, base_dir: Path) -> Iterator[Failure]:
    value = given[name]
    if not isinstance(value, str):
        return
    try:
        # A key lies in the user's home folder as often as not; what an image is made of lies in the project.
        file = base_dir / (Path(value).expanduser() if name == "ssh_private_key_file" else value)
        size = file.stat().st_size if file.is_file() else None
    except (OSError, RuntimeError):  # a name too long, or nobody's home
        size = None
    if size is None:
        yield Failure(name, f"{rules.shown(value)} is no file in {base_dir}; correct the path")
    elif name == "user_data_file" and size > rules.USER_DATA_LIMIT:
        yield Failure(name, f"{rules.shown(value)} has {size} bytes; UCloud takes {rules.USER_DATA_LIMIT}: shorten it")


def _bandwidth(given: Given) -> Iterator[Failure]:
    """An EIP's bandwidth, by how it is paid for."""
    bandwidth, mode = given["eip_bandwidth"], given["eip_charge_mode"] or "traffic"
    most = rules.TRAFFIC_BANDWIDTH
    if mode != "traffic" or "eip_charge_mode" in given.unjudged or not isinstance(bandwidth, int) or bandwidth <= most:
        return
    yield Failure(
        "eip_bandwidth",
        f"{bandwidth} Mbps is above the {most} Mbps of eip_charge_mode 'traffic'; give less, or another mode",
    )


def _private_key(given: Given, base_dir: Path) -> Iterator[Failure]:
    """What is wrong with the key to log in with: it is the last thing that a build needs, and the first to be told."""
    value, passphrase = given["ssh_private_key_file"], given["ssh_private_key_passphrase"]
    if passphrase and given.absent("ssh_private_key_file"):
        yield Failure("ssh_private_key_passphrase", "is given without ssh_private_key_file; give the key that it is of")
    if not isinstance(value, str) or "ssh_private_key_passphrase" in given.unjudged:
        return
    from ucloud_provider.communicators.ssh_keys import read_private_key  # for start-up: few builds have their own key
    from ucloud_provider.errors import CommunicatorError

    try:
        path = base_dir / Path(value).expanduser()
        if path.is_file():
            read_private_key(path, passphrase)
    except (OSError, RuntimeError):
        return  # told elsewhere
    except CommunicatorError as error:
        yield Failure("ssh_private_key_file", str(error).replace("its passphrase", "ssh_private_key_passphrase"))


def _key_bits(given: Given) -> Iterator[Failure]:
    bits, kind = given["temporary_key_pair_bits"], given["temporary_key_pair_type"] or "ed25519"
    if not isinstance(bits, int) or "temporary_key_pair_type" in given.unjudged:
        return
    allowed: Collection[int] = {"rsa": range(2048, 8193), "ecdsa": (256, 384, 521)}.get(kind, ())
    if bits not in allowed:
        yield Failure(
            "temporary_key_pair_bits",
            f"{bits} does not go with {kind}; rsa takes 2048 to 8192, ecdsa 256, 384 or 521, ed25519 none",
        )


def _user_data_size(given: Given) -> Iterator[Failure]:
    text = given["user_data"]
    if isinstance(text, str) and len(text.encode()) > rules.USER_DATA_LIMIT:
        yield Failure(
            "user_data",
            f"has {len(text.encode())} bytes; UCloud takes {rules.USER_DATA_LIMIT}: shorten it, or fetch the rest",
        )


def _both_or_neither(given: Given, one: str, other: str) -> Iterator[Failure]:
    for there, missing in ((one, other), (other, one)):
        if given[there] and given.absent(missing):
            yield Failure(missing, f"is missing: {there} is {rules.shown(given[there])}; give both or neither")


def _at_most_one(given: Given, one: str, other: str) -> Iterator[Failure]:
    if given[one] is not None and given[other] is not None:
        yield Failure(other, f"and {one} are both given; give one of the two")


def unjudged(unknown: Collection[Location], failures: Collection[Failure]) -> set[str]:
    """The arguments that rules between arguments pass over: not known yet, or wrong by themselves."""
    wrong = {argument_of(failure.property) for failure in failures}
    return wrong | {str(location[0]) for location in unknown if len(location) == 1}


def argument_of(path: str) -> str:
    """The argument that a property's path begins with: "copies" of "copies[1].region"."""
    return path.split(".")[0].split("[")[0]
