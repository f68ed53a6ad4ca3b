"""Whatever is sent, the emulator answers, stays as it was unless the account asked, and lets nothing out of its place.

The whole application is fuzzed in this process, with hosts on paper: an exception that the server would answer with 500
is the test's failure.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import socket
import urllib.parse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.support.asker import KEY
from tests.support.emulator import REPOSITORY, Emulator
from ucloud_emulator.body import MalformedRequest, parse_form
from ucloud_emulator.cloud import EmulatedCloud, Ranges
from ucloud_emulator.dispatch import ACTIONS
from ucloud_emulator.hosts.errors import HostError
from ucloud_emulator.latency import Latency
from ucloud_emulator.paper import PAPER_EIPS, PAPER_PRIVATE, PaperMachines
from ucloud_emulator.records import Host
from ucloud_emulator.server import application
from ucloud_emulator.signature import sign

HERE = ("127.0.0.1", 40000)
FUZZ = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@dataclass
class Answer:
    status: int
    body: bytes


class Target:
    """The application, called as a server calls it."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        machines = PaperMachines(folder / "paper.json")
        self.folder = folder
        self.cloud = EmulatedCloud(folder, machines, Ranges(PAPER_EIPS, PAPER_PRIVATE), Latency())
        self.app = application(self.cloud)

    def send(
        self,
        method: str,
        path: str,
        body: Sequence[bytes] = (),
        headers: Sequence[tuple[bytes, bytes]] = (),
        query: bytes = b"",
        client: tuple[str, int] | None = HERE,
        breaks_off: bool = False,
    ) -> Answer | None:
        """The answer; None where the client broke off and there is none."""
        last = {"type": "http.disconnect"} if breaks_off else {"type": "http.request", "body": b"", "more_body": False}
        incoming = iter([*({"type": "http.request", "body": part, "more_body": True} for part in body), last])
        outgoing: list[Any] = []

        async def receive() -> Any:
            return next(incoming, {"type": "http.disconnect"})

        async def send(message: Any) -> None:
            outgoing.append(message)

        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http",
            "path": path, "raw_path": path.encode(), "root_path": "", "query_string": query,
            "headers": list(headers), "client": client, "server": ("127.0.0.1", 8588),
        }  # fmt: skip
        # Not asyncio.run: it leaves the thread without a loop, which Pulumi's own tests in this process still want.
        loop = asyncio.new_event_loop()
        try:
            loop.run_until_complete(self.app(scope, receive, send))
        finally:
            loop.close()
        if not outgoing:
            return None
        parts = (message.get("body", b"") for message in outgoing if message["type"] == "http.response.body")
        return Answer(outgoing[0]["status"], b"".join(parts))

    def ask(self, values: Mapping[str, str], private_key: str = Emulator.private_key) -> dict[str, Any]:
        """A signed call's reply."""
        sent = {"PublicKey": Emulator.public_key, **values}
        sent["Signature"] = sign(sent, private_key)
        answer = self.send("POST", "/", [urllib.parse.urlencode(sent).encode()])
        assert answer is not None
        assert answer.status == 200, answer
        reply: dict[str, Any] = json.loads(answer.body)
        assert isinstance(reply["RetCode"], int)
        return reply

    def everything(self) -> tuple[object, ...]:
        """All that the cloud knows and keeps."""
        database = self.cloud.store.database
        tables = ("record", "counter", "ledger")
        return (*(tuple(database.execute(f"SELECT * FROM {table}")) for table in tables), self.cloud.faults.rules())


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    found = Target(tmp_path_factory.mktemp("state") / "deep" / "inside")
    yield found
    found.cloud.close()


@pytest.fixture(autouse=True, scope="module")
def nothing_is_written_elsewhere(target: Target, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    yield
    known = {"state.sqlite", "state.sqlite-wal", "state.sqlite-shm", "requests.jsonl", "paper.json"}
    assert {file.name for file in target.folder.iterdir()} <= known
    assert [file.name for file in target.folder.parent.iterdir()] == ["inside"]


header = st.tuples(
    st.sampled_from([b"content-length", b"content-type", b"host", b"transfer-encoding", b"connection", b"x-other"]),
    st.one_of(
        st.binary(max_size=30),
        st.sampled_from([b"\xb2", b"-1", b"0x10", b"1e9", b"9" * 30, b"[", b"[::1", b"", b"a\x00b", b"chunked"]),
    ),
)
path = st.one_of(
    st.text(max_size=30).map(lambda text: f"/{text}"),
    st.sampled_from(["/", "//", "/_emulator/", "/_emulator/../", "/_emulator/status/", "/_emulator/faults/x/", "*"]),
    st.text(max_size=20).map(lambda text: f"/_emulator/hosts/{text}/fault"),
    st.text(max_size=20).map(lambda text: f"/_emulator/faults/{text}"),
)


@FUZZ
@given(
    method=st.sampled_from(["GET", "POST", "PUT", "HEAD", "OPTIONS", "DELETE", "TRACE", "get", ""]),
    path=path,
    body=st.lists(st.binary(max_size=300), max_size=4),
    headers=st.lists(header, max_size=4),
    query=st.binary(max_size=60),
    client=st.sampled_from([HERE, ("::1", 1), ("192.0.2.7", 1), None]),
    breaks_off=st.booleans(),
)
@example("GET", "/", [], [(b"host", b"[")], b"Action=GetRegion", HERE, False)
@example("GET", "/_emulator/status/", [], [(b"host", b"[")], b"", HERE, False)
@example("GET", "/_emulator/status/", [], [], b"\x80", HERE, False)
@example("POST", "/", [b"A=1"], [(b"content-length", b"\xb2")], b"", HERE, False)
@example("POST", "/", [b"A=1"], [], b"", HERE, True)
@example("POST", "/_emulator/faults", [b"{"], [], b"", HERE, True)
@example("POST", "/_emulator/faults", [b"[" * 100_000], [], b"", HERE, False)
def test_any_request_is_answered_and_changes_nothing(
    target: Target, method: str, path: str, body: list[bytes], headers: list[tuple[bytes, bytes]], query: bytes,
    client: tuple[str, int] | None, breaks_off: bool,
) -> None:  # fmt: skip
    before = target.everything()
    answer = target.send(method, path, body, headers, query, client, breaks_off)
    assert answer is None or answer.status < 500, answer
    assert target.everything() == before


@FUZZ
@given(st.binary(max_size=400))
@example(b"A=%00")
@example(b"A=%ff")
@example(b"&".join(b"A%d=" % number for number in range(3000)))
def test_a_body_is_a_form_or_refused(body: bytes) -> None:
    with contextlib.suppress(MalformedRequest):
        assert all(isinstance(each, str) for pair in parse_form(body).items() for each in pair)


def source_words() -> list[str]:
    """Every parameter name that the actions read: they stand in their source."""
    texts = (file.read_text() for file in sorted((REPOSITORY / "ucloud_emulator" / "api").glob("*.py")))
    words = {word for text in texts for word in re.findall(r'"([A-Z][A-Za-z]+)"', text)}
    assert {"UHostId", "Disks", "ImageName", "PublicKeyBody"} <= words
    return sorted(words)


NASTY = (
    "../../../../etc/passwd", "/etc/passwd", "$(touch /tmp/x)", "`id`", "; rm -rf /", "a\nb", "a\x00b", "-rf", "--help",
    " ", "\n", "'", '"', "%s%n", "{0}", "𝟙", "²", "-1", "0", "1e5", "9" * 18, "9" * 400, "x" * 5000, "\ud7ff", "\u2028",
    "true", "None", "NaN", "0.0.0.0/0", "10.0.0.0/8", "256.1.1.1", "uhost-aaaaaaaaaa", "//8=", "ssh-rsa", KEY,
    "TCP|22|0.0.0.0/0|ACCEPT|HIGH|x", "TCP|22|0.0.0.0/0|ACCEPT", "TCP|22 accept; drop|1.1.1.1|ACCEPT|LOW|", "||||||",
)  # fmt: skip

value = st.one_of(st.sampled_from(NASTY), st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
suffix = st.sampled_from(["", ".0", ".1", ".00", ".9999", ".0.IsBoot", ".0.Size", ".0.Type", ".0.EIP.Bandwidth", ".x"])
parameters = st.dictionaries(
    st.one_of(
        st.tuples(st.sampled_from(source_words()), suffix).map("".join),
        st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20),
    ),
    value,
    max_size=6,
)


@FUZZ
@given(
    action=st.sampled_from(sorted(ACTIONS)),
    given_=parameters,
    wrong=st.sampled_from(["no signature", "wrong signature", "wrong key", "changed after signing"]),
)
def test_a_call_that_is_not_the_account_s_is_refused_and_changes_nothing(
    target: Target, action: str, given_: dict[str, str], wrong: str
) -> None:
    sent = {"Region": "hk", **given_, "Action": action, "PublicKey": Emulator.public_key}
    sent.pop("Signature", None)
    if wrong == "wrong key":
        sent["PublicKey"] = "another"
    if wrong != "no signature":
        sent["Signature"] = sign(sent, Emulator.private_key if wrong != "wrong signature" else "another")
    if wrong == "changed after signing":
        sent["Name"] = sent.get("Name", "") + "x"
    before = target.everything()
    answer = target.send("POST", "/", [urllib.parse.urlencode(sent).encode()])
    assert answer is not None
    assert json.loads(answer.body)["RetCode"] in (170, 171, 172)
    assert target.everything() == before


class Known(dict[str, dict[str, str]]):
    """Parameters by action, shown short where a test fails."""

    def __repr__(self) -> str:
        return "known"


@pytest.fixture(scope="module")
def known(target: Target) -> Known:
    """For the actions that make something, what they are asked for on a good day; ids of things there are."""
    place = {"Region": "hk"}
    key = target.ask({"Action": "ImportUHostKeyPairs", "KeyPairName": "known", "PublicKeyBody": KEY})["KeyPairId"]
    host = {
        **place, "Zone": "hk-02", "ImageId": "uimage-debian12-ci", "LoginMode": "KeyPair", "KeyPairId": key,
        "Disks.0.IsBoot": "True", "Disks.0.Type": "CLOUD_SSD", "Disks.0.Size": "20", "UserData": "eA==",
        "NetworkInterface.0.EIP.Bandwidth": "1", "NetworkInterface.0.EIP.OperatorName": "International",
    }  # fmt: skip
    id = target.ask({"Action": "CreateUHostInstance", **host})["UHostIds"][0]
    vpc = target.ask({"Action": "DescribeVPC", "ProjectId": "org-emulator", **place})["DataSet"][0]["VPCId"]
    made = {
        "CreateUHostInstance": host,
        "ImportUHostKeyPairs": {"KeyPairName": "more", "PublicKeyBody": KEY},
        "CreateUHostKeyPair": {"KeyPairName": "more"},
        "CreateVPC": {**place, "Name": "more", "Network.0": "192.168.0.0/16"},
        "CreateSubnet": {**place, "VPCId": vpc, "Subnet": "10.201.0.0", "Netmask": "24"},
        "CreateFirewall": {**place, "Name": "more", "Rule.0": "TCP|22|0.0.0.0/0|ACCEPT|HIGH|x"},
        "AllocateEIP": {**place, "OperatorName": "International", "Bandwidth": "1"},
        "CreateUDisk": {**place, "Zone": "hk-02", "Name": "more", "Size": "20", "DiskType": "SSDDataDisk"},
        "CreateCustomImage": {**place, "UHostId": id, "ImageName": "more"},
        "CopyCustomImage": {**place, "SourceImageId": "uimage-x", "TargetProjectId": "org-second"},
    }
    return Known({action: made.get(action, {**place, "UHostId": id, "VPCId": vpc}) for action in ACTIONS})


@settings(FUZZ, max_examples=400)
@given(action=st.sampled_from(sorted(ACTIONS)), given_=parameters)
@example("ImportUHostKeyPairs", {"PublicKeyBody": " "})
@example("ImportUHostKeyPairs", {"PublicKeyBody": KEY + "\rssh-rsa AAAA"})
@example("CreateUHostKeyPair", {"KeyPairName": "a\x00b"})
@example("CreateUHostInstance", {"UserData": "!"})
def test_a_signed_call_with_any_parameters_is_answered_with_a_ret_code(
    target: Target, known: Known, action: str, given_: dict[str, str]
) -> None:
    given_ = {
        name: text for name, text in given_.items() if name not in ("Action", "PublicKey", "Signature", "MaxCount")
    }
    reply = target.ask({**known[action], **given_, "Action": action})
    assert reply["Action"] == f"{action}Response"
    assert reply["RetCode"] == 0 or reply["Message"]


@settings(FUZZ, max_examples=300)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["action", "transition", "outcome", "times", "skip", "ret_code", "delay", "parameters", "kind"]
                )
                | st.text(max_size=5),
                inner,
                max_size=5,
            )
        ),
    ),
    st.sampled_from(["/_emulator/faults", "/_emulator/hosts/uhost-aaaaaaaaaa/fault"]),
)
def test_any_json_for_a_fault_is_set_or_refused_with_words(target: Target, body: object, path: str) -> None:
    answer = target.send("POST", path, [json.dumps(body).encode()])
    assert answer is not None
    said = json.loads(answer.body)
    assert (answer.status == 200 and said["id"]) or (answer.status in (400, 404) and said["error"])
    target.cloud.faults.clear()


def test_it_listens_on_loopback_alone_unless_told_otherwise(paper_emulator: Emulator) -> None:
    port = urllib.parse.urlsplit(paper_emulator.url).port
    listening = [
        line.split()[1] for line in Path("/proc/net/tcp").read_text().splitlines()[1:] if line.split()[3] == "0A"
    ]
    of_ours = [address for address in listening if int(address.split(":")[1], 16) == port]
    assert [socket.inet_ntoa(bytes.fromhex(each.split(":")[0])[::-1]) for each in of_ours] == ["127.0.0.1"]


def test_a_public_key_reaches_a_host_as_one_line(target: Target) -> None:
    for end in ("\n", "\r", "\x0b", "\x85", "\u2028", "\x00", "\x1b[31m"):
        body = f'{KEY}{end}command="id" {KEY}'
        asked = {"Action": "ImportUHostKeyPairs", "KeyPairName": "two", "PublicKeyBody": body}
        assert target.ask(asked)["RetCode"] == 230, repr(end)


def test_a_host_that_cannot_be_changed_is_a_service_that_is_unavailable(
    target: Target, known: Known, monkeypatch: pytest.MonkeyPatch
) -> None:
    id = target.ask({"Action": "CreateUHostInstance", **known["CreateUHostInstance"]})["UHostIds"][0]
    target.cloud.store.change(Host, id, state="Stopped")

    def fails(id: str, password: str) -> None:
        raise HostError("the image has no user root")

    monkeypatch.setattr(target.cloud.machines, "set_password", fails)
    asked = {"Region": "hk", "UHostId": id, "LoginMode": "Password", "Password": "UGFzc3dvcmQxMjM="}
    reply = target.ask({"Action": "ResetUHostInstancePassword", **asked})
    assert (reply["RetCode"], reply["Message"]) == (150, "Service unavailable: the image has no user root")
