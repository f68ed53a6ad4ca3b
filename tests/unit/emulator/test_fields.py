"""Names, tags and remarks as UCloud's specification has them."""

from __future__ import annotations

import pytest

from tests.support.documents import documented
from ucloud_emulator import fields
from ucloud_emulator.parameters import Parameters
from ucloud_emulator.refusals import Refusal


@pytest.mark.parametrize(
    ("name", "fits"),
    [
        ("web-1_a.b", True),
        ("云主机", True),
        ("x" * 63, True),
        ("x" * 64, False),
        ("with space", False),
        ("a:b", False),
        ("a,b", False),
        ("[a]", False),
        ("é", False),
        ("a\n", False),
    ],
)
@documented("api/uhost-api/specification.md", "Names and tags: 1-63 letters, Chinese characters, digits and -_.")
def test_a_name_or_tag_is_as_the_specification_has_it(name: str, fits: bool) -> None:
    for read in (fields.name, fields.tag):
        given = Parameters({"Name": name, "Tag": name})
        if fits:
            assert read(given, "Name") == name
        else:
            with pytest.raises(Refusal):
                read(given, "Name")


def test_an_image_s_name_may_have_the_signs_that_packer_lets_it_have() -> None:
    assert fields.image_name(Parameters({"ImageName": "web:1,[a]"}), "ImageName") == "web:1,[a]"
    with pytest.raises(Refusal):
        fields.image_name(Parameters({"ImageName": "web 1"}), "ImageName")


@documented("api/uhost-api/specification.md", "Remarks: 0-255 of any characters")
def test_a_remark_has_at_most_255_characters_of_any_kind() -> None:
    assert fields.remark(Parameters({"Remark": "é [x] ☂" + "x" * 248})).startswith("é")
    assert fields.remark(Parameters({})) == ""
    with pytest.raises(Refusal):
        fields.remark(Parameters({"Remark": "x" * 256}))
