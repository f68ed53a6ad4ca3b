"""The mark of a build: a key pair with its label, there from before its first effect until its result is handed over.

An image and its copies are meant to stay, so nothing on them says whether anybody knows of them: UCloud has no call
that changes an image's Tag. The mark says it. Where the mark of an image's build is still there once its lease has
ended, the build died before it told Pulumi of the image, and whoever looks may collect it, from any machine, without a
journal. A key pair costs nothing, and most builds need one to log in with.

So a result must never be handed over while its mark is there. Where a copy could not be deleted, a mark for the copy's
place alone, in its project and with its region behind the label, takes the first one's place.
"""

from __future__ import annotations

from typing import ClassVar

from ucloud_provider.build import journal, lease, once
from ucloud_provider.build.journal import Thing
from ucloud_provider.build.lease import Lease
from ucloud_provider.build.pipeline import Step
from ucloud_provider.build.release import found, release_made
from ucloud_provider.build.state import Build
from ucloud_provider.cloud import keypairs
from ucloud_provider.cloud.client import Api
from ucloud_provider.communicators.ssh_keys import KeyPair
from ucloud_provider.errors import UCloudImageError

KIND = "key pair"
TAKEN = "key pair of an earlier build"
"""In `Build.made`: the mark of an image that was taken over, beside the build's own, which its copies need."""


class Mark(Step):
    """Hands UCloud the public half of a key pair made for the build; `Credentials` logs in with it."""

    name: ClassVar[str] = "marking the build"
    serves_host: ClassVar[bool] = True

    def run(self, build: Build) -> None:
        args, label = build.args, build.lease.label
        pair = KeyPair.generate(label, kind=args.temporary_key_pair_type, bits=args.temporary_key_pair_bits)
        build.login.pair = pair
        build.made[KIND] = build.thing(KIND)
        build.made[KIND] = _put(build.api, build, build.made[KIND], pair)

    def release(self, build: Build) -> None:
        """Raises where an image or a copy is left behind: without the mark nobody could tell that it is."""
        _release(build, KIND)


class TakenMark(Step):
    """The mark that an image had which is taken over from a build that died."""

    name: ClassVar[str] = "taking an image over"

    def run(self, build: Build) -> None:
        """It is there already."""

    def release(self, build: Build) -> None:
        _release(build, TAKEN)


def leases(build: Build) -> list[Lease]:
    """The leases of the marks that are on the build's result: its own, and that of an image it took over."""
    things = [build.made.get(slot) for slot in (KIND, TAKEN)]
    held = [lease.parse(each.label) for each in things if each is not None]
    return [each for each in held if each is not None]


def mark_only(build: Build, things: list[Thing]) -> None:
    """Mark the copies that are left behind, each for itself, and take the build's marks away from all the others.

    Raises where that cannot be done: the mark may still be there then.
    """
    labels = {each.origin: each.label for each in leases(build)}
    for thing in things:
        name = f"{labels[thing.label]}-{thing.region}"
        pair = KeyPair.generate(name, kind=build.args.temporary_key_pair_type)
        api = build.undo_api.at(project_id=thing.project_id, region=thing.region)
        _put(api, build, Thing(KIND, name, thing.project_id, thing.region), pair)
    for slot in (KIND, TAKEN):
        release_made(build, slot)


def _put(api: Api, build: Build, thing: Thing, pair: KeyPair) -> Thing:
    return once.make(
        api,
        build.journal,
        thing,
        lambda: keypairs.import_public(api, thing.label, pair.public),
        lambda: found(api, thing),
    )


def _release(build: Build, slot: str) -> None:
    thing = build.made.get(slot)
    if thing is None:
        return
    held = lease.parse(thing.label)
    marked = [each for each in journal.outstanding(build.journal.path) if each.is_image]
    left = [each for each in marked if held is not None and each.label == held.origin]
    if left:
        raise UCloudImageError(f"{thing}, which marks it: {', '.join(map(str, left))}")
    release_made(build, slot)
