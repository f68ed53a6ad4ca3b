"""The step that decides how the temporary host is logged in to: with whose key, or with which password."""

from __future__ import annotations

import secrets
import string
from pathlib import Path
from typing import ClassVar

from ucloud_provider.build import once
from ucloud_provider.build.pipeline import Step
from ucloud_provider.build.state import Build
from ucloud_provider.cloud import keypairs
from ucloud_provider.communicators.ssh_keys import KeyPair
from ucloud_provider.errors import InvalidSpec


class Credentials(Step):
    """A key pair made for the build, unless the user names another way to log in."""

    name: ClassVar[str] = "preparing the login"

    def run(self, build: Build) -> None:
        args, login, api = build.args, build.login, build.api
        if args.communicator == "none":
            login.password = random_password()
        elif args.ssh_password:
            login.password = args.ssh_password
        elif args.ssh_keypair_name:
            pairs = keypairs.find(api, args.ssh_keypair_name)
            if not pairs:
                raise InvalidSpec([f"ssh_keypair_name: there is no key pair {args.ssh_keypair_name!r} in {api.region}"])
            login.key_pair_id = pairs[0].id
            login.private_key = self._own_key(build)
        elif args.ssh_private_key_file:
            # The source image lets this key in; the host still needs a way in that UCloud asks for.
            login.private_key = self._own_key(build)
            login.password = random_password()
        else:
            self._temporary(build)

    def _own_key(self, build: Build) -> str:
        path = build.base_dir / Path(build.args.ssh_private_key_file or "").expanduser()
        return path.read_text(encoding="utf-8")

    def _temporary(self, build: Build) -> None:
        label = build.lease.label
        pair = KeyPair.generate(label, kind=build.args.temporary_key_pair_type, bits=build.args.temporary_key_pair_bits)
        build.login.private_key, build.login.public_key = pair.private, pair.public
        thing = build.made["key pair"] = build.thing("key pair")
        made = once.make(
            build.api,
            build.journal,
            thing,
            lambda: keypairs.import_public(build.api, label, pair.public),
            lambda: next((each.id for each in keypairs.find(build.api, label)), None),
        )
        build.made["key pair"] = made
        build.login.key_pair_id = made.id

    def release(self, build: Build) -> None:
        thing = build.made.get("key pair")
        if thing is None:
            return
        api = build.undo_api
        ids = {thing.id} if thing.id else {each.id for each in keypairs.find(api, thing.label)}
        for key_pair_id in ids:
            keypairs.delete(api, key_pair_id)
        build.journal.released(thing)
        del build.made["key pair"]


def random_password() -> str:
    """A password that nobody knows and UCloud takes: 24 characters of three classes, for hosts that need one."""
    alphabet = string.ascii_letters + string.digits
    return "Aa1" + "".join(secrets.choice(alphabet) for _ in range(21))
