"""Whose dead builds are given back: those of one's own account, by whatever keys; those of another are left alone."""

from __future__ import annotations

import pytest
from ucloud_provider.build import dead_builds, lease, mark, recover
from ucloud_provider.build.journal import Thing, outstanding
from ucloud_provider.cloud import keypairs
from ucloud_provider.cloud.client import Api, connect
from ucloud_provider.cloud.credentials import Credentials

from tests.emulator.build.conftest import Builds, journal_of
from tests.support.emulator import Emulator


def temporary_keys(cloud: Emulator, project: str = Emulator.project) -> Api:
    """The same account with keys as STS hands them out."""
    keys = ("emulator-temporary-public-key", "emulator-temporary-private-key")
    return connect(Credentials(*keys, project, Emulator.region, cloud.url, security_token="emulator-security-token"))


def dead(api: Api, whose: dict[str, object]) -> Thing:
    """The key pair of a dead build."""
    held = lease.new(api.clock())
    journal = journal_of(api, held, **whose)
    id_ = keypairs.import_public(api, held.label, mark.nobodys_key(held.label))
    left = Thing("key pair", held.label, Emulator.project, Emulator.region, id_)
    journal.intend(left)
    journal.close()
    return left


def test_keys_that_change_lose_nothing(paper_builds: Builds) -> None:
    before, after = temporary_keys(paper_builds.emulator), paper_builds.api()
    assert before.credentials.account != after.credentials.account
    left = dead(before, dead_builds.whose(before))
    assert recover.give_back(after) == [f"left by an earlier build that died, released now: {left}"]
    assert paper_builds.left() == []
    assert "GetProjectList" in {each["Action"] for each in paper_builds.requests()}


def test_keys_that_may_not_list_projects_know_their_own(paper_builds: Builds) -> None:
    before, after = temporary_keys(paper_builds.emulator), paper_builds.api()
    dead(before, dead_builds.whose(before))
    other = dead(before, {**dead_builds.whose(before), "project_id": "org-second"})
    paper_builds.emulator.fault(action="GetProjectList", ret_code=299, message="not allowed", times=0)
    assert len(recover.give_back(after)) == 1
    assert [each.name for each in keypairs.find(after)] == [other.label]


@pytest.mark.parametrize(
    "other", [{"project_id": "org-nobody"}, {"base_url": "https://elsewhere"}, {"project_id": None}, {"base_url": None}]
)
def test_those_of_another_account_are_left_alone(paper_builds: Builds, other: dict[str, object]) -> None:
    """With keys that see nothing of them, they would be taken for gone."""
    api = paper_builds.api()
    left = dead(api, {**dead_builds.whose(api), "account": "another", **other})
    assert recover.give_back(api) == []
    (path,) = dead_builds.journals()
    assert outstanding(path) == [left]
    assert [row["kind"] for row in paper_builds.left()] == ["keypair"]
