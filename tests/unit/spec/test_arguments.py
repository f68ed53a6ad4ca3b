"""The table of arguments: current, and true of what the diff does."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest
from ucloud_provider.communicators.ssh_keys import KeyPair
from ucloud_provider.spec import table
from ucloud_provider.spec.args import Effect
from ucloud_provider.spec.check import check_custom_image, check_uhost
from ucloud_provider.spec.diff import diff_custom_image, diff_uhost
from ucloud_provider.spec.image import CustomImageArgs
from ucloud_provider.spec.uhost import UHostArgs

ROOT = Path(__file__).parents[3]

IMAGE: dict[str, Any] = {
    "image_name": "basic",
    "source_image_id": "uimage-f1chxn",
    "availability_zone": "cn-bj2-02",
    "instance_type": "n-basic-2",
    "region": "cn-bj2",
    "provisioners": [{"type": "shell", "inline": ["true"]}],
    "copies": [{"region": "cn-sh2"}],
}
HOST: dict[str, Any] = {
    "image_id": "uimage-abc123",
    "availability_zone": "cn-bj2-02",
    "instance_type": "n-basic-2",
}

CHANGED_IMAGE: dict[str, dict[str, Any]] = {
    "image_name": {"image_name": "other"},
    "source_image_id": {"source_image_id": "uimage-other"},
    "image_description": {"image_description": "for the web"},
    "provisioners": {"provisioners": [{"type": "shell", "inline": ["false"]}]},
    "copies": {"copies": [{"region": "hk"}]},
    "boot_disk_size": {"boot_disk_size": 40},
    "user_data": {"user_data": "#!/bin/sh\n"},
    "user_data_file": {"user_data_file": "user-data"},
    "triggers": {"triggers": {"week": 7}},
    "availability_zone": {"availability_zone": "cn-bj2-03"},
    "region": {"region": "cn-gd"},
    "project_id": {"project_id": "org-other"},
    "instance_type": {"instance_type": "o-standard-4"},
    "instance_name": {"instance_name": "builder"},
    "charge_type": {"charge_type": "month"},
    "fallback_availability_zones": {"fallback_availability_zones": ["cn-bj2-03"]},
    "fallback_instance_types": {"fallback_instance_types": ["n-basic-4"]},
    "boot_disk_type": {"boot_disk_type": "cloud_rssd"},
    "min_cpu_platform": {"min_cpu_platform": "Amd/Epyc2"},
    "vpc_id": {"vpc_id": "uvnet-1", "subnet_id": "subnet-1"},
    "subnet_id": {"vpc_id": "uvnet-1", "subnet_id": "subnet-2"},
    "security_group_id": {"security_group_id": "firewall-1"},
    "eip_bandwidth": {"eip_bandwidth": 20},
    "eip_charge_mode": {"eip_charge_mode": "bandwidth"},
    "use_ssh_private_ip": {"use_ssh_private_ip": True, "vpc_id": "uvnet-1", "subnet_id": "subnet-1"},
    "communicator": {"communicator": "none", "provisioners": []},
    "ssh_username": {"ssh_username": "ubuntu"},
    "ssh_password": {"ssh_password": "Secret-123"},
    "ssh_private_key_file": {"ssh_private_key_file": "key"},
    "ssh_private_key_passphrase": {"ssh_private_key_file": "key", "ssh_private_key_passphrase": "needless"},
    "ssh_keypair_name": {"ssh_keypair_name": "mine", "ssh_private_key_file": "key"},
    "temporary_key_pair_type": {"temporary_key_pair_type": "rsa"},
    "temporary_key_pair_bits": {"temporary_key_pair_type": "rsa", "temporary_key_pair_bits": 4096},
    "ssh_host": {"ssh_host": "198.18.0.9"},
    "ssh_port": {"ssh_port": 2222},
    "ssh_timeout": {"ssh_timeout": "10m"},
    "ssh_handshake_attempts": {"ssh_handshake_attempts": 3},
    "ssh_keep_alive_interval": {"ssh_keep_alive_interval": "9s"},
    "ssh_read_write_timeout": {"ssh_read_write_timeout": "1m"},
    "ssh_pty": {"ssh_pty": True},
    "ssh_clear_authorized_keys": {"ssh_clear_authorized_keys": False},
    "temporary_host_key": {"temporary_host_key": False},
    "keep_in_image": {"keep_in_image": ["logs"]},
    "temporary_security_group_source_cidrs": {"temporary_security_group_source_cidrs": ["203.0.113.7/32"]},
    "pause_before_connecting": {"pause_before_connecting": 5},
    "wait_for_cloud_init": {"wait_for_cloud_init": False},
    "wait_image_ready_timeout": {"wait_image_ready_timeout": 60},
    "on_failure": {"on_failure": "keep"},
    "replace_on": {"replace_on": ["instance_type"]},
    "adopt_image_id": {"adopt_image_id": "uimage-old"},
    "delete_adopted": {"delete_adopted": True},
}
CHANGED_HOST: dict[str, dict[str, Any]] = {
    "availability_zone": {"availability_zone": "cn-bj2-03"},
    "instance_type": {"instance_type": "n-basic-4"},
    "image_id": {"image_id": "uimage-other"},
    "name": {"name": "web"},
    "region": {"region": "hk"},
    "project_id": {"project_id": "org-other"},
    "boot_disk_type": {"boot_disk_type": "cloud_rssd"},
    "boot_disk_size": {"boot_disk_size": 60},
    "data_disks": {"data_disks": [{"size": 20}]},
    "min_cpu_platform": {"min_cpu_platform": "Intel/Skylake"},
    "vpc_id": {"vpc_id": "uvnet-1", "subnet_id": "subnet-1"},
    "subnet_id": {"vpc_id": "uvnet-1", "subnet_id": "subnet-2"},
    "security_group_id": {"security_group_id": "firewall-1"},
    "eip": {"eip": False},
    "eip_bandwidth": {"eip_bandwidth": 20},
    "eip_charge_mode": {"eip_charge_mode": "bandwidth"},
    "password": {"password": "Secret-123"},
    "key_pair_id": {"key_pair_id": "uhostkey-1"},
    "user_data": {"user_data": "#!/bin/sh\n"},
    "charge_type": {"charge_type": "month"},
    "timeout": {"timeout": "20m"},
}
SUBNET = {"vpc_id": "uvnet-1", "subnet_id": "subnet-1"}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "user-data").write_text("#!/bin/sh\n")
    (tmp_path / "key").write_text(KeyPair.generate().private)
    return tmp_path


def test_the_page_of_arguments_is_current() -> None:
    assert (ROOT / "docs/arguments.md").read_text() == table.render(), "run `python -m ucloud_provider.spec.table`"


def test_every_argument_has_a_change_to_try() -> None:
    assert set(CHANGED_IMAGE) == {field.name for field in dataclasses.fields(CustomImageArgs)}
    assert set(CHANGED_HOST) == {field.name for field in dataclasses.fields(UHostArgs)}


@pytest.mark.parametrize("name", CHANGED_IMAGE)
def test_a_change_of_an_image_has_the_effect_the_table_says(name: str, project: Path) -> None:
    before = {**IMAGE, **(SUBNET if name in ("subnet_id", "use_ssh_private_ip") else {})}
    if name == "delete_adopted":
        before["adopt_image_id"] = "uimage-old"
    if name == "communicator":
        before["provisioners"] = []
    old = check_custom_image(before, project)
    new = check_custom_image({**before, **CHANGED_IMAGE[name]}, project)
    assert (old.failures, new.failures) == ((), ())
    changes = diff_custom_image(old.inputs, {}, new.inputs)
    assert _effect(changes) is _declared(CustomImageArgs, name)
    assert diff_custom_image(new.inputs, {}, new.inputs) == diff_custom_image(old.inputs, {}, old.inputs)


@pytest.mark.parametrize("name", CHANGED_HOST)
def test_a_change_of_a_host_has_the_effect_the_table_says(name: str) -> None:
    before = {**HOST, **(SUBNET if name == "subnet_id" else {})}
    old, new = check_uhost(before), check_uhost({**before, **CHANGED_HOST[name]})
    assert (old.failures, new.failures) == ((), ())
    assert _effect(diff_uhost(old.inputs, new.inputs)) is _declared(UHostArgs, name)


@pytest.mark.parametrize(
    "field",
    [f for f in dataclasses.fields(CustomImageArgs) if f.default not in (dataclasses.MISSING, None, ())],
    ids=lambda f: f.name,
)
def test_a_default_written_down_is_no_change(field: dataclasses.Field[Any], project: Path) -> None:
    base = {**IMAGE, "provisioners": []} if field.name == "communicator" else IMAGE
    old = check_custom_image(base, project)
    new = check_custom_image({**base, field.name: field.default}, project)
    assert new.failures == ()
    assert not diff_custom_image(old.inputs, {}, new.inputs)
    assert old.inputs["digest"] == new.inputs["digest"]


def test_a_build_only_setting_counts_where_the_user_says_so(project: Path) -> None:
    base = {**IMAGE, "replace_on": ["instance_type"]}
    old = check_custom_image(base, project).inputs
    new = check_custom_image({**base, "instance_type": "o-standard-4"}, project).inputs
    changes = diff_custom_image(old, {}, new)
    assert [change.what for change in changes.replace] == ["instance_type: 'n-basic-2' → 'o-standard-4'"]


def _effect(changes: Any) -> Effect:
    if changes.replace:
        return Effect.REPLACE
    return Effect.UPDATE if changes.update else Effect.NONE


def _declared(cls: type[Any], name: str) -> Effect:
    effect: Effect = next(f for f in dataclasses.fields(cls) if f.name == name).metadata["effect"]
    return effect
