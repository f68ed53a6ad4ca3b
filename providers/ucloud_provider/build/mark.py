"""The mark of a build: a key pair with its label, there from before its first effect until its result is handed over.

An image and its copies are meant to stay, so nothing on them says whether anybody knows of them: UCloud has no call
that changes an image's Tag. The mark says it. Where the mark of an image's build is still there once its lease has
ended, the build died before it told Pulumi of the image, and whoever looks may collect it, from any machine, without a
journal. It is a key pair whose private half nobody has (docs/decisions/0007-marker.md): nobody logs in with it.

So a result must never be handed over while its mark is there. Where a copy could not be deleted, a mark for the copy's
place alone, in its project and with its region behind the label, takes the first one's place.
"""

from __future__ import annotations

import base64
import secrets
from typing import ClassVar

from ucloud_provider.build import journal, lease, once
from ucloud_provider.build.journal import Thing
from ucloud_provider.build.lease import Lease
from ucloud_provider.build.pipeline import Step
from ucloud_provider.build.release import found, release_made
from ucloud_provider.build.state import Build
from ucloud_provider.cloud import keypairs
from ucloud_provider.cloud.client import Api
from ucloud_provider.errors import CloudError, UCloudImageError

KIND = "key pair"
TAKEN = "key pair of an earlier build"
"""In `Build.made`: the mark of an image that was taken over, beside the build's own, which its copies need."""

_RSA_2048 = int(
    "c7970ceedcc3b0754490201a7aa613cd73911081c790f5f1a8726f463550bb5b7ff0db8e1ea1189ec72f93d1650011bd721a"
    "eeacc2acde32a04107f0648c2813a31f5b0b7765ff8b44b4b6ffc93384b646eb09c7cf5e8592d40ea33c80039f35b4f14a04"
    "b51f7bfd781be4d1673164ba8eb991c2c4d730bbbe35f592bdef524af7e8daefd26c66fc02c479af89d64d373f442709439d"
    "e66ceb955f3ea37d5159f6135809f85334b5cb1813addc80cd05609f10ac6a95ad65872c909525bdad32bc729592642920f2"
    "4c61dc5b3c3b7923e56b16a4d9d373d8721f24a3fc0f1b3131f55615172866bccc30f95054c824e733a5eb6817f7bc16399d"
    "48c6361cc7e5",
    16,
)
"""The number of RSA Laboratories' factoring challenge that nobody has factored, and whose factors were destroyed."""


class Mark(Step):
    """Hands UCloud a public key with the build's label for a name."""

    name: ClassVar[str] = "marking the build"
    serves_host: ClassVar[bool] = True

    def run(self, build: Build) -> None:
        build.made[KIND] = build.thing(KIND)
        build.made[KIND] = _put(build.api, build, build.made[KIND])

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
        api = build.undo_api.at(project_id=thing.project_id, region=thing.region)
        _put(api, build, Thing(KIND, name, thing.project_id, thing.region))
    for slot in (KIND, TAKEN):
        release_made(build, slot)


def nobodys_key(comment: str) -> str:
    """A public key of the kind that UCloud takes, ssh-rsa, to which nobody has the private half; in OpenSSH's form.

    Making a pair of this kind takes tens of milliseconds to seconds of a processor, and its private half would be
    thrown away. The exponent is drawn, so that no two marks are the same key; every client takes one of 23 bits.
    """
    exponent = (1 << 22) + 2 * secrets.randbelow(1 << 21) + 1
    # A number whose first bit is set has a zero in front: else it would be read as a negative one.
    fields = (b"ssh-rsa", exponent.to_bytes(3, "big"), b"\0" + _RSA_2048.to_bytes(256, "big"))
    blob = b"".join(len(each).to_bytes(4, "big") + each for each in fields)
    return f"ssh-rsa {base64.b64encode(blob).decode()} {comment}"


def _put(api: Api, build: Build, thing: Thing) -> Thing:
    try:
        return once.make(
            api,
            build.journal,
            thing,
            lambda: keypairs.import_public(api, thing.label, nobodys_key(thing.label)),
            lambda: found(api, thing),
        )
    except CloudError as error:
        if not error.code:
            raise
        why = (
            "a build is marked by a key pair that nobody logs in with: it needs the permission for that call, and room "
            f"for one more key pair in project {thing.project_id}; `ucloud-image gc` deletes those of dead builds"
        )
        raise CloudError(error.action, error.code, f"{error.message}; {why}", http_status=error.http_status) from error


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
