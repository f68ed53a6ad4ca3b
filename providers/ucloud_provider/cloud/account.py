"""Projects, regions and zones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ucloud_provider.cloud.answers import key, listed, text
from ucloud_provider.cloud.client import Api
from ucloud_provider.errors import CloudError

PROJECTS = "GetProjectList"
REGIONS = "GetRegion"


def projects(api: Api) -> dict[str, str]:
    """The account's projects: id → name. The default project's is in there too."""
    return {key(PROJECTS, each, "ProjectId"): text(each, "ProjectName") for each in _projects(api)}


def default_project(api: Api) -> str | None:
    """The id of the account's default project."""
    return next((key(PROJECTS, each, "ProjectId") for each in _projects(api) if each.get("IsDefault")), None)


def zones(api: Api) -> dict[str, tuple[str, ...]]:
    """The zones of each region: `{"cn-bj2": ("cn-bj2-02", …)}`."""
    found: dict[str, list[str]] = {}
    for each in listed(REGIONS, api.read_once(REGIONS), "Regions"):
        found.setdefault(key(REGIONS, each, "Region"), []).append(key(REGIONS, each, "Zone"))
    return {region: tuple(sorted(set(names))) for region, names in found.items()}


def now(api: Api) -> float:
    """UCloud's time in seconds since 1970: leases go by it, not by a clock of ours that may be wrong or jump."""
    try:
        zones(api)  # any answer tells the time
    except CloudError as error:
        if not error.code:
            raise
    return api.clock()


def _projects(api: Api) -> list[Mapping[str, Any]]:
    return listed(PROJECTS, api.read_once(PROJECTS), "ProjectSet")
