"""The outputs of `CustomImage`: what the state holds of an image and its copies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ucloud_provider.resources.access import plain_inputs

if TYPE_CHECKING:
    from ucloud_provider.build.state import BuiltImage, MadeCopy
    from ucloud_provider.cloud.client import Api


def ids(outputs: Mapping[str, Any]) -> set[str]:
    """The image and its copies, by what the state has of them."""
    copies = {str(copy["image_id"]) for copy in outputs.get("copies_made") or ()}
    return {str(outputs.get("image_id")), *copies}


def of_image(inputs: Mapping[str, Any], made: BuiltImage, api: Api) -> dict[str, Any]:
    """What the state holds of a new image."""
    from ucloud_provider.spec.diff import copy_key
    from ucloud_provider.spec.image import CustomImageArgs

    place = {"project_id": api.project_id, "region": api.region}
    copies = [of_copy(inputs, each) for each in made.copies]
    wanted = [copy_key(inputs, raw) for raw in inputs.get("copies") or ()]
    return {
        **plain_inputs(CustomImageArgs, inputs),
        **place,
        "image_id": made.image_id,
        "name": made.name,
        "size": made.size,
        "created_time": made.created,
        "build_duration": made.build_seconds,
        "image_missing": False,
        **of_copies(place, made.image_id, copies, wanted),
    }


def of_copies(
    place: Mapping[str, Any], image_id: str | None, copies: Sequence[Mapping[str, Any]], wanted: Iterable[str]
) -> dict[str, Any]:
    """What the copies that exist make of the outputs."""
    own = {} if image_id is None else {place["region"]: image_id}
    # Where two projects of a region have one, the image's own project comes first.
    others = {each["region"]: each["image_id"] for each in copies if each["project_id"] != place["project_id"]}
    near = {each["region"]: each["image_id"] for each in copies if each["project_id"] == place["project_id"]}
    there = {each["key"] for each in copies}
    return {
        "copies_made": list(copies),
        "missing_copies": sorted(key for key in wanted if key not in there),
        "image_ids": {**others, **near, **own},
    }


def of_copy(inputs: Mapping[str, Any], copy: MadeCopy) -> dict[str, Any]:
    from ucloud_provider.spec.args import to_inputs
    from ucloud_provider.spec.diff import copy_key

    key = copy_key(inputs, to_inputs(copy.copy))
    return {"key": key, "project_id": copy.project_id, "region": copy.region, "image_id": copy.image_id}
