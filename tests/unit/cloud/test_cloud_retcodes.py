"""What a RetCode means to us: the table, and what becomes of calls that end in one."""

from __future__ import annotations

import re

import pytest
from ucloud.core import exc
from ucloud_provider.cloud import retcodes, retry
from ucloud_provider.cloud.retcodes import NO_PAGE, ROWS, TABLE, Meaning
from ucloud_provider.errors import CloudError

from tests.support.documents import documented
from tests.unit.cloud.scripted import Answer, ScriptedSdk, api

OK: Answer = {"RetCode": 0}
UNDOCUMENTED = (54002, 58103, 8058, 8357)
"""Known to some clients, or once to the emulator: nothing may rest on them."""


def refusal(code: int) -> exc.RetCodeException:
    return exc.RetCodeException("X", code, "no")


def error(code: int) -> CloudError:
    return CloudError("X", code, "no")


def of(*meanings: Meaning) -> list[int]:
    return [each.code for each in TABLE.values() if each.meaning in meanings]


def test_no_code_stands_in_the_table_twice_or_without_a_page() -> None:
    assert len(ROWS) == len(TABLE)
    assert [each.code for each in TABLE.values() if each.page == NO_PAGE] == [520]
    assert not set(UNDOCUMENTED) & set(TABLE)


def test_what_stops_a_build_says_what_to_do() -> None:
    for code in of(Meaning.ACCOUNT, Meaning.CALLER, Meaning.REQUEST):
        with pytest.raises(CloudError, match=re.escape(f"no: {TABLE[code].remedy}")):
            api(ScriptedSdk(refusal(code))).read("DescribeX")


@documented("api/uhost-api/error_code.md", "8025, 8031, 8857, 8874, 8889 …: information could not be had, try again")
@documented("api/unet-api/error_code.md", "4003, 4201, 4351 …: information could not be had, try again")
@documented("api/udisk-api/error_code.md", "17040, 17045: information could not be had, try again")
@pytest.mark.parametrize("code", [8025, 8031, 8857, 8874, 8889, 4003, 4201, 4351, 17040, 17045, 8024, 110, 130, 150])
def test_a_reading_call_is_repeated_where_the_page_says_so(code: int) -> None:
    sdk = ScriptedSdk(refusal(code), OK)
    assert api(sdk).read("DescribeX") == OK
    assert len(sdk.calls) == 2


@pytest.mark.parametrize("code", sorted({*TABLE, *UNDOCUMENTED, 2000, 5001} - set(of(Meaning.THROTTLED))))
def test_a_creating_call_is_never_repeated_by_its_code_alone(code: int) -> None:
    """UCloud's SDK for Go repeats every call that ends in a code from 2000 on."""
    sdk = ScriptedSdk(refusal(code), OK)
    with pytest.raises(CloudError):
        api(sdk).create("CreateX")
    assert len(sdk.calls) == 1


@pytest.mark.parametrize("code", [*UNDOCUMENTED, 2000, 5001, *of(Meaning.ELSEWHERE, Meaning.LATER, Meaning.ABSENT)])
def test_other_codes_of_products_do_not_repeat_a_call(code: int) -> None:
    sdk = ScriptedSdk(refusal(code), OK)
    with pytest.raises(CloudError):
        api(sdk).change("StopX")
    assert len(sdk.calls) == 1


@documented("api/summary/public.md", "110: the gateway gave up after 60 s: the call may have had its effect")
def test_a_call_that_the_gateway_gave_up_is_a_lost_answer() -> None:
    assert retry.may_have_taken_effect(error(110))
    assert not retry.may_succeed_elsewhere(error(110))


@documented("api/summary/public.md", "153: throttled")
def test_a_throttled_call_had_no_effect() -> None:
    assert not retry.may_have_taken_effect(error(153))
    assert retry.is_transient(error(153))


@documented("api/uhost-api/error_code.md", "8033, 8819, 8863, 8864: the creation failed, try again")
@pytest.mark.parametrize("code", [8033, 8819, 8863, 8864, 4200, 4206, 4353])
def test_a_creation_that_failed_for_now_is_looked_for_before_it_is_made_again_or_elsewhere(code: int) -> None:
    assert retry.may_have_taken_effect(error(code))
    assert retry.may_succeed_elsewhere(error(code))
    assert not retry.is_transient(error(code))


@documented("api/uhost-api/error_code.md", "8320: no room for cloud disks; 8095: quota for creating hosts")
@documented("api/udisk-api/error_code.md", "17005: no room")
@documented("api/summary/public.md", "293: the zone is not permitted")
@pytest.mark.parametrize("code", [8320, 17005, 8095, 293, 8847])
def test_what_has_no_room_here_is_tried_elsewhere(code: int) -> None:
    assert retry.may_succeed_elsewhere(error(code))
    assert not retry.may_have_taken_effect(error(code))


@pytest.mark.parametrize("code", [5001, 8999, 17999, *UNDOCUMENTED])
def test_a_product_code_that_no_page_has_is_tried_elsewhere(code: int) -> None:
    """A lack of cores or memory has no documented code: docs/assumptions.md."""
    assert retry.may_succeed_elsewhere(error(code))


@documented("api/uhost-api/error_code.md", "8104: unpaid orders; 8226: real-name; 8116: hourly billing not permitted")
@documented("api/unet-api/error_code.md", "4018, 4057: balance; 4207: quota")
@documented("api/udisk-api/error_code.md", "17062: hourly billing not permitted; 17063: balance; 17067: quota")
@pytest.mark.parametrize(
    ("code", "says"),
    [
        (8104, "pay them"),
        (8226, "real-name"),
        (8116, "set `charge_type` to month"),
        (17062, "set `charge_type` to month"),
        (4207, "raise the quota"),
        (17067, "raise the quota"),
        (4018, "top it up"),
        (4057, "top it up"),
        (17063, "top it up"),
        (520, "top it up"),
    ],
)
def test_the_accounts_own_trouble_is_tried_nowhere_else(code: int, says: str) -> None:
    assert not retry.may_succeed_elsewhere(error(code))
    assert not retry.may_succeed_later(error(code))
    assert says in retcodes.remedy(code)


@documented("api/summary/public.md", "292: no such project; 294: address not allowed; 295: security lock; 299: IAM")
@pytest.mark.parametrize(
    ("code", "says"),
    [
        (292, "ucloud:projectId"),
        (294, "add this machine's public address"),
        (295, "take it off in the console"),
        (299, "the keys of a sub-account must also name their project, by ucloud:projectId"),
    ],
)
def test_what_is_wrong_with_whoever_asks_says_what_to_do(code: int, says: str) -> None:
    assert retry.is_of_who_asks(error(code))
    assert says in retcodes.remedy(code)


@documented("api/uhost-api/error_code.md", "8980: wait 30 seconds and try again")
def test_a_code_that_asks_for_a_pause_gets_it(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr("ucloud_provider.run.Cancel.sleep", lambda _self, seconds: slept.append(seconds))
    sdk = ScriptedSdk(refusal(8980), OK)
    assert api(sdk).using(patience=20).change("StopX") == OK
    assert slept[0] >= 30
