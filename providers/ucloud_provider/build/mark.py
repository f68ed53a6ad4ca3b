"""The mark of a build: a key pair with its label, there from before its first effect until its result is handed over.

An image and its copies are meant to stay, so nothing on them says whether anybody knows of them: UCloud has no call
that changes an image's Tag. The mark says it. Where the mark of an image's build is still there once its lease has
ended, the build died before it told Pulumi of the image, and whoever looks may collect it, from any machine, without a
journal. A key pair costs nothing, and most builds need one to log in with.
"""

from __future__ import annotations

from typing import ClassVar

from ucloud_provider.build import journal, once
from ucloud_provider.build.pipeline import Step
from ucloud_provider.build.release import release_made
from ucloud_provider.build.state import Build
from ucloud_provider.cloud import keypairs
from ucloud_provider.communicators.ssh_keys import KeyPair
from ucloud_provider.errors import UCloudImageError

KIND = "key pair"


class Mark(Step):
    """Hands UCloud the public half of a key pair made for the build; `Credentials` logs in with it."""

    name: ClassVar[str] = "marking the build"
    serves_host: ClassVar[bool] = True

    def run(self, build: Build) -> None:
        args, api, label = build.args, build.api, build.lease.label
        pair = KeyPair.generate(label, kind=args.temporary_key_pair_type, bits=args.temporary_key_pair_bits)
        build.login.pair = pair
        build.made[KIND] = build.thing(KIND)
        build.made[KIND] = once.make(
            api,
            build.journal,
            build.made[KIND],
            lambda: keypairs.import_public(api, label, pair.public),
            lambda: next((each.id for each in keypairs.find(api, label)), None),
        )

    def release(self, build: Build) -> None:
        """Raises where an image or a copy is left behind: without the mark nobody could tell that it is."""
        left = [each for each in journal.outstanding(build.journal.path) if each.kind in ("image", "copy")]
        if left and KIND in build.made:
            raise UCloudImageError(f"{build.made[KIND]}, which marks it: {', '.join(map(str, left))}")
        release_made(build, KIND)
