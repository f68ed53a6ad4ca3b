"""Inputs made by Hypothesis: right ones of every kind, the same ones written otherwise, and any garbage at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from ucloud_provider.communicators.ssh_keys import KeyPair
from ucloud_provider.provisioners.environment import SHELLS_OWN
from ucloud_provider.spec import rules

SCRIPTS = ("one.sh", "two.sh", "sub/three.sh")
FOLDERS = ("conf", "conf/", "sub/")
CONTENT = {
    **{name: f"echo {name}\n".encode() for name in SCRIPTS},
    "conf/a": b"a",
    "conf/b/c": b"\0\xff",
    "key": KeyPair.generate().private.encode(),
    "user-data": b"#!/bin/sh\n",
}
"""What a project's folder holds: path → content."""


def lay_out(project: Path) -> Path:
    """Write the project's files into an empty folder."""
    for name, content in CONTENT.items():
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_bytes(content)
    return project


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
names = st.text("abcXYZ019-_.网站", min_size=1, max_size=63)
durations: st.SearchStrategy[Any] = st.one_of(
    st.integers(1, 10**6), st.floats(1, 10**6), st.sampled_from(["90", "1.5", "30s", "5m", "1h30m", "2500ms", " 1h "])
)
optional_durations = durations | st.just(0)
variables = st.dictionaries(
    st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,8}", fullmatch=True).filter(lambda name: not SHELLS_OWN.fullmatch(name)),
    texts.filter(lambda text: "\0" not in text),
    max_size=3,
)
scalars: st.SearchStrategy[Any] = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=12), st.floats(allow_nan=False).map(abs)
)
json_values: st.SearchStrategy[Any] = st.recursive(
    st.one_of(st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), texts),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=5,
)

_odd_texts = st.sampled_from(
    [
        "\0",
        "a\0b",
        "~",
        "~nobody-here/x",
        "~/x",
        "../" * 50,
        "x" * 5000,
        "/dev/full",
        "/",
        "\ud800",
        "👻",
        "{{.Path}}",
        "%s",
    ]
)
anything: st.SearchStrategy[Any] = st.recursive(
    scalars | _odd_texts | st.binary(max_size=4) | st.just(10**400),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.text(max_size=5) | _odd_texts, inner, max_size=3),
        st.lists(inner, max_size=3).map(tuple),
    ),
    max_leaves=6,
)
"""Whatever may arrive, and some of what surely does not."""

_every_kind = {"pause_before": optional_durations, "max_retries": st.integers(0, 100), "timeout": optional_durations}
_by_script = {
    "inline_shebang": st.just("/bin/bash -e"),
    "environment_vars": variables | variables.map(lambda some: [f"{key}={value}" for key, value in some.items()]),
    "env": variables,
    "valid_exit_codes": st.lists(st.integers(0, 255), min_size=1, max_size=3),
}
_what_to_run = st.one_of(
    st.fixed_dictionaries({"inline": st.lists(texts, min_size=1, max_size=3)}),
    st.fixed_dictionaries({"script": st.sampled_from(SCRIPTS)}),
    st.fixed_dictionaries({"scripts": st.lists(st.sampled_from(SCRIPTS), min_size=1, max_size=3)}),
)
_what_to_move = st.one_of(
    st.fixed_dictionaries({"source": st.sampled_from(SCRIPTS + FOLDERS)}),
    st.fixed_dictionaries({"sources": st.lists(st.sampled_from(SCRIPTS + FOLDERS), min_size=1, max_size=3)}),
    st.fixed_dictionaries({"content": texts}),
    st.fixed_dictionaries({"source": st.just("/etc/x"), "direction": st.just("download")}),
    st.fixed_dictionaries({"source": st.just("made"), "generated": st.just(True)}),
)


def _provisioner(kind: str, what: st.SearchStrategy[dict[str, Any]], more: dict[str, Any]) -> st.SearchStrategy[Any]:
    return st.builds(lambda one, two: {"type": kind, **one, **two}, what, st.fixed_dictionaries({}, optional=more))


provisioners = st.one_of(
    _provisioner(
        "shell",
        _what_to_run,
        {
            **_every_kind,
            **_by_script,
            "binary": st.booleans(),
            "use_env_var_file": st.booleans(),
            "execute_command": st.sampled_from(["sudo sh {{.Path}}", "{{ .Vars }} {{ .Path }}"]),
            "expect_disconnect": st.booleans(),
            "pause_after": optional_durations,
            "remote_folder": st.just("/var/tmp"),
            "skip_clean": st.booleans(),
            "start_retry_timeout": optional_durations,
        },
    ),
    _provisioner(
        "shell-local",
        _what_to_run,
        {**_every_kind, **_by_script, "only_on": st.lists(st.sampled_from(["linux", "darwin"]), max_size=2)},
    ),
    _provisioner("file", _what_to_move, {**_every_kind, "destination": st.just("/srv/app")}).map(
        lambda made: {"destination": "/srv/x", **made}
    ),
)
places = st.sampled_from(["cn-sh2", "hk", "sg", "us-ca"])
copies = st.lists(
    st.builds(
        lambda region, more: {"region": region, **more},
        places,
        st.fixed_dictionaries({}, optional={"name": names, "description": texts}),
    ),
    max_size=3,
    unique_by=lambda copy: copy["region"],
)

IMAGE_ARGUMENTS: dict[str, st.SearchStrategy[Any]] = {
    "image_description": texts,
    "provisioners": st.lists(provisioners, max_size=3),
    "copies": copies,
    "boot_disk_size": st.integers(20, 500),
    "user_data": texts,
    "triggers": st.dictionaries(texts, json_values, max_size=3),
    "region": st.just("cn-bj2"),
    "project_id": st.sampled_from(["org-a", "org-b"]),
    "instance_name": names,
    "charge_type": st.sampled_from(rules.TEMPORARY_CHARGE_TYPES),
    "boot_disk_type": st.sampled_from(rules.BOOT_DISK_TYPES),
    "min_cpu_platform": st.sampled_from(rules.CPU_PLATFORMS),
    "security_group_id": st.just("firewall-1"),
    "eip_bandwidth": st.integers(1, rules.TRAFFIC_BANDWIDTH),
    "eip_charge_mode": st.sampled_from(rules.EIP_CHARGE_MODES),
    "ssh_username": st.sampled_from(["root", "ubuntu"]),
    "ssh_password": st.sampled_from(["Secret-123", "0ther-Secret"]),
    "ssh_private_key_file": st.just("key"),
    "temporary_key_pair_type": st.sampled_from(["ed25519", "rsa", "ecdsa"]),
    "ssh_host": st.just("198.18.0.9"),
    "ssh_port": st.integers(1, 65535),
    "ssh_timeout": durations,
    "ssh_handshake_attempts": st.integers(1, 1000),
    "ssh_keep_alive_interval": optional_durations,
    "ssh_read_write_timeout": optional_durations,
    "ssh_pty": st.booleans(),
    "ssh_clear_authorized_keys": st.booleans(),
    "pause_before_connecting": optional_durations,
    "wait_image_ready_timeout": durations,
    "on_failure": st.sampled_from(["cleanup", "keep"]),
    "replace_on": st.lists(st.sampled_from(["instance_type", "ssh_port"]), max_size=2, unique=True),
}
HOST_ARGUMENTS: dict[str, st.SearchStrategy[Any]] = {
    "name": names,
    "region": st.just("hk"),
    "project_id": st.just("org-a"),
    "boot_disk_type": st.sampled_from(rules.BOOT_DISK_TYPES),
    "boot_disk_size": st.integers(20, 500),
    "data_disks": st.lists(
        st.fixed_dictionaries(
            {"size": st.integers(20, 32000)}, optional={"type": st.sampled_from(rules.DATA_DISK_TYPES)}
        ),
        max_size=2,
    ),
    "min_cpu_platform": st.sampled_from(rules.CPU_PLATFORMS),
    "security_group_id": st.just("firewall-1"),
    "eip": st.booleans(),
    "eip_bandwidth": st.integers(1, rules.TRAFFIC_BANDWIDTH),
    "eip_charge_mode": st.sampled_from(rules.EIP_CHARGE_MODES),
    "password": st.just("Secret-123"),
    "user_data": texts,
    "charge_type": st.sampled_from(rules.CHARGE_TYPES),
    "timeout": durations,
}

images = st.fixed_dictionaries(
    {
        "image_name": names,
        "source_image_id": st.sampled_from(["uimage-f1chxn", "uimage-a1"]),
        "availability_zone": st.sampled_from(["cn-bj2-02", "cn-bj2-03"]),
        "instance_type": st.sampled_from(["n-basic-2", "o-standard-4", "n-customized-1-2"]),
    },
    optional=IMAGE_ARGUMENTS,
)
"""Right inputs of an image whose project folder was laid out."""
hosts = st.fixed_dictionaries(
    {
        "image_id": st.sampled_from(["uimage-f1chxn", "uimage-a1"]),
        "availability_zone": st.sampled_from(["cn-bj2-02", "cn-bj2-03"]),
        "instance_type": st.sampled_from(["n-basic-2", "o-standard-4"]),
    },
    optional=HOST_ARGUMENTS,
)


def rewritten(value: Any) -> Any:
    """The same, as Pulumi may hand it over another time: dicts in another order, tuples for lists, floats for ints."""
    if isinstance(value, dict):
        return {key: rewritten(each) for key, each in reversed(value.items())}
    if isinstance(value, list):
        return tuple(rewritten(each) for each in value)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**53:
        return float(value)
    return value
