"""What dead builds left: given back even where it comes to be late, and an image that is done not by just anybody."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from ucloud_provider import places
from ucloud_provider.build import hand_over, lasting_host, launch, lease, recover, release, sweeper
from ucloud_provider.build.image import build_image
from ucloud_provider.build.journal import FILE, Journal, Thing, outstanding
from ucloud_provider.build.lease import Lease
from ucloud_provider.build.mark import nobodys_key
from ucloud_provider.build.state import BuiltImage
from ucloud_provider.cloud import hosts, images, keypairs
from ucloud_provider.cloud.client import Api
from ucloud_provider.errors import Cancelled, StepFailed, UnexpectedState
from ucloud_provider.run import Cancel
from ucloud_provider.spec.image import CustomImageArgs, ImageCopy
from ucloud_provider.spec.uhost import UHostArgs

from tests.emulator.build.conftest import DEBIAN, Builds, journal_of, start_host
from tests.support.emulator import Emulator

DIGEST = "0123"
InBackground = Callable[[Callable[[], object]], threading.Thread]


def thing(api: Api, kind: str, label: str, id: str = "") -> Thing:
    return Thing(kind, label, api.project_id or "", api.region or "", id)


def mark(api: Api, held: Lease) -> Thing:
    return thing(api, "key pair", held.label, keypairs.import_public(api, held.label, nobodys_key(held.label)))


def dead_with_image(api: Api, image_name: str = "built", *, host: bool = False) -> tuple[Lease, Thing, Thing]:
    """A dead build whose image is done, with its mark."""
    held = lease.new(api.clock())
    journal = journal_of(api, held, image_name=image_name, digest=DIGEST)
    marked = mark(api, held)
    host_id = start_host(api, held)
    launch.wait_running(api, host_id, 60)
    launch.stop(api, host_id)
    image_id = images.create(api, host_id, name=image_name, description=None, tag=held.origin)
    while (found := images.get(api, image_id)) is None or found.state != "Available":
        time.sleep(0.05)
    image = thing(api, "image", held.origin, image_id)
    if not host:
        hosts.terminate(api, host_id)
    for each in (marked, image, *([thing(api, "host", held.label, host_id)] if host else [])):
        journal.intend(each)
        journal.made(each)
    journal.close()
    return held, image, marked


def arguments(image_name: str) -> CustomImageArgs:
    return CustomImageArgs(
        image_name=image_name,
        source_image_id=DEBIAN,
        availability_zone=Emulator.zone,
        instance_type="n-basic-2",
        communicator="none",
    )


def rebuild(builds: Builds, image_name: str = "built") -> BuiltImage:
    return build_image(
        arguments(image_name),
        api=builds.api(),
        progress=builds.progress,
        cancel=Cancel(),
        base_dir=Path(),
        digest=DIGEST,
    )


def start_web(builds: Builds) -> str:
    args = UHostArgs(availability_zone=Emulator.zone, instance_type="n-basic-2", image_id=DEBIAN)
    return lasting_host.create(args, "web", api=builds.api(), progress=builds.progress, mask=str).id


def test_what_comes_to_be_after_its_build_was_killed_is_given_back(
    paper_builds: Builds, in_background: InBackground
) -> None:
    api = paper_builds.api()
    held = lease.new(api.clock())
    journal = journal_of(api, held)
    journal.intend(thing(api, "host", held.label))
    marked = mark(api, held)
    journal.intend(marked)
    journal.close()
    # The request of a killed process goes on in the cloud.
    paper_builds.emulator.fault(action="CreateUHostInstance", delay=2.0)
    late = in_background(lambda: start_host(paper_builds.api(), held))
    said = recover.give_back(api)
    late.join()
    assert any("released now: host" in each for each in said)
    assert paper_builds.left() == []


def test_what_was_never_made_long_ago_is_not_waited_for(paper_builds: Builds) -> None:
    api = paper_builds.api()
    held = lease.new(api.clock())
    path = places.build_dir(held.build_id) / FILE
    journal = journal_of(api, held)
    journal.intend(thing(api, "host", held.label))
    journal.close()
    path.write_text(re.sub(r'"at": [\d.]+', '"at": 1', path.read_text()))
    recover.give_back(api)
    assert len(paper_builds.requests("DescribeUHostInstance")) == 1
    assert outstanding(path) == []


def test_an_image_that_is_done_waits_for_who_builds_the_same_again(paper_builds: Builds) -> None:
    _held, image, _mark = dead_with_image(paper_builds.api(), host=True)
    start_web(paper_builds)
    rebuild(paper_builds, "another")
    assert image.id in paper_builds.images()
    assert len([row for row in paper_builds.left() if row["kind"] == "uhost"]) == 1  # the host that stays
    assert rebuild(paper_builds).image_id == image.id
    assert [row["kind"] for row in paper_builds.left() if row["kind"] == "keypair"] == []


def test_who_builds_another_image_of_that_name_there_does_not_leave_it(
    paper_builds: Builds, monkeypatch: pytest.MonkeyPatch
) -> None:
    dead_with_image(paper_builds.api())
    monkeypatch.setattr("tests.emulator.build.test_build_recovery.DIGEST", "4567")
    made = rebuild(paper_builds)
    assert paper_builds.images() == [made.image_id]
    assert paper_builds.left() == []


def test_what_sweeps_for_another_region_leaves_an_image_that_is_done(paper_builds: Builds) -> None:
    _held, image, _mark = dead_with_image(paper_builds.api())
    sweeper.sweep(paper_builds.api(region="cn-sh2"))
    assert paper_builds.images() == [image.id]
    assert [row["kind"] for row in paper_builds.left()] == ["keypair"]


def test_an_image_taken_over_twice_keeps_its_own_mark(paper_builds: Builds) -> None:
    """The builder that took it over first died as well, after it had set its own mark."""
    api = paper_builds.api()
    held, image, marked = dead_with_image(api)
    second = Lease("f" * 12, held.expires + 3600)
    journal = journal_of(api, second, image_name="built", digest=DIGEST)
    other = mark(api, second)
    for each in (image, marked, other):
        journal.intend(each)
        journal.made(each)
    journal.close()
    first = Journal(places.build_dir(held.build_id) / FILE)
    first.kept(image, marked)
    first.close()
    seen: list[list[str]] = []
    paper_builds.progress.on_step = lambda _text: seen.append([each.name for each in keypairs.find(api)])
    assert rebuild(paper_builds).image_id == image.id
    assert all(held.label in names for names in seen[:-1]), seen
    assert paper_builds.left() == []
    assert paper_builds.images() == [image.id]


def test_an_image_is_not_given_back_by_the_journal_of_who_died_while_taking_it_over(paper_builds: Builds) -> None:
    api = paper_builds.api()
    held, image, marked = dead_with_image(api)
    # Its own intents were written, and the first journal not yet told.
    journal = journal_of(api, Lease("f" * 12, held.expires), image_name="built", digest=DIGEST)
    journal.intend(image)
    journal.intend(marked)
    journal.close()
    assert rebuild(paper_builds).image_id == image.id
    assert paper_builds.images() == [image.id]
    assert paper_builds.left() == []


def test_a_cancelled_build_does_not_wait_for_what_others_left(
    paper_builds: Builds, in_background: InBackground
) -> None:
    api = paper_builds.api()
    dead_with_image(api, host=True)
    paper_builds.emulator.fault(action="TerminateUHostInstance", ret_code=8000, message="busy", times=0)
    cancel = Cancel()

    def work() -> None:
        with recover.in_background(api, "", lambda _note: None, cancel):
            while not paper_builds.requests("TerminateUHostInstance"):
                time.sleep(0.05)
            cancel.set("Ctrl-C")

    thread = in_background(work)
    thread.join(60)  # it would go on for ten minutes
    assert not thread.is_alive()
    paper_builds.emulator.clear_faults()
    recover.give_back(api)
    assert paper_builds.left() == []


def test_a_host_that_stays_is_handed_over_after_all_else(paper_builds: Builds) -> None:
    dead_with_image(paper_builds.api(), host=True)
    paper_builds.emulator.fault(action="TerminateUHostInstance", delay=3.0)
    start_web(paper_builds)
    order = [each["Action"] for each in paper_builds.requests()]
    assert order.index("TerminateUHostInstance") < order.index("ModifyUHostInstanceTag")


def test_a_build_that_fails_while_copying_tells_of_a_host_that_was_not_released(
    paper_builds: Builds, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_api: Api, host_id: str) -> None:
        raise UnexpectedState(f"host {host_id} does not go")

    monkeypatch.setattr("ucloud_provider.build.launch.remove", broken)
    monkeypatch.setitem(release._KINDS, "host", (release._KINDS["host"][0], broken))
    with pytest.raises(StepFailed, match="does not go") as caught:
        build_image(
            arguments("built"),
            api=paper_builds.api(),
            progress=paper_builds.progress,
            cancel=Cancel(),
            base_dir=Path(),
            accepts=lambda _partial: False,
        )
    assert any("does not go" in each for each in caught.value.left_behind)
    assert paper_builds.images() == []


def test_who_is_gone_by_the_time_the_mark_is_off_gets_nothing(paper_builds: Builds) -> None:
    answers = [True, False]
    with pytest.raises(Cancelled, match="nobody waits"):
        build_image(
            arguments("built"),
            api=paper_builds.api(),
            progress=paper_builds.progress,
            cancel=Cancel(),
            base_dir=Path(),
            accepts=lambda _partial: answers.pop(0),
        )
    assert (paper_builds.images(), paper_builds.left()) == ([], [])


def test_a_build_that_outlives_its_lease_hands_nothing_over(
    paper_builds: Builds, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hand_over, "MARGIN", float(lease.DURATION))  # it "lasted" until its last second
    with pytest.raises(StepFailed, match="took longer than its lease of 6 hours"):
        paper_builds.build(communicator="none", copies=[ImageCopy(region="cn-sh2")])
    assert (paper_builds.images(), paper_builds.left()) == ([], [])
