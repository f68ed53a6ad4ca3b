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
from ucloud_provider.cloud.records import Image
from ucloud_provider.errors import CloudError, UCloudImageError

if TYPE_CHECKING:
    from ucloud_provider.build.state import Build

FIREWALL_PATIENCE = 180.0
"""Seconds that UCloud may take to notice that a terminated host no longer uses its firewall. Others saw minutes."""
EIP_PATIENCE = 60.0
"""Seconds likewise for the EIP that a terminated host had: until it is neither listed nor said to be bound."""
EIP_LAG = 5.0
"""Seconds that an EIP may be listed as free before it is gone with its host: then somebody has to release it."""
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
    if asked is None or (thing.kind == "EIP" and thing.id and not asked.twice):
        return NONE  # that it came with its host was seen in a listing
    age = time.time() - asked.at
    return Doubt(min(IN_FLIGHT, max(0.0, IN_FLIGHT - age)), asked.twice)  # the clock may have been set back


def release(api: Api, thing: Thing, left_open: Doubt = NONE) -> None:
    """Give it back, by its id or, where an answer was lost, what carries its label. Content where it is gone.

    What was made a moment ago may not be listed yet: it is not taken for gone before that.
    """
    api = api.at(project_id=thing.project_id, region=thing.region)
    _, remove = _KINDS[thing.kind]
    known = [thing.id] if thing.id and thing.kind != "key pair" else []
    deadline = time.monotonic() + left_open.patience
    for each in known:
        while not remove(api, each) and time.monotonic() < deadline:
            api.cancel.sleep(LOOK_PAUSE)
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


def _delete_firewall(api: Api, firewall_id: str) -> bool:
    # UCloud refuses to delete a firewall while it still counts a host behind it.
    return retry.repeat(
        lambda: network.delete_firewall(api, firewall_id),
        cancel=api.cancel,
        when=retry.may_succeed_later,
        told=lambda text: api.log(f"firewall {firewall_id} is not deleted yet: {text}"),
        patience=FIREWALL_PATIENCE,
    )


def _release_eip(api: Api, eip_id: str) -> bool:
    """Release an EIP that did not go with its host; False where it did, as listings say: they may lag behind."""
    began = time.monotonic()
    while True:
        eip = network.eip(api, eip_id)
        if eip is None:
            return False
        if time.monotonic() - began >= (EIP_PATIENCE if eip.bound else EIP_LAG):
            break
        api.cancel.sleep(LOOK_PAUSE)
    if eip.bound:
        raise UCloudImageError(f"EIP {eip_id} is still bound, or frozen; unbind and release it in the console")
    return network.release_eip(api, eip_id)


def discard(api: Api, image_id: str) -> bool:
    """Delete an image whatever its state; False where it is gone.

    UCloud refuses while it is being made or copied: that is waited for.
    """
    try:
        return images.delete(api, image_id)
    except CloudError as error:
        if error.code == 0:
            raise
        api.log(f"image {image_id} cannot be deleted yet: {error}")
    await_made(api, image_id, api.notice)
    return images.delete(api, image_id)


def await_made(api: Api, image_id: str, told: Callable[[str], None], its_host: str = "") -> bool:
    """Wait until an image is not being made or copied any more, where it is: before that UCloud lets go of neither it
    nor `its_host`. `told` is given what is waited for and until when. False where there was nothing to wait for.
    """

    def is_done(image: Image | None) -> bool:
        return image is None or image.state not in ("Making", "Copying")

    image = images.get(api, image_id)
    if image is None or is_done(image):
        return False
    kept = f"neither it nor host {its_host} is" if its_host else "it is not"
    until = waits.clock_in(IMAGE_PATIENCE)
    told(f"image {image_id} is still {image.state}: {kept} given back before that ends; waiting until {until}")
    waits.image(
        api,
        image_id,
        awaited=f"image {image_id} in {api.region} to be one that can be deleted",
        until=is_done,
        timeout=IMAGE_PATIENCE,
    )
    return True


_Kind = tuple[Callable[[Api, str], list[str]], Callable[[Api, str], bool]]
"""How the ids of what carries a label are found, and how one is given back: False where it was not there."""

_IMAGE: _Kind = (lambda api, label: [each.id for each in images.find(api, tag=label)], discard)
_KINDS: dict[str, _Kind] = {
    "host": (lambda api, label: [each.id for each in hosts.find(api, tag=label)], launch.remove),
    "key pair": (lambda api, label: [each.id for each in keypairs.find(api, label)], keypairs.delete),
    "EIP": (
        lambda api, label: [each.id for each in network.eips(api) if each.tag == label and not each.bound],
        _release_eip,
    ),
    "firewall": (
        lambda api, label: [each.id for each in network.firewalls(api) if each.name == label],
        _delete_firewall,
    ),
    "image": _IMAGE,
    "copy": _IMAGE,
}
