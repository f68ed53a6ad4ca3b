"""UAccount: the account's projects and regions."""

from __future__ import annotations

from ucloud_emulator import catalogue
from ucloud_emulator.dispatch import Call, Reply, action


@action("GetProjectList", scope=None)
def get_project_list(call: Call) -> Reply:
    projects = [
        {
            "ProjectId": project.id,
            "ProjectName": project.name,
            "ParentId": "",
            "ParentName": "",
            "CreateTime": 1_500_000_000,
            "IsDefault": project.default,
            "ResourceCount": 0,
            "MemberCount": 1,
        }
        for project in call.cloud.projects
    ]
    return {"ProjectCount": len(projects), "ProjectSet": projects}


@action("GetRegion", scope=None)
def get_region(call: Call) -> Reply:
    regions = [
        {
            "RegionId": region.id,
            "RegionName": region.title,
            "Region": region.name,
            "Zone": zone,
            "IsDefault": region.default and zone == region.zones[0],
            "BitMaps": "0" if region.finance else "1",
        }
        for region in catalogue.REGIONS
        for zone in region.zones
    ]
    return {"Regions": regions}
