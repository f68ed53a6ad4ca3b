"""Projects, regions and zones."""

from __future__ import annotations

from ucloud_provider.cloud.client import Api
from ucloud_provider.errors import CloudError


def projects(api: Api) -> dict[str, str]:
    """The account's projects: id → name. The default project's is in there too."""
    answer = api.read_once("GetProjectList")
    return {each["ProjectId"]: each.get("ProjectName") or "" for each in answer.get("ProjectSet") or ()}


def default_project(api: Api) -> str | None:
    """The id of the account's default project."""
    answer = api.read_once("GetProjectList")
    return next((each["ProjectId"] for each in answer.get("ProjectSet") or () if each.get("IsDefault")), None)


def zones(api: Api) -> dict[str, tuple[str, ...]]:
    """The zones of each region: `{"cn-bj2": ("cn-bj2-02", …)}`."""
    found: dict[str, list[str]] = {}
    for each in api.read_once("GetRegion").get("Regions") or ():
        found.setdefault(each["Region"], []).append(each["Zone"])
    return {region: tuple(sorted(set(names))) for region, names in found.items()}


def now(api: Api) -> float:
    """UCloud's time in seconds since 1970: leases go by it, not by a clock of ours that may be wrong or jump."""
    try:
        zones(api)  # any answer tells the time
    except CloudError as error:
        if not error.code:
            raise
    return api.clock()
