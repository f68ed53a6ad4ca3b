"""What a build adds to the user data of its host: the SSH host key, and the end of the host with its lease.

Read by the real cloud-init, on real hosts.
"""

from __future__ import annotations

import base64
import gzip
import json
import time
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from pathlib import Path
from typing import Any

import pytest
from ucloud_provider.build import expiry, guest, lease
from ucloud_provider.build.user_data import combine
from ucloud_provider.communicators.ssh_keys import HostKey, KeyPair
from ucloud_provider.errors import InvalidSpec, StepFailed
from ucloud_provider.provisioners.shell import Shell
from ucloud_provider.spec.rules import TRACES

from tests.emulator.build.conftest import DEBIAN, Builds, Run
from tests.support.from_image import hosts_from

CLOUD_INIT = "uimage-debian12-ci"
SHOWN_KEY = "ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub | cut -d' ' -f2"


def log_of(state: Path) -> str:
    """The log of the only build."""
    (file,) = state.glob("builds/*/build.log")
    return file.read_text()


def multipart(*texts: tuple[str, str]) -> bytes:
    message = MIMEMultipart()
    for text, subtype in texts:
        message.attach(MIMEText(text, subtype))
    return message.as_bytes()


USER_DATA: dict[str, bytes] = {
    "script": b"#!/bin/sh\necho From here\nFrom here\n",
    "script with another alphabet and line end": "#!/bin/sh\r\necho 你好\r\n".encode(),
    "cloud-config": b"#cloud-config\nruncmd: [one]\nhostname: x\nssh_authorized_keys: [k]\n",
    "cloud-config that merges": b"#cloud-config\nmerge_how: dict(recurse_array)+list(append)\nruncmd: [one]\n",
    "cloud-config with host keys": b"#cloud-config\nssh_keys: {rsa_private: theirs}\n",
    "archive": b"#cloud-config-archive\n- {type: text/cloud-config, content: 'runcmd: [one]'}\n- '#!/bin/sh'\n",
    "include": b"#include\nfile:///tmp/included\n",
    "boothook": b"#cloud-boothook\n#!/bin/sh\necho early\n",
    "jinja": b"## template: jinja\n#cloud-config\nruncmd: ['{{ v1.instance_id }}']\n",
    "part-handler": b"#part-handler\ndef list_types(): return ['text/go-cubs-go']\n",
    "json patch": b'#cloud-config-jsonp\n[{"op": "add", "path": "/runcmd", "value": ["one"]}]\n',
    "message": multipart(("#cloud-config\nruncmd: [one]\n", "cloud-config"), ("#!/bin/sh\n", "x-shellscript")),
    "message that merges": multipart(("#cloud-config\na: [1]\n", "cloud-config"), ("#cloud-config\na: [2]\n", "plain")),
    "of no kind": b"hello",
}

# cloud-init's own classes, fed as cloud-init feeds them: what are the parts, and what is the config in the end.
READER = """
import base64, json, sys
from cloudinit import handlers, helpers, user_data
from cloudinit.handlers import cloud_config

open("/tmp/included", "w").write("#cloud-config\\nruncmd: [included]\\n")
paths = helpers.Paths({"cloud_dir": "/tmp/cloud"})
paths.get_ipath = lambda name: "/tmp/" + name

def read(data):
    found, config = [], cloud_config.CloudConfigPartHandler(paths)
    config.handle_part(None, handlers.CONTENT_START, None, None, None, {})
    for part in user_data.UserDataProcessor(paths).process(base64.b64decode(data)).walk():
        if part.get_content_maintype() != "multipart":
            kind, payload = part.get_content_type(), user_data.util.fully_decoded_payload(part)
            found.append([kind, part.get_filename(), payload])
            if kind in ("text/cloud-config", "text/cloud-config-jsonp"):
                config.handle_part(None, kind, part.get_filename(), payload, None, dict(part))
    return {"parts": found, "config": config.cloud_buf}

print(json.dumps([[read(each) for each in case] for case in json.load(sys.stdin)]))
"""


def test_cloud_init_reads_the_users_parts_as_if_they_were_alone(builds: Builds) -> None:
    ours = guest.parts("ucloud-image-0123456789ab", 1_700_000_000, KeyPair.generate())
    cases = [[data, combine(data, ours)] for data in USER_DATA.values()]
    fed = json.dumps([[base64.b64encode(each).decode() for each in case] for case in cases])
    command = f"python3 -c '{READER}' <<'END'\n{fed}\nEND"
    builds.build(source_image_id=CLOUD_INIT, provisioners=[Run(command=command)])
    answers: list[list[dict[str, Any]]] = json.loads(builds.progress.lines[-1])
    for kind, (alone, combined) in zip(USER_DATA, answers, strict=True):
        assert combined["parts"][:-2] == alone["parts"], kind
        assert [part[0] for part in combined["parts"][-2:]] == ["text/cloud-boothook", "text/cloud-config"], kind
        before = alone["config"] or {}
        keys = combined["config"].pop("ssh_keys")
        assert {**keys, **before.pop("ssh_keys", {})} == keys, kind
        assert combined["config"] == before, kind


def test_the_host_key_is_known_before_the_first_connection(
    builds: Builds, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[KeyPair] = []
    generate = KeyPair.generate

    def remembered(*args: Any, **given: Any) -> KeyPair:
        made.append(generate(*args, **given))
        return made[-1]

    monkeypatch.setattr(KeyPair, "generate", remembered)
    shown = "cat /etc/ssh/ssh_host_ed25519_key; cloud-init status --wait; cat /root/ran"
    image = builds.build(
        source_image_id=CLOUD_INIT,
        keep_in_image=[name for name in TRACES if name != "ssh_host_keys"],
        user_data="#!/bin/sh\necho by-the-user > /root/ran\n",
        provisioners=[Run(command=f"{SHOWN_KEY}; {shown}")],
    )
    login, host_key = made
    fingerprint = HostKey.parse(host_key.public).fingerprint
    assert builds.progress.lines[0] == fingerprint
    assert builds.progress.lines[-1] == "by-the-user"
    log = log_of(state)
    assert f"the host is given the SSH host key {fingerprint}; no other is accepted" in log
    assert "trusted on first use" not in log
    written = "".join(file.read_text() for file in state.rglob("*") if file.is_file())
    body = host_key.private.splitlines()[2]
    for place in (written, json.dumps(builds.requests())):
        assert body not in place
        assert login.private.splitlines()[2] not in place
    with hosts_from(builds.emulator, image.image_id) as (host,):
        key = f"grep -rlsF {body} / --exclude-dir=proc --exclude-dir=sys --exclude-dir=dev"
        marked = "find / -xdev -name '*ucloud-image-*'; grep -rlsF ucloud-image- /var/lib/cloud /etc"
        units = "systemctl list-units --all --plain -q 'ucloud-image*'"
        assert host.says(f"{key}; true", f"{marked}; true", units) == ["", "", ""]


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"source_image_id": DEBIAN}, "has no CloudInit"),
        ({"temporary_host_key": False}, "temporary_host_key is False"),
        ({"user_data": "#cloud-config\nssh_keys: {ed25519_private: THEIRS}\n"}, "has ssh_keys of its own"),
        ({"user_data_file": "compressed"}, "user_data_file is compressed, so nothing can be added to it"),
        ({"user_data": "#include\nfile:///nowhere\n"}, "brings in what only the host will see"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_elsewhere_the_first_key_seen_is_trusted_and_the_log_says_so(
    builds: Builds, state: Path, given: dict[str, str], why: str
) -> None:
    (builds.base_dir / "compressed").write_bytes(gzip.compress(b"#!/bin/sh\ntouch /root/ran\n"))
    theirs = KeyPair.generate()
    if "user_data" in given:
        given = {**given, "user_data": given["user_data"].replace("THEIRS", json.dumps(theirs.private))}
    command = f"{SHOWN_KEY}; ! command -v cloud-init >/dev/null || cloud-init status --wait >/dev/null; ls /root"
    builds.build(**{"source_image_id": CLOUD_INIT, **given}, provisioners=[Run(command=command)])
    log = log_of(state)
    assert why in log
    assert log.index("trusted on first use") < log.index("trusted on first use, pinned now")
    shown = builds.progress.lines[0]
    assert f"host key ssh-ed25519 {shown} trusted on first use, pinned now" in log
    if "ssh_keys" in str(given):
        assert shown == HostKey.parse(theirs.public).fingerprint
    if "user_data_file" in given:
        assert "ran" in builds.progress.lines[1:]


def test_a_host_that_shows_another_key_is_not_logged_in_to(builds: Builds) -> None:
    first = builds.build(
        source_image_id=CLOUD_INIT,
        keep_in_image=["ssh_host_keys"],
        provisioners=[Run(command="touch /etc/cloud/cloud-init.disabled")],
    )
    with pytest.raises(StepFailed, match="host key is not the expected one") as caught:
        builds.build(source_image_id=first.image_id, ssh_handshake_attempts=2, provisioners=[Run(command="true")])
    assert "connecting" in str(caught.value)
    assert "set temporary_host_key to False" in str(caught.value)
    assert builds.left() == []


def test_user_data_that_leaves_no_room_is_told_before_anything_is_made(paper_builds: Builds) -> None:
    text = "#!/bin/sh\n" + "x" * 15_500
    with pytest.raises(InvalidSpec, match=r"user_data: has 15510 bytes, and \d+ are added .* UCloud takes 16384"):
        paper_builds.build(source_image_id=CLOUD_INIT, user_data=text)
    assert paper_builds.left() == []
    assert not {"CreateUHostInstance", "CreateFirewall", "ImportUHostKeyPairs"} & {
        each["Action"] for each in paper_builds.requests()
    }


def test_a_host_whose_lease_ends_powers_itself_off_and_the_error_says_so(
    builds: Builds, monkeypatch: pytest.MonkeyPatch
) -> None:
    new, given = lease.new, list[lease.Lease]()

    def short(now: float) -> lease.Lease:
        given.append(new(now, 20))
        return given[0]

    monkeypatch.setattr(lease, "new", short)
    monkeypatch.setattr(guest, "GRACE", 2)
    monkeypatch.setattr(expiry, "MARGIN", -60)  # the build itself does not end it
    with pytest.raises(StepFailed, match="its lease has ended"):
        builds.build(source_image_id=CLOUD_INIT, provisioners=[Run(command="sleep 300")])
    assert time.time() >= given[0].expires
    assert builds.left() == []


def test_the_switch_is_armed_again_after_a_reboot_and_leaves_the_user_data_alone(builds: Builds) -> None:
    status = "systemctl is-active ucloud-image-lease; cat /root/ran"
    builds.build(
        source_image_id=CLOUD_INIT,
        user_data="#cloud-config\nruncmd:\n- echo ran > /root/ran\n",
        provisioners=[
            Run(command=f"cloud-init status --wait >/dev/null; {status}"),
            Shell(inline=["reboot", "sleep 60"], expect_disconnect=True),
            Run(command=f"cloud-init status --wait >/dev/null; {status}"),
        ],
    )
    assert [line for line in builds.progress.lines if line in ("active", "ran")] == ["active", "ran"] * 2
