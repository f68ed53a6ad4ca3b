"""The rules of single values: what UCloud takes, and what it does not."""

from __future__ import annotations

import string
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ucloud_provider.spec import rules
from ucloud_provider.spec.check import check_custom_image, check_uhost


@pytest.mark.parametrize(
    ("text", "machine_type", "cpu", "gigabytes"),
    [
        ("n-highcpu-1", "N", 1, 1),
        ("n-basic-2", "N", 2, 4),
        ("n-standard-4", "N", 4, 16),
        ("n-highmem-2", "N", 2, 16),
        ("o-standard-4", "O", 4, 16),
        ("c-basic-8", "C", 8, 16),
        ("om-highmem-16", "OM", 16, 128),
        ("n-customized-1-2", "N", 1, 2),
        ("n-customized-1-12", "N", 1, 12),
        ("o-customized-2-1", "O", 2, 1),
        ("o-customized-32-128", "O", 32, 128),
    ],
)
def test_an_instance_type_says_machine_cores_and_memory(text: str, machine_type: str, cpu: int, gigabytes: int) -> None:
    assert rules.parse_instance_type(text) == rules.InstanceType(machine_type, cpu, gigabytes * 1024)


@given(st.text(alphabet=string.ascii_lowercase + string.digits + "-", max_size=30))
def test_any_text_is_an_instance_type_or_gets_a_reason_with_the_text(text: str) -> None:
    reason = rules.instance_type(text)
    assert reason is None or reason.startswith(rules.shown(text))


@pytest.mark.parametrize(
    ("given_", "seconds"),
    [
        (0, 0.0),
        (90, 90.0),
        (1.5, 1.5),
        ("90", 90.0),
        ("1.5", 1.5),
        ("30s", 30.0),
        ("5m", 300.0),
        ("1h", 3600.0),
        ("1h30m", 5400.0),
        ("1m30.5s", 90.5),
        ("250ms", 0.25),
        (" 5m ", 300.0),
    ],
)
def test_a_duration_is_seconds_or_as_go_writes_it(given_: float | str, seconds: float) -> None:
    assert rules.parse_duration(given_) == seconds


@pytest.mark.parametrize("text", ["", "m", "5 m", "5d", "-5m", "1m2h", "five", "1e3", "nan", "inf", float("nan")])
def test_what_is_no_duration_is_refused(text: float | str) -> None:
    with pytest.raises(ValueError, match="is no duration; give seconds, or such as 30s, 5m, 1h30m"):
        rules.parse_duration(text)


@given(
    hours=st.integers(0, 999),
    minutes=st.integers(0, 999),
    seconds=st.integers(0, 999),
    milliseconds=st.integers(1, 999),
)
def test_the_parts_of_a_duration_add_up(hours: int, minutes: int, seconds: int, milliseconds: int) -> None:
    text = f"{hours}h{minutes}m{seconds}s{milliseconds}ms"
    expected = hours * 3600 + minutes * 60 + seconds + milliseconds / 1000
    assert rules.parse_duration(text) == pytest.approx(expected)


@pytest.mark.parametrize("name", ["web", "网站", "𠮷野家", "a-b_c.d", "9", "x" * 63, "镜" * 63])
def test_chinese_letters_digits_and_some_signs_make_a_name(name: str) -> None:
    assert rules.instance_name(name) is None
    assert rules.image_name(name) is None


@pytest.mark.parametrize("name", ["a,b", "a:b", "[a]"])
def test_images_take_signs_that_hosts_do_not(name: str) -> None:
    assert rules.image_name(name) is None
    assert rules.instance_name(name) is not None


@pytest.mark.parametrize("name", ["", " ", "a b", "a\n", "é", "テスト", "x" * 64, "a/b", "😀"])
def test_what_is_no_name_is_refused(name: str) -> None:
    assert rules.instance_name(name) is not None
    assert rules.image_name(name) is not None


@pytest.mark.parametrize("password", ["abcdefg1", "ABCDEFGh", "12345678!", "aA1!" * 7 + "aA", "`~!@#$%^&*a"])
def test_eight_to_thirty_of_two_classes_make_a_password(password: str) -> None:
    assert rules.password(password) is None


@pytest.mark.parametrize("password", ["", "abcdef1", "abcdefgh", "12345678", "a" * 30 + "1", "abcdefg 1", "abcdéfg1"])
def test_other_passwords_are_refused_and_not_told(password: str) -> None:
    reason = rules.password(password)
    assert reason is not None
    assert not password or password not in reason


def test_a_long_value_is_shown_in_part() -> None:
    reason = rules.image_name("x" * 5000)
    assert reason is not None
    assert len(reason) < 250


SECRET = "pl4nted\u2603"
VALUES = st.sampled_from(
    [
        SECRET,
        f"{SECRET} ",
        [SECRET],
        {"a": SECRET},
        [{"b": SECRET}],
        f"{SECRET}={SECRET}\n",
        [f"{SECRET}=="],
        SECRET * 4000,
    ]
)


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(("ssh_password", "user_data"), VALUES)))
def test_no_secret_of_an_image_is_in_any_line(secrets: dict[str, Any]) -> None:
    checked = check_custom_image({"image_name": "", **secrets}, Path())
    assert checked.failures
    assert SECRET not in str(checked.failures)
    assert all("\n" not in failure.reason for failure in checked.failures)


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(("password", "user_data"), VALUES)))
def test_no_secret_of_a_host_is_in_any_line(secrets: dict[str, Any]) -> None:
    checked = check_uhost({"image_id": "", **secrets})
    assert checked.failures
    assert SECRET not in str(checked.failures)


@pytest.mark.parametrize("kind", ["shell", "shell-local"])
@given(values=st.fixed_dictionaries({}, optional=dict.fromkeys(("environment_vars", "env"), VALUES)))
def test_no_secret_of_a_provisioner_is_in_any_line(kind: str, values: dict[str, Any]) -> None:
    step = {"type": kind, "inline": ["true"], "max_retries": -1, **values}
    checked = check_custom_image({"image_name": "x", "provisioners": [step]}, Path())
    assert checked.failures
    assert SECRET not in str(checked.failures)


TEXTS = st.one_of(
    st.text(max_size=40),
    st.text("0123456789hms.- ٣", max_size=12),
    st.text("ncomuadrbsiz-0123456789", max_size=20),
    st.text("0123456789./", max_size=20),
    st.sampled_from(
        ["9" * 5000 + "s", "n-basic-" + "9" * 5000, "n-customized-2-" + "9" * 9, "x" * 5000, "\n", "\ud800"]
    ),
)
TEXT_RULES: dict[str, Callable[[str], str | None]] = {
    "instance type": rules.instance_type,
    "host name": rules.instance_name,
    "image name": rules.image_name,
    "image id": rules.image_id,
    "choice": rules.one_of(("a", "b")),
    "communicator": rules.communicator,
    "no empty text": rules.not_empty,
    "path": rules.path,
    "shell word": rules.shell_word,
    "duration": rules.duration(1),
    "network": rules.cidr,
    "element": rules.Each(rules.instance_type),
}


@pytest.mark.parametrize("name", TEXT_RULES)
@given(TEXTS)
def test_any_text_keeps_a_rule_or_is_told_why_not_on_one_line(name: str, text: str) -> None:
    reason = TEXT_RULES[name](text)
    assert reason is None or ("\n" not in reason and 10 < len(reason) < 400)
    assert reason is None or rules.shown(text) in reason or name in ("no empty text", "path")


@given(TEXTS | st.floats() | st.integers(-(10**400), 10**400))
def test_any_duration_is_a_bearable_number_of_seconds_or_refused(value: float | str) -> None:
    reason = rules.duration()(value)
    if reason is None:
        assert 0 <= rules.parse_duration(value) <= 366 * 24 * 3600
    elif "is no duration" in reason:
        with pytest.raises(ValueError, match="is no duration"):
            rules.parse_duration(value)
    else:
        assert rules.parse_duration(value) < 0 or rules.parse_duration(value) > 366 * 24 * 3600
