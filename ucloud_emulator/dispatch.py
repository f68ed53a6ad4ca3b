"""From a request's parameters to the action that answers it: key, signature, project and region on the way."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from ucloud_emulator import catalogue
from ucloud_emulator.authentication import NO_SESSION, Session, authenticate, is_sub_account
from ucloud_emulator.body import Asked
from ucloud_emulator.hosts.errors import HostError
from ucloud_emulator.parameters import Parameters
from ucloud_emulator.records import Host
from ucloud_emulator.refusals import Refusal, RetCode, bad_parameter, missing_parameter

if TYPE_CHECKING:
    from ucloud_emulator.cloud import EmulatedCloud

log = logging.getLogger(__name__)

Reply = dict[str, Any]
"""What goes out as JSON, without RetCode and Action."""

Scope = Literal["region", "project"] | None


@dataclass(frozen=True)
class Call:
    """One call whose signature is right: who asks for what, where."""

    action: str
    cloud: EmulatedCloud
    parameters: Parameters
    project: str
    region: str

    @property
    def zone(self) -> str:
        """The zone asked for; must be one of the region where it is given."""
        zone = self.parameters.text("Zone")
        where = catalogue.region(self.region)
        if zone and (where is None or zone not in (*where.zones, *where.unlisted)):
            raise bad_parameter("Zone", f"no zone {zone} in {self.region}")
        return zone

    @property
    def first_zone(self) -> str:
        where = catalogue.region(self.region)
        return where.zones[0] if where else ""

    def host(self, id: str) -> Host:
        """The host of this id, where it is the caller's project's and in this region."""
        host = self.cloud.store.get(Host, id)
        if host is None or (host.project, host.region) != (self.project, self.region):
            raise bad_parameter("UHostId", f"no host {id}")
        return host


@dataclass(frozen=True)
class Action:
    name: str
    scope: Scope
    answer: Callable[[Call], Reply]


ACTIONS: dict[str, Action] = {}


def action(name: str, scope: Scope = "region") -> Callable[[Callable[[Call], Reply]], Callable[[Call], Reply]]:
    """Register the function that answers an action; `scope` says where it acts.

    "region": in a project's region; "project": in a project, Region is ignored; None: needs neither.
    """

    def register(answer: Callable[[Call], Reply]) -> Callable[[Call], Reply]:
        ACTIONS[name] = Action(name, scope, answer)
        return answer

    return register


def dispatch(cloud: EmulatedCloud, asked: Asked, session: Session = NO_SESSION) -> Reply:
    """Answer a request: always a complete reply, refusals among them."""
    name = asked.values.get("Action", "")
    try:
        found = _authenticated(name, asked, session)
        reply = found.answer(_call(cloud, found, asked.values))
    except Refusal as refusal:
        return {"RetCode": int(refusal.code), "Action": f"{name}Response", "Message": refusal.message}
    except HostError as error:
        log.exception("%s failed", name)
        code = int(RetCode.SERVICE_UNAVAILABLE)
        return {"RetCode": code, "Action": f"{name}Response", "Message": f"Service unavailable: {error}"}
    return {"RetCode": 0, "Action": f"{name}Response", **reply}


def _authenticated(name: str, asked: Asked, session: Session) -> Action:
    if not name:
        raise Refusal(RetCode.MISSING_ACTION, "Missing Action")
    found = ACTIONS.get(name)
    if found is None:
        raise Refusal(RetCode.NO_SUCH_ACTION, f"Action [{name}] not found")
    authenticate(asked, session)
    return found


def _call(cloud: EmulatedCloud, found: Action, values: Mapping[str, str]) -> Call:
    parameters = Parameters(values)
    if found.scope is None:
        return Call(found.name, cloud, parameters, "", "")
    if is_sub_account(values) and not parameters.has("ProjectId"):
        raise Refusal(RetCode.NOT_PERMITTED, f"IAM permission denied: {found.name} needs ProjectId")
    project = parameters.text("ProjectId", catalogue.DEFAULT_PROJECT)
    if not cloud.has_project(project):
        raise Refusal(RetCode.NO_SUCH_PROJECT, f"Project [{project}] not exists")
    region = parameters.text("Region")
    if found.scope == "project":
        return Call(found.name, cloud, parameters, project, "")
    if not region:
        raise missing_parameter("Region")
    if catalogue.region(region) is None:
        raise bad_parameter("Region", f"no region {region}")
    call = Call(found.name, cloud, parameters, project, region)
    _check_zone(call)
    return call


def _check_zone(call: Call) -> None:
    """Whatever a call does with its Zone, it must be one of the region, and open to the account."""
    where = catalogue.region(call.region)
    if call.zone and where and where.finance:
        raise Refusal(RetCode.ZONE_NOT_PERMITTED, f"Zone [{call.zone}] is not permitted")
