"""docs/rules.md says which test holds which rule of UCloud's documents."""

from __future__ import annotations

from tools import rules


def test_the_list_of_rules_is_current() -> None:
    assert rules.FILE.read_text() == rules.render(), "run `make docs`"
