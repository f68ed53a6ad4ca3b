"""The step that decides how the temporary host is logged in to: as whom, with whose key, with which password."""

from __future__ import annotations

import secrets
import string
from pathlib import Path
from typing import ClassVar

from ucloud_provider.build.pipeline import Step
from ucloud_provider.build.state import Build
from ucloud_provider.cloud import keypairs
from ucloud_provider.communicators.ssh_keys import KeyPair, read_private_key
from ucloud_provider.errors import CommunicatorError, InvalidSpec
from ucloud_provider.spec.image import CustomImageArgs


class Credentials(Step):
    """A password for the host, and a key pair of the build's own, unless the user names another way to log in.

    UCloud is told of the password alone: its key pairs are for images with CloudInit only. How the key gets into the
    host: see `Guest` and `Connect`.
    """

    name: ClassVar[str] = "preparing the login"

    def run(self, build: Build) -> None:
        args, login, api = build.args, build.login, build.api
        login.username = args.ssh_username or build.the_source().default_user
        if args.ssh_keypair_name and args.communicator != "none":
            pairs = keypairs.find(api, args.ssh_keypair_name)
            if not pairs:
                raise InvalidSpec([f"ssh_keypair_name: there is no key pair {args.ssh_keypair_name!r} in {api.region}"])
            login.key_pair_id = pairs[0].id
        else:
            login.password = args.ssh_password or random_password()
        if args.communicator == "none":
            pass
        elif args.ssh_private_key_file:
            # The source image, or the key pair, lets this key in.
            login.private_key = own_key(build.args, build.base_dir)
        else:
            login.pair = KeyPair.generate(
                build.lease.label, kind=args.temporary_key_pair_type, bits=args.temporary_key_pair_bits
            )
            login.private_key, login.public_key = login.pair.private, login.pair.public
        build.masker.add(login.password, login.private_key)


def own_key(args: CustomImageArgs, base_dir: Path) -> str:
    """The private key that the arguments name. Raises `InvalidSpec` where it is none that we can log in with."""
    path = base_dir / Path(args.ssh_private_key_file or "").expanduser()
    try:
        return read_private_key(path, args.ssh_private_key_passphrase)
    except CommunicatorError as error:
        raise InvalidSpec([f"ssh_private_key_file: {error}"]) from error


def random_password() -> str:
    """A password that nobody knows and UCloud takes: 24 characters of three classes."""
    alphabet = string.ascii_letters + string.digits
    return "Aa1" + "".join(secrets.choice(alphabet) for _ in range(21))
