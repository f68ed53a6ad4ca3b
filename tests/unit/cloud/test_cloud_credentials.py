"""Where keys are found, in which order, and what is said where there are none."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from ucloud_provider.cloud.credentials import DEFAULT_BASE_URL, Credentials, resolve
from ucloud_provider.errors import CredentialsMissing

CONFIG = {"ucloud:publicKey": "config-public", "ucloud:privateKey": "config-private", "ucloud:region": "cn-bj2"}
ENVIRONMENT = {"UCLOUD_PUBLIC_KEY": "env-public", "UCLOUD_PRIVATE_KEY": "env-private", "UCLOUD_REGION": "cn-sh2"}
PROFILES: list[dict[str, object]] = [
    {"profile": "first", "public_key": "first-public", "private_key": "first-private", "project_id": "org-first"},
    {"profile": "second", "active": True, "public_key": "second-public", "private_key": "second-private"},
]


def found(config: Mapping[str, str], environ: Mapping[str, str], home: Path) -> Credentials:
    return resolve(config.get, environ, home)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / ".ucloud").mkdir()
    (tmp_path / ".ucloud" / "credential.json").write_text(json.dumps(PROFILES))
    return tmp_path


def test_stack_config_comes_before_the_environment_and_the_file(home: Path) -> None:
    credentials = found(CONFIG, ENVIRONMENT, home)
    assert (credentials.public_key, credentials.private_key) == ("config-public", "config-private")
    assert credentials.region == "cn-bj2"


def test_the_environment_comes_before_the_file(home: Path) -> None:
    credentials = found({}, ENVIRONMENT, home)
    assert (credentials.public_key, credentials.private_key) == ("env-public", "env-private")
    assert credentials.region == "cn-sh2"


def test_the_active_profile_of_the_file_is_the_last_resort(home: Path) -> None:
    assert found({}, {}, home).public_key == "second-public"


def test_a_named_profile_is_taken(home: Path) -> None:
    credentials = found({}, {"UCLOUD_PROFILE": "first"}, home)
    assert credentials.private_key == "first-private"
    assert credentials.project_id == "org-first"


def test_a_profile_that_is_not_in_the_file_is_an_error_that_names_both(home: Path) -> None:
    with pytest.raises(CredentialsMissing, match=r"credential\.json has no profile 'third'"):
        found({}, {"UCLOUD_PROFILE": "third"}, home)


def test_another_file_can_be_named(tmp_path: Path) -> None:
    file = tmp_path / "mine.json"
    file.write_text(json.dumps(PROFILES[:1]))
    assert found({}, {"UCLOUD_SHARED_CREDENTIAL_FILE": str(file)}, tmp_path).public_key == "first-public"


def test_a_named_file_that_is_missing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CredentialsMissing, match=r"nowhere\.json does not exist"):
        found({}, {"UCLOUD_SHARED_CREDENTIAL_FILE": str(tmp_path / "nowhere.json")}, tmp_path)


@pytest.mark.parametrize("text", ["", "{", "[1, 2]", '{"public_key": "x"}', "null", '[{"profile": "x"}]'])
def test_a_file_that_holds_no_keys_is_an_error_and_not_a_crash(tmp_path: Path, text: str) -> None:
    (tmp_path / ".ucloud").mkdir()
    (tmp_path / ".ucloud" / "credential.json").write_text(text)
    with pytest.raises(CredentialsMissing):
        found({}, {}, tmp_path)


def test_without_keys_every_place_that_was_looked_at_is_named(tmp_path: Path) -> None:
    with pytest.raises(CredentialsMissing) as caught:
        found({}, {}, tmp_path)
    text = str(caught.value)
    for place in ("ucloud:publicKey", "ucloud:privateKey", "UCLOUD_PUBLIC_KEY", "UCLOUD_PRIVATE_KEY"):
        assert place in text
    assert str(tmp_path / ".ucloud" / "credential.json") in text


def test_half_a_pair_of_keys_is_an_error_that_names_the_missing_half(tmp_path: Path) -> None:
    with pytest.raises(CredentialsMissing, match="no private key"):
        found({"ucloud:publicKey": "p"}, {}, tmp_path)


def test_the_public_api_is_the_default_and_can_be_replaced(tmp_path: Path) -> None:
    assert found(CONFIG, {}, tmp_path).base_url == DEFAULT_BASE_URL
    assert found({**CONFIG, "ucloud:baseUrl": "http://127.0.0.1:1"}, {}, tmp_path).base_url == "http://127.0.0.1:1"


def test_no_key_is_in_the_text_of_credentials() -> None:
    text = repr(Credentials("planted-public", "planted-private", "org-x", "cn-bj2"))
    assert "planted" not in text
    assert "org-x" in text


def test_temporary_keys_come_with_their_token_from_the_same_place(home: Path) -> None:
    temporary = {**CONFIG, "ucloud:securityToken": "config-token"}
    assert found(temporary, ENVIRONMENT, home).security_token == "config-token"
    assert found({}, {**ENVIRONMENT, "UCLOUD_SECURITY_TOKEN": "env-token"}, home).security_token == "env-token"
    file = home / ".ucloud" / "credential.json"
    file.write_text(json.dumps([{**PROFILES[0], "security_token": "file-token"}]))
    assert found({}, {}, home).security_token == "file-token"
    assert found({"ucloud:profile": "first"}, {}, home).security_token == "file-token"
    assert found({**CONFIG, "ucloud:profile": "first"}, {}, home).security_token == "", "not the file's keys"


def test_in_cloud_shell_the_cookie_stands_for_the_user(home: Path) -> None:
    file = home / ".ucloud" / "credential.json"
    session = {"profile": "default", "cookie": "U_JWT=planted", "csrf_token": "planted-csrf", "region": "cn-gd"}
    file.write_text(json.dumps([*PROFILES, session]))
    shell = {"CLOUD_SHELL": "true"}
    credentials = found({}, shell, home)
    assert (credentials.cookie, credentials.csrf_token) == ("U_JWT=planted", "planted-csrf")
    assert (credentials.public_key, credentials.private_key) == ("", "")
    assert credentials.region == "cn-gd"
    assert set(credentials.secrets()) == {"U_JWT=planted", "planted-csrf"}
    assert "planted" not in repr(credentials)
    # keys, or a profile, that somebody names come first
    assert found({}, {**shell, **ENVIRONMENT}, home).public_key == "env-public"
    assert found({}, {**shell, "UCLOUD_PROFILE": "first"}, home).public_key == "first-public"
    assert found({}, {"CLOUD_SHELL": "false"}, home).public_key == "second-public"


def test_a_cloud_shell_without_a_session_is_an_error_that_says_what_to_do(home: Path) -> None:
    with pytest.raises(
        CredentialsMissing, match=r"credential\.json has no profile 'default' with cookie and csrf_token"
    ):
        found({}, {"CLOUD_SHELL": "true"}, home)
