"""docs/rules.md says which test holds which rule of UCloud's documents; docs/retcodes.md what is done by its codes.

docs/assumptions.md has what the documents leave open.
"""

from __future__ import annotations

from tools import assumptions, retcodes, rules


def test_the_list_of_rules_is_current() -> None:
    assert rules.FILE.read_text() == rules.render(), "run `make docs`"


def test_the_list_of_retcodes_is_current() -> None:
    assert retcodes.FILE.read_text() == retcodes.render(), "run `make docs`"


def test_the_assumptions_are_counted_each_with_its_source_and_what_happens_if_it_is_otherwise() -> None:
    text = assumptions.FILE.read_text()
    assert text == assumptions.render(), "run `make docs`"
    found = assumptions.rows(text)
    for row in found:
        assert len(row) == assumptions.COLUMNS, row
        assert all(row), row
    names = [row[0] for row in found]
    assert len(set(names)) == len(names)
