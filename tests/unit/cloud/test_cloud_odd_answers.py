"""Answers that UCloud would never give: each is a clean error or has a default, and none counts as an empty list."""

from __future__ import annotations

import contextlib
import functools
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.utils import formatdate
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ucloud.core import exc
from ucloud.core.transport import http
from ucloud_provider.cloud import account, hosts, images, keypairs, network, paging, retry
from ucloud_provider.cloud.client import Api, _Transport
from ucloud_provider.cloud.records import Firewall, Host, Image, KeyPair, SecGroup
from ucloud_provider.errors import CloudError, ResponseLost
from ucloud_provider.spec.rules import InstanceType

from tests.unit.cloud.answering import PRIVATE_KEY, answering, api_at
from tests.unit.cloud.scripted import ScriptedSdk, api


class Talker:
    """A real server on loopback whose next answer a test sets."""

    def __init__(self) -> None:
        self.says = b""
        self.api: Api

    def answer(self, _request: bytes) -> bytes:
        return self.says


@pytest.fixture(scope="module")
def talker() -> Iterator[Talker]:
    it = Talker()
    with answering(it.answer) as url:
        it.api = api_at(url)
        yield it


def refusal(call: Callable[[], object]) -> str | None:
    """The text of the `CloudError` that a call ends in; None where it does not."""
    try:
        call()
    except CloudError as error:
        return str(error)
    return None


NO_ANSWERS = [
    *(b"", b" ", b"null", b"[]", b"5", b'"RetCode"', b"true", b"{}", b"<html>502</html>", b"\xff\xfe", b"[" * 100_000),
    *(b'{"RetCode": 0', b'{"RetCode": null}', b'{"RetCode": []}', b'{"RetCode": {}}', b'{"RetCode": "no"}'),
    *(b'{"RetCode": ""}', b'{"RetCode": true}', b'{"RetCode": 1.5}', b'{"RetCode": "-1"}', b'{"Message": "x"}'),
    *(b'[{"RetCode": 0}]', b'{"retcode": 0}', b'{"RetCode": 0}{"RetCode": 0}', b'{"RetCode": NaN}'),
]


@pytest.mark.parametrize("body", NO_ANSWERS, ids=lambda body: repr(body[:24]))
def test_what_is_no_answer_of_uclouds_is_a_lost_one(talker: Talker, body: bytes) -> None:
    talker.says = body
    with pytest.raises(ResponseLost, match="no usable answer from") as caught:
        talker.api.call("CreateX", {})
    assert retry.may_have_taken_effect(caught.value)


@pytest.mark.parametrize("code", [0, "0"])
def test_an_answer_may_write_its_code_as_a_text(talker: Talker, code: Any) -> None:
    talker.says = json.dumps({"RetCode": code, "Id": "x"}).encode()
    assert talker.api.call("DescribeX", {})["Id"] == "x"
    talker.says = json.dumps({"RetCode": "8037", "Message": "gone"}).encode()
    with pytest.raises(CloudError, match=r"gone \(RetCode 8037\)"):
        talker.api.call("DescribeX", {})


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        (None, "no reason given"),
        ("", "no reason given"),
        ("two\nlines\t\x1b[31mred", "two lines [31mred"),
        ({"a": 1}, "{'a': 1}"),
        ("x" * 5000, "x" * 500),
    ],
)
def test_a_refusals_message_is_one_line_of_bearable_length(talker: Talker, message: Any, shown: str) -> None:
    talker.says = json.dumps({"RetCode": 230, "Message": message}).encode()
    with pytest.raises(CloudError) as caught:
        talker.api.call("X", {})
    assert str(caught.value) == f"X failed: {shown} (RetCode 230)"


json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
codes = st.one_of(st.just(0), st.integers(), json_values)
bodies = st.one_of(
    st.binary(max_size=40),
    json_values.map(lambda value: json.dumps(value).encode()),
    st.builds(lambda code, more: json.dumps({"RetCode": code, "Message": more}).encode(), codes, json_values),
)


@given(bodies)
def test_any_body_is_an_answer_or_a_cloud_error(talker: Talker, body: bytes) -> None:
    talker.says = body
    said = refusal(lambda: talker.api.call("X", {"Password": PRIVATE_KEY}))
    assert said is None or ("\n" not in said and PRIVATE_KEY not in said)
    assert said or int(json.loads(body)["RetCode"]) == 0


@pytest.mark.parametrize("status", [301, 302, 307, 308, 400, 403, 404, 429, 500, 503])
def test_no_status_but_success_is_an_answer_and_no_redirect_is_followed(status: int) -> None:
    asked: list[bytes] = []

    def answer(request: bytes) -> bytes:
        asked.append(request)
        return b'{"RetCode": 0}'

    with answering(answer, status, {"Location": "/elsewhere"}) as url, pytest.raises(CloudError) as caught:
        api_at(url).call("X", {})
    assert caught.value.http_status == status
    assert len(asked) == 1
    assert isinstance(caught.value, ResponseLost) == (status >= 500)


@contextmanager
def saying(raw: bytes) -> Iterator[str]:
    """The address of a server that reads a request and sends these bytes, whatever they are."""
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        connection, _ = server.accept()
        with connection:
            connection.recv(64 * 1024)
            connection.sendall(raw)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
    finally:
        thread.join(30)
        server.close()


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\0" * 100,
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 200 OK\r\n",
        b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"RetCode": 0}',
        b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{"RetCode": 0}',
        b'HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 14\r\n\r\n{"RetCode": 0}',
        b"HTTP/1.1 two hundred\r\n\r\n",
    ],
    ids=lambda raw: repr(raw[:40]),
)
def test_what_is_no_http_is_a_lost_answer(raw: bytes) -> None:
    with saying(raw) as url, pytest.raises(ResponseLost):
        api_at(url).call("CreateX", {})


@pytest.mark.parametrize("date", ["", "yesterday", "Mon, 01 Jan 0001 00:00:00 -0000", "99999999999999999999", "\xff"])
def test_a_date_that_is_none_is_not_taken_for_the_time(date: str) -> None:
    raw = f"HTTP/1.1 200 OK\r\nDate: {date}\r\nContent-Length: 14\r\n\r\n".encode("latin-1") + b'{"RetCode": 0}'
    with saying(raw) as url:
        assert api_at(url).call("X", {}) == {"RetCode": 0}


def test_a_wrong_date_among_right_ones_does_not_set_the_clock() -> None:
    """A proxy's page has its own clock; a call that was slow to answer was told the time at its start, perhaps."""
    right, ahead, behind = (formatdate(time.time() + shift, usegmt=True) for shift in (0, 9 * 3600, -50))

    def answer(status: str, date: str) -> bytes:
        return f"HTTP/1.1 {status}\r\nDate: {date}\r\nContent-Length: 14\r\n\r\n".encode() + b'{"RetCode": 0}'

    transport = _Transport()
    for raw in (
        answer("503 Busy", ahead),
        answer("200 OK", right),
        answer("200 OK", ahead),
        answer("200 OK", right),
        answer("200 OK", behind),
    ):
        with saying(raw) as url, contextlib.suppress(exc.HTTPStatusException):
            transport.send(http.Request(url=url, headers={}))
    assert abs(transport.now() - time.time()) < 30


def test_what_a_machine_sleeps_is_part_of_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Linux's monotonic clock stands still while a laptop is asleep, and a lease ends all the same."""
    transport, clocks, asleep = _Transport(), time.clock_gettime, 0.0
    monkeypatch.setattr(time, "clock_gettime", lambda id: clocks(id) + (asleep if id == time.CLOCK_BOOTTIME else 0.0))
    date = formatdate(time.time(), usegmt=True)
    raw = f"HTTP/1.1 200 OK\r\nDate: {date}\r\nContent-Length: 14\r\n\r\n".encode() + b'{"RetCode": 0}'
    with saying(raw) as url:
        transport.send(http.Request(url=url, headers={}))
    before = transport.now()
    asleep = 7 * 3600.0
    assert 7 * 3600 <= transport.now() - before < 7 * 3600 + 60


@pytest.mark.parametrize(
    "url", ["api.ucloud.cn", "ftp://api.ucloud.cn", "http://", "http://[::1", "https://*.x", "x:y"]
)
def test_an_address_that_is_none_is_told_at_once_with_what_to_correct(url: str) -> None:
    with pytest.raises(CloudError, match="correct ucloud:baseUrl, or UCLOUD_BASE_URL") as caught:
        api_at(url).read("X")
    assert not retry.is_transient(caught.value)


@given(st.dictionaries(st.text(max_size=5), json_values, max_size=3), st.data())
def test_any_object_is_a_record_or_a_cloud_error(item: dict[str, Any], data: st.DataObject) -> None:
    for kind, id_ in (
        (Host, "UHostId"),
        (Image, "ImageId"),
        (Firewall, "FWId"),
        (SecGroup, "SecGroupId"),
        (KeyPair, "KeyPairId"),
    ):
        names = st.sampled_from(
            [id_, "IPSet", "DiskSet", "CPU", "Memory", "CreateTime", "Features", "ImageSize", "State", "Name", "Rule"]
        )
        odd: dict[str, Any] = data.draw(
            st.dictionaries(names, json_values | st.just([{}]) | st.just([{"Type": 1}]), max_size=5)
        )
        answer = {id_: "id-1", **item, **odd}
        said = refusal(functools.partial(kind.of, answer))
        if said is not None:
            assert "try again" in said
            continue
        made = kind.of(answer)
        assert made.id
        for name, declared in kind.__annotations__.items():
            value = getattr(made, name)
            if declared == "tuple[Rule, ...] | None":
                assert value is None or not any(rule.may_open(22) for rule in value if not rule.accepts)
                continue
            assert declared in ("str", "int", "bool", "tuple[str, ...]", "tuple[HostDisk, ...]")
            assert type(value).__name__ == declared.partition("[")[0], name


def test_numbers_may_be_texts_and_missing_values_have_defaults() -> None:
    host = Host.of({"UHostId": "uhost-1", "CPU": "2", "Memory": None, "CreateTime": 1.7e9, "IPSet": None})
    assert (host.cpu, host.memory, host.created, host.public_ip, host.boot_disk_ready) == (
        2,
        0,
        1_700_000_000,
        "",
        True,
    )
    assert Image.of({"ImageId": "uimage-1", "Features": None}).features == ()


ORDER = hosts.HostOrder("host", "cn-bj2-02", "uimage-1", InstanceType("N", 2, 4096), hosts.Disk(20, "cloud_ssd"))
LISTING: list[tuple[str, Callable[[Api], Any]]] = [
    ("UHostSet", lambda a: hosts.describe(a, ["uhost-1"])),
    ("UHostSet", lambda a: hosts.find(a, tag="x")),
    ("ImageSet", lambda a: images.describe(a, ["uimage-1"])),
    ("ImageSet", lambda a: images.find(a, tag="x")),
    ("ImageSet", lambda a: images.source(a, "uimage-1")),
    ("KeyPairs", keypairs.find),
    ("DataSet", network.firewalls),
    ("DataSet", network.vpcs),
    ("DataSet", lambda a: network.subnet_vpc(a, "subnet-1")),
    ("ProjectSet", account.projects),
    ("ProjectSet", account.default_project),
    ("Regions", account.zones),
]
CREATING: list[tuple[str, Callable[[Api], Any]]] = [
    ("UHostIds", lambda a: hosts.create(a, ORDER)),
    ("ImageId", lambda a: images.create(a, "uhost-1", name="x", description=None, tag="x")),
    ("TargetImageId", lambda a: images.copy(a, "uimage-1", a, name="x", description=None, tag="x")),
    ("KeyPairId", lambda a: keypairs.import_public(a, "x", "ssh-ed25519 AAAA")),
    ("FWId", lambda a: network.create_firewall(a, name="x", rules=(), remark="", tag="x")),
]


@pytest.mark.parametrize(("name", "ask"), LISTING)
@given(value=json_values | st.lists(json_values, max_size=2), total=json_values)
def test_an_odd_list_is_never_taken_for_an_empty_one(
    name: str, ask: Callable[[Api], Any], value: Any, total: Any
) -> None:
    answer = {"RetCode": 0, name: value, "TotalCount": total if value else 0}
    said = refusal(lambda: ask(api(ScriptedSdk(answer))))
    assert "try again" in said if said is not None else value is None or isinstance(value, list)


@pytest.mark.parametrize(("name", "create"), CREATING)
@given(value=json_values)
def test_a_creating_call_that_tells_no_id_has_lost_its_answer(
    name: str, create: Callable[[Api], Any], value: Any
) -> None:
    answer = {"RetCode": 0} | ({} if value is None else {name: value})
    first = value[0] if isinstance(value, list) and value else value
    if isinstance(first, str) and first:
        assert create(api(ScriptedSdk(answer))) == first
        return
    with pytest.raises(ResponseLost, match=f"answered without {name}") as caught:
        create(api(ScriptedSdk(answer)))
    assert retry.may_have_taken_effect(caught.value)


def test_a_list_without_end_is_not_read_for_ever() -> None:
    sdk = ScriptedSdk({"RetCode": 0, "DataSet": [{"FWId": "firewall-1"}], "TotalCount": 10**9})
    with pytest.raises(CloudError, match="lists DataSet without end"):
        network.firewalls(api(sdk))
    assert len(sdk.calls) == paging.MOST_PAGES
