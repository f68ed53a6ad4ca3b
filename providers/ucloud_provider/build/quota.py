"""How many custom images a region holds, against how many are wanted there: here, and at each copy's place."""

from __future__ import annotations

import threading
from collections.abc import Iterator

from ucloud_provider.build.lookups import Answer, Lookups
from ucloud_provider.cloud import images
from ucloud_provider.cloud.client import Api

BY_REGION = {"cn-bj2": 30, "cn-wlcb": 30, "cn-sh2": 30, "cn-gd": 10, "hk": 10, "us-ca": 10}
"""Custom images that a region holds, as the documents say; of other regions they say nothing, and nor do we."""

Place = tuple[str, str, str]


class Claims:
    """The images that resources of one process want, by place: two that are checked together need two places."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._wanted: dict[Place, set[str]] = {}

    def add(self, place: Place, who: str) -> int:
        """Note that somebody wants one more image; how many others do."""
        with self._lock:
            wanted = self._wanted.setdefault(place, set())
            wanted.add(who)
            return len(wanted) - 1


class Quotas:
    """The images that one resource wants, each by the argument that asks for it."""

    def __init__(self, claims: Claims | None = None, who: str = "") -> None:
        self._claims = claims or Claims()
        self._who = who
        self._wanted: list[tuple[str, Api]] = []

    def add(self, argument: str, api: Api) -> None:
        """Say that the argument asks for one image more in the API's project and region."""
        self._wanted.append((argument, api))

    def problems(self, lookups: Lookups) -> Iterator[str]:
        """What does not fit. A region with more images than the documents allow has had its quota raised: to what, no
        call says.
        """
        asked = [(name, api, _count(api, lookups)) for name, api in self._wanted if _limit(api) is not None]
        for name, api, answer in asked:
            count, limit = answer.value(), _limit(api)
            place = (api.credentials.account, api.project_id or "", api.region or "")
            others = self._claims.add(place, f"{self._who} {name}")
            if count is None or limit is None or count + others < limit:
                continue
            if count > limit and api.credentials.image_quota is None:
                continue
            more = f", and {others} more are to be made there" if others else ""
            yield (
                f"{name}: {api.region} holds {count} of {limit} custom images in {api.project_id}{more}; delete one "
                "there, or have UCloud raise the quota and say so: `pulumi config set ucloud:imageQuota <number>`"
            )


def _count(api: Api, lookups: Lookups) -> Answer[int]:
    return lookups.ask(api, "custom images", images.custom_count)


def _limit(api: Api) -> int | None:
    raised = api.credentials.image_quota
    return BY_REGION.get(api.region or "") if raised is None else raised
