"""Giving a thing back, whatever became of the build that made it: the one place for steps, recovery and gc."""

from __future__ import annotations

from typing import TYPE_CHECKING

import tenacity

from ucloud_provider.build import launch
from ucloud_provider.build.journal import Thing
from ucloud_provider.cloud import hosts, images, keypairs, network, waits
from ucloud_provider.cloud.client import Api
from ucloud_provider.errors import CloudError, UCloudImageError

if TYPE_CHECKING:
    from ucloud_provider.build.state import Build

FIREWALL_PATIENCE = 60.0
"""Seconds that UCloud may take to notice that a terminated host no longer uses its firewall."""
IMAGE_PATIENCE = 600.0
"""Seconds that a half-made image may take to become one that can be deleted; then gc has to do it."""


def release(api: Api, thing: Thing) -> None:
    """Give it back, and what else carries its label: an answer may have been lost. Content where it is gone."""
    api = api.at(project_id=thing.project_id or None, region=thing.region or None)
    _RELEASES[thing.kind](api, thing)


def release_made(build: Build, kind: str) -> None:
    """Give back what a build made of a kind, and write that down; content where it made none."""
    thing = build.made.get(kind)
    if thing is None:
        return
    give_back(build, thing)
    del build.made[kind]


def give_back(build: Build, thing: Thing) -> None:
    """Give back one thing that a build made, and write that down. Raises an error that names it."""
    try:
        release(build.undo_api, thing)
    except UCloudImageError as error:
        raise UCloudImageError(f"{thing}: {error}") from error
    build.journal.released(thing)


def _host(api: Api, thing: Thing) -> None:
    ids = {thing.id} if thing.id else {each.id for each in hosts.find(api, tag=thing.label)}
    for host_id in ids:
        launch.remove(api, host_id)


def _key_pair(api: Api, thing: Thing) -> None:
    for each in keypairs.find(api, thing.label):
        keypairs.delete(api, each.id)


def _firewall(api: Api, thing: Thing) -> None:
    ids = {thing.id} if thing.id else {each.id for each in network.firewalls(api) if each.name == thing.label}
    # UCloud refuses to delete a firewall while it still counts a host behind it.
    patient = tenacity.Retrying(
        retry=tenacity.retry_if_exception(lambda error: isinstance(error, CloudError) and error.code != 0),
        stop=tenacity.stop_after_delay(FIREWALL_PATIENCE),
        wait=tenacity.wait_exponential(multiplier=0.5, max=5),
        sleep=api.cancel.sleep,
        reraise=True,
    )
    for firewall_id in ids:
        patient(network.delete_firewall, api, firewall_id)


def _image(api: Api, thing: Thing) -> None:
    ids = {thing.id} if thing.id else {each.id for each in images.find(api, tag=thing.label)}
    for image_id in ids:
        discard(api, image_id)


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


_RELEASES = {"host": _host, "key pair": _key_pair, "firewall": _firewall, "image": _image, "copy": _image}
