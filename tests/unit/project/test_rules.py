"""docs/rules.md says which test holds which rule of UCloud's documents; docs/retcodes.md what is done by its codes."""

from __future__ import annotations

from tools import retcodes, rules


def test_the_list_of_rules_is_current() -> None:
    assert rules.FILE.read_text() == rules.render(), "run `make docs`"


def test_the_list_of_retcodes_is_current() -> None:
    assert retcodes.FILE.read_text() == retcodes.render(), "run `make docs`"
