"""Where keys are found, in which order, and what is said where there are none."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from ucloud_provider.cloud.client import READ_TIMEOUT, connect
from ucloud_provider.cloud.credentials import DEFAULT_BASE_URL, Credentials, resolve
from ucloud_provider.errors import CredentialsMissing, InvalidSpec

from tests.support.documents import documented

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


SETTINGS: list[dict[str, object]] = [
    {"profile": "first", "active": True, "project_id": "org-set", "region": "hk", "zone": "hk-02", "timeout_sec": 15},
    {"profile": "second", "active": False, "base_url": "https://api.ucloud.cn/", "max_retry_times": 3},
]
"""What the command line writes into config.json beside the keys."""


def settings(home: Path, entries: object) -> None:
    (home / ".ucloud" / "config.json").write_text(json.dumps(entries))


@documented("cli/intro.md", "Profiles are in config.json and credential.json, by name; one is active")
def test_the_command_lines_two_files_are_joined_by_profile(home: Path) -> None:
    settings(home, SETTINGS)
    active = found({}, {}, home)
    assert (active.public_key, active.project_id, active.region) == ("first-public", "org-first", "hk")
    named = found({"ucloud:profile": "second"}, {}, home)
    assert (named.public_key, named.base_url) == ("second-public", DEFAULT_BASE_URL)
    assert found({"ucloud:region": "cn-gd"}, {}, home).region == "cn-gd"


@documented("cli/intro.md", "Exactly one profile is active")
def test_of_two_active_profiles_none_is_taken(home: Path) -> None:
    settings(home, [{**each, "active": True} for each in SETTINGS])
    with pytest.raises(
        CredentialsMissing, match=r"has 2 active profiles, first, second; leave one active, or name one"
    ):
        found({}, {}, home)
    assert found({}, {"UCLOUD_PROFILE": "second"}, home).public_key == "second-public"


def test_where_none_is_active_the_default_is_taken_or_one_has_to_be_named(home: Path) -> None:
    settings(home, [{**each, "active": False} for each in SETTINGS])
    with pytest.raises(CredentialsMissing, match="is active, and none is called 'default'; name one"):
        found({}, {}, home)
    file = home / ".ucloud" / "credential.json"
    file.write_text(json.dumps([*PROFILES, {"profile": "default", "public_key": "d", "private_key": "d-private"}]))
    assert found({}, {}, home).public_key == "d"


def test_a_profile_whose_settings_alone_are_there_has_no_keys(home: Path) -> None:
    settings(home, [{"profile": "third", "active": True}])
    with pytest.raises(CredentialsMissing, match="no public and private key"):
        found({}, {}, home)


def test_another_file_of_keys_has_no_settings_beside_it(home: Path) -> None:
    settings(home, SETTINGS)
    (home / ".ucloud" / "mine.json").write_text(json.dumps(PROFILES))
    mine = {"UCLOUD_SHARED_CREDENTIAL_FILE": str(home / ".ucloud" / "mine.json")}
    assert found({}, mine, home).public_key == "second-public"


def test_settings_that_cannot_be_read_are_told(home: Path) -> None:
    (home / ".ucloud" / "config.json").write_text("{")
    with pytest.raises(
        CredentialsMissing, match=r"the configuration file .*config\.json cannot be read: JSONDecodeError"
    ):
        found({}, {}, home)


@pytest.mark.parametrize(
    ("profile", "says"),
    [
        (
            {"auth_mode": "oauth", "access_token": "planted", "refresh_token": "planted"},
            "logs in by OAuth in a browser",
        ),
        ({"access_token": "planted"}, "logs in by OAuth in a browser"),
        ({"cookie": "planted", "csrf_token": "planted"}, "has the session of a Cloud Shell"),
    ],
)
def test_a_profile_without_keys_says_how_it_logs_in_and_what_to_give(
    home: Path, profile: dict[str, str], says: str
) -> None:
    settings(home, [{"profile": "web", "active": True}])
    (home / ".ucloud" / "credential.json").write_text(json.dumps([{"profile": "web", **profile}]))
    with pytest.raises(CredentialsMissing) as caught:
        found({}, {}, home)
    assert f"profile 'web' of {home}/.ucloud/credential.json {says}" in str(caught.value)
    assert "UCLOUD_PUBLIC_KEY and UCLOUD_PRIVATE_KEY" in str(caught.value)
    assert "planted" not in str(caught.value)
    assert found({}, ENVIRONMENT, home).public_key == "env-public"


def test_keys_go_before_a_log_in_by_browser(home: Path) -> None:
    both = {"profile": "web", "auth_mode": "oauth", "public_key": "p", "private_key": "planted"}
    (home / ".ucloud" / "credential.json").write_text(json.dumps([both]))
    assert found({}, {}, home).public_key == "p"


@documented("api/summary/gateway.md", "http(s)://api.ucloud.cn, and http://api.service.ucloud.cn from inside a VPC")
def test_the_api_is_one_from_wherever_it_is_asked() -> None:
    """Else a build on a host of UCloud's could not give back what one elsewhere has left."""
    urls = ("https://api.ucloud.cn", "http://api.ucloud.cn", "http://api.service.ucloud.cn", DEFAULT_BASE_URL)
    assert len({Credentials("p", "k", base_url=url).account for url in urls}) == 1
    assert Credentials("p", "k", base_url="http://127.0.0.1:1").account != Credentials("p", "k").account
    inside = {**CONFIG, "ucloud:baseUrl": "http://api.service.ucloud.cn/"}
    assert found(inside, {}, Path("/nowhere")).base_url == "http://api.service.ucloud.cn"


@documented("api/summary/gateway.md", "The address inside a VPC has no https")
def test_the_address_inside_a_vpc_is_not_asked_by_https() -> None:
    with pytest.raises(InvalidSpec, match=r"has no https; give http://api\.service\.ucloud\.cn"):
        connect(Credentials("p", "k", "org-x", "cn-bj2", "https://api.service.ucloud.cn"))


@documented("api/summary/public.md", "The gateway gives up after 60 s and says so: RetCode 110")
def test_an_answer_is_waited_for_longer_than_the_gateway_waits() -> None:
    assert READ_TIMEOUT > 60


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
