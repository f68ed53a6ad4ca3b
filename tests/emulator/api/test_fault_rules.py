"""Rules for calls, set as a test sets them: what they match, how often they hit, what is said of wrong ones."""

from __future__ import annotations

import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from ucloud.core import exc

from tests.emulator.api.test_gate import post, signed
from tests.support.asker import Asker
from tests.support.emulator import Emulator, Refused


@pytest.fixture(autouse=True)
def cleared(paper_emulator: Emulator) -> Iterator[None]:
    yield
    paper_emulator.clear_faults()


def test_a_rule_hits_the_calls_it_matches_so_often_and_skips_the_first(api: Asker) -> None:
    id = api.emulator.fault(action="DescribeVPC", ret_code=5001, message="busy", skip=1, times=2)
    assert api.ask("DescribeVPC")["RetCode"] == 0
    assert [api.refused("DescribeVPC") for _ in range(2)] == [5001, 5001]
    assert api.ask("DescribeVPC")["RetCode"] == 0
    assert api.ask("DescribeSubnet")["RetCode"] == 0
    (rule,) = api.emulator.faults()
    assert (rule["id"], rule["seen"], rule["hits"]) == (id, 4, 2)
    assert (rule["action"], rule["ret_code"], rule["message"]) == ("DescribeVPC", 5001, "busy")


def test_times_0_is_for_ever_and_clearing_ends_it(api: Asker) -> None:
    first = api.emulator.fault(action="*", ret_code=150, times=0)
    second = api.emulator.fault(action="DescribeSubnet", ret_code=151, times=0)
    assert [api.refused("DescribeVPC") for _ in range(5)] == [150] * 5
    api.emulator.clear_faults(first)
    assert api.ask("DescribeVPC")["RetCode"] == 0
    assert api.refused("DescribeSubnet") == 151
    with pytest.raises(Refused, match="404"):
        api.emulator.clear_faults(first)
    api.emulator.clear_faults(second)
    assert api.emulator.faults() == []


def test_a_rule_may_be_for_one_project_region_and_parameter_alone(api: Asker, elsewhere: Asker) -> None:
    second = Asker(api.emulator, api.emulator.client(project="org-second"))
    api.emulator.fault(action="DescribeVPC", project="org-emulator", region="cn-sh2", ret_code=5001, times=0)
    api.emulator.fault(action="CreateVPC", parameters={"Name": "bad", "Network.0": "192.168."}, ret_code=5002, times=0)
    assert api.ask("DescribeVPC")["RetCode"] == 0
    assert elsewhere.refused("DescribeVPC") == 5001
    assert second.ask("DescribeVPC", Region="cn-sh2")["RetCode"] == 0
    assert api.refused("CreateVPC", Name="a-bad-one", Network=["192.168.0.0/16"]) == 5002
    for name, network in (("good", "192.168.0.0/16"), ("bad", "172.16.0.0/16")):
        made = api.ask("CreateVPC", Name=name, Network=[network])
        api.ask("DeleteVPC", VPCId=made["VPCId"])


def test_a_call_without_a_project_is_the_default_one_s(paper_emulator: Emulator) -> None:
    paper_emulator.fault(action="DescribeVPC", project=paper_emulator.project, ret_code=5001)
    assert b"5001" in post(paper_emulator, signed(Action="DescribeVPC", Region="hk"))[1]


def test_of_several_rules_the_first_hits_and_all_count(api: Asker) -> None:
    api.emulator.fault(action="DescribeVPC", ret_code=5001, skip=1)
    api.emulator.fault(action="DescribeVPC", ret_code=5002, skip=1, times=2)
    assert api.ask("DescribeVPC")["RetCode"] == 0
    assert [api.refused("DescribeVPC") for _ in range(3)] == [5001, 5002, 5002]
    assert [(rule["seen"], rule["hits"]) for rule in api.emulator.faults()] == [(4, 1), (4, 2)]


def test_only_calls_of_the_account_use_a_fault_up(paper_emulator: Emulator, api: Asker) -> None:
    paper_emulator.fault(action="*", ret_code=5001)
    assert b"5001" not in post(paper_emulator, b"Action=DescribeVPC&Region=hk&PublicKey=who&Signature=x")[1]
    assert api.refused("DescribeVPC") == 5001


def test_calls_side_by_side_share_a_rule_s_hits(api: Asker) -> None:
    api.emulator.fault(action="GetRegion", ret_code=5001, times=7)
    codes: list[int] = []

    def ask() -> None:
        client = api.emulator.client()
        for _ in range(5):
            try:
                codes.append(client.invoke("GetRegion", {})["RetCode"])
            except exc.RetCodeException as error:
                codes.append(int(error.code))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(codes) == [0] * 13 + [5001] * 7


def test_the_request_log_says_what_a_call_met(api: Asker) -> None:
    before = len(api.emulator.requests())
    api.emulator.fault(action="DescribeVPC", reset_before=True)
    api.emulator.fault(action="DescribeVPC", status_after=504)
    for _ in range(2):
        with pytest.raises((requests.RequestException, exc.HTTPStatusException)):
            api.ask("DescribeVPC")
    api.ask("DescribeVPC")
    met = [(each["RetCode"], each.get("fault")) for each in api.emulator.requests()[before:]]
    assert met == [(-1, {"reset_before": True}), (0, {"status_after": 504}), (0, None)]


def test_a_reset_clears_the_faults() -> None:
    with Emulator(hosts="paper") as emulator:
        emulator.fault(action="*", ret_code=5001, times=0)
        emulator.reset()
        assert emulator.faults() == []
        assert emulator.client().invoke("GetRegion", {})["RetCode"] == 0


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ({}, "nothing goes wrong: set delay, delay_after or one of ret_code, http_status, reset_before"),
        ({"action": "DescribeNothing", "ret_code": 1}, "action: there is no action 'DescribeNothing'"),
        ({"action": "", "ret_code": 1}, "action: "),
        ({"ret_code": 1, "http_status": 500}, "ret_code and http_status exclude each other"),
        ({"reset_after": True, "truncate": True}, "reset_after and truncate exclude each other"),
        ({"http_status": 200}, "http_status: 200 is no error; 400 to 599"),
        ({"status_after": 600}, "status_after: 600: "),
        ({"ret_code": "5001"}, 'ret_code: "5001": Input should be a valid integer'),
        ({"ret_code": 1, "times": -1}, "times: -1: Input should be greater than or equal to 0"),
        ({"ret_code": 1, "skip": 1.5}, "skip: 1.5: "),
        ({"delay": -1}, "delay: -1: "),
        ({"delay": 1e9}, "delay: 1000000000.0: Input should be less than or equal to 3600"),
        ({"not_json_after": "xml"}, "not_json_after: \"xml\": Input should be 'html', 'garbage' or 'empty'"),
        ({"ret_code": 1, "parameters": ["Name"]}, "parameters: "),
        ({"ret_code": 1, "parameters": {"Name": 1}}, "parameters.Name: 1: "),
        ({"ret_code": 1, "time": 2}, "time: no such field; one of project, region, zone, skip, times, action"),
        ({"ret_code": 1, "project": "org-nobody"}, "project: 'org-nobody' is none of org-emulator, org-second"),
        ({"ret_code": 1, "region": "xx"}, "region: 'xx' is none of cn-bj1, "),
        ({"action": "*", "transition": "image", "outcome": "fail"}, "action and transition exclude each other"),
        ({"transition": "image"}, "outcome: Field required"),
        ({"transition": "flight", "outcome": "fail"}, "transition: "),
        ({"transition": "boot_disk", "outcome": "fail"}, "'fail' is not known of 'boot_disk'; one of never, vanish"),
        ({"transition": "image", "outcome": "fail", "for_seconds": 1}, "for_seconds is for the outcome 'never'"),
        ({"transition": "image", "outcome": "never", "for_seconds": 0}, "for_seconds: 0: "),
        ({"transition": "image", "outcome": "never", "after_seconds": 1}, "after_seconds is for the outcomes"),
        ({"transition": "image", "outcome": "vanish", "keep_eip": True}, "keep_eip is for a host's outcome 'vanish'"),
        ({"transition": "image", "outcome": "fail", "ret_code": 1}, "ret_code: no such field; one of project"),
        ([], "a rule is a JSON object"),
        ("rule", "a rule is a JSON object"),
        (None, "a rule is a JSON object"),
    ],
)
def test_a_wrong_rule_is_refused_with_what_is_wrong_and_nothing_is_set(api: Asker, rule: Any, said: str) -> None:
    answer = requests.post(f"{api.emulator.url}/_emulator/faults", json=rule, timeout=20)
    if rule is None:
        answer = requests.post(f"{api.emulator.url}/_emulator/faults", data="null", timeout=20)
    assert answer.status_code == 400
    assert said in answer.json()["error"]
    assert api.emulator.faults() == []


def test_every_mistake_of_a_rule_is_named_at_once(api: Asker) -> None:
    with pytest.raises(Refused) as refusal:
        api.emulator.fault(ret_code=-1, times=-1, wings=2)
    for name in ("ret_code", "times", "wings"):
        assert name in str(refusal.value)


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b'{"ret_code": NaN}', b"1" * 5000])
def test_a_body_that_is_no_rule_is_refused(api: Asker, body: bytes) -> None:
    answer = requests.post(f"{api.emulator.url}/_emulator/faults", data=body, timeout=20)
    assert answer.status_code == 400
    assert "error" in answer.json()


def test_other_methods_and_paths_are_refused(paper_emulator: Emulator) -> None:
    for method, path, status in (
        ("PUT", "faults", 405),
        ("GET", "reset", 405),
        ("GET", "hosts/uhost-aaaaaaaaaa/fault", 405),
        ("GET", "nothing", 404),
        ("DELETE", "faults/../reset", 404),
    ):
        request = urllib.request.Request(f"{paper_emulator.url}/_emulator/{path}", method=method)
        with pytest.raises(urllib.error.HTTPError) as refusal:
            urllib.request.urlopen(request, timeout=20)
        assert refusal.value.code == status
