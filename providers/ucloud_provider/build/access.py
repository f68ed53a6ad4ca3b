"""The step that decides how the temporary host is logged in to: with whose key, or with which password."""

from __future__ import annotations

import secrets
import string
from pathlib import Path
from typing import ClassVar

from ucloud_provider.build import mark
from ucloud_provider.build.pipeline import Step
from ucloud_provider.build.state import Build
from ucloud_provider.cloud import keypairs
from ucloud_provider.communicators.ssh_keys import read_private_key
from ucloud_provider.errors import CommunicatorError, InvalidSpec
from ucloud_provider.spec.image import CustomImageArgs


class Credentials(Step):
    """The key pair that marks the build, unless the user names another way to log in."""

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
            login.private_key = own_key(build.args, build.base_dir)
        elif args.ssh_private_key_file:
            # The source image lets this key in; the host still needs a way in that UCloud asks for.
            login.private_key = own_key(build.args, build.base_dir)
            login.password = random_password()
        elif login.pair is not None:
            login.private_key, login.public_key = login.pair.private, login.pair.public
            login.key_pair_id = build.made[mark.KIND].id
        build.masker.add(login.password, login.private_key)


def own_key(args: CustomImageArgs, base_dir: Path) -> str:
    """The private key that the arguments name. Raises `InvalidSpec` where it is none that we can log in with."""
    path = base_dir / Path(args.ssh_private_key_file or "").expanduser()
    try:
        read_private_key(path)
        return path.read_text(encoding="utf-8")
    except CommunicatorError as error:
        raise InvalidSpec([f"ssh_private_key_file: {error}"]) from error


def random_password() -> str:
    """A password that nobody knows and UCloud takes: 24 characters of three classes, for hosts that need one."""
    alphabet = string.ascii_letters + string.digits
    return "Aa1" + "".join(secrets.choice(alphabet) for _ in range(21))
