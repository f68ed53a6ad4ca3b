"""Hosts started from an image that a test has built, and what they say."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.support.asker import EIP, Asker
from tests.support.emulator import Emulator
from tests.support.ssh import public_ip, run, ssh

PASSWORD = "Passw0rd-123"
ENCODED = "UGFzc3cwcmQtMTIz"


class FromImage:
    """A running host, by its own login."""

    def __init__(self, api: Asker, id: str) -> None:
        self.id = id
        self.address = public_ip(api, id)

    def says(self, *commands: str) -> list[str]:
        """What each command prints, in one session."""
        with ssh(self.address, password=PASSWORD) as client:
            return [run(client, command) for command in commands]


@contextmanager
def hosts_from(emulator: Emulator, image_id: str, count: int = 1, **parameters: Any) -> Iterator[list[FromImage]]:
    """So many hosts from an image, removed afterwards."""
    api = Asker(emulator, emulator.client())
    wanted = {"ImageId": image_id, "Password": ENCODED, "NetworkInterface": [{"EIP": EIP}]}
    ids = [api.create_host(**{**wanted, **parameters}) for _ in range(count)]
    for id in ids:
        api.wait(id, "Running")
    yield [FromImage(api, id) for id in ids]
    for id in ids:
        api.remove_host(id)
