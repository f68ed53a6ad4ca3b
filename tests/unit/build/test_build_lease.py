"""Labels: what they say, that UCloud takes them as names, and that nothing else is taken for one."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ucloud_provider import places
from ucloud_provider.build import lease
from ucloud_provider.build.access import random_password
from ucloud_provider.build.log import BuildLog
from ucloud_provider.spec import rules


def test_a_label_tells_the_build_and_the_end_of_its_lease() -> None:
    held = lease.new(1764000000, 60)
    assert lease.parse(held.label) == held


@given(st.text())
def test_what_is_no_label_has_no_lease(text: str) -> None:
    found = lease.parse(text)
    assert found is None or found.label == text


@pytest.mark.parametrize("text", ["ucloud-image-0123456789ab", "x-ucloud-image-0123456789ab-x1764000000", "Default"])
def test_what_only_looks_like_a_label_has_no_lease(text: str) -> None:
    assert lease.parse(text) is None


def test_a_label_is_a_name_that_ucloud_takes() -> None:
    assert rules.instance_name(lease.new(1764000000).label) is None


def test_two_builds_never_share_a_label() -> None:
    assert len({lease.new(1764000000).build_id for _ in range(1000)}) == 1000


def test_a_lease_ends_when_it_says() -> None:
    held = lease.Lease("0123456789ab", 1000)
    assert not held.has_ended(999.9)
    assert held.has_ended(1000)


def test_a_random_password_is_one_that_ucloud_takes_and_never_the_same() -> None:
    passwords = {random_password() for _ in range(200)}
    assert len(passwords) == 200
    assert all(rules.password(each) is None for each in passwords)


def test_the_state_folder_is_the_one_asked_for_else_xdgs_else_in_the_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert places.state_dir({"UCLOUD_IMAGE_STATE": str(tmp_path / "x")}) == tmp_path / "x"
    monkeypatch.chdir(tmp_path)
    assert places.state_dir({"UCLOUD_IMAGE_STATE": "x"}) == tmp_path / "x"
    assert places.state_dir({"XDG_STATE_HOME": str(tmp_path / "y")}) == tmp_path / "y" / "ucloud-image"
    assert places.state_dir({}) == tmp_path / ".local" / "state" / "ucloud-image"
    assert places.state_dir({}).stat().st_mode & 0o777 == 0o700


def test_what_is_masked_never_reaches_the_log(tmp_path: Path) -> None:
    log = BuildLog(tmp_path / "build.log", lambda text: text.replace("planted", "***"))
    log("a planted secret\nand planted again")
    log.close()
    text = log.path.read_text()
    assert "planted" not in text
    assert len(text.splitlines()) == 2


def test_a_log_that_cannot_be_written_fails_nothing() -> None:
    log = BuildLog(Path("/dev/full"))
    log("no room")
    log("still none")


def test_a_state_folder_that_cannot_be_made_is_told_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(places.FolderUnusable, match=r"cannot be used: Not a directory; .* set UCLOUD_IMAGE_STATE to"):
        places.state_dir({"UCLOUD_IMAGE_STATE": str(tmp_path / "file" / "below")})
