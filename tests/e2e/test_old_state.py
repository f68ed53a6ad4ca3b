"""A stack that the code of commit cc55d76 made goes on working: see tests/fixtures/state-cc55d76/README.md."""

from __future__ import annotations

import json
import shutil
import time
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.stack import Stack
from tests.support.emulator import Emulator

FIXTURE = Path(__file__).resolve().parents[1] / "fixtures" / "state-cc55d76"
STATE = json.loads((FIXTURE / "state.json").read_text())


def resource(name: str) -> dict[str, Any]:
    (found,) = (each for each in STATE["deployment"]["resources"] if each["urn"].endswith(f"::{name}"))
    outputs: dict[str, Any] = found["outputs"]
    return {**outputs, "id": found["id"]}


WEB, PLAIN, FULL = resource("web"), resource("plain"), resource("full")


def seen(look: Callable[[], dict[str, Any] | None], what: str) -> dict[str, Any]:
    end = time.monotonic() + 60
    while (found := look()) is None:
        assert time.monotonic() < end, f"not within 60 s: {what}"
        time.sleep(0.05)
    return found


class World:
    """What the state tells of, made by the API; `ids` says what is what now."""

    def __init__(self, cloud: Emulator) -> None:
        self.cloud = cloud
        self.ids: dict[str, str] = {}
        source = self.host(WEB["source_image_id"], WEB, boot=20, eip=False)
        self.power_off(source["UHostId"])
        uhost = cloud.client().uhost()
        made = uhost.create_custom_image(
            {"UHostId": source["UHostId"], "ImageName": WEB["name"], "ImageDescription": WEB["image_description"]}
        )
        self.available(made["ImageId"], cloud.region)
        (copy,) = WEB["copies_made"]
        copied = uhost.copy_custom_image(
            {
                "SourceImageId": made["ImageId"],
                "TargetProjectId": copy["project_id"],
                "TargetRegion": copy["region"],
                "TargetImageName": WEB["name"],
                "TargetImageDescription": WEB["image_description"],
            }
        )
        self.available(copied["TargetImageId"], copy["region"])
        uhost.terminate_uhost_instance({"UHostId": source["UHostId"], "ReleaseUDisk": True})
        self.ids |= {WEB["id"]: made["ImageId"], copy["image_id"]: copied["TargetImageId"]}
        for old, boot in ((PLAIN, 20), (FULL, FULL["boot_disk_size"])):
            self.stands_for(old, self.host(made["ImageId"], old, boot=boot, eip=True))

    def stands_for(self, old: dict[str, Any], new: dict[str, Any]) -> None:
        private, public = sorted(new["IPSet"], key=lambda each: each["Type"] != "Private")
        self.ids |= {
            old["id"]: new["UHostId"],
            old["eip_id"]: public["IPId"],
            old["public_ip"]: public["IP"],
            old["private_ip"]: private["IP"],
        }

    def host(self, image_id: str, old: dict[str, Any], *, boot: int, eip: bool) -> dict[str, Any]:
        """A host with what the state says of it, as UCloud describes it."""
        cpu, memory = {"n-basic-2": (2, 4096), "n-standard-2": (2, 8192)}[old["instance_type"]]
        assert {old["boot_disk_type"]} | {each["type"] for each in old.get("data_disks", ())} == {"cloud_ssd"}
        request: dict[str, Any] = {
            "Zone": old["availability_zone"],
            "ImageId": image_id,
            "Name": old["name"],
            "LoginMode": "Password",
            "Password": b64encode(b"Fixture-2026").decode(),
            "MachineType": "N",
            "MinimalCpuPlatform": old["min_cpu_platform"],
            "CPU": cpu,
            "Memory": memory,
            "ChargeType": "Dynamic",
            "Disks": [
                {"IsBoot": "True", "Type": "CLOUD_SSD", "Size": boot},
                *({"IsBoot": "False", "Type": "CLOUD_SSD", "Size": each["size"]} for each in old.get("data_disks", ())),
            ],
        }
        if eip:
            address = {"Bandwidth": old["eip_bandwidth"], "PayMode": "Traffic", "OperatorName": "Bgp"}
            request["NetworkInterface"] = [{"EIP": address}]
        uhost = self.cloud.client().uhost()
        (id,) = uhost.create_uhost_instance(request)["UHostIds"]
        return self.until(id, "Running")

    def until(self, id: str, state: str) -> dict[str, Any]:
        """The host, once it is in this state and may be imaged."""

        def described() -> dict[str, Any] | None:
            (found,) = self.cloud.client().uhost().describe_uhost_instance({"UHostIds": [id]})["UHostSet"]
            return found if found["State"] == state and found["BootDiskState"] == "Normal" else None

        return seen(described, f"{id} {state}")

    def available(self, image_id: str, region: str) -> None:
        def described() -> dict[str, Any] | None:
            (found,) = self.cloud.client(region=region).uhost().describe_image({"ImageId": image_id})["ImageSet"]
            return found if found["State"] == "Available" else None

        seen(described, f"{image_id} Available")

    def power_off(self, id: str) -> None:
        self.cloud.client().uhost().poweroff_uhost_instance({"UHostId": id})
        self.until(id, "Stopped")

    def renamed(self, value: Any) -> Any:
        """The same with today's ids and addresses."""
        match value:
            case dict():
                return {key: self.renamed(each) for key, each in value.items()}
            case list():
                return [self.renamed(each) for each in value]
            case str():
                return self.ids.get(value, value)
            case _:
                return value


@pytest.fixture
def world(stack: Stack, paper_cloud: Emulator) -> World:
    """The old stack in today's cloud, its program and its state."""
    world = World(paper_cloud)
    stack.environment = {**paper_cloud.environment(), "PULUMI_CONFIG_PASSPHRASE": FIXTURE.name}
    shutil.copytree(FIXTURE, stack.project)
    stack.create((FIXTURE / "program.py").read_text())
    state = stack.folder / "state.json"
    state.write_text(json.dumps(world.renamed(STATE)))
    stack.run("stack", "import", "--file", str(state)).succeeded()
    return world


def change(stack: Stack, *changes: tuple[str, str]) -> None:
    """Write the fixture's program with these texts in place of those."""
    text = (FIXTURE / "program.py").read_text()
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    stack.write(text)


def test_an_old_state_previews_as_unchanged_is_updated_refreshed_and_destroyed(
    stack: Stack, paper_cloud: Emulator, world: World
) -> None:
    image, copy = world.ids[WEB["id"]], world.ids[WEB["copies_made"][0]["image_id"]]
    assert "4 unchanged" in stack.preview("--expect-no-changes").succeeded().output
    stack.run("refresh", "--yes", "--skip-preview", "--expect-no-changes").succeeded()
    assert "4 unchanged" in stack.up("--expect-no-changes").succeeded().output

    # an update in place: a copy more, and a host's bandwidth; nothing is built, no host is made
    before = len(paper_cloud.requests())
    copies = ('copies=[ImageCopy(region="cn-sh2")]', 'copies=[ImageCopy(region="cn-sh2"), ImageCopy(region="hk")]')
    change(stack, copies, ("eip_bandwidth=20", "eip_bandwidth=30"))
    changed = stack.up().succeeded().output
    assert "copy to hk added" in changed
    assert "2 updated" in changed
    ids = stack.outputs()["image_ids"]
    assert (ids["cn-bj2"], ids["cn-sh2"], set(ids)) == (image, copy, {"cn-bj2", "cn-sh2", "hk"})
    calls = {each["Action"] for each in paper_cloud.requests()[before:]}
    assert {"CopyCustomImage", "ModifyEIPBandwidth"} <= calls
    assert not {"CreateUHostInstance", "CreateCustomImage", "TerminateCustomImage"} & calls
    stack.run("refresh", "--yes", "--skip-preview", "--expect-no-changes").succeeded()
    assert "4 unchanged" in stack.up("--expect-no-changes").succeeded().output

    stack.destroy().succeeded()
    assert paper_cloud.ledger(open_only=True) == []


def test_drift_of_an_old_state_is_found(stack: Stack, paper_cloud: Emulator, world: World) -> None:
    image, copy = world.ids[WEB["id"]], world.ids[WEB["copies_made"][0]["image_id"]]
    paper_cloud.client().uhost().terminate_custom_image({"ImageId": image})
    stack.run("refresh", "--yes", "--skip-preview").succeeded()
    preview = stack.preview().succeeded().output
    assert f"{image} is gone" in preview
    assert "3 to replace" in preview, "the image, and the hosts that are of it"

    paper_cloud.client(region="cn-sh2").uhost().terminate_custom_image({"ImageId": copy, "Region": "cn-sh2"})
    host = world.ids[PLAIN["id"]]
    world.power_off(host)
    paper_cloud.client().uhost().terminate_uhost_instance({"UHostId": host, "ReleaseEIP": True, "ReleaseUDisk": True})
    stack.run("refresh", "--yes", "--skip-preview").succeeded()
    assert stack.resources("CustomImage") == []
    assert [each["id"] for each in stack.resources("UHost")] == [world.ids[FULL["id"]]]
    stack.destroy().succeeded()
    assert paper_cloud.ledger(open_only=True) == []


def test_the_image_of_an_old_state_is_built_anew_where_what_it_is_made_of_changes(
    stack: Stack, paper_cloud: Emulator, world: World
) -> None:
    stack.write("echo another\n", "install.sh")
    preview = stack.preview().succeeded().output
    assert "new image: install.sh: content changed" in preview
    assert "3 to replace" in preview

    text = (FIXTURE / "program.py").read_text()
    provisioners = text[text.index("        provisioners=[") : text.index("        copies=[")]
    change(stack, (provisioners, '        communicator="none",\n'))  # hosts on paper let nobody in
    stack.up().succeeded()
    made = {each["id"] for each in stack.resources("CustomImage") + stack.resources("UHost")}
    assert len(made) == 3
    assert not made & set(world.ids.values())
    described = paper_cloud.client().uhost().describe_uhost_instance({})["UHostSet"]
    assert {each["UHostId"] for each in described} == {each["id"] for each in stack.resources("UHost")}

    # what was secret in the old state still is, and can still be read
    assert "Fixture-2026" in stack.run("stack", "export", "--show-secrets").succeeded().output
    assert "Fixture-2026" not in stack.state_text()
    stack.destroy().succeeded()
    assert paper_cloud.ledger(open_only=True) == []
