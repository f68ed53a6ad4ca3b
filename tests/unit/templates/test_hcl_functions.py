"""Every function that Packer documents for HCL2: what it answers, and what it says of what it does not take."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.unit.templates.conftest import Read, Refused

USE = 'source "x" "s" { v = %s }\nbuild { sources = ["x.s"] }\n'

CASES: list[tuple[str, Any]] = [
    ("abs(-2)", 2), ("ceil(1.2)", 2), ("floor(1.8)", 1), ("log(8, 2)", 3), ("max(1, 3, 2)", 3), ("min(3, 1)", 1),
    ('parseint("ff", 16)', 255), ("pow(2, 5)", 32), ("signum(-4)", -1),
    (r'chomp("a\n")', "a"), ('format("%s-%03d", "a", 7)', "a-007"), ('formatlist("%s!", ["a", "b"])', ["a!", "b!"]),
    (r'indent(2, "a\nb")', "a\n  b"), ('join("-", ["a", "b"])', "a-b"), ('lower("ÄB")', "äb"),
    ('replace("a-b-c", "-", "+")', "a+b+c"), ('regex("[a-z]+", "12ab3")', "ab"),
    ('regexall("[a-z]", "a1b")', ["a", "b"]), ('regex_replace("a1b2", "[0-9]", "x")', "axbx"),
    ('split(",", "a,b")', ["a", "b"]), ('strrev("abc")', "cba"), ('substr("hello", 1, 3)', "ell"),
    ('title("a word")', "A Word"), ('trim("?!a?!", "!?")', "a"), ('trimprefix("a-b", "a-")', "b"),
    ('trimspace("  a ")', "a"), ('trimsuffix("a.b", ".b")', "a"), ('upper("a")', "A"),
    ("chunklist([1, 2, 3], 2)", [[1, 2], [3]]), ('coalesce("", "a")', "a"), ('coalesce(null, "a")', "a"),
    ("coalescelist([], [1])", [1]), ('compact(["a", ""])', ["a"]), ("concat([1], [2])", [1, 2]),
    ("contains([1, 2], 2)", True), ("distinct([1, 1, 2])", [1, 2]), ("element([1, 2, 3], 4)", 2),
    ("flatten([[1], [2, [3]]])", [1, 2, 3]), ('index(["a", "b"], "b")', 1), ("keys({ b = 1, a = 2 })", ["a", "b"]),
    ('length("é日")', 2), ("length([1, 2])", 2), ("length({ a = 1 })", 1),
    ('lookup({ a = 1 }, "z", 9)', 9), ("merge({ a = 1 }, { a = 2, b = 3 })", {"a": 2, "b": 3}),
    ("range(1, 4)", [1, 2, 3]), ("reverse([1, 2])", [2, 1]), ("setintersection([1, 2], [2, 3])", [2]),
    ('setproduct(["a"], [1, 2])', [["a", 1], ["a", 2]]), ("setunion([1], [2])", [1, 2]),
    ("slice([1, 2, 3], 1, 2)", [2]), ('sort(["b", "a"])', ["a", "b"]), ("values({ b = 1, a = 2 })", [2, 1]),
    ('zipmap(["a"], [1])', {"a": 1}),
    ('base64decode("YQ==")', "a"), ('base64encode("a")', "YQ=="), (r'csvdecode("a,b\n1,2")', [{"a": "1", "b": "2"}]),
    (r'jsondecode("{\"a\": [1]}")', {"a": [1]}), ("jsonencode({ a = [true] })", '{"a":[true]}'),
    ('textencodebase64("a", "UTF-16LE")', "YQA="), ('textdecodebase64("YQA=", "UTF-16LE")', "a"),
    ('urlencode("a b/c")', "a+b%2Fc"), ('yamldecode("a: [1]")', {"a": [1]}), ('yamlencode({ a = "b" })', '"a": "b"\n'),
    ('md5("a")', "0cc175b9c0f1b6a831c399e269772661"), ('sha1("a")', "86f7e437faa5a7fce15d1ddcb9eaeaea377667b8"),
    ('sha256("a")', "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"), ('length(sha512("a"))', 128),
    ('uuidv5("dns", "example.com")', "cfbff0d1-9375-5685-968c-48ce8b15ae17"),
    ('substr(bcrypt("a"), 0, 4)', "$2a$"),
    ('cidrhost("10.0.0.0/24", 5)', "10.0.0.5"), ('cidrnetmask("10.0.0.0/12")', "255.240.0.0"),
    ('cidrsubnet("10.0.0.0/8", 8, 2)', "10.2.0.0/16"),
    ('cidrsubnets("10.0.0.0/8", 8, 8)', ["10.0.0.0/16", "10.1.0.0/16"]),
    ("can(1)", True), ("can(local.none)", False), ('try(local.none, "x")', "x"), ('convert("1", number)', 1),
    ('formatdate("YYYY-MM-DD", timestamp())', "2026-03-04"), ("timestamp()", "2026-03-04T05:06:07Z"),
    ('timeadd("2026-01-01T00:00:00Z", "1h")', "2026-01-01T01:00:00Z"),
    ("legacy_isotime()", "2026-03-04T05:06:07Z"), ('legacy_isotime("2006")', "2026"),
    ('legacy_strftime("%Y%m")', "202603"),
    ('basename("/a/b.c")', "b.c"), ('dirname("/a/b.c")', "/a"), ('abspath("/a/../b")', "/b"),
    ('[for k, v in { a = 1 } : "${k}${v}" if v > 0]', ["a1"]), ('"%{ for x in [1, 2] ~}${x},%{ endfor ~}"', "1,2,"),
    ("1 == 1 ? [1][0] : 2", 1), ("trimspace(<<-EOT\n    a\n      b\n    EOT\n)", "a\n  b"),
]  # fmt: skip

NOT_IN_THE_TABLE = {
    "file", "fileexists", "fileset", "templatefile", "pathexpand", "rsadecrypt", "uuidv4",
    "vault", "consul_key", "aws_secretsmanager",
}  # fmt: skip
"""Those that need a file, a key or chance: tests of their own below."""


def value(read: Read, expression: str, **files: str) -> Any:
    return read({"main.pkr.hcl": USE % expression, **files}, "main.pkr.hcl").builds[0].source.options["v"]


@pytest.mark.parametrize(("expression", "expected"), CASES)
def test_functions(read: Read, expression: str, expected: object) -> None:
    assert value(read, expression) == expected


def test_the_table_has_every_function_that_the_reader_has() -> None:
    source = (Path(__file__).parents[3] / "tools" / "templates" / "functions.go").read_text()
    body = source[source.index("var refused") : source.index("var errAsked")]
    names = set(re.findall(r'"(\w+)": +["a-z]', body)) | set(re.findall(r'all\["(\w+)"\]', body))
    assert len(names) == 92
    tried = " ".join(expression for expression, _ in CASES)
    assert {name for name in names if f"{name}(" not in tried} == NOT_IN_THE_TABLE


@pytest.mark.parametrize(
    ("name", "service"), [("vault", "Vault"), ("consul_key", "Consul"), ("aws_secretsmanager", "AWS")]
)
def test_what_asks_a_service_is_refused_by_name(refused: Refused, name: str, service: str) -> None:
    error = str(refused(USE % f'{name}("a", "b")'))
    assert f"{name} asks" in error
    assert service in error
    assert "main.pkr.hcl:1:" in error


def test_files_are_read_from_the_templates_folder(read: Read) -> None:
    files = {
        "t/main.pkr.hcl": USE
        % '[file("in/a.txt"), file("../b.txt"), fileexists("no"), fileset("in", "**/*.txt")]',
        "t/in/a.txt": "A", "b.txt": "B", "t/in/deep/c.txt": "", "t/in/d.md": "",
    }  # fmt: skip
    options = read(files, "t").builds[0].source.options
    assert options["v"] == ["A", "B", False, ["a.txt", "deep/c.txt"]]


def test_a_file_that_a_file_names_is_read_too(read: Read) -> None:
    files = {"main.pkr.hcl": USE % 'file(trimspace(file(file("a"))))', "a": "b", "b": " c\n", "c": "found"}
    assert read(files, "main.pkr.hcl").builds[0].source.options["v"] == "found"


def test_templatefile_renders_with_its_variables_alone(read: Read, refused: Refused) -> None:
    files = {
        "main.pkr.hcl": USE % 'templatefile("t.tpl", { n = ["a", "b"] })',
        "t.tpl": "%{ for x in n }${upper(x)};%{ endfor }",
    }
    assert read(files, "main.pkr.hcl").builds[0].source.options["v"] == "A;B;"
    files["t.tpl"] = "${missing}"
    assert 'has no "missing"' in str(refused(files, "main.pkr.hcl"))
    files["t.tpl"] = '${templatefile("t.tpl", {})}'
    assert "cannot call templatefile" in str(refused(files, "main.pkr.hcl"))


def test_a_file_that_is_not_there_or_no_text_is_told_where_it_is_named(refused: Refused, tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    error = refused({"main.pkr.hcl": USE % '[file("none"), 1]', "x": ""}, "main.pkr.hcl")
    assert f"{tmp_path}/none cannot be read: No such file" in str(error)
    assert error.problems[0].line == 1
    assert "not valid UTF-8" in str(refused(USE % 'file("binary")'))


def test_the_home_folder_is_the_users(read: Read) -> None:
    assert value(read, 'pathexpand("~/x")') == f"{Path.home()}/x"


def test_a_uuid_is_another_one_each_time(read: Read) -> None:
    first, second = value(read, "[uuidv4(), uuidv4()]")
    assert first != second
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}", first)


def test_rsadecrypt_says_what_is_no_key(refused: Refused) -> None:
    assert "rsadecrypt" in str(refused(USE % 'rsadecrypt("YQ==", "no key")'))


def test_numbers_keep_their_digits(read: Read) -> None:
    assert value(read, "[12345678901234567890, 0.1, 1e3]") == [12345678901234567890, 0.1, 1000]
    assert json.dumps(value(read, "0.1")) == "0.1"
