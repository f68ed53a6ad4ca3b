"""What every call passes: form, action, key, signature, project, region."""

from __future__ import annotations

import contextlib
import json
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

import pytest
from ucloud.core import exc
from ucloud_provider.cloud import account
from ucloud_provider.cloud.client import connect
from ucloud_provider.cloud.credentials import Credentials
from ucloud_provider.errors import CloudError

from tests.support.asker import Asker
from tests.support.documents import documented
from tests.support.emulator import Emulator
from ucloud_emulator import api as _registers_the_actions  # noqa: F401
from ucloud_emulator.catalogue import COOKIE, CSRF_TOKEN
from ucloud_emulator.dispatch import ACTIONS
from ucloud_emulator.signature import sign


def post(emulator: Emulator, body: bytes) -> tuple[int, bytes]:
    try:
        with urllib.request.urlopen(urllib.request.Request(emulator.url, data=body), timeout=30) as response:
            return response.status, response.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def signed(**parameters: str) -> bytes:
    values = {"PublicKey": Emulator.public_key, **parameters}
    return urllib.parse.urlencode({**values, "Signature": sign(values, Emulator.private_key)}).encode()


@documented("api/summary/public.md", "161: no such action")
def test_an_unknown_action_is_answered_161(api: Asker) -> None:
    with pytest.raises(exc.RetCodeException) as refusal:
        api.ask("DescribeNothing")
    assert refusal.value.code == 161
    assert refusal.value.message == "Action [DescribeNothing] not found"


@documented("api/summary/public.md", "160: no Action")
def test_a_call_without_action_is_answered_160(paper_emulator: Emulator) -> None:
    assert b'"RetCode":160' in post(paper_emulator, signed(Region="cn-bj2"))[1]


@documented("api/summary/public.md", "170: no signature")
def test_a_call_without_signature_is_refused(paper_emulator: Emulator) -> None:
    assert b'"RetCode":170' in post(paper_emulator, b"Action=GetRegion&PublicKey=emulator-public-key")[1]


@documented("api/summary/public.md", "171: wrong signature")
def test_a_wrong_private_key_is_answered_171(paper_emulator: Emulator) -> None:
    with pytest.raises(exc.RetCodeException) as refusal:
        paper_emulator.client(private_key="another").invoke("GetRegion", {})
    assert (refusal.value.code, refusal.value.message) == (171, "Signature VerifyAC Error")


def test_a_changed_parameter_breaks_the_signature(paper_emulator: Emulator) -> None:
    body = signed(Action="DescribeVPC", Region="cn-bj2").replace(b"cn-bj2", b"cn-sh2")
    assert b'"RetCode":171' in post(paper_emulator, body)[1]


@documented("api/summary/public.md", "172: no such user")
def test_an_unknown_public_key_is_answered_172(paper_emulator: Emulator) -> None:
    assert b'"RetCode":172' in post(paper_emulator, b"Action=GetRegion&PublicKey=who&Signature=x")[1]


@documented("api/summary/public.md", "174: no such token")
def test_temporary_keys_are_answered_with_their_token_alone(paper_emulator: Emulator) -> None:
    token = "emulator-security-token"

    def ask(kind: str, token: str) -> dict[str, str]:
        keys = (f"emulator-{kind}public-key", f"emulator-{kind}private-key")
        found = Credentials(*keys, paper_emulator.project, "hk", paper_emulator.url, security_token=token)
        return account.projects(connect(found))

    assert paper_emulator.project in ask("temporary-", token)
    for kind, other in (("temporary-", "another"), ("temporary-", ""), ("", token)):
        with pytest.raises(CloudError) as refused:
            ask(kind, other)
        assert (refused.value.code, refused.value.action) == (174, "GetProjectList")
    assert not [each for each in paper_emulator.requests() if token in str(each)]


def test_a_cloud_shell_is_known_by_its_cookie_and_csrf_token_together(paper_emulator: Emulator) -> None:
    def ask(cookie: str, csrf_token: str) -> dict[str, str]:
        found = Credentials(
            "", "", paper_emulator.project, "hk", paper_emulator.url, cookie=cookie, csrf_token=csrf_token
        )
        return account.projects(connect(found))

    assert paper_emulator.project in ask(cookie=COOKIE, csrf_token=CSRF_TOKEN)
    for cookie, csrf_token in ((COOKIE, "another"), ("another", CSRF_TOKEN), (CSRF_TOKEN, COOKIE)):
        with pytest.raises(CloudError) as refused:
            ask(cookie=cookie, csrf_token=csrf_token)
        assert refused.value.code == 172


@pytest.mark.parametrize("body", [b"\xff\xfe=1", b"no form at all", b"A=1&A=2", b"%zz", b"=&=&"])
def test_a_malformed_body_is_refused_and_the_emulator_goes_on(paper_emulator: Emulator, body: bytes) -> None:
    status, reply = post(paper_emulator, body)
    assert status == 400 or b'"RetCode":160' in reply
    assert post(paper_emulator, signed(Action="GetRegion"))[0] == 200


def test_a_body_of_more_than_a_mebibyte_is_refused(paper_emulator: Emulator) -> None:
    # The answer comes before the body is read: a client that only writes sees the connection break.
    with contextlib.suppress(urllib.error.URLError, ConnectionError):
        assert post(paper_emulator, b"A=" + b"x" * (2 << 20))[0] == 413
    assert post(paper_emulator, signed(Action="GetRegion"))[0] == 200


def test_projects_and_regions_need_neither_project_nor_region(paper_emulator: Emulator) -> None:
    for action in ("GetProjectList", "GetRegion"):
        assert b'"RetCode":0' in post(paper_emulator, signed(Action=action))[1]


@documented("api/summary/public.md", "GET and POST, application/json and application/x-www-form-urlencoded")
def test_a_call_is_a_get_a_form_or_json(paper_emulator: Emulator, api: Asker) -> None:
    values = {"Action": "DescribeSubnet", "Region": "cn-bj2", "PublicKey": Emulator.public_key, "Limit": 1, "Offset": 0}
    values["Signature"] = sign(values, Emulator.private_key)
    form = urllib.parse.urlencode(values).encode()
    as_json = urllib.request.Request(
        paper_emulator.url,
        data=json.dumps(values).encode(),
        headers={"Content-Type": "application/json; charset=utf-8"},
    )
    replies = [post(paper_emulator, form)[1]]
    for request in (f"{paper_emulator.url}/?{form.decode()}", as_json):
        with urllib.request.urlopen(request, timeout=30) as response:
            replies.append(response.read())
    assert [json.loads(reply)["DataSet"] for reply in replies] == [api.ask("DescribeSubnet")["DataSet"][:1]] * 3


def test_json_with_lists_creates_what_a_form_creates_and_a_changed_value_breaks_its_signature(
    paper_emulator: Emulator, api: Asker
) -> None:
    def ask(values: dict[str, Any]) -> dict[str, Any]:
        request = urllib.request.Request(
            paper_emulator.url, data=json.dumps(values).encode(), headers={"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=30) as response:
            return dict(json.load(response))

    rules = ["TCP|22|0.0.0.0/0|ACCEPT|HIGH|", "ICMP||0.0.0.0/0|ACCEPT|HIGH|"]
    values: dict[str, Any] = {
        "Action": "CreateFirewall", "Region": "cn-bj2", "Name": "by-json", "Rule": rules,
        "PublicKey": Emulator.public_key,
    }  # fmt: skip
    values["Signature"] = sign(values, Emulator.private_key)
    assert ask({**values, "Rule": rules[:1]})["RetCode"] == 171
    firewall = ask(values)["FWId"]
    described = api.ask("DescribeFirewall", FWId=firewall)["DataSet"][0]
    assert [rule["ProtocolType"] for rule in described["Rule"]] == ["TCP", "ICMP"]
    api.ask("DeleteFirewall", FWId=firewall)


@documented("api/summary/public.md", "A sub-account must name its ProjectId")
@documented("api/summary/public.md", "299: not permitted by IAM")
def test_a_sub_account_names_its_project_in_every_call_that_takes_one(paper_emulator: Emulator) -> None:
    def ask(action: str, **more: str) -> int:
        values = {"Action": action, "PublicKey": "emulator-sub-account-public-key", **more}
        values["Signature"] = sign(values, "emulator-sub-account-private-key")
        return int(json.loads(post(paper_emulator, urllib.parse.urlencode(values).encode())[1])["RetCode"])

    without = [name for name, found in ACTIONS.items() if found.scope is not None and ask(name, Region="hk") != 299]
    assert without == []
    assert ask("DescribeVPC", Region="hk", ProjectId="org-second") == 0
    assert [ask("GetRegion"), ask("GetProjectList")] == [0, 0]


@pytest.mark.parametrize("code", [110, 130, 150, 153, 293, 294, 295, 299])
@documented("api/summary/public.md", "The gateway's RetCodes")
def test_a_refusal_of_the_gateway_can_be_set(api: Asker, code: int) -> None:
    id = api.emulator.fault(action="DescribeVPC", ret_code=code, message="as the gateway says")
    assert api.refused("DescribeVPC") == code
    api.emulator.clear_faults(id)


@documented("api/summary/regionlist.md", "33 regions and 43 zones")
@documented("api/uaccount-api/get_region.md", "A row a zone: region, zone, number, name, permission, default")
def test_every_region_of_the_list_has_its_zones_and_one_is_the_default(api: Asker) -> None:
    regions: list[dict[str, Any]] = api.ask("GetRegion")["Regions"]
    assert (len({each["Region"] for each in regions}), len({each["Zone"] for each in regions})) == (33, 43)
    assert len({each["RegionId"] for each in regions}) == 33
    zones: dict[str, list[str]] = {}
    for each in regions:
        zones.setdefault(each["Region"], []).append(each["Zone"].removeprefix(f"{each['Region']}-"))
    assert zones["cn-bj2"] == ["02", "03", "05"]
    assert (zones["hk"], zones["cn-gd"], zones["cn-wlcb"], zones["sg"]) == (
        ["02", "03"], ["02"], ["01", "03"], ["01", "02"],
    )  # fmt: skip
    assert [each["Zone"] for each in regions if each["IsDefault"]] == ["cn-bj2-02"]
    assert {each["RegionName"] for each in regions if each["Region"] == "hk"} == {"香港"}


@documented("api/summary/public.md", "293: no permission for the zone")
def test_a_zone_of_the_finance_cloud_is_not_open_to_everybody(api: Asker) -> None:
    bits = {each["Region"]: each["BitMaps"] for each in api.ask("GetRegion")["Regions"]}
    assert (bits["cn-sh"], bits["cn-sh2"]) == ("0", "1")
    assert api.refused("DescribeUHostInstance", Region="cn-sh", Zone="cn-sh-01") == 293
    assert api.ask("DescribeUHostInstance", Region="cn-sh")["TotalCount"] == 0


@pytest.mark.parametrize("action", [name for name, found in ACTIONS.items() if found.scope == "region"])
def test_whatever_a_call_does_with_a_zone_it_must_be_one_of_the_region(api: Asker, action: str) -> None:
    assert api.refused(action, Zone="cn-bj2-09") == 230


@documented("api/summary/public.md", "292: no such project")
def test_a_project_that_is_not_the_caller_s_is_refused(api: Asker) -> None:
    with pytest.raises(exc.RetCodeException) as refusal:
        api.ask("DescribeVPC", ProjectId="org-nobody")
    assert (refusal.value.code, refusal.value.message) == (292, "Project [org-nobody] not exists")


def test_without_a_project_the_default_one_is_meant(paper_emulator: Emulator, api: Asker) -> None:
    reply = post(paper_emulator, signed(Action="DescribeSubnet", Region="cn-bj2"))[1].decode()
    assert str(api.ask("DescribeSubnet")["DataSet"][0]["SubnetId"]) in reply


@pytest.mark.parametrize("action", ["DescribeVPC", "UpdateVPCNetwork"])
@documented("api/vpc2.0-api/describe_vpc.md", "ProjectId is required")
@documented("api/vpc2.0-api/update_vpc_network.md", "ProjectId is required")
def test_two_calls_of_vpcs_need_a_project(paper_emulator: Emulator, action: str) -> None:
    reply = post(paper_emulator, signed(Action=action, Region="cn-bj2"))[1].decode()
    assert '"RetCode":220' in reply
    assert "ProjectId" in reply


def test_a_region_must_be_given_and_exist(paper_emulator: Emulator, api: Asker) -> None:
    assert b'"RetCode":220' in post(paper_emulator, signed(Action="DescribeVPC"))[1]
    assert api.refused("DescribeVPC", Region="xx-1") == 230


def test_a_zone_of_another_region_is_refused(api: Asker) -> None:
    assert api.refused("DescribeUHostInstance", Zone="cn-sh2-01") == 230


def test_the_request_log_has_no_secrets(api: Asker) -> None:
    api.remove_host(api.create_host(Password="U2VjcmV0UGxhbnRlZDE=", Name="logged"))
    log = (api.emulator.state / "requests.jsonl").read_text()
    assert '"Name": "logged"' in log
    for secret in ("U2VjcmV0UGxhbnRlZDE=", "SecretPlanted1", Emulator.public_key, "Signature"):
        assert secret not in log
        assert secret not in str(api.emulator.requests())
