"""Every argument of provisioners, copies and data disks has the effect that the table says."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest
from ucloud_provider.provisioners import kinds
from ucloud_provider.spec.args import Effect
from ucloud_provider.spec.check import check_custom_image, check_uhost
from ucloud_provider.spec.diff import Changes, diff_custom_image, diff_uhost
from ucloud_provider.spec.image import ImageCopy
from ucloud_provider.spec.uhost import DataDisk

IMAGE: dict[str, Any] = {
    "image_name": "basic",
    "source_image_id": "uimage-f1chxn",
    "availability_zone": "cn-bj2-02",
    "instance_type": "n-basic-2",
    "region": "cn-bj2",
    "project_id": "org-own",
}
HOST: dict[str, Any] = {"image_id": "uimage-abc", "availability_zone": "cn-bj2-02", "instance_type": "n-basic-2"}

EVERY_KIND: dict[str, Any] = {"pause_before": "3s", "max_retries": 2, "timeout": 60}
SCRIPTS: dict[str, Any] = {
    "inline": ["false"],
    "script": "one.sh",
    "scripts": ["one.sh", "two.sh"],
    "inline_shebang": "/bin/bash -e",
    "environment_vars": {"A": "1"},
    "env": {"A": "1"},
    "valid_exit_codes": [0, 3],
    "binary": True,
}
BASES: dict[str, dict[str, Any]] = {
    "shell": {"type": "shell", "inline": ["true"]},
    "shell-local": {"type": "shell-local", "inline": ["true"]},
    "file": {"type": "file", "source": "one.sh", "destination": "/srv/app"},
}
CHANGES: dict[str, dict[str, Any]] = {
    "shell": {
        **EVERY_KIND,
        **SCRIPTS,
        "env_var_format": "%s=%s ",
        "use_env_var_file": False,
        "execute_command": "sudo sh {{.Path}}",
        "expect_disconnect": True,
        "pause_after": 1,
        "remote_folder": "/var/tmp",
        "remote_file": "setup.sh",
        "remote_path": "/var/tmp/setup.sh",
        "skip_clean": True,
        "start_retry_timeout": "1m",
    },
    "shell-local": {
        **EVERY_KIND,
        **SCRIPTS,
        "command": "make",
        "execute_command": ["/bin/bash", "-c", "{{.Script}}"],
        "only_on": ["linux"],
    },
    "file": {
        **EVERY_KIND,
        "destination": "/srv/other",
        "source": "two.sh",
        "sources": ["one.sh", "two.sh"],
        "content": "text",
        "direction": "download",
        "generated": True,
        "mode": "0640",
        "dir_mode": "0750",
        "owner": "www-data",
        "group": "33",
        "exclude": ["*.pyc"],
    },
}
INSTEAD = {"script": "inline", "scripts": "inline", "command": "inline", "sources": "source", "content": "source"}
"""Arguments that can only be given in place of the base's."""

COPY: dict[str, Any] = {"region": "hk"}
COPY_CHANGES = {"project_id": "org-other", "region": "sg", "name": "web-hk", "description": "for the web"}
DISK: dict[str, Any] = {"size": 20}
DISK_CHANGES = {"size": 30, "type": "cloud_rssd"}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "one.sh").write_text("echo one\n")
    (tmp_path / "two.sh").write_text("echo two\n")
    return tmp_path


def image(project: Path, **more: Any) -> dict[str, Any]:
    checked = check_custom_image({**IMAGE, **more}, project)
    assert checked.failures == ()
    return checked.inputs


def effect(changes: Changes) -> Effect:
    if changes.replace:
        return Effect.REPLACE
    return Effect.UPDATE if changes.update else Effect.NONE


def declared(cls: type[Any], name: str) -> Effect:
    found: Effect = next(f for f in dataclasses.fields(cls) if f.name == name).metadata["effect"]
    return found


def test_every_kind_and_argument_has_a_change_to_try() -> None:
    assert set(CHANGES) == set(kinds())
    for kind, cls in kinds().items():
        assert set(CHANGES[kind]) == {field.name for field in dataclasses.fields(cls)}
    assert set(COPY_CHANGES) == {field.name for field in dataclasses.fields(ImageCopy)}
    assert set(DISK_CHANGES) == {field.name for field in dataclasses.fields(DataDisk)}


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind in CHANGES for name in CHANGES[kind]])
def test_a_change_of_a_provisioner_has_the_effect_the_table_says(kind: str, name: str, project: Path) -> None:
    before = BASES[kind]
    after = {key: value for key, value in before.items() if key != INSTEAD.get(name)} | {name: CHANGES[kind][name]}
    changes = diff_custom_image(image(project, provisioners=[before]), {}, image(project, provisioners=[after]))
    assert effect(changes) is declared(kinds()[kind], name)


@pytest.mark.parametrize(
    ("kind", "field"),
    [
        (kind, field)
        for kind, cls in kinds().items()
        for field in dataclasses.fields(cls)
        if field.default not in (dataclasses.MISSING, None)
    ],
    ids=lambda value: value if isinstance(value, str) else value.name,
)
def test_a_provisioners_default_written_down_is_no_change(
    kind: str, field: dataclasses.Field[Any], project: Path
) -> None:
    default = list(field.default) if isinstance(field.default, tuple) else field.default
    old = image(project, provisioners=[BASES[kind]])
    new = image(project, provisioners=[{field.name: default, **BASES[kind]}])
    assert not diff_custom_image(old, {}, new)
    assert old["digest"] == new["digest"]


@pytest.mark.parametrize("name", COPY_CHANGES)
def test_a_change_of_a_copy_has_the_effect_the_table_says(name: str, project: Path) -> None:
    old = image(project, copies=[COPY])
    new = image(project, copies=[{**COPY, name: COPY_CHANGES[name]}])
    assert effect(diff_custom_image(old, {}, new)) is declared(ImageCopy, name)


@pytest.mark.parametrize("name", DISK_CHANGES)
def test_a_change_of_a_data_disk_has_the_effect_the_table_says(name: str) -> None:
    old = check_uhost({**HOST, "data_disks": [DISK]})
    new = check_uhost({**HOST, "data_disks": [{**DISK, name: DISK_CHANGES[name]}]})
    assert (old.failures, new.failures) == ((), ())
    assert effect(diff_uhost(old.inputs, new.inputs)) is declared(DataDisk, name)


def test_the_default_name_of_a_copy_written_down_is_no_change(project: Path) -> None:
    old = image(project, copies=[COPY])
    assert not diff_custom_image(old, {}, image(project, copies=[{**COPY, "name": "basic"}]))


def test_the_order_of_copies_does_not_count(project: Path) -> None:
    old = image(project, copies=[{"region": "hk"}, {"region": "sg"}])
    assert not diff_custom_image(old, {}, image(project, copies=[{"region": "sg"}, {"region": "hk"}]))


@pytest.mark.parametrize("name", ["triggers", "image_description", "provisioners", "copies"])
def test_an_empty_value_is_the_same_as_none(name: str, project: Path) -> None:
    empty: dict[str, Any] = {"triggers": {}, "image_description": "", "provisioners": [], "copies": []}
    old, new = image(project), image(project, **{name: empty[name]})
    assert not diff_custom_image(old, {}, new)
    assert old["digest"] == new["digest"]
