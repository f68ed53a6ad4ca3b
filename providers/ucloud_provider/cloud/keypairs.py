"""Key pairs: UCloud is given the public half and puts it into the host."""

from __future__ import annotations

from ucloud_provider.cloud import gone, paging
from ucloud_provider.cloud.answers import new_id
from ucloud_provider.cloud.client import Api
from ucloud_provider.cloud.records import KeyPair


def find(api: Api, name: str | None = None) -> list[KeyPair]:
    """Key pairs by exact name, or all."""
    pairs = map(KeyPair.of, paging.every(api, "DescribeUHostKeyPairs", "KeyPairs", KeyPairName=name))
    return [pair for pair in pairs if name is None or pair.name == name]


def import_public(api: Api, name: str, public_key: str) -> str:
    """Hand UCloud a public key in OpenSSH's form; the key pair's id."""
    action = "ImportUHostKeyPairs"
    return new_id(action, api.create(action, KeyPairName=name, PublicKeyBody=public_key), "KeyPairId")


def delete(api: Api, key_pair_id: str) -> bool:
    """Delete a key pair; False where it was gone already, as where the answer of an earlier try was lost."""
    return gone.deleted(
        lambda: api.change("DeleteUHostKeyPairs", KeyPairIds=[key_pair_id]),
        lambda: any(each.id == key_pair_id for each in find(api)),
    )
