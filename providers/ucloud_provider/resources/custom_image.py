"""The resource `CustomImage`: an image and its copies, from check to delete. Builds happen in `build`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pulumi.dynamic import (
    CheckResult,
    ConfigureRequest,
    CreateResult,
    DiffResult,
    ReadResult,
    ResourceProvider,
    UpdateResult,
)

from ucloud_provider import engine, hand_over_notes
from ucloud_provider.engine import standing
from ucloud_provider.errors import InvalidSpec, UCloudImageError
from ucloud_provider.resources import image_outputs
from ucloud_provider.resources.access import Access, failure, plain_inputs

if TYPE_CHECKING:
    from ucloud_provider.build.state import BuiltImage, MadeCopy
    from ucloud_provider.cloud.client import Api
    from ucloud_provider.spec.diff import Changes
    from ucloud_provider.spec.image import CustomImageArgs, ImageCopy


class CustomImageProvider(ResourceProvider):
    """Kept in every state by its module and name: see `contract`."""

    serialize_as_secret_always = False  # it holds nothing, so nothing secret

    _access: Access

    def configure(self, req: ConfigureRequest) -> None:
        engine.prepare()
        self._access = Access(req.config.get)

    def check(self, olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        from ucloud_provider.resources import looking
        from ucloud_provider.spec.check import check_custom_image

        with engine.Call() as call:
            _hide_secrets(call, olds, news)
            inputs, missing = self._access.with_defaults(news, olds)
            checked = check_custom_image(inputs, Path.cwd())
            wrong = [failure(each.property, call.masked(each.reason)) for each in checked.failures]
            wrong += [] if missing else looking.image_problems(self._access, call, olds, checked)
            answer = dict(checked.inputs)
            if "file_list" in answer:
                answer["file_list"] = engine.unprinted(answer["file_list"])
            return CheckResult(answer, missing + wrong)

    def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        with engine.Call() as call:
            _hide_secrets(call, olds, news)
            hand_over_notes.confirm(image_outputs.ids(olds))
            changes = _changes(call.old_inputs(), olds, news, call.ignored())
            standing.remember(call.urn, str(olds.get("image_id")), stays=not changes.replace)
            if changes.replace:
                call.progress.note("new image: " + "; ".join(change.what for change in changes.replace))
            elif changes.update:
                call.progress.note("no new build: " + "; ".join(change.what for change in changes.update))
            return DiffResult(
                changes=bool(changes),
                replaces=list(dict.fromkeys(change.property for change in changes.replace)),
                delete_before_replace=False,
            )

    def create(self, props: dict[str, Any]) -> CreateResult:
        from ucloud_provider.build.state import CopyFailed
        from ucloud_provider.spec.check import load_custom_image

        with engine.Call() as call:
            _hide_secrets(call, props)
            args = load_custom_image(props)
            api = self._access.building(props, call)
            failures: tuple[str, ...] = ()
            try:
                made = (
                    _adopt(args, api, call)
                    if args.adopt_image_id
                    else _build(args, api, call, str(props.get("digest") or ""))
                )
            except CopyFailed as failed:
                made, failures = failed.made, failed.failures
            outputs = image_outputs.of_image(props, made, api)
            if failures:
                raise engine.PartlyMade(made.image_id, outputs, failures)
            call.progress.step(f"{made.image_id}, made in {made.build_seconds:.0f} s")
            return CreateResult(made.image_id, outputs)

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        from ucloud_provider.cloud import images

        with engine.Call() as call:
            hand_over_notes.confirm(image_outputs.ids(props))
            api = self._access.api(props, call)
            image = images.get(api, id_)
            copies, wanted = [], set(props.get("missing_copies") or ())
            for copy in props.get("copies_made") or ():
                wanted.add(copy["key"])
                there = api.at(project_id=copy["project_id"], region=copy["region"])
                if images.get(there, copy["image_id"]) is not None:
                    copies.append(copy)
            if image is None and not copies:
                return ReadResult(None, {})
            if image is None:
                call.progress.note(f"{id_} is gone, copies of it are not: the next update builds it anew")
            outs = {**props, "image_missing": image is None}
            return ReadResult(
                id_, outs | image_outputs.of_copies(props, None if image is None else id_, copies, wanted)
            )

    def update(self, id_: str, olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        from ucloud_provider.build.state import CopyFailed
        from ucloud_provider.cloud import retry
        from ucloud_provider.spec.args import to_inputs
        from ucloud_provider.spec.built import still_built
        from ucloud_provider.spec.check import load_custom_image
        from ucloud_provider.spec.diff import copy_key
        from ucloud_provider.spec.image import CustomImageArgs

        with engine.Call() as call:
            _hide_secrets(call, olds, news)
            hand_over_notes.confirm(image_outputs.ids(olds))
            args = load_custom_image(news)
            api = self._access.building(olds, call).using(patience=retry.PATIENCE)
            wanted = {copy_key(news, to_inputs(copy)): copy for copy in args.copies}
            there = {each["key"]: each for each in olds.get("copies_made") or ()}
            missing = {key: copy for key, copy in wanted.items() if key not in there}
            stay, left, deleted = [each for key, each in there.items() if key in wanted], list[str](), list[str]()

            def delete_others() -> None:
                # Before the new copies are handed over: until Pulumi is told of them, nobody else knows of them.
                for copy in (each for key, each in there.items() if key not in wanted):
                    call.progress.step(f"deleting the copy in {copy['region']}")
                    try:
                        _delete_image(copy, api)
                        deleted.append(copy["image_id"])
                    except UCloudImageError as error:
                        # The state must still tell of it, and of the new ones: the next update tries again.
                        stay.append(copy)
                        left.append(f"the copy {copy['image_id']} in {copy['region']} was not deleted: {error}")

            failures: tuple[str, ...] = ()
            try:
                taken = _taker(call)
                new = _copy(
                    args,
                    id_,
                    list(missing.values()),
                    api,
                    call,
                    settled=delete_others,
                    accepts=lambda partial: taken(partial or bool(left)),
                )
            except CopyFailed as failed:
                new, failures = failed.made.copies, failed.failures
            except UCloudImageError as error:
                if not deleted:
                    raise
                new, failures = (), (str(error),)  # the state must not tell of copies that are gone
            failures += tuple(left)
            copies = stay + [image_outputs.of_copy(news, each) for each in new]
            outputs = {
                **olds,
                **plain_inputs(CustomImageArgs, news),
                **still_built(olds, news),
                **image_outputs.of_copies(olds, id_, copies, wanted),
            }
            outputs.pop("__provider", None)
            if failures:
                raise engine.PartlyMade(id_, outputs, failures)
            call.progress.step(f"{id_} and {len(copies)} copies")
            return UpdateResult(outputs)

    def delete(self, _id: str, props: dict[str, Any]) -> None:
        with engine.Call() as call:
            hand_over_notes.confirm(image_outputs.ids(props))
            call.progress.step("deleting the image and its copies")
            api = self._access.changing(props, call)
            with self._access.collecting(api, call):
                _delete(props, api)


def _changes(
    old: Mapping[str, Any] | None, outputs: Mapping[str, Any], new: Mapping[str, Any], ignored: Sequence[str]
) -> Changes:
    from ucloud_provider.spec.diff import Change, Changes, diff_custom_image

    if outputs.get("image_missing"):
        return Changes(replace=(Change("image_id", f"{outputs['image_id']} is gone"),))
    try:
        return diff_custom_image(outputs if old is None else old, outputs, new, ignored)
    except InvalidSpec:  # provisioners with values that are not known yet
        return Changes(replace=(Change("provisioners", "provisioners are not known yet"),))


def _hide_secrets(call: engine.Call, *inputs: Mapping[str, Any]) -> None:
    """Keep passwords and provisioners' variables out of progress, logs and errors."""
    from ucloud_provider.spec.image import CustomImageArgs
    from ucloud_provider.spec.secret_values import secret_values

    for each in inputs:
        call.hide(*secret_values(CustomImageArgs, each))


def _build(args: CustomImageArgs, api: Api, call: engine.Call, digest: str) -> BuiltImage:
    from ucloud_provider.build.image import build_image

    return build_image(
        args,
        api=api,
        progress=call.progress,
        cancel=call.cancel,
        base_dir=Path.cwd(),
        masker=call.masked,
        digest=digest,
        accepts=_taker(call),
    )


def _taker(call: engine.Call) -> Callable[[bool], bool]:
    """Whether the state will know of a result: a resource is in the state, or it is not in the cloud."""
    return lambda partial: not call.abandoned and (not partial or call.can_be_partial)


def _adopt(args: CustomImageArgs, api: Api, call: engine.Call) -> BuiltImage:
    """The image that is there already, with the copies that are asked for."""
    from ucloud_provider.build.state import BuiltImage
    from ucloud_provider.cloud import images

    image_id = str(args.adopt_image_id)
    image = images.get(api, image_id)
    if image is None:
        raise UCloudImageError(f"adopt_image_id: {image_id!r} is no image of {api.region}; look it up in the console")
    copies = _copy(args, image_id, args.copies, api, call, accepts=_taker(call))
    return BuiltImage(image_id, image.name, image.size, image.created, 0, copies)


def _copy(
    args: CustomImageArgs,
    image_id: str,
    wanted: Sequence[ImageCopy],
    api: Api,
    call: engine.Call,
    *,
    accepts: Callable[[bool], bool],
    settled: Callable[[], None] = lambda: None,
) -> tuple[MadeCopy, ...]:
    from ucloud_provider.build.image import make_copies

    return make_copies(
        args,
        wanted,
        image_id,
        api=api,
        progress=call.progress,
        cancel=call.cancel,
        masker=call.masked,
        accepts=accepts,
        settled=settled,
    )


def _delete(outputs: Mapping[str, Any], api: Api) -> None:
    """The copies, and the image unless it was adopted; content where one is gone already."""
    for copy in outputs.get("copies_made") or ():
        _delete_image(copy, api)
    if not outputs.get("adopt_image_id") or outputs.get("delete_adopted"):
        _delete_image(outputs, api)


def _delete_image(place: Mapping[str, Any], api: Api) -> None:
    from ucloud_provider.cloud import images

    images.delete(api.at(project_id=place["project_id"], region=place["region"]), place["image_id"])
