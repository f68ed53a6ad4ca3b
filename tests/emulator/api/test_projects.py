"""More projects than the usual two: each complete, apart from the others, in addresses that do not overlap."""

from __future__ import annotations

import subprocess
import sys
from ipaddress import IPv4Network
from pathlib import Path

from tests.support.asker import Asker
from tests.support.emulator import REPOSITORY, Emulator
from ucloud_emulator.catalogue import MOST_MORE_PROJECTS, PROJECTS


def test_every_project_has_its_own_network_in_every_region_and_hosts_in_it() -> None:
    with Emulator(hosts="paper", projects=32) as emulator:
        client = emulator.client()
        listed = client.invoke("GetProjectList", {})["ProjectSet"]
        names = [project["ProjectId"] for project in listed]
        cases = [f"org-case-{number:02}" for number in range(1, 33)]
        assert names == [*(project.id for project in PROJECTS), *cases]
        assert [project["ProjectId"] for project in listed if project["IsDefault"]] == ["org-emulator"]
        networks = []
        for name in ("org-emulator", "org-second", *cases):
            for region in ("cn-bj2", "hk", "sg"):
                (subnet,) = client.invoke("DescribeSubnet", {"ProjectId": name, "Region": region})["DataSet"]
                networks.append(IPv4Network(f"{subnet['Subnet']}/{subnet['Netmask']}"))
        assert sum(one.overlaps(other) for one in networks for other in networks) == len(networks)
        first, last = (Asker(emulator, emulator.client(project=cases[number])) for number in (0, -1))
        mine = first.stopped_host(Name="mine")
        image = first.made_image(mine)
        copied = first.ask("CopyCustomImage", SourceImageId=image, TargetProjectId=cases[-1])["TargetImageId"]
        last.until(lambda: last.image(copied)["State"] == "Available")
        host = last.running_host(ImageId=copied)
        assert first.hosts(host) == []
        assert {row["kind"] for row in emulator.ledger(project=cases[0])} == {"uhost", "udisk", "image"}
        assert [row["id"] for row in emulator.ledger(project=cases[-1], open_only=True) if row["kind"] == "image"] == [
            copied
        ]
        emulator.reset()
        assert len(last.ask("DescribeFirewall")["DataSet"]) == 2
        assert emulator.ledger() == []


def test_there_are_more_default_networks_than_addresses_to_tell_them_apart() -> None:
    with Emulator(hosts="paper", projects=MOST_MORE_PROJECTS) as emulator:
        client = emulator.client()
        regions = sorted({each["Region"] for each in client.invoke("GetRegion")["Regions"]})
        networks = []
        for number in range(1, 10):
            for region in regions:
                place = {"ProjectId": f"org-case-{number:02}", "Region": region}
                (vpc,) = client.invoke("DescribeVPC", place)["DataSet"]
                networks += vpc["Network"]
        assert len(networks) == 9 * 33 > 252 == len(set(networks))
        last = Asker(emulator, emulator.client(project="org-case-09", region="us-ca"))
        last.remove_host(last.running_host(Zone="us-ca-01"))


def test_the_usual_projects_are_the_same_whether_there_are_more_or_not(tmp_path: Path) -> None:
    def networks(emulator: Emulator) -> list[str]:
        client = emulator.client()
        found = (
            client.invoke("DescribeVPC", {"ProjectId": project, "Region": region})["DataSet"][0]
            for project in ("org-emulator", "org-second")
            for region in ("cn-bj2", "sg")
        )
        return [vpc["VPCId"] + vpc["Network"][0] for vpc in found]

    with Emulator(hosts="paper", state=tmp_path) as emulator:
        few = networks(emulator)
    with Emulator(hosts="paper", state=tmp_path, projects=MOST_MORE_PROJECTS) as emulator:
        assert networks(emulator) == few
        emulator.client(project=f"org-case-{MOST_MORE_PROJECTS}").invoke("DescribeVPC", {})
        hosts = Asker(emulator, emulator.client(project="org-case-40", region="sg"))
        assert [hosts.running_host(Zone="sg-01") for _ in range(5)]


def test_more_projects_than_there_are_addresses_for_are_refused() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "ucloud_emulator", "serve", "--projects", str(MOST_MORE_PROJECTS + 1)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 2
    assert "--projects" in ended.stderr
