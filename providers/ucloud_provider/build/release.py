"""Giving a thing back, whatever became of the build that made it: the one place for steps, recovery and gc."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ucloud_provider.build import journal, launch
from ucloud_provider.build.journal import Journal, Thing
from ucloud_provider.cloud import hosts, images, keypairs, network, retry, waits
from ucloud_provider.cloud.client import Api
from ucloud_provider.errors import CloudError, UCloudImageError

if TYPE_CHECKING:
    from ucloud_provider.build.state import Build

FIREWALL_PATIENCE = 60.0
"""Seconds that UCloud may take to notice that a terminated host no longer uses its firewall."""
IMAGE_PATIENCE = 600.0
"""Seconds that a half-made image may take to become one that can be deleted; then gc has to do it."""

IN_FLIGHT = 15.0
"""Seconds from an intent in which what was asked for may still come to be, or to be listed."""
LOOK_PAUSE = 1.0


@dataclass(frozen=True)
class Doubt:
    """What is not known of a thing: for how many seconds it may still come to be, and whether there may be two."""

    patience: float = 0.0
    twice: bool = False


NONE = Doubt()


def doubt(path: Path, thing: Thing) -> Doubt:
    """What this journal leaves open about a thing: its making was not answered, or it was asked for twice."""
    asked = journal.asked(path, thing)
    if asked is None or (thing.id and not asked.twice):
        return NONE
    age = time.time() - asked.at
    return Doubt(min(IN_FLIGHT, max(0.0, IN_FLIGHT - age)), asked.twice)  # the clock may have been set back


def release(api: Api, thing: Thing, left_open: Doubt = NONE) -> None:
    """Give it back, by its id or, where an answer was lost, what carries its label. Content where it is gone."""
    api = api.at(project_id=thing.project_id, region=thing.region)
    _, remove = _KINDS[thing.kind]
    known = [thing.id] if thing.id and thing.kind != "key pair" else []
    for each in known:
        remove(api, each)
    if left_open.twice or not known:
        for each in _labelled(api, thing, left_open):
            if each not in known:
                remove(api, each)


def release_second(api: Api, path: Path, thing: Thing) -> None:
    """Where this journal's build asked for a thing twice and got two, give back all but the one with this id."""
    left_open = doubt(path, thing)
    if not left_open.twice:
        return
    api = api.at(project_id=thing.project_id, region=thing.region)
    _, remove = _KINDS[thing.kind]
    for each in _labelled(api, thing, left_open):
        if each != thing.id:
            api.log(f"{thing} was made twice: giving {each} back")
            remove(api, each)


def found(api: Api, thing: Thing) -> str | None:
    """The id of what carries the thing's label, where it is there."""
    find, _ = _KINDS[thing.kind]
    return next(iter(find(api.at(project_id=thing.project_id, region=thing.region), thing.label)), None)


def _labelled(api: Api, thing: Thing, left_open: Doubt) -> list[str]:
    """The ids of what carries the label; what may still come to be is waited for, the whole time where two may."""
    find, _ = _KINDS[thing.kind]
    deadline = time.monotonic() + left_open.patience
    ids = find(api, thing.label)
    while (left_open.twice or not ids) and time.monotonic() < deadline:
        api.cancel.sleep(LOOK_PAUSE)
        ids = find(api, thing.label)
    return ids


def release_made(build: Build, kind: str) -> None:
    """Give back what a build made of a kind, and write that down; content where it made none."""
    thing = build.made.get(kind)
    if thing is None:
        return
    give_back(build.undo_api, build.journal, thing)
    del build.made[kind]


def give_back(api: Api, written: Journal, thing: Thing) -> None:
    """Give back one thing that the build of a journal made, and write that down. Raises an error that names it."""
    try:
        release(api, thing, doubt(written.path, thing))
    except UCloudImageError as error:
        raise UCloudImageError(f"{thing}: {error}") from error
    written.released(thing)


def _delete_firewall(api: Api, firewall_id: str) -> None:
    # UCloud refuses to delete a firewall while it still counts a host behind it.
    retry.repeat(
        lambda: network.delete_firewall(api, firewall_id),
        cancel=api.cancel,
        when=retry.may_succeed_later,
        told=lambda text: api.log(f"firewall {firewall_id} is not deleted yet: {text}"),
        patience=FIREWALL_PATIENCE,
    )


def discard(api: Api, image_id: str) -> None:
    """Delete an image whatever its state. UCloud refuses while it is being made or copied: that is waited for."""
    try:
        images.delete(api, image_id)
        return
    except CloudError as error:
        if error.code == 0:
            raise
        api.log(f"image {image_id} cannot be deleted yet: {error}")
    waits.image(
        api,
        image_id,
        awaited=f"image {image_id} in {api.region} to be one that can be deleted",
        until=lambda image: image is None or image.state not in ("Making", "Copying"),
        timeout=IMAGE_PATIENCE,
    )
    images.delete(api, image_id)


_Kind = tuple[Callable[[Api, str], list[str]], Callable[[Api, str], object]]
"""How the ids of what carries a label are found, and how one is given back."""

_IMAGE: _Kind = (lambda api, label: [each.id for each in images.find(api, tag=label)], discard)
_KINDS: dict[str, _Kind] = {
    "host": (lambda api, label: [each.id for each in hosts.find(api, tag=label)], launch.remove),
    "key pair": (lambda api, label: [each.id for each in keypairs.find(api, label)], keypairs.delete),
    "EIP": (
        lambda api, label: [each.id for each in network.eips(api) if each.tag == label and not each.bound],
        network.release_eip,
    ),
    "firewall": (
        lambda api, label: [each.id for each in network.firewalls(api) if each.name == label],
        _delete_firewall,
    ),
    "image": _IMAGE,
    "copy": _IMAGE,
}
