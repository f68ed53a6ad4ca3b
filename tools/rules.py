"""docs/rules.md: each rule of UCloud's documents that a test holds, with the page and the test.

Read from the tests' source: every `documented("page", "rule")` (tests/support/documents.py).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
FILE = ROOT / "docs" / "rules.md"
HEAD = """# Rules of UCloud's documents, and the tests that hold them

{count} rules of {pages} pages. The pages are those of the repositories `UCloudDoc-Team/<first part>` on GitHub. What no
page says stands in [assumptions.md](assumptions.md). Made by `make docs` from the tests.

| rule | page | test |
| --- | --- | --- |
"""


class Rule(NamedTuple):
    page: str
    rule: str
    test: str


def main() -> None:
    FILE.write_text(render())


def render() -> str:
    found = sorted(rule for file in sorted((ROOT / "tests").rglob("*.py")) for rule in _of(file))
    rows = "".join(f"| {each.rule} | {each.page} | `{each.test}` |\n" for each in found)
    count, pages = len({(each.page, each.rule) for each in found}), len({each.page for each in found})
    return HEAD.format(count=count, pages=pages) + rows


def _of(file: Path) -> Iterator[Rule]:
    source = file.read_text()
    if "documented(" in source:
        yield from _inside(ast.parse(source), str(file.relative_to(ROOT)))


def _inside(node: ast.AST, where: str) -> Iterator[Rule]:
    for child in ast.iter_child_nodes(node):
        match child:
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                yield from _inside(child, f"{where}::{name}")
            case ast.Call(func=ast.Name(id="documented"), args=[ast.Constant(value=page), ast.Constant(value=rule)]):
                yield Rule(str(page), str(rule).replace("|", "\\|"), where)
            case _:
                yield from _inside(child, where)


if __name__ == "__main__":
    main()
