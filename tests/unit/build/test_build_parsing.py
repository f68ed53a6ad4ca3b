"""Names, journals and user data of any content: what is ours is known by all of its name, the rest is left alone."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from ucloud_provider.build import dead_builds, journal, lease
from ucloud_provider.build.journal import Journal, Thing
from ucloud_provider.build.lease import Lease
from ucloud_provider.build.user_data import NotCombinable, Part, combine, host_keys_of_its_own

from tests.unit.cloud.scripted import ScriptedSdk, api

API = api(ScriptedSdk({}))
WHOSE = dead_builds.whose(API)
START = json.dumps({"event": "start", **WHOSE}).encode()

leases = st.builds(
    Lease, st.text("0123456789abcdef", min_size=12, max_size=12), st.integers(1_000_000_000, 9_999_999_999)
)
almost = st.text("ucloud-image0123456789abcdefx٣\n ", max_size=50)


@given(leases)
def test_a_lease_is_read_from_its_own_name(held: Lease) -> None:
    assert lease.parse(held.label) == held
    assert lease.parse_mark(held.label) == (held, "")
    assert lease.parse_mark(f"{held.label}-cn-bj2") == (held, "cn-bj2")
    assert lease.parse_origin(held.origin) == held.build_id
    assert lease.parse(held.origin) is None
    assert lease.parse_origin(held.label) is None


@given(almost | st.text(max_size=60))
@example("ucloud-image-0123456789ab-x123456789٣")
@example("ucloud-image-0123456789ab-x1234567890\n")
@example("UCLOUD-IMAGE-0123456789ab-x1234567890")
def test_only_a_name_that_is_ours_to_the_letter_is_ours(name: str) -> None:
    held = lease.parse(name)
    assert held is None or held.label == name
    origin = lease.parse_origin(name)
    assert origin is None or f"{lease.PREFIX}-{origin}" == name
    mark = lease.parse_mark(name)
    assert mark is None or name == mark[0].label + (f"-{mark[1]}" if mark[1] else "")


@given(leases, st.data())
def test_a_name_with_anything_before_or_behind_is_not_ours(held: Lease, data: st.DataObject) -> None:
    odd = data.draw(st.text(min_size=1, max_size=3))
    for name in (odd + held.label, held.label + odd):
        assert lease.parse(name) is None
    for name in (odd + held.origin, held.origin + odd):
        assert lease.parse_origin(name) is None


json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=5,
)
fields = st.sampled_from(
    ["event", "kind", "label", "project_id", "region", "id", "things", "format", "expires", "until"]
)
events = st.sampled_from(["start", "intend", "made", "released", "kept", "held", "end"])
lines = st.one_of(
    st.binary(max_size=30),
    json_values.map(lambda value: json.dumps(value).encode()),
    st.builds(
        lambda event, more: json.dumps({**WHOSE, **more, "event": event}).encode(),
        events,
        st.dictionaries(fields, json_values | st.lists(st.dictionaries(fields, json_values), max_size=2), max_size=6),
    ),
)
journals = st.lists(lines, max_size=6).map(b"\n".join)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("state") / "builds" / "0123456789ab"
    folder.mkdir(parents=True)
    return folder / journal.FILE


@given(journals)
@example(b"[" * 100_000 + b"\n")
@example(START.replace(b"}", b', "expires": "soon", "format": "x"}\n') + b'{"event": "kept", "things": 5}\n')
def test_a_journal_of_any_bytes_is_read_to_its_end(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    for record in journal.read(path):
        assert isinstance(record, dict)
    for thing in journal.outstanding(path):
        assert all(isinstance(value, str) for value in vars(thing).values())


@given(journals)
@example(START.replace(b"}", b', "expires": "soon"}\n') + b'{"event": "intend", "kind": "host"}\n')
@example(START.replace(b"}", b', "expires": Infinity}\n') + b'{"event": "intend", "kind": "host"}\n')
@example(START + b'\n{"event": "held", "until": "x"}\n{"event": "intend"}\n')
@settings(max_examples=40)
def test_no_journal_keeps_those_of_other_builds_from_being_looked_after(path: Path, content: bytes) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("UCLOUD_IMAGE_STATE", str(path.parent.parent.parent))
        path.write_bytes(content)
        other = path.parent.parent / "ffffffffffff" / journal.FILE
        other.parent.mkdir(exist_ok=True)
        other.unlink(missing_ok=True)
        written = Journal(other)
        written.event("start", build="ffffffffffff", expires=0, **WHOSE)
        written.intend(Thing("host", "ucloud-image-ffffffffffff-x1764000000", "org-x", "cn-bj2"))
        written.close()
        found = list(dead_builds.find(API, time.time()))
        assert "ffffffffffff" in [each.start.get("build") for each in found]
        assert all(isinstance(each.expires, float) for each in found)


OURS = [Part("ucloud-image", "cloud-config", "ssh_deletekeys: false\n"), Part("end", "x-shellscript", "#!/bin/sh\n")]
beginnings = st.sampled_from(
    [
        *("", "#!/bin/sh\n", "#cloud-config\n", "#include\n", "Content-Type: multipart/mixed; boundary=x\n"),
        *("MIME-Version: 1.0\n", "Mime-Version: 1.0\nContent-Type: text/x-shellscript\n\n", "--x\n", "\x1f\x8b"),
        *(
            "Content-Type: multipart/mixed; boundary=x\nMIME-Version: 1.0\n\n--x\n",
            "Content-Transfer-Encoding: base64\n",
        ),
    ]
)
user_data = st.one_of(
    st.binary(max_size=40),
    st.builds(lambda start, rest: (start + rest).encode(), beginnings, st.text(max_size=60)),
    st.builds(lambda start, rest: start.encode() + rest, beginnings, st.binary(max_size=60)),
    st.lists(beginnings, max_size=4).map(lambda parts: "".join(parts).encode()),
)


@given(user_data)
@example(b"MIME-Version: 1.0\nContent-Type: multipart/mixed\n\nx")
@example(b"MIME-Version: 1.0\nContent-Type: text/plain; charset=\xe7\xbd\x91\n\n")
@example(b"MIME-Version: 1.0\nContent-Type: message/rfc822\n\nSubject: x\n\nbody")
def test_any_user_data_has_ours_added_or_is_told_why_not(theirs: bytes) -> None:
    try:
        made = combine(theirs, OURS)
        host_keys_of_its_own(theirs)
    except NotCombinable as why:
        assert str(why)  # noqa: PT017 -- either is right
        return
    assert made.index(b"ssh_deletekeys") < made.index(b"x-shellscript", made.index(b"ssh_deletekeys"))
    assert combine(None, OURS)
