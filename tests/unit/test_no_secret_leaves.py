"""Every way by which a text leaves this provider, each with a secret in it, broken and encoded: none gets out."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ucloud_provider.build import lease, pipeline
from ucloud_provider.build.journal import Journal
from ucloud_provider.build.log import BuildLog
from ucloud_provider.build.provision import Provision
from ucloud_provider.build.state import Build, BuiltImage, CopyFailed
from ucloud_provider.cloud.records import Host
from ucloud_provider.engine import Call, PartlyMade, progress
from ucloud_provider.engine.progress import EngineProgress
from ucloud_provider.errors import InvalidSpec, ProvisionerFailed, StepFailed, UCloudImageError
from ucloud_provider.masking import MASK, Masker
from ucloud_provider.provisioners.shell_local import ShellLocal
from ucloud_provider.resources.access import Access
from ucloud_provider.resources.custom_image import CustomImageProvider
from ucloud_provider.resources.uhost import UHostProvider
from ucloud_provider.run import Cancel
from ucloud_provider.spec.check import load_custom_image, load_uhost
from ucloud_provider.spec.image import CustomImageArgs
from ucloud_provider.spec.rules import shown as shown_value
from ucloud_provider.spec.secret_values import secret_values
from ucloud_provider.spec.uhost import UHostArgs

from tests.unit.cloud.answering import PRIVATE_KEY, PUBLIC_KEY, answering
from tests.unit.cloud.scripted import ScriptedSdk, api
from ucloud_image import cli

TOKEN = "gT7'xQ2mLw9$Zp4RkYc8Vd3NbHs6 Jf1AeUi5To0Kq"  # of nothing
PASSPHRASE = "correct horse battery staple"
PASSWORD = "Pl4nted-9Kx2Qm"
BROKEN = [TOKEN[:5], TOKEN[5:16], TOKEN[16:]]

IMAGE: dict[str, Any] = {
    "image_name": "basic",
    "source_image_id": "uimage-f1chxn",
    "availability_zone": "cn-bj2-02",
    "instance_type": "n-basic-2",
    "region": "cn-bj2",
}
HOST: dict[str, Any] = {"image_id": "uimage-abc", "availability_zone": "cn-bj2-02", "instance_type": "n-basic-2"}

PRINTING = [
    'printf "%s" "$TOKEN" | fold -w 9; echo',
    'printf "%s" "$TOKEN" | base64 -w 20',
    'printf "KEY=%s" "$TOKEN" | base64 -w 13',
    'printf "%s" "$WORDS" | fold -w 5; echo',
    'printf "%s" "$WORDS" | fold -s -w 12; echo',
    'printf "%s" "$TOKEN" | od -An -v -tx1',
    'set -x; : "$TOKEN" "$WORDS"; set +x',
    "env | grep -e TOKEN -e WORDS",
    'echo "the token: $TOKEN"',
]


def leaked(text: str) -> list[str]:
    """What eight characters in a row of a secret, or of its base64 or hex, are in the text."""
    left = "".join(text.replace(MASK, "\0").split())
    forms = [TOKEN, PASSPHRASE, PASSWORD, PUBLIC_KEY, PRIVATE_KEY]
    for data in [each.encode() for each in forms]:
        forms += [base64.b64encode(data)[:-4].decode(), data.hex()]
    squeezed = ["".join(each.split()) for each in forms]
    return [form for form in squeezed if any(form[at : at + 8] in left for at in range(len(form) - 7))]


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """What reaches the engine as progress."""
    texts: list[str] = []
    monkeypatch.setenv("UCLOUD_IMAGE_STATE", str(tmp_path / "state"))
    monkeypatch.setattr(
        progress,
        "for_resource",
        lambda _urn, mask: EngineProgress(lambda text, _ephemeral: texts.append(text), 0, mask),
    )
    return texts


def told_by(body: Callable[[Call], object]) -> str:
    """The text with which a call of the engine ends."""

    def run() -> None:
        with Call() as call:
            call.hide(TOKEN, PASSPHRASE)
            body(call)

    with pytest.raises(RuntimeError) as caught:
        run()
    return str(caught.value)


def test_what_a_command_prints_is_shown_logged_and_told_without_secrets(tmp_path: Path) -> None:
    texts: list[str] = []
    masker = Masker([TOKEN, PASSPHRASE])
    provisioner = ShellLocal(inline=[*PRINTING, "exit 3"], env={"TOKEN": TOKEN, "WORDS": PASSPHRASE})
    log = BuildLog(tmp_path / "build.log", masker)
    build = Build(
        args=CustomImageArgs(**IMAGE, provisioners=[provisioner]),
        api=api(ScriptedSdk({})).using(log=log),
        lease=lease.new(0),
        base_dir=tmp_path,
        journal=Journal(tmp_path / "journal.jsonl"),
        log=log,
        progress=EngineProgress(lambda text, _ephemeral: texts.append(text), 0, masker),
        cancel=Cancel(),
        masker=masker,
    )
    build.host = Host.of({"UHostId": "uhost-1"})
    with pytest.raises(StepFailed) as caught:
        pipeline.run(build, [Provision()])
    build.log.close()
    build.journal.close()
    assert isinstance(caught.value.cause, ProvisionerFailed)
    places = {
        "progress": "\n".join(texts),
        "log": log.path.read_text(),
        "tail of the build": "\n".join(build.tail),
        "tail of the provisioner": "\n".join(caught.value.cause.tail),
        "error": str(caught.value),
        "journal": build.journal.path.read_text(),
    }
    assert {place: leaked(text) for place, text in places.items() if leaked(text)} == {}
    assert "the token: ***" in places["log"]
    assert "the token: ***" in places["error"]
    assert places["log"].count("| ") > len(PRINTING), "what is no secret is still there"


def raise_(error: Exception) -> Callable[[Call], object]:
    def body(_call: Call) -> object:
        raise error

    return body


@pytest.mark.parametrize(
    "error",
    [
        StepFailed("provisioning", "host x", UCloudImageError(f"cannot {TOKEN}"), tail=["so", *BROKEN, "on"]),
        StepFailed("stopping", "host x", UCloudImageError("no"), left_behind=[f"host x: {TOKEN}"]),
        CopyFailed(BuiltImage("uimage-1", "x", 20, 0, 0.0), (f"hk: {TOKEN}",), "log"),
        PartlyMade("uimage-1", {}, [f"hk: {base64.b64encode(TOKEN.encode()).decode()}"]),
        InvalidSpec([f"x: {shown_value('y' * 60 + TOKEN)} is no name"]),
        InvalidSpec([f"x: {TOKEN!r}", "y: " + TOKEN.replace("'", "'\"'\"'")]),
        ValueError(f"{TOKEN} is wrong"),
        ValueError("x" * 290 + TOKEN),
        KeyError(TOKEN),
    ],
    ids=lambda error: type(error).__name__,
)
def test_no_error_of_a_call_tells_a_secret(error: Exception, shown: list[str], tmp_path: Path) -> None:
    text = told_by(raise_(error))
    assert leaked(text) == []
    assert MASK in text
    logs = [each.read_text() for each in (tmp_path / "state").rglob("*.log")]
    assert len(logs) == (0 if isinstance(error, UCloudImageError) else 1)
    assert [leaked(log) for log in logs if leaked(log)] == []


def test_no_traceback_tells_a_secret_that_a_cause_held(shown: list[str], tmp_path: Path) -> None:
    def body(_call: Call) -> None:
        try:
            json.loads(TOKEN)
        except ValueError as error:
            raise TypeError("\n".join(BROKEN)) from error

    assert leaked(told_by(body)) == []
    (log,) = (tmp_path / "state").rglob("*.log")
    assert "Traceback" in log.read_text()
    assert leaked(log.read_text()) == []


def test_no_progress_and_no_note_shows_a_secret(shown: list[str]) -> None:
    with Call() as call:
        call.hide(TOKEN)
        call.progress.step(f"with {TOKEN}")
        call.progress.line(f"line {TOKEN}")
        call.progress.note(f"note\n{TOKEN}\n" + "\n".join(BROKEN))
    assert len(shown) == 3
    assert leaked("\n".join(shown)) == []


@pytest.fixture
def configured() -> Callable[[Any], Any]:
    config = {"ucloud:publicKey": PUBLIC_KEY, "ucloud:privateKey": PRIVATE_KEY, "ucloud:region": "cn-bj2"}

    def configure(provider: Any) -> Any:
        provider._access = Access(config.get)
        return provider

    return configure


VARIABLES = [
    {"env": {"TOKEN": TOKEN}},
    {"environment_vars": {"TOKEN": TOKEN}},
    {"environment_vars": [f"TOKEN={TOKEN}"]},
    {"environment_vars": [TOKEN]},
    {"environment_vars": [f"A B={TOKEN}"]},
    {"environment_vars": TOKEN},
    {"env": TOKEN},
    {"env": [TOKEN]},
    {"env": {"TOKEN": {"TOKEN": TOKEN}}},
    {"env": {"TOKEN": [TOKEN]}},
]


@pytest.mark.parametrize("variables", VARIABLES, ids=str)
@pytest.mark.parametrize("kind", ["shell", "shell-local"])
def test_no_check_of_an_image_tells_a_secret(
    kind: str, variables: dict[str, Any], configured: Callable[[Any], Any], shown: list[str]
) -> None:
    wrong = {"type": kind, "inline": f"echo {TOKEN}", **variables}
    also = {"type": kind, "inline": ["true"], "execute_command": f"sudo {TOKEN}", **variables}
    alone = {"type": kind, "inline": ["true"], **variables}
    provider = configured(CustomImageProvider())
    result = provider.check({}, {**IMAGE, "ssh_password": f"{PASSWORD} ", "provisioners": [wrong, also, alone]})
    reasons = [each.reason for each in result.failures]
    assert len(reasons) >= 3
    assert leaked("\n".join(reasons)) == [], reasons


def test_no_check_of_a_host_tells_a_secret(configured: Callable[[Any], Any], shown: list[str]) -> None:
    provider = configured(UHostProvider())
    result = provider.check({}, {**HOST, "password": f"{PASSWORD} ", "name": f"{PASSWORD} ", "user_data": [TOKEN]})
    reasons = [each.reason for each in result.failures]
    assert len(reasons) == 3
    assert leaked("\n".join(reasons)) == [], reasons


def test_no_diff_tells_a_secret(shown: list[str]) -> None:
    def image(secret: str) -> dict[str, Any]:
        step = {"type": "shell", "inline": [f"echo {secret}"], "env": {"TOKEN": secret}}
        return {
            **IMAGE,
            "image_description": secret,
            "user_data": secret,
            "ssh_password": PASSWORD,
            "triggers": {"a": secret},
            "replace_on": ["ssh_password"],
            "provisioners": [step],
        }

    made = {"image_id": "uimage-1", "missing_copies": [], "copies_made": [], "image_missing": False}
    result = CustomImageProvider().diff("uimage-1", {**image(TOKEN), **made}, image("another-secret"))
    assert result.changes
    result = UHostProvider().diff("uhost-1", {**HOST, "password": PASSWORD}, {**HOST, "image_id": "uimage-2"})
    assert result.changes
    assert len(shown) == 2
    assert leaked("\n".join(shown)) == [], shown


@pytest.mark.parametrize("variables", VARIABLES, ids=str)
def test_inputs_that_were_never_checked_are_refused_without_a_secret(variables: dict[str, Any]) -> None:
    wrong = {**IMAGE, "ssh_password": [PASSWORD], "image_name": 5}
    for inputs in (wrong, {**IMAGE, "provisioners": [{"type": "shell", "inline": 5, **variables}]}):
        with pytest.raises(InvalidSpec) as caught:
            load_custom_image(inputs)
        assert leaked(str(caught.value)) == []
        assert caught.value.__cause__ is None
        assert caught.value.__context__ is None, "a traceback would show it"
    with pytest.raises(InvalidSpec) as caught:
        load_uhost({**HOST, "password": {"a": PASSWORD}, "user_data": 5})
    assert leaked(str(caught.value)) == []


@pytest.mark.parametrize("variables", VARIABLES[:5], ids=str)
def test_the_values_of_variables_and_passwords_are_found_in_any_inputs(variables: dict[str, Any]) -> None:
    inputs = {"ssh_password": PASSWORD, "provisioners": [5, {"type": "shell", **variables}, {"type": "x"}, None]}
    assert set(secret_values(CustomImageArgs, inputs)) == {PASSWORD, TOKEN}
    assert list(secret_values(UHostArgs, {"password": PASSWORD, "user_data": "#!/bin/sh"})) == [PASSWORD]


def test_the_command_line_prints_no_key_that_an_answer_repeats(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    refusal = json.dumps({"RetCode": 171, "Message": f"bad {PUBLIC_KEY} {PRIVATE_KEY}"}).encode()
    with answering(lambda _request: refusal) as url:
        monkeypatch.setenv("UCLOUD_PUBLIC_KEY", PUBLIC_KEY)
        monkeypatch.setenv("UCLOUD_PRIVATE_KEY", PRIVATE_KEY)
        monkeypatch.setenv("UCLOUD_BASE_URL", url)
        assert cli.main(["gc"]) == cli.FAILED
    said = capsys.readouterr()
    assert "RetCode 171" in said.err
    assert leaked(said.out + said.err) == []
