"""What must hold once a run has died and somebody came after it: the cloud's ledger and Pulumi's state agree."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from ucloud_provider.build import journal, mark

from tests.e2e.stack import Stack
from tests.faults import deaths
from tests.faults.matrix.checks import Seen, shown
from tests.support.emulator import Emulator


def unlock(stack: Stack) -> None:
    """What a user does about the lock that a killed engine leaves."""
    locks = stack.folder / "pulumi" / "state" / ".pulumi" / "locks"
    if any(each.is_file() for each in locks.rglob("*")):
        stack.run("cancel", "--yes").succeeded()


def rows(cloud: Emulator, others: Collection[str] = ()) -> list[dict[str, Any]]:
    """The open rows of the ledger, temporary keys and firewalls too, but for those of `others`."""
    return [row for row in cloud.ledger(open_only=True) if row["id"] not in others]


def images_in(stack: Stack) -> set[str]:
    """Every image that the state names: the images and their copies."""
    found: set[str] = set()
    for resource in stack.resources(":CustomImage"):
        outputs = resource["outputs"]
        if not outputs.get("image_missing"):
            found.add(outputs["image_id"])
        found |= {copy["image_id"] for copy in outputs.get("copies_made") or ()}
    return found


def check_cleared_up(stack: Stack, cloud: Emulator, way: str, others: Collection[str] = ()) -> None:
    """Right after a death, with no further up and no gc: whoever outlived it has left nothing that the state lacks.

    After a second Ctrl-C, that is a process which leaves an image that is done, with its mark, for the next up.
    """
    if way in deaths.NOBODY_LIVES_ON:
        return
    entries = [each for each in stack.resources() if "dynamic/ucloud" in each["type"]]
    left = Seen(rows(cloud, others), entries).strays
    if way == "Ctrl-C twice":
        kept = _to_be_taken_over(stack, cloud)
        left = [row for row in left if row["id"] not in kept and row["name"] not in kept]
    assert not left, f"nobody gave back {shown(left)}"


def _to_be_taken_over(stack: Stack, cloud: Emulator) -> set[str]:
    """Ids of images that are done, and names of the marks beside them, that journals keep for the next up."""
    described = cloud.client().uhost().describe_image({"ImageType": "Custom", "Limit": 200})["ImageSet"]
    done = {each["Tag"]: each["ImageId"] for each in described if each["State"] == "Available"}
    there = {row["name"] for row in rows(cloud) if row["kind"] == "keypair"}
    kept: set[str] = set()
    for path in (stack.folder / "state").rglob(journal.FILE):
        things = journal.outstanding(path)
        images = {done[each.label] for each in things if each.kind == "image" and each.label in done}
        marks = {each.label for each in things if each.kind == mark.KIND} & there
        if images and marks:
            kept |= images | marks
    return kept


def check_agreement(stack: Stack, cloud: Emulator, others: Collection[str] = ()) -> None:
    """All that is open is in the state, all that the state names is open, and it can be used."""
    left = rows(cloud, others)
    assert {row["id"] for row in left} == images_in(stack), f"the ledger has {left}"
    for region in {row["region"] for row in left}:
        described = cloud.client(region=region).uhost().describe_image({"ImageType": "Custom", "Limit": 200})
        states = {each["ImageId"]: each["State"] for each in described["ImageSet"]}
        for row in left:
            if row["region"] == region:
                assert states[row["id"]] == "Available", f"{row['id']} is {states[row['id']]}"


def check_one_image_and_one_copy(stack: Stack, cloud: Emulator, others: Collection[str] = ()) -> None:
    """The stack of `deaths` as it was asked for, and nothing else."""
    check_agreement(stack, cloud, others)
    left = sorted((row["region"], row["kind"], row["name"]) for row in rows(cloud, others))
    assert left == [("cn-bj2", "image", "web"), ("cn-sh2", "image", "web")], left
    (resource,) = stack.resources(":CustomImage")
    assert set(resource["outputs"]["image_ids"]) == {"cn-bj2", "cn-sh2"}
    assert not resource.get("initErrors")
    if stack.deployment().get("pending_operations"):
        # Pulumi's own memory of a run that it could not end: its warning tells the user to do this.
        stack.run("refresh", "--yes", "--skip-preview", "--clear-pending-creates").succeeded()
        assert not stack.deployment().get("pending_operations")
        check_agreement(stack, cloud, others)


def check_destroy(stack: Stack, cloud: Emulator, others: Collection[str] = ()) -> None:
    """Destroying the stack leaves nothing, neither in the state nor in the cloud."""
    stack.destroy().succeeded()
    assert stack.resources(":CustomImage") == []
    assert rows(cloud, others) == []


def check_comes_right(stack: Stack, cloud: Emulator) -> None:
    """The next run makes what is wanted and nothing else; destroy leaves nothing."""
    unlock(stack)
    stack.up().succeeded()
    check_one_image_and_one_copy(stack, cloud)
    check_destroy(stack, cloud)
