"""What becomes of a call: which errors are told apart, what is repeated and what never is, what the log may hold."""

from __future__ import annotations

import pytest
import requests
from ucloud.core import exc
from ucloud_provider.cloud import retry
from ucloud_provider.errors import Cancelled, CloudError, NotSent, ResponseLost
from urllib3.exceptions import MaxRetryError, NewConnectionError

from tests.unit.cloud.scripted import Answer, ScriptedSdk, api

OK: Answer = {"RetCode": 0}
THROTTLED = exc.HTTPStatusException(429)
BROKEN = requests.ConnectionError("reset")
SILENT = requests.ReadTimeout("silent")
UNREACHED = requests.ConnectionError(MaxRetryError(None, "/", NewConnectionError(None, "refused")))  # type: ignore[arg-type]


def status(code: int) -> exc.HTTPStatusException:
    return exc.HTTPStatusException(code)


def refusal(code: int, message: str = "no") -> exc.RetCodeException:
    return exc.RetCodeException("DescribeX", code, message)


@pytest.mark.parametrize(
    "error",
    [
        *(BROKEN, SILENT, UNREACHED, THROTTLED, status(500), status(502), status(503), status(504)),
        *(refusal(110), refusal(130), refusal(150), refusal(153), exc.InvalidResponseException(b"<html>", "no JSON")),
    ],
)
def test_a_reading_call_is_repeated_after_a_transient_error(error: BaseException) -> None:
    sdk = ScriptedSdk(error, error, OK)
    assert api(sdk).read("DescribeX") == OK
    assert len(sdk.calls) == 3


@pytest.mark.parametrize("code", [160, 161, 171, 172, 220, 230, 8037, 54002])
def test_a_refused_call_is_never_repeated(code: int) -> None:
    sdk = ScriptedSdk(refusal(code))
    with pytest.raises(CloudError) as caught:
        api(sdk).read("DescribeX")
    assert caught.value.code == code
    assert len(sdk.calls) == 1


def test_a_reading_call_is_given_up_when_patience_is_over() -> None:
    sdk = ScriptedSdk(BROKEN)
    with pytest.raises(ResponseLost, match=r"; tried \d+ times in \d+ s"):
        api(sdk).using(patience=2).read("DescribeX")
    assert len(sdk.calls) > 1


def test_a_retry_is_shown_to_whoever_watches() -> None:
    shown: list[str] = []
    assert api(ScriptedSdk(status(503), OK)).using(notice=shown.append).read("DescribeX") == OK
    assert len(shown) == 1
    assert shown[0].startswith("DescribeX failed: UCloud answered with an error (HTTP 503); trying again in ")


@pytest.mark.parametrize(
    "error",
    [
        *(BROKEN, SILENT, status(500), status(502), status(503), status(504), refusal(110), refusal(130)),
        exc.InvalidResponseException(b"{", "cut off"),
    ],
)
def test_a_creating_call_that_may_have_taken_effect_is_never_repeated(error: BaseException) -> None:
    sdk = ScriptedSdk(error, OK)
    with pytest.raises(CloudError) as caught:
        api(sdk).create("CreateX")
    assert retry.may_have_taken_effect(caught.value)
    assert len(sdk.calls) == 1


@pytest.mark.parametrize("error", [UNREACHED, requests.ConnectTimeout("no route"), THROTTLED, refusal(153)])
def test_a_creating_call_that_surely_had_no_effect_is_repeated(error: BaseException) -> None:
    sdk = ScriptedSdk(error, OK)
    assert api(sdk).create("CreateX") == OK
    assert len(sdk.calls) == 2


def test_a_refused_creating_call_is_neither_repeated_nor_taken_for_lost() -> None:
    sdk = ScriptedSdk(refusal(230), OK)
    with pytest.raises(CloudError) as caught:
        api(sdk).create("CreateX")
    assert not retry.may_have_taken_effect(caught.value)
    assert len(sdk.calls) == 1


def test_a_connection_that_was_never_made_is_told_apart_from_a_lost_answer() -> None:
    with pytest.raises(NotSent):
        api(ScriptedSdk(UNREACHED)).call("X", {})
    with pytest.raises(ResponseLost):
        api(ScriptedSdk(BROKEN)).call("X", {})


def test_a_cancelled_call_is_not_made() -> None:
    sdk = ScriptedSdk(OK)
    calls = api(sdk)
    calls.cancel.set("Ctrl-C")
    with pytest.raises(Cancelled, match="Ctrl-C"):
        calls.read("DescribeX")
    assert sdk.calls == []


def test_project_and_region_go_with_every_call_and_can_be_exchanged() -> None:
    sdk = ScriptedSdk(OK)
    api(sdk).read("DescribeX")
    api(sdk).at(region="cn-sh2").read("DescribeX")
    assert [(p["ProjectId"], p["Region"]) for _, p in sdk.calls] == [("org-x", "cn-bj2"), ("org-x", "cn-sh2")]


def test_parameters_that_are_none_are_left_out() -> None:
    sdk = ScriptedSdk(OK)
    api(sdk).read("DescribeX", Tag=None, Limit=1)
    assert "Tag" not in sdk.calls[0][1]


def test_the_log_has_every_call_and_its_end_and_no_secret() -> None:
    log: list[str] = []
    calls = api(ScriptedSdk(refusal(230, "bad")), log=log)
    with pytest.raises(CloudError):
        calls.create("CreateX", Name="host-1", Password="planted", UserData="planted", PublicKeyBody="ssh-ed25519 A")
    text = "\n".join(log)
    assert "CreateX" in text
    assert "host-1" in text
    assert "RetCode 230" in text
    assert "planted" not in text


def test_a_retry_is_in_the_log() -> None:
    log: list[str] = []
    api(ScriptedSdk(THROTTLED, OK), log=log).read("DescribeX")
    assert any("retried" in line and "429" in line for line in log)


def test_an_error_says_which_call_failed_and_how() -> None:
    with pytest.raises(CloudError, match=r"DescribeX failed: bad zone \(RetCode 230\)"):
        api(ScriptedSdk(refusal(230, "bad zone"))).read("DescribeX")


def test_a_network_error_does_not_carry_the_request_into_the_message() -> None:
    leaky = requests.ConnectionError("POST http://x/?Signature=planted&Password=planted")
    with pytest.raises(CloudError) as caught:
        api(ScriptedSdk(leaky)).call("X", {})
    assert "planted" not in str(caught.value)
