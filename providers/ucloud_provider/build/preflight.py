"""Everything that UCloud can refuse is asked before anything is made: all that is wrong at once, each with a remedy.

A build asks at its start. A preview asks the same for what will be made, with the values that are known by then, so
that what only UCloud knows comes up there and not after an hour of provisioning. Two things no call tells: whether
hosts may be paid for by the hour, and whether the project may copy images.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any, ClassVar

from ucloud_provider.build import found
from ucloud_provider.build.guard import Guard
from ucloud_provider.build.hardware import Choice, Place, Wanted, choose
from ucloud_provider.build.lookups import Lookups
from ucloud_provider.build.pipeline import Step
from ucloud_provider.build.quota import Quotas
from ucloud_provider.build.state import Build
from ucloud_provider.cloud import account, images, keypairs, offers, retcodes, retry
from ucloud_provider.cloud.client import Api
from ucloud_provider.cloud.records import Image
from ucloud_provider.errors import CloudError, InvalidSpec
from ucloud_provider.spec.args import to_inputs
from ucloud_provider.spec.between import Given

CANNOT_COPY = "cn-bj1"
"""The region that can neither give nor take a copy."""

Copies = Mapping[int, Mapping[str, Any]]


@dataclass
class Found:
    """What UCloud says of arguments: what is wrong, what is worth telling, and what a host is made of."""

    problems: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
    """What is wrong if it stays as it is until the build: the same update may still change it."""
    notes: list[str] = field(default_factory=list)
    image: Image | None = None
    choices: tuple[Choice, ...] = ()
    """Where to order the host, and of which hardware, in this order."""
    security_group: bool = False
    """Whether `security_group_id` names a security group, and not a firewall."""


class Preflight(Step):
    """The first step of a build."""

    name: ClassVar[str] = "checking the arguments with the cloud"

    def run(self, build: Build) -> None:
        from ucloud_provider.build.access import own_key  # for start-up: a preview needs no SSH

        given = Given(to_inputs(build.args), ())
        copies = dict(enumerate(given["copies"]))
        with contextlib.closing(Lookups()) as lookups:
            result = of_image(given, copies, build.api, lookups, Quotas())
        if build.args.ssh_private_key_file:
            try:
                own_key(build.args, build.base_dir)
            except InvalidSpec as error:
                result.problems += error.problems
        for what, why in lookups.refused.items():
            build.log(f"not looked up, as {what} is refused: {why}")
        for note in result.notes:
            build.log(note)
        if result.problems or result.doubts:
            raise InvalidSpec([*result.problems, *result.doubts])
        build.source, build.choices, build.security_group = result.image, result.choices, result.security_group
        # From here on there is something to lose.
        build.api = build.api.using(patience=retry.PATIENCE)


def of_image(given: Given, copies: Copies, api: Api, lookups: Lookups, quotas: Quotas) -> Found:
    """For the build of a `CustomImage`, with its copies by index. An image that is adopted is only looked at."""
    adopted = given["adopt_image_id"]
    built = not adopted and "adopt_image_id" not in given.unjudged  # one that is not known yet may be there by then
    asking = _Host(given, api, lookups, "source_image_id") if built else None
    pairs = lookups.ask(api, "key pairs", keypairs.find) if given["ssh_keypair_name"] and built else None
    result = Found()
    if not _places(result, given, copies, api, lookups):
        return result
    if adopted:
        asked = lookups.ask(api, ("image", adopted), lambda api: images.get(api, adopted))
        if asked.value() is None and not asked.was_refused:
            reason = f"{adopted!r} is no image of {api.region} in {api.project_id}; look it up in the console"
            result.problems.append(f"adopt_image_id: {reason}")
    elif built and not given.absent("image_name"):
        quotas.add("image_name", api)
    if asking:
        asking.judge(result)
        asking.judge_login(result)
    if result.image is not None and result.image.os_type == "Windows":
        reason = f"{result.image.id!r} is Windows, which is not built yet; choose a Linux image"
        result.problems.append(f"source_image_id: {reason}")
    result.notes += _login_notes(given, result.image)
    if pairs is not None and (known := pairs.value()) is not None:
        names = {each.name for each in known}
        result.problems += _key_pair_problems("ssh_keypair_name", given["ssh_keypair_name"], names, api, result.image)
    _copies(result, copies, api, lookups, quotas)
    return result


def of_copies(copies: Copies, api: Api, lookups: Lookups, quotas: Quotas) -> Found:
    """For copies that are added to an image that stays."""
    result = Found()
    if _places(result, Given({}, ()), copies, api, lookups):
        _copies(result, copies, api, lookups, quotas)
    return result


def of_host(given: Given, api: Api, lookups: Lookups) -> Found:
    """For a `UHost` that is to be made."""
    asking = _Host(given, api, lookups, "image_id")
    pairs = lookups.ask(api, "key pairs", keypairs.find) if given["key_pair_id"] else None
    result = Found()
    if not _places(result, given, {}, api, lookups):
        return result
    asking.judge(result)
    if pairs is not None and (known := pairs.value()) is not None:
        ids = {each.id for each in known}
        result.problems += _key_pair_problems("key_pair_id", given["key_pair_id"], ids, api, result.image)
    return result


def of_guard(given: Given, api: Api, lookups: Lookups) -> Found:
    """For a `UHost` that stays and gets another firewall or security group."""
    return Found(problems=[*Guard(given, api, lookups).problems()])


def _places(result: Found, given: Given, copies: Copies, api: Api, lookups: Lookups) -> bool:
    """Whether projects, regions and zones are there. False where ours are not: then nothing is found in them."""
    projects = lookups.ask(api, "projects", account.projects).value()
    zones = lookups.ask(api, "zones", account.zones).value()
    wanted = [("availability_zone", given["availability_zone"]), *_named(given, "fallback_availability_zones")]
    result.problems += found.place_problems(api, projects, zones, [each for each in wanted if each[1]])
    for index, copy in copies.items():
        name = f"copies[{index}]"
        result.problems += found.copy_problems(name, copy, api, projects, zones)
        if CANNOT_COPY in (api.region, copy.get("region")):
            result.problems.append(f"{name}: images cannot be copied from or to {CANNOT_COPY}; leave this copy out")
    return (projects is None or api.project_id in projects) and (zones is None or api.region in zones)


def _copies(result: Found, copies: Copies, api: Api, lookups: Lookups, quotas: Quotas) -> None:
    """Room for one image more at each place; and what nobody can ask."""
    for index, copy in copies.items():
        quotas.add(f"copies[{index}]", api.at(project_id=copy.get("project_id"), region=copy.get("region")))
    result.problems += quotas.problems(lookups)
    if copies:
        result.notes.append(
            "copies need UCloud's region-level image service, which a ticket opens; no call says whether "
            f"{api.project_id} has it. Without it the image is made, and its copies are refused"
        )


class _Host:
    """What a host asks for: image, network and, in each place that may be tried, hardware and room."""

    def __init__(self, given: Given, api: Api, lookups: Lookups, image_argument: str) -> None:
        self._given, self._api, self._lookups = given, api, lookups
        self._image_argument = image_argument
        self._charge_type = str(given["charge_type"] or "dynamic")
        self._offers = lookups.ask(api, "offers", offers.offers)
        self._network = found.Network(given, api, lookups)
        self._guard = Guard(given, api, lookups)
        image_id, look = given[image_argument], images.source if image_argument == "source_image_id" else images.get
        self._image = (
            lookups.ask(api, (image_argument, image_id), lambda api: found.or_refusal(lambda: look(api, image_id)))
            if image_id
            else None
        )

    def judge(self, result: Found) -> None:
        if self._image is not None:
            result.image, refused = self._image.value() or (None, "")
            if refused:
                argument = self._image_argument
                result.problems.append(f"{argument}: {self._given[argument]!r} cannot be looked up: {refused}")
            else:
                result.problems += found.image_problems(self._given, self._image_argument, result.image, self._api)
        result.problems += self._network.problems()
        result.problems += self._guard.problems()
        result.security_group = self._guard.security_group
        if self._given["instance_type"] and self._given["availability_zone"]:
            self._hardware(result)

    def judge_login(self, result: Found) -> None:
        """Whether the build can log in to the host; known once the rest is judged."""
        given = self._given
        if given["communicator"] == "none" or {"communicator", "ssh_port", "use_ssh_private_ip"} & set(given.unjudged):
            return
        result.doubts += self._guard.closed(given["ssh_port"] or 22, private=bool(given["use_ssh_private_ip"]))

    def _hardware(self, result: Found) -> None:
        given, offered = self._given, self._offers.value()
        zones = [("availability_zone", str(given["availability_zone"])), *_named(given, "fallback_availability_zones")]
        types = [("instance_type", str(given["instance_type"])), *_named(given, "fallback_instance_types")]
        known = (self._lookups.ask(self._api, "zones", account.zones).value() or {}).get(self._api.region or "")
        places = [
            Place(type_argument, kind, zone_argument, zone)
            for (type_argument, kind), (zone_argument, zone) in product(types, zones)
            if known is None or zone in known
        ]
        wanted = _wanted(given, self._image_argument, security_group=result.security_group)
        said = [choose(place, wanted, offered, result.image) for place in places]
        choices = [each for each in said if isinstance(each, Choice)]
        if not choices:
            result.problems += dict.fromkeys(each for some in said if isinstance(some, list) for each in some)
            return
        full: list[Choice] = []
        try:
            if result.image is not None:
                full = self._full(choices, result.image.id)
        except CloudError as error:
            if retcodes.meaning(error.code) is not retcodes.Meaning.ACCOUNT:
                raise
            result.problems.append(f"charge_type: {self._charge_type!r}, and {error}")
            return
        result.choices = tuple(choices[len(full) :])
        tried = ", ".join(str(each.place) for each in full)
        if not result.choices:
            fallbacks = "fallback_availability_zones or fallback_instance_types"
            remedy = "another type or zone" if self._image_argument == "image_id" else fallbacks
            result.problems.append(f"instance_type: UCloud has no room for {tried} now; give {remedy}, or try later")
        elif full:
            result.notes.append(f"UCloud has no room for {tried} now: it will be {result.choices[0].place}")

    def _full(self, choices: Sequence[Choice], image_id: str) -> list[Choice]:
        """The choices before the first that there may be room for."""
        full: list[Choice] = []
        for choice in choices:
            if self._enough(choice, image_id) is not False:
                break
            full.append(choice)
        return full

    def _enough(self, choice: Choice, image_id: str) -> bool | None:
        def ask(api: Api) -> bool | None:
            return offers.enough(
                api,
                zone=choice.zone,
                image_id=image_id,
                instance_type=choice.instance_type,
                boot_disk=choice.boot_disk,
                data_disks=choice.data_disks,
                cpu_platform=choice.cpu_platform,
                charge_type=self._charge_type.capitalize(),
            )

        asked = self._lookups.ask(self._api, ("room", choice, image_id, self._charge_type), ask)
        return asked.value(also=(retcodes.Meaning.ACCOUNT,))


def _named(given: Given, name: str) -> list[tuple[str, str]]:
    """The elements of a list that are known, each with the argument that names it."""
    return [(f"{name}[{index}]", each) for index, each in enumerate(given[name] or ()) if isinstance(each, str)]


def _wanted(given: Given, image_argument: str, *, security_group: bool) -> Wanted:
    disks = [each for each in given["data_disks"] or () if isinstance(each, Mapping) and each.get("size")]
    return Wanted(
        image_argument=image_argument,
        boot_disk_type=given["boot_disk_type"],
        boot_disk_size=given["boot_disk_size"],
        data_disks=tuple((int(each["size"]), each.get("type")) for each in disks),
        cpu_platform=given["min_cpu_platform"],
        security_group=given["security_group_id"] if security_group else None,
    )


def _key_pair_problems(name: str, value: str, known: set[str], api: Api, image: Image | None) -> Iterator[str]:
    if value not in known:
        yield f"{name}: {value!r} is no key pair of {api.region}; look it up in the console"
    if image is not None and not image.has_cloud_init:
        login = "leave it out: the build then makes a password and a key of its own"
        remedy = login if name == "ssh_keypair_name" else "give a password instead"
        yield f"{name}: image {image.id!r} has no CloudInit, without which no key pair works; {remedy}"


def _login_notes(given: Given, image: Image | None) -> Iterator[str]:
    """Whom the provisioners run as, where that is neither said nor root."""
    if given["communicator"] != "none" and given.absent("ssh_username") and image and image.default_user != "root":
        yield f"ssh_username: provisioners run as {image.default_user}, the default user of image {image.id!r}"
