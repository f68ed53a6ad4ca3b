"""What a check asks of UCloud: for what will be made, and nothing for what stays. One look-up a place a process.

Where nothing can be asked, without keys or a network, a preview works all the same, and says once that it did not look.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from pulumi.dynamic import CheckFailure

from ucloud_provider.engine import standing
from ucloud_provider.errors import CloudError, CredentialsMissing, InvalidSpec
from ucloud_provider.resources.access import Access, failure

if TYPE_CHECKING:
    from ucloud_provider.build.lookups import Lookups
    from ucloud_provider.build.preflight import Found
    from ucloud_provider.build.quota import Claims
    from ucloud_provider.cloud.client import Api
    from ucloud_provider.engine import Call
    from ucloud_provider.spec.check import Checked

PATIENCE = 2.0
"""Seconds for which a check asks again: whoever previews is waiting, and nothing is at stake."""

_lock = threading.Lock()
_told: set[str] = set()
_unreached: dict[str, str] = {}
"""Why UCloud cannot be asked, by address: so found once, not by every resource in turn."""


def image_problems(access: Access, call: Call, olds: Mapping[str, Any], checked: Checked) -> list[CheckFailure]:
    """What UCloud would refuse of an image that will be built, or of copies that will be made."""
    from ucloud_provider.build import preflight
    from ucloud_provider.build.quota import Quotas
    from ucloud_provider.spec.diff import copy_key, diff_custom_image

    def quotas() -> Quotas:
        return Quotas(_claims(), call.urn)

    new_copies = dict(checked.copies)
    if olds:
        try:
            built = bool(diff_custom_image(olds, {}, checked.inputs).replace)
        except InvalidSpec:  # provisioners that are wrong, or not known yet
            built = True
        if not built:
            before = {copy_key(olds, each) for each in olds.get("copies") or ()}
            made = {i: copy for i, copy in new_copies.items() if copy_key(checked.inputs, copy) not in before}
            if not made:
                return []
            return _asked(access, call, checked, lambda api: preflight.of_copies(made, api, _lookups(), quotas()))

    return _asked(
        access, call, checked, lambda api: preflight.of_image(checked.given, new_copies, api, _lookups(), quotas())
    )


def host_problems(access: Access, call: Call, olds: Mapping[str, Any], checked: Checked) -> list[CheckFailure]:
    """What UCloud would refuse of a host that will be made, or of a change of one."""
    from ucloud_provider.build import preflight
    from ucloud_provider.spec.diff import diff_uhost
    from ucloud_provider.spec.unknown import is_unknown

    if olds:
        news = dict(checked.inputs)
        if is_unknown(news.get("image_id")) and standing.stays(str(olds.get("image_id"))):
            news["image_id"] = olds["image_id"]
        if not diff_uhost(olds, news).replace:
            wrong = _changed_bandwidth(olds, checked)
            group = checked.given["security_group_id"]
            if group and group != olds.get("security_group_id"):
                wrong += _asked(access, call, checked, lambda api: preflight.of_guard(checked.given, api, _lookups()))
            return wrong
    return _asked(access, call, checked, lambda api: preflight.of_host(checked.given, api, _lookups()))


def _changed_bandwidth(olds: Mapping[str, Any], checked: Checked) -> list[CheckFailure]:
    """An EIP that is paid for by traffic may be made with more than it may be changed to."""
    from ucloud_provider.spec import rules

    bandwidth, most = checked.given["eip_bandwidth"], rules.CHANGED_TRAFFIC_BANDWIDTH
    traffic = (checked.given["eip_charge_mode"] or "traffic") == "traffic"
    if not traffic or not isinstance(bandwidth, int) or bandwidth <= most or bandwidth == olds.get("eip_bandwidth"):
        return []
    reason = f"{bandwidth} Mbps: UCloud changes an EIP of eip_charge_mode 'traffic' to {most} Mbps at most; give less"
    return [failure("eip_bandwidth", reason)]


def _asked(access: Access, call: Call, checked: Checked, ask: Callable[[Api], Found]) -> list[CheckFailure]:
    """The problems that UCloud knows of; none where its place is not known yet, or nothing can be asked."""
    from ucloud_provider.cloud import retry

    if unknown := {"region", "project_id"} & set(checked.given.unjudged):
        if not checked.failures:
            _tell(call, f"not looked up at UCloud: {' and '.join(sorted(unknown))} is not known yet")
        return []
    address = ""
    try:
        address = access.credentials().base_url
        if address in _unreached:
            return []
        found = ask(access.api(checked.given.values, call).using(patience=PATIENCE))
    except CredentialsMissing as error:
        _tell(call, f"not looked up at UCloud: {error}")
        return []
    except InvalidSpec as error:
        return [CheckFailure("", each) for each in error.problems]
    except CloudError as error:
        if retry.lets_nothing_be_asked(error):
            return [CheckFailure("", call.masked(str(error)))]
        if not error.code and not retry.is_throttled(error):
            _unreached[address] = str(error)
        _tell(call, f"not looked up at UCloud, what only UCloud knows is checked by `pulumi up`: {error}")
        return []
    for action, why in list(_lookups().refused.items()):
        _tell(call, f"not looked up at UCloud, as {action} is refused: {why}")
    for note in found.notes:
        _tell(call, note)
    for doubt in found.doubts:
        _tell(call, f"{doubt}: as it is now the build would stop there")
    return [CheckFailure("", call.masked(each)) for each in found.problems]


def _tell(call: Call, text: str) -> None:
    """Say something once in this process."""
    with _lock:
        if text in _told:
            return
        _told.add(text)
    call.progress.note(text)


@functools.cache
def _lookups() -> Lookups:
    from ucloud_provider.build.lookups import Lookups

    return Lookups()


@functools.cache
def _claims() -> Claims:
    from ucloud_provider.build.quota import Claims

    return Claims()
