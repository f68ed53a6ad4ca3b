"""Key pairs: which may be imported, what a made one is, and which hosts take them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.support.asker import DISK, KEY, Asker
from tests.support.documents import documented


@documented("uhost/guide/keypair.md", "Imported keys must be ssh-rsa")
@pytest.mark.parametrize("kind", ["ed25519", "ecdsa"])
def test_a_key_that_is_not_rsa_is_not_imported(api: Asker, tmp_path: Path, kind: str) -> None:
    file = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", "", "-f", file], check=True)
    public = file.with_suffix(".pub").read_text()
    assert api.refused("ImportUHostKeyPairs", KeyPairName="other", PublicKeyBody=public) == 230


@documented(
    "uhost/guide/keypair.md", "A made key pair is RSA of 4096 bits, its private half PEM in PKCS#8, unencrypted"
)
def test_a_made_key_pair_is_rsa_4096_in_pkcs8(api: Asker, tmp_path: Path) -> None:
    pair = api.ask("CreateUHostKeyPair", KeyPairName="made")["KeyPair"]
    assert pair["PrivateKeyBody"].startswith("-----BEGIN PRIVATE KEY-----\n")
    file = tmp_path / "key"
    file.write_text(pair["PrivateKeyBody"])
    file.chmod(0o600)
    said = subprocess.run(["ssh-keygen", "-l", "-f", file], check=True, capture_output=True, text=True).stdout
    assert said.startswith("4096 ")
    assert said.rstrip().endswith("(RSA)")
    api.ask("DeleteUHostKeyPairs", KeyPairIds=[pair["KeyPairId"]])


@documented("uhost/guide/keypair.md", "Key pairs are for Linux hosts with CloudInit only")
@pytest.mark.parametrize("image", ["uimage-f1chxn", "uimage-debian12", "uimage-win2016"])
def test_a_host_without_cloud_init_takes_no_key_pair(api: Asker, image: str) -> None:
    pair = api.ask("ImportUHostKeyPairs", KeyPairName=f"pair-{image}", PublicKeyBody=KEY)["KeyPairId"]
    wish = {"Zone": "cn-bj2-02", "ImageId": image, "LoginMode": "KeyPair", "KeyPairId": pair}
    assert api.refused("CreateUHostInstance", **wish, Disks=[{**DISK, "Size": 40}]) == 230
    api.ask("DeleteUHostKeyPairs", KeyPairIds=[pair])


@documented("api/uhost-api/describe_uhost_instance.md", "KeyPairState says Deleted of a key pair that is gone")
def test_a_host_says_that_its_key_pair_is_gone(api: Asker) -> None:
    pair = api.ask("ImportUHostKeyPairs", KeyPairName="going", PublicKeyBody=KEY)["KeyPairId"]
    host = api.running_host(ImageId="uimage-debian12-ci", LoginMode="KeyPair", KeyPairId=pair, Password=None)
    assert api.host(host)["KeyPair"] == {"KeyPairId": pair, "KeyPairState": "Normal"}
    api.ask("DeleteUHostKeyPairs", KeyPairIds=[pair])
    assert api.host(host)["KeyPair"] == {"KeyPairId": pair, "KeyPairState": "Deleted"}
    api.remove_host(host)


@documented("api/uhost-api/create_uhost_instance.md", "ImagePasswd is for custom images")
def test_the_image_s_password_is_for_custom_images(api: Asker) -> None:
    wish = {"Zone": "cn-bj2-02", "LoginMode": "ImagePasswd", "Disks": [DISK]}
    assert api.refused("CreateUHostInstance", **wish, ImageId="uimage-debian12") == 230
    source = api.stopped_host()
    image = api.made_image(source)
    host = api.running_host(ImageId=image, LoginMode="ImagePasswd", Password=None)
    for each in (source, host):
        api.remove_host(each)
    api.ask("TerminateCustomImage", ImageId=image)


@documented(
    "api/uhost-api/error_code.md",
    "8856: delete only after stopping; 8010: stop the host first; 8905: wrong power state",
)
def test_the_codes_of_hosts_in_the_wrong_state(api: Asker) -> None:
    host = api.running_host()
    assert api.refused("TerminateUHostInstance", UHostId=host) == 8856
    assert api.refused("CreateCustomImage", UHostId=host, ImageName="i") == 8010
    assert api.refused("StartUHostInstance", UHostId=host) == 8905
    api.remove_host(host)


@documented("api/uhost-api/error_code.md", "8956: no such image, or no custom one")
def test_the_code_of_an_image_that_is_not_there(api: Asker) -> None:
    assert api.refused("TerminateCustomImage", ImageId="uimage-none") == 8956
    assert api.refused("TerminateCustomImage", ImageId="uimage-debian12") == 8956
