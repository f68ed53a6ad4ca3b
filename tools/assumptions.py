"""docs/assumptions.md is written by hand; the number of its rows, which stands at its top, is counted here."""

from __future__ import annotations

import re
from pathlib import Path

FILE = Path(__file__).resolve().parents[1] / "docs" / "assumptions.md"
COLUMNS = 4
TITLE = "# Assumptions about UCloud\n\n"
COUNT = re.compile(r"(\d+ assumptions\.\n\n)?")


def main() -> None:
    FILE.write_text(render())


def render() -> str:
    """The page with the right number in it."""
    text = FILE.read_text()
    rest = text.removeprefix(TITLE)
    return f"{TITLE}{len(rows(text))} assumptions.\n\n{COUNT.sub('', rest, count=1)}"


def rows(text: str) -> list[tuple[str, ...]]:
    """What is assumed, where that comes from, what is done if it is otherwise, how to find out: for each row."""
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    cells = [tuple(cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]) for line in lines]
    return [each for each in cells if each[0] not in ("assumption", "---")]


if __name__ == "__main__":
    main()
