"""A credentials file of any content: keys, or one clean line about what to correct; never a key in it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ucloud_provider.cloud.credentials import Credentials, resolve
from ucloud_provider.errors import CredentialsMissing

KEY = "pl4nted-9xQ7vKr2Lm5Ws8Tb"
values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6) | st.just(KEY),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
names = st.sampled_from(
    ["profile", "active", "public_key", "private_key", "security_token", "project_id", "region", "base_url", "cookie"]
)
profiles = st.dictionaries(names | st.just("csrf_token"), values, max_size=7)
texts = st.one_of(
    st.binary(max_size=40),
    st.lists(profiles | values, max_size=3).map(lambda entries: json.dumps(entries).encode()),
    profiles.map(lambda profile: json.dumps(profile).encode()),
)
settings = st.dictionaries(
    st.sampled_from(["UCLOUD_PROFILE", "CLOUD_SHELL", "UCLOUD_PUBLIC_KEY", "UCLOUD_PRIVATE_KEY", "UCLOUD_REGION"]),
    st.sampled_from(["", "true", "default", KEY]),
)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home") / "credential.json"


def found(environ: dict[str, str], file: str) -> Credentials | str:
    """The credentials, or what is said where there are none."""
    try:
        return resolve(lambda _key: None, {**environ, "UCLOUD_SHARED_CREDENTIAL_FILE": file})
    except CredentialsMissing as error:
        return str(error)


@given(texts, settings)
def test_any_file_has_keys_or_is_told_what_is_wrong_with_it(
    file: Path, content: bytes, environ: dict[str, str]
) -> None:
    file.write_bytes(content)
    credentials = found(environ, str(file))
    if isinstance(credentials, str):
        assert "\n" not in credentials
        assert KEY not in credentials.replace(f"profile {KEY!r}", ""), "but for a profile of that name"
        return
    assert credentials.account
    for name, value in vars(credentials).items():
        assert isinstance(value, str) or (value is None and name in ("project_id", "region", "image_quota"))
    assert credentials.public_key or credentials.cookie
    assert KEY not in repr(credentials).replace(f"region={KEY!r}", "").replace(f"project_id={KEY!r}", "").replace(
        f"base_url={KEY!r}", ""
    )


@pytest.mark.parametrize("path", ["/nowhere", "~nobody-here/x", "a\0b", "x" * 5000, "/", "/dev/null/x"])
def test_a_file_that_cannot_be_is_told_to_be_corrected(path: str) -> None:
    assert "correct its path or profile" in str(found({}, path))


def test_a_file_nested_without_end_cannot_be_read(file: Path) -> None:
    file.write_bytes(b"[" * 100_000)
    assert "cannot be read: RecursionError" in str(found({}, str(file)))


@pytest.mark.parametrize("odd", [5, True, ["x"], {"a": "b"}, None, ""])
@pytest.mark.parametrize("name", ["project_id", "region", "base_url", "security_token"])
def test_what_is_no_text_in_a_profile_is_not_given(name: str, odd: Any, file: Path) -> None:
    file.write_text(json.dumps([{"public_key": "a", "private_key": "b", name: odd}]))
    assert found({}, str(file)) == Credentials("a", "b")
