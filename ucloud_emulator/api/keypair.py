"""Key pairs: public keys that hosts are created with. They belong to a project, in every region."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import subprocess
import tempfile
import time
from pathlib import Path

from ucloud_emulator.dispatch import Call, Reply, action
from ucloud_emulator.parameters import Parameters
from ucloud_emulator.records import KeyPair
from ucloud_emulator.refusals import bad_parameter, missing_parameter
from ucloud_emulator.store import new_id

KEY_TYPE = "ssh-rsa"
"""All that may be imported (uhost guide/keypair.md)."""
MOST_DELETED = 100


def find_key_pair(call: Call, id: str) -> KeyPair:
    pair = call.cloud.store.get(KeyPair, id)
    if pair is None or pair.project != call.project:
        raise bad_parameter("KeyPairId", f"no key pair {id}")
    return pair


def _name(parameters: Parameters) -> str:
    name = parameters.required("KeyPairName")
    if not re.fullmatch(r"\S(?:.{0,61}\S)?", name) or not name.isprintable():
        raise bad_parameter("KeyPairName", "1-63 printable characters")
    return name


def _public_key(parameters: Parameters) -> str:
    text = parameters.required("PublicKeyBody").strip()
    words = text.split() or [""]
    try:
        blob = base64.b64decode(words[1], validate=True) if len(words) >= 2 else b""
    except (binascii.Error, ValueError):
        blob = b""
    kind = words[0].encode()
    if words[0] != KEY_TYPE or blob[4 : 4 + len(kind)] != kind or not text.isprintable():
        raise bad_parameter("PublicKeyBody", "no public key of type ssh-rsa")
    return text


def _add(call: Call, name: str, public_key: str) -> KeyPair:
    store = call.cloud.store
    with store.lock:
        if store.all(KeyPair, lambda pair: pair.project == call.project and pair.name == name):
            raise bad_parameter("KeyPairName", f"there is a {name} already")
        id = new_id("uhostkey")
        digest = hashlib.md5(f"{call.project}|{id}|{public_key}".encode(), usedforsecurity=False).hexdigest()
        pair = KeyPair(
            id=id,
            project=call.project,
            region="",
            name=name,
            created=int(time.time()),
            public_key=public_key,
            fingerprint=":".join(digest[n : n + 2] for n in range(0, 32, 2)),
        )
        store.put(pair)
        call.cloud.ledger.open(id, "keypair", name, call.project, "")
    return pair


def _describe(pair: KeyPair) -> Reply:
    return {
        "ProjectId": pair.project,
        "KeyPairId": pair.id,
        "KeyPairName": pair.name,
        "KeyPairFingerPrint": pair.fingerprint,
        "CreateTime": pair.created,
    }


@action("ImportUHostKeyPairs", scope="project")
def import_uhost_key_pairs(call: Call) -> Reply:
    pair = _add(call, _name(call.parameters), _public_key(call.parameters))
    return {"KeyPairId": pair.id, "KeyPairName": pair.name, "KeyPairFingerPrint": pair.fingerprint}


@action("CreateUHostKeyPair", scope="project")
def create_uhost_key_pair(call: Call) -> Reply:
    name = _name(call.parameters)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "key")
        subprocess.run(
            ["ssh-keygen", "-q", "-t", "rsa", "-b", "4096", "-m", "PKCS8", "-N", "", "-C", name, "-f", str(file)],
            check=True,
            timeout=30,
            stdin=subprocess.DEVNULL,
        )
        private_key, public_key = file.read_text(), file.with_suffix(".pub").read_text().strip()
    return {"KeyPair": {**_describe(_add(call, name, public_key)), "PrivateKeyBody": private_key}}


@action("DescribeUHostKeyPairs", scope="project")
def describe_uhost_key_pairs(call: Call) -> Reply:
    name, fingerprint = call.parameters.text("KeyPairName"), call.parameters.text("KeyPairFingerPrint")
    found = call.cloud.store.all(
        KeyPair,
        lambda pair: pair.project == call.project and name in ("", pair.name) and fingerprint in ("", pair.fingerprint),
    )
    page = call.parameters.page(found, most=100)
    return {"TotalCount": len(found), "KeyPairs": [_describe(pair) for pair in page]}


@action("DeleteUHostKeyPairs", scope="project")
def delete_uhost_key_pairs(call: Call) -> Reply:
    ids = call.parameters.texts("KeyPairIds")
    if not ids:
        raise missing_parameter("KeyPairIds")
    if len(ids) > MOST_DELETED:
        raise bad_parameter("KeyPairIds", f"more than {MOST_DELETED}")
    with call.cloud.store.lock:
        pairs = [find_key_pair(call, id) for id in ids]
        for pair in pairs:
            call.cloud.store.remove(pair)
            call.cloud.ledger.close(pair.id)
    return {}
