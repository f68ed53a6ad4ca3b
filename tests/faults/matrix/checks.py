"""What must hold after each step of a case: the cloud's ledger against Pulumi's state."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.faults.matrix.scenarios import Wanted
from tests.faults.matrix.stack import Place
from tests.support.emulator import Emulator

TEMPORARY = ("keypair", "firewall")
"""What no resource of these stacks has for long."""

Row = Mapping[str, Any]
Entry = Mapping[str, Any]


@dataclass(frozen=True)
class Seen:
    """One project: what is open in the cloud's ledger, and what Pulumi's state has."""

    rows: Sequence[Row]
    entries: Sequence[Entry]

    @property
    def known(self) -> set[str]:
        """The ids of images, copies and hosts that the state has."""
        return {id for entry in self.entries for id in _ids(entry)}

    @property
    def strays(self) -> list[Row]:
        """Open rows that nobody knows of: what is left behind. A host's disk and EIP go with it."""
        known = self.known
        found = [row for row in self.rows if row["kind"] in ("image", "uhost") and row["id"] not in known]
        found += [row for row in self.rows if row["kind"] in TEMPORARY]
        hosts = sum(row["kind"] == "uhost" for row in self.rows)
        for kind in ("eip", "udisk"):
            beyond = [row for row in self.rows if row["kind"] == kind][hosts:]
            found += beyond
        return found

    @property
    def lost(self) -> set[str]:
        """What the state has and the cloud has not; but for what is still to be deleted, of which part may be gone."""
        kept = {id for entry in self.entries if not entry.get("delete") for id in _ids(entry)}
        return kept - {row["id"] for row in self.rows}


def _ids(entry: Entry) -> set[str]:
    if entry["type"].endswith("UHost"):
        return {entry["id"]}
    outputs = entry["outputs"]
    copies = {copy["image_id"] for copy in outputs["copies_made"]}
    return copies if outputs.get("image_missing") else {outputs["image_id"], *copies}


def shown(rows: Sequence[Row]) -> str:
    return ", ".join(f"{row['kind']} {row['id']} ({row['name']}) in {row['region'] or 'the project'}" for row in rows)


def after_operation(place: Place, seen: Seen, output: str, unsure: bool) -> list[str]:
    """Directly after the operation: nothing is left behind in silence, and the state has nothing that is not there.

    `unsure`: it failed, and may not have learnt what it did before that, or somebody else took something away since.
    """
    found = []
    half_made = {row["region"] for row in seen.strays if row["kind"] == "image"}
    for row in seen.strays:
        marked = re.fullmatch(r"ucloud-image-[0-9a-f]{12}-x\d{10}-(.+)", row["name"])
        if row["kind"] == "keypair" and marked and marked[1] in half_made:
            continue  # it says of a copy that is left behind, which is told of, that it is
        words = (row["id"], row["name"]) if row["name"].startswith("ucloud-image-") else (row["id"],)
        unnamed = row["kind"] == "image" and re.search(r"(image|copy) ucloud-image-[0-9a-f]{12}\b", output)
        if row["kind"] in ("eip", "udisk") or any(word in output for word in words) or unnamed:
            continue
        found.append(f"left behind in silence: {shown([row])}")
    # A deletion that fails half-way cannot tell Pulumi what is gone already.
    if seen.lost and not (unsure or place.scenario.after is None):
        found.append(f"in the state, not in the cloud: {', '.join(sorted(seen.lost))}")
    return found


def nothing_stray(seen: Seen) -> list[str]:
    return [f"still left behind: {shown(seen.strays)}"] if seen.strays else []


def as_wanted(wanted: Wanted | None, seen: Seen, emulator: Emulator, project: str) -> list[str]:
    """Once everything succeeded: the cloud has what the program declares, once, and the state says the same."""
    found = nothing_stray(seen)
    if seen.lost:
        found.append(f"in the state, not in the cloud: {', '.join(sorted(seen.lost))}")
    if len(seen.entries) != (wanted is not None):
        found.append(f"{len(seen.entries)} resources in the state: {[each['urn'] for each in seen.entries]}")
    rows = [row for row in seen.rows if row["kind"] in ("image", "uhost")]
    places = sorted((row["kind"], row["region"]) for row in rows)
    if wanted is None:
        return found + ([f"there is still {shown(rows)}"] if rows else [])
    if wanted.kind == "image":
        expected = sorted(("image", region) for region in wanted.regions)
        if places != expected or any(row["name"] != wanted.args["image_name"] for row in rows):
            found.append(f"images are {shown(rows)}; wanted in {', '.join(wanted.regions)}")
        return found + _images_available(rows, emulator, project)
    if places != [("uhost", emulator.region)]:
        return [*found, f"hosts are {shown(rows)}; wanted one"]
    return found + _host_as_wanted(wanted, rows[0]["id"], emulator, project)


def _images_available(rows: Sequence[Row], emulator: Emulator, project: str) -> list[str]:
    found = []
    for row in rows:
        client = emulator.client(region=row["region"], project=project)
        states = [each["State"] for each in client.invoke("DescribeImage", {"ImageId": row["id"]})["ImageSet"]]
        if states != ["Available"]:
            found.append(f"image {row['id']} in {row['region']} is {' '.join(states) or 'gone a moment later'}")
    return found


def _host_as_wanted(wanted: Wanted, id: str, emulator: Emulator, project: str) -> list[str]:
    hosts = emulator.client(project=project).invoke("DescribeUHostInstance", {"UHostIds": [id]})["UHostSet"]
    if not hosts:
        return [f"host {id} is gone a moment later"]
    host = hosts[0]
    cores = int(wanted.args.get("instance_type", "n-basic-2").rpartition("-")[2])
    bandwidth = next((each["Bandwidth"] for each in host["IPSet"] if each["Type"] != "Private"), None)
    expected = {
        "State": ("Running", host["State"]),
        "Name": (wanted.args["name"], host["Name"]),
        "CPU": (cores, host["CPU"]),
        "BasicImageId": (wanted.args["image_id"], host["BasicImageId"]),
        "Bandwidth": (wanted.args.get("eip_bandwidth", 10), bandwidth),
    }
    return [f"host {id}: {name} is {is_!r}, not {want!r}" for name, (want, is_) in expected.items() if want != is_]
