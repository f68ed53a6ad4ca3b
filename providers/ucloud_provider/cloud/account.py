"""Projects, regions and zones."""

from __future__ import annotations

from ucloud_provider.cloud.client import Api


def projects(api: Api) -> dict[str, str]:
    """The account's projects: id → name. The default project's is in there too."""
    answer = api.read("GetProjectList")
    return {each["ProjectId"]: each.get("ProjectName") or "" for each in answer.get("ProjectSet") or ()}


def default_project(api: Api) -> str | None:
    """The id of the account's default project."""
    answer = api.read("GetProjectList")
    return next((each["ProjectId"] for each in answer.get("ProjectSet") or () if each.get("IsDefault")), None)


def zones(api: Api) -> dict[str, tuple[str, ...]]:
    """The zones of each region: `{"cn-bj2": ("cn-bj2-02", …)}`."""
    found: dict[str, list[str]] = {}
    for each in api.read("GetRegion").get("Regions") or ():
        found.setdefault(each["Region"], []).append(each["Zone"])
    return {region: tuple(sorted(set(names))) for region, names in found.items()}
