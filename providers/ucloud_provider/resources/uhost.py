"""The resource `UHost`: a host from an image, from check to delete. What is done in the cloud is in `build`."""

from __future__ import annotations

from collections.abc import Mapping
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
from ucloud_provider.resources.access import Access, failure, plain_inputs

if TYPE_CHECKING:
    from ucloud_provider.cloud.client import Api
    from ucloud_provider.cloud.records import Host


class UHostProvider(ResourceProvider):
    """Kept in every state by its module and name: see `contract`."""

    serialize_as_secret_always = False  # it holds nothing, so nothing secret

    _access: Access

    def configure(self, req: ConfigureRequest) -> None:
        engine.prepare()
        self._access = Access(req.config.get)

    def check(self, olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        from ucloud_provider.resources import looking
        from ucloud_provider.spec.check import check_uhost

        with engine.Call() as call:
            _hide_secrets(call, olds, news)
            inputs, missing = self._access.with_defaults(news, olds)
            checked = check_uhost(inputs)
            wrong = [failure(each.property, call.masked(each.reason)) for each in checked.failures]
            wrong += [] if missing else looking.host_problems(self._access, call, olds, checked)
            return CheckResult(checked.inputs, missing + wrong)

    def diff(self, id_: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        from ucloud_provider.spec.diff import diff_uhost
        from ucloud_provider.spec.unknown import is_unknown

        with engine.Call() as call:
            old = call.old_inputs() or {**olds, "password": news.get("password")}
            _hide_secrets(call, old, news)
            hand_over_notes.confirm([id_])
            new, open_question = dict(news), False
            if is_unknown(news.get("image_id")) and standing.stays(str(olds.get("image_id"))):
                new["image_id"], open_question = old.get("image_id"), True
            changes = diff_uhost(old, new, olds)
            if changes.replace:
                told = (
                    f"{c.property}: not known yet" if is_unknown(new.get(c.property)) else c.what
                    for c in changes.replace
                )
                call.progress.note("new host: " + "; ".join(told))
            elif open_question:
                call.progress.note("stays, unless its image_id turns out to be another one")
            return DiffResult(
                changes=bool(changes) or open_question,
                replaces=list(dict.fromkeys(change.property for change in changes.replace)),
                delete_before_replace=False,
            )

    def create(self, props: dict[str, Any]) -> CreateResult:
        from ucloud_provider.build import lasting_host
        from ucloud_provider.spec.check import load_uhost

        with engine.Call() as call:
            _hide_secrets(call, props)
            args = load_uhost(props)
            api = self._access.building(props, call)
            host = lasting_host.create(
                args,
                call.name,
                api=api,
                progress=call.progress,
                mask=call.masked,
                wanted=lambda: not call.abandoned,
            )
            call.progress.step(f"{host.id} at {host.public_ip or host.private_ip}")
            return CreateResult(host.id, _outputs(props, host, api))

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        from ucloud_provider.cloud import hosts

        with engine.Call() as call:
            hand_over_notes.confirm([id_])
            api = self._access.api(props, call)
            host = hosts.describe(api, [id_]).get(id_)
            if host is None:
                return ReadResult(None, {})
            return ReadResult(id_, {**props, **_seen(host), **_guard(props, id_, api, call)})

    def update(self, id_: str, olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        from ucloud_provider.build import lasting_host
        from ucloud_provider.spec.check import load_uhost

        with engine.Call() as call:
            old = call.old_inputs() or {**olds, "password": news.get("password")}
            _hide_secrets(call, old, news)
            hand_over_notes.confirm([id_])
            args = load_uhost(news)
            api = self._access.changing(olds, call)
            # What a refresh saw is what is to be changed.
            seen = {"security_group_id": olds["security_group_id"]} if olds.get("security_group_id") else {}
            host = lasting_host.change({**old, **seen}, args, id_, api=api, progress=call.progress)
            return UpdateResult(_outputs(news, host, api))

    def delete(self, id_: str, props: dict[str, Any]) -> None:
        from ucloud_provider.build import launch

        with engine.Call() as call:
            hand_over_notes.confirm([id_])
            call.progress.step("terminating the host")
            api = self._access.changing(props, call)
            with self._access.collecting(api, call):
                launch.remove(api, id_)


def _hide_secrets(call: engine.Call, *inputs: Mapping[str, Any]) -> None:
    """Keep passwords out of progress, logs and errors."""
    from ucloud_provider.spec.secret_values import secret_values
    from ucloud_provider.spec.uhost import UHostArgs

    for each in inputs:
        call.hide(*secret_values(UHostArgs, each))


def _guard(props: Mapping[str, Any], id_: str, api: Api, call: engine.Call) -> dict[str, Any]:
    """The firewall or security group that the host has in place of the one it was given, if that is so."""
    from ucloud_provider.cloud import network
    from ucloud_provider.errors import CloudError
    from ucloud_provider.spec.rules import is_firewall

    given = props.get("security_group_id")
    if not given:
        return {}
    try:
        firewall = network.firewall_of(api, id_) if is_firewall(given) else None
        now = network.sec_groups_of(api, id_) if not is_firewall(given) else [firewall] if firewall else []
    except CloudError as error:
        if not error.code:
            raise
        call.progress.note(f"whether {given} still guards the host is not looked up: {error}")
        return {}
    return {"security_group_id": now[0]} if now and given not in now else {}


def _outputs(inputs: Mapping[str, Any], host: Host, api: Api) -> dict[str, Any]:
    from ucloud_provider.spec.uhost import UHostArgs

    place = {"project_id": api.project_id, "region": api.region}
    taken = {"boot_disk_type": host.boot_disk_type} if host.boot_disk_type else {}
    return {**plain_inputs(UHostArgs, inputs), **place, **taken, **_seen(host)}


def _seen(host: Host) -> dict[str, Any]:
    return {
        "name": host.name,
        "state": host.state,
        "private_ip": host.private_ip,
        "public_ip": host.public_ip or None,
        "eip_id": host.eip_id or None,
    }
