"""Giving a thing back that a journal or a label tells of, whatever became of the build that made it."""

from __future__ import annotations

from ucloud_provider.build import launch
from ucloud_provider.build.journal import Thing
from ucloud_provider.cloud import hosts, images, keypairs, network
from ucloud_provider.cloud.client import Api
from ucloud_provider.errors import CloudError

FIREWALL_RELEASE_SECONDS = 60.0
"""How long UCloud may take to notice that a terminated host no longer uses its firewall."""


def release(api: Api, thing: Thing) -> None:
    """Give it back, and what else carries its label: an answer may have been lost. Content where it is gone."""
    api = api.at(project_id=thing.project_id or None, region=thing.region or None)
    _RELEASES[thing.kind](api, thing)


def _host(api: Api, thing: Thing) -> None:
    found = {each.id for each in hosts.find(api, tag=thing.label)} | ({thing.id} if thing.id else set())
    for host_id in found:
        launch.remove(api, host_id)


def _key_pair(api: Api, thing: Thing) -> None:
    for each in keypairs.find(api, thing.label):
        keypairs.delete(api, each.id)


def _firewall(api: Api, thing: Thing) -> None:
    for each in network.firewalls(api):
        if each.name == thing.label:
            network.delete_firewall(api, each.id)


def _image(api: Api, thing: Thing) -> None:
    found = {each.id for each in images.find(api, tag=thing.label)} if not thing.id else {thing.id}
    for image_id in found:
        images.delete(api, image_id)


_RELEASES = {"host": _host, "key pair": _key_pair, "firewall": _firewall, "image": _image, "copy": _image}


def is_refused(error: BaseException) -> bool:
    """Whether the cloud refused, and may not a little later: a firewall that still counts a host, say."""
    return isinstance(error, CloudError) and error.code != 0
