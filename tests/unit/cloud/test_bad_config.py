"""Wrong config, environment and credentials file, each with what it must say: what is wrong, where, and the remedy."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from ucloud_provider.cloud.client import connect
from ucloud_provider.cloud.credentials import resolve
from ucloud_provider.errors import UCloudImageError

KEYS = {"ucloud:publicKey": "planted-public", "ucloud:privateKey": "planted-private"}
PROFILE = {"profile": "default", "public_key": "planted-public", "private_key": "planted-private"}
FILE = "HOME/.ucloud/credential.json"


class Bad(NamedTuple):
    """What is configured: stack config, environment, the file's content (None: no file); and all that is said."""

    config: dict[str, str]
    environ: dict[str, str]
    file: Any
    says: str


def no_key(missing: str, config: str, environ: str, file: str = FILE) -> str:
    return (
        f"no {missing}: looked at the stack config ({config}), the environment ({environ}) and the shared credentials "
        f"file ({file}); set it with `pulumi config set --secret ucloud:privateKey`"
    )


NO_KEYS = no_key(
    "public and private key", "ucloud:publicKey, ucloud:privateKey", "UCLOUD_PUBLIC_KEY, UCLOUD_PRIVATE_KEY"
)
NO_PRIVATE = no_key("private key", "ucloud:privateKey", "UCLOUD_PRIVATE_KEY")
NO_PUBLIC = no_key("public key", "ucloud:publicKey", "UCLOUD_PUBLIC_KEY").replace(":privateKey`", ":publicKey`")
NO_REGION = "region: no region is given; set the argument, `ucloud:region` or UCLOUD_REGION"
NO_SESSION = (
    f"CLOUD_SHELL is true, but {FILE} has no profile 'default' with cookie and csrf_token; open the Cloud Shell anew, "
    "or set UCLOUD_PUBLIC_KEY and UCLOUD_PRIVATE_KEY"
)


def wrong_url(url: str) -> str:
    return f"X failed: {url!r} is no address; correct ucloud:baseUrl, or UCLOUD_BASE_URL"


BAD_CONFIG = [
    Bad({}, {}, None, NO_KEYS),
    Bad({"ucloud:publicKey": ""}, {"UCLOUD_PRIVATE_KEY": ""}, [], NO_KEYS),
    Bad({"ucloud:publicKey": "planted"}, {}, None, NO_PRIVATE),
    Bad({}, {"UCLOUD_PRIVATE_KEY": "planted"}, None, NO_PUBLIC),
    Bad({}, {}, {"public_key": "planted", "private_key": "planted"}, NO_KEYS),
    Bad({}, {}, "planted", NO_KEYS),
    Bad({}, {}, [{"profile": "default", "public_key": "planted"}], NO_PRIVATE),
    Bad({}, {}, [{"public_key": "planted", "private_key": ["planted"]}], NO_PRIVATE),
    Bad({}, {}, b"{planted", f"the shared credentials file {FILE} cannot be read: JSONDecodeError"),
    Bad({}, {}, b"\xff\xfe\xfd", f"the shared credentials file {FILE} cannot be read: UnicodeDecodeError"),
    Bad({"ucloud:profile": "prod"}, {}, [PROFILE], f"the shared credentials file {FILE} has no profile 'prod'"),
    Bad(
        {"ucloud:profile": "prod"},
        {},
        None,
        f"the shared credentials file {FILE} does not exist; correct its path or profile",
    ),
    Bad(
        {},
        {"UCLOUD_SHARED_CREDENTIAL_FILE": "HOME/other.json"},
        [PROFILE],
        "the shared credentials file HOME/other.json does not exist; correct its path or profile",
    ),
    Bad({}, {"CLOUD_SHELL": "true"}, [PROFILE], NO_SESSION),
    Bad({}, {"CLOUD_SHELL": "true"}, None, NO_SESSION),
    Bad(KEYS, {}, None, NO_REGION),
    Bad({}, {}, [{**PROFILE, "region": 5}], NO_REGION),
    Bad(KEYS | {"ucloud:region": "hk", "ucloud:baseUrl": "api.ucloud.cn"}, {}, None, wrong_url("api.ucloud.cn")),
    Bad(KEYS | {"ucloud:region": "hk"}, {"UCLOUD_BASE_URL": "ftp://x"}, None, wrong_url("ftp://x")),
    Bad(KEYS | {"ucloud:region": "hk", "ucloud:baseUrl": "https://"}, {}, None, wrong_url("https://")),
]


@pytest.mark.parametrize("bad", BAD_CONFIG, ids=lambda bad: bad.says[:60])
def test_wrong_config_is_told_to_the_letter(bad: Bad, tmp_path: Path) -> None:
    if bad.file is not None:
        file = tmp_path / ".ucloud" / "credential.json"
        file.parent.mkdir()
        file.write_bytes(bad.file if isinstance(bad.file, bytes) else json.dumps(bad.file).encode())
    environ = {name: value.replace("HOME", str(tmp_path)) for name, value in bad.environ.items()}
    with pytest.raises(UCloudImageError) as caught:
        connect(resolve(bad.config.get, environ, tmp_path)).call("X", {})
    said = str(caught.value).replace(str(tmp_path), "HOME")
    assert said == bad.says
    assert "planted" not in said
