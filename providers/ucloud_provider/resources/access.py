"""As whom, and where, the resources of a stack act: from the stack's config, by way of `configure`."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from pulumi.dynamic import CheckFailure

from ucloud_provider.errors import InvalidSpec, NoKeys, UCloudImageError

if TYPE_CHECKING:
    from ucloud_provider.cloud.client import Api
    from ucloud_provider.cloud.credentials import Credentials
    from ucloud_provider.engine import Call


_lock = threading.Lock()
_default_projects: dict[tuple[str, str], str] = {}
"""By address and account: asked once a process, not by every resource that names none."""


class Access:
    """The way from a resource's project and region to the API there.

    Credentials are looked for when they are needed, so that what is wrong with them is one clean line.
    """

    def __init__(self, config: Callable[[str], Any]) -> None:
        self._config = config

    def credentials(self) -> Credentials:
        """Raises `CredentialsMissing`."""
        from ucloud_provider.cloud import credentials

        return credentials.resolve(self._config)

    def with_defaults(
        self, inputs: Mapping[str, Any], olds: Mapping[str, Any]
    ) -> tuple[dict[str, Any], list[CheckFailure]]:
        """The inputs with the stack's region and project where they name none, and what is missing for that.

        They become part of the inputs: a stack whose configured region changes means other resources than before.
        Without any keys they are what they were: a preview works there too.
        """
        from ucloud_provider.cloud import credentials

        filled = {key: value for key, value in inputs.items() if key != "__provider"}
        try:
            found = self.credentials()
            project_id, region = found.project_id, found.region
        except NoKeys:
            project_id, region = credentials.place(self._config)
            project_id, region = project_id or olds.get("project_id"), region or olds.get("region")
        except UCloudImageError as error:
            return filled, [CheckFailure("", str(error))]
        if filled.get("region") is None and region:
            filled["region"] = region
        if filled.get("project_id") is None and project_id:
            filled["project_id"] = project_id
        if filled.get("region") is None:
            reason = "is not given; set it, or `ucloud:region` in the stack's config, or UCLOUD_REGION"
            return filled, [failure("region", reason)]
        return filled, []

    def api(self, place: Mapping[str, Any], call: Call) -> Api:
        """The API in the project and region that inputs or outputs name."""
        from ucloud_provider.cloud import account
        from ucloud_provider.cloud.client import connect

        found = self.credentials()
        call.hide(*found.secrets())
        api = connect(found, project_id=place.get("project_id"), region=place.get("region"))
        api = api.using(cancel=call.cancel, notice=call.progress.line)
        if api.project_id:
            return api
        with _lock:  # others wait for the answer and do not ask, too
            whose = (found.base_url, found.account)
            default = _default_projects.get(whose) or account.default_project(api)
            if default is not None:
                _default_projects[whose] = default
        if default is None:
            raise InvalidSpec(["project_id: none is given and the account has no default; set `ucloud:projectId`"])
        return api.at(project_id=default)

    def changing(self, place: Mapping[str, Any], call: Call) -> Api:
        """The same, for a call that changes what is there: a network that is gone for a while is waited out."""
        from ucloud_provider.cloud import retry

        return self.api(place, call).using(patience=retry.PATIENCE)

    def building(self, place: Mapping[str, Any], call: Call) -> Api:
        """The same, for a call that makes things: what it leaves behind where it is killed is seen to."""
        from ucloud_provider.build import sweeper

        api = self.api(place, call)
        call.when_dropped(lambda: sweeper.detach(api))
        return api

    @staticmethod
    def collecting(api: Api, call: Call) -> AbstractContextManager[object]:
        """Give back what dead builds of this machine left, beside a deletion: `pulumi destroy` builds nothing."""
        from ucloud_provider.build import recover

        return recover.in_background(api, "", call.progress.note, call.cancel)


def failure(name: str, reason: str) -> CheckFailure:
    """What is wrong with an argument, without naming the property to Pulumi: it would print the value, a secret too."""
    return CheckFailure("", f"{name}: {reason}")


def plain_inputs(cls: type[Any], inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The inputs that outputs repeat, so that Pulumi shows a replacement as what changed and no more.

    Never an argument that is a secret by its nature. What the user made a secret stays one: Pulumi encrypts an output
    again that has the name of a secret input.
    """
    secret = {field.name for field in dataclasses.fields(cls) if field.metadata["secret"]}
    return {key: value for key, value in inputs.items() if key not in secret and key != "__provider"}
