"""What a value must look like: one function a rule, returning what is wrong with a value and what to do, or None.

The rules are UCloud's, as its console, its API documentation and its Packer builder state them.
"""

from __future__ import annotations

import ipaddress
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Rule = Callable[[Any], str | None]

BOOT_DISK_TYPES = ("local_normal", "local_ssd", "cloud_ssd", "cloud_rssd")
DATA_DISK_TYPES = ("cloud_normal", "cloud_ssd", "cloud_rssd")
EIP_CHARGE_MODES = ("traffic", "bandwidth", "post_accurate_bandwidth")
CHANGED_TRAFFIC_BANDWIDTH = 200
"""Mbps likewise where the bandwidth of such an EIP is changed."""
TRAFFIC_BANDWIDTH = 300
"""Mbps that an EIP may have at most where its traffic is paid for; by bandwidth it is 800."""
CHARGE_TYPES = ("dynamic", "month", "year", "postpay")
TEMPORARY_CHARGE_TYPES = ("dynamic", "postpay", "month")
"""How a host can be paid for that lives for an hour."""
CPU_PLATFORMS = (
    *(f"Intel/{each}" for each in ("Auto", "IvyBridge", "Haswell", "Broadwell", "Skylake", "Cascadelake")),
    *(f"Intel/{each}" for each in ("CascadelakeR", "IceLake", "SapphireRapids")),
    *(f"Amd/{each}" for each in ("Auto", "Epyc2")),
    *(f"Ampere/{each}" for each in ("Auto", "Altra")),
)
TRACES = (
    "cloud_init",
    "machine_id",
    "shell_history",
    "random_seed",
    "dhcp_leases",
    "logs",
    "temporary_files",
    "password",
    "ssh_host_keys",
)
"""What is taken out of an image by default; `build/traces.py` says how."""

REMARK_LIMIT = 255
"""Characters of a description."""
USER_DATA_LIMIT = 16 * 1024
"""Bytes of user data that CreateUHostInstance takes, before base64."""

_CHINESE = "\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_INSTANCE_NAME = re.compile(rf"[{_CHINESE}A-Za-z0-9\-_.]{{1,63}}")
_IMAGE_NAME = re.compile(rf"[{_CHINESE}A-Za-z0-9\-_,.:\[\]]{{1,63}}")
_SYMBOLS = "()`~!@#$%^&*-+=_|{}[]:;'<>,.?/"
_DURATION = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s)?(?:(\d+)ms)?", re.ASCII)
_LONGEST_DURATION = 366 * 24 * 3600
"""Seconds. No wait of ours is that long, and the system's own waits cannot be much longer."""
_CORES = re.compile(r"[0-9]{1,6}")
_RATIOS = {"highcpu": 1, "basic": 2, "standard": 4, "highmem": 8}
_FAMILIES = ("n", "c", "o", "om", "omem", "opro", "oprog")


def shown(value: Any) -> str:
    """A value as messages show it: on one line, and not at length."""
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:76]}…{text[0]}"


@dataclass(frozen=True)
class InstanceType:
    """An instance type taken apart: UCloud's MachineType, cores, and memory in MB."""

    machine_type: str
    cpu: int
    memory: int


def parse_instance_type(text: str) -> InstanceType:
    """Take `n-basic-2` or `n-customized-1-2` apart. Raises ValueError with what is wrong and what to write."""
    remedy = "write family-kind-cores such as n-basic-2 or o-standard-4, or n-customized-<cores>-<GB>"
    family, *rest = text.split("-")
    if family not in _FAMILIES:
        raise ValueError(f"{shown(text)}: unknown host family {shown(family)}, one of {', '.join(_FAMILIES)}; {remedy}")
    if len(rest) == 2 and rest[0] in _RATIOS and _CORES.fullmatch(rest[1]):
        cpu = int(rest[1])
        memory = cpu * _RATIOS[rest[0]]
    elif len(rest) == 3 and rest[0] == "customized" and all(map(_CORES.fullmatch, rest[1:])):
        cpu, memory = int(rest[1]), int(rest[2])
        if memory == 0 or (memory > 1 and memory % 2):
            raise ValueError(f"{shown(text)}: memory is 1 GB or an even number of GB")
        if cpu and not 0.5 <= memory / cpu <= 12:
            raise ValueError(f"{shown(text)}: memory is between half a GB and 12 GB a core")
    else:
        raise ValueError(f"{shown(text)} is no instance type; {remedy}")
    if cpu == 0 or (cpu > 1 and cpu % 2) or cpu > 128:
        raise ValueError(f"{shown(text)}: cores are 1 or an even number up to 128")
    return InstanceType(machine_type=family.upper(), cpu=cpu, memory=memory * 1024)


def instance_type(value: str) -> str | None:
    try:
        parse_instance_type(value)
    except ValueError as error:
        return str(error)
    return None


@dataclass(frozen=True)
class Each:
    """The rule for every element of a list; each that is wrong is told of by its place."""

    rule: Rule

    def __call__(self, value: Any) -> str | None:
        return self.rule(value)


def instance_name(value: str) -> str | None:
    if _INSTANCE_NAME.fullmatch(value):
        return None
    return f"{shown(value)} is no host name; use 1 to 63 Chinese characters, letters, digits and - _ ."


def image_name(value: str) -> str | None:
    if _IMAGE_NAME.fullmatch(value):
        return None
    return f"{shown(value)} is no image name; use 1 to 63 Chinese characters, letters, digits and - _ , . : [ ]"


def remark(value: str) -> str | None:
    if len(value) <= REMARK_LIMIT:
        return None
    return f"has {len(value)} characters; UCloud takes {REMARK_LIMIT}: shorten it"


def image_id(value: str) -> str | None:
    if re.fullmatch(r"[a-z0-9]*image-[A-Za-z0-9\-]+", value):
        return None
    return f"{shown(value)} is no image id; it looks like uimage-f1chxn"


def one_of(values: tuple[str, ...]) -> Rule:
    """The value is one of these, to the letter."""

    def rule(value: str) -> str | None:
        return None if value in values else f"{shown(value)} is not one of {', '.join(values)}"

    return rule


def communicator(value: str) -> str | None:
    if value == "winrm":
        return "'winrm' cannot be used yet; build from a Linux image with ssh"
    return one_of(("ssh", "none"))(value)


def between(least: int, most: int, unit: str = "") -> Rule:
    """A number from `least` to `most`."""

    def rule(value: float) -> str | None:
        if least <= value <= most:
            return None
        return f"{shown(value)} is out of range; give {least} to {most}{f' {unit}' if unit else ''}"

    return rule


def plain_values(value: Any) -> str | None:
    """Nothing but what JSON can write: a digest is made of it."""
    if isinstance(value, Mapping):
        return next((wrong for inner in value.values() if (wrong := plain_values(inner))), None)
    if isinstance(value, list | tuple):
        return next((wrong for inner in value if (wrong := plain_values(inner))), None)
    if isinstance(value, float) and not math.isfinite(value):
        return f"holds {value}, which is no number; give another value"
    if value is None or isinstance(value, str | int | float):
        return None
    return f"holds a {type(value).__name__}; give texts, numbers, True or False, lists and dictionaries"


def not_empty(value: str) -> str | None:
    return None if value.strip() else "is empty; give a value, or leave the argument out"


def is_firewall(id: str | None) -> bool:
    """Whether an id is a firewall's, by its form; without one a host gets a firewall. How a security group's looks, no
    page says.
    """
    return id is None or id.startswith("firewall-") or id.isdecimal()


def no_null(value: str) -> str | None:
    return "holds a null character, which no command and no path can; take it out" if "\0" in value else None


def path(value: str) -> str | None:
    return not_empty(value) or no_null(value)


def mode(value: str) -> str | None:
    """A file's mode, in octal."""
    if re.fullmatch(r"[0-7]{3,4}", value):
        return None
    return f"{shown(value)} is no mode; write it in octal, such as '0644' or '755'"


def account(value: str) -> str | None:
    """A user or group of the host's."""
    if re.fullmatch(r"[A-Za-z0-9_.][A-Za-z0-9_.@-]*\$?", value):
        return None
    return f"{shown(value)} is no name of a user or group; give such as www-data, or an id"


def shell_word(value: str) -> str | None:
    """A path on the host that stands in commands as it is."""
    if re.fullmatch(r"[\w@%+=:,./~-]+", value):
        return None
    return f"{shown(value)} is not one word to a shell; use letters, digits and _ @ % + = : , . / ~ -"


def password(value: str) -> str | None:
    """UCloud's rule for login passwords. The text never holds the password."""
    legal = all(c.isascii() and (c.isalnum() or c in _SYMBOLS) for c in value)
    kinds = (str.isupper, str.islower, str.isdecimal, lambda c: not c.isalnum())
    classes = sum(any(kind(c) for c in value) for kind in kinds)
    if legal and 8 <= len(value) <= 30 and classes >= 2:
        return None
    return (
        "is no password UCloud takes; use 8 to 30 characters of at least two of: upper case, lower case, digits, "
        f"and {_SYMBOLS}"
    )


def parse_duration(value: float | str) -> float:
    """Seconds of `90`, "90", "30s", "5m" or "1h30m". Raises ValueError."""
    if isinstance(value, int | float):
        if not -1e300 < value < 1e300:
            raise ValueError(f"{shown(value)} is no duration; give seconds, or such as 30s, 5m, 1h30m")
        return float(value)
    text = value.strip()
    if re.fullmatch(r"[0-9]+(\.[0-9]+)?", text):
        return float(text)
    match = _DURATION.fullmatch(text)
    if not text or match is None:
        raise ValueError(f"{shown(value)} is no duration; give seconds, or such as 30s, 5m, 1h30m")
    hours, minutes, seconds, milliseconds = (float(each) if each else 0.0 for each in match.groups())
    return hours * 3600 + minutes * 60 + seconds + milliseconds / 1000


def duration(least: float = 0) -> Rule:
    """A duration of at least `least` seconds."""

    def rule(value: float | str) -> str | None:
        try:
            seconds = parse_duration(value)
        except ValueError as error:
            return str(error)
        if seconds < least:
            return f"{shown(value)} is too short; give at least {least:g} s"
        if seconds > _LONGEST_DURATION:
            return f"{shown(value)} is too long; give at most {_LONGEST_DURATION // 86400} days, 8784h"
        return None

    return rule


def cidr(value: str) -> str | None:
    try:
        ipaddress.IPv4Network(value)
    except ValueError:
        return f"{shown(value)} is no IPv4 network; write such as 203.0.113.7/32 or 0.0.0.0/0"
    return None
