"""docs/retcodes.md: what the provider does by UCloud's RetCodes, from the one table that it goes by."""

from __future__ import annotations

from pathlib import Path

from ucloud_provider.cloud.retcodes import ROWS, Meaning

FILE = Path(__file__).resolve().parents[1] / "docs" / "retcodes.md"
HEAD = """# UCloud's RetCodes, and what is done by them

{count} codes. The pages are those of the repositories `UCloudDoc-Team/<first part>` on GitHub. No code proves that a
thing is gone: only a listing that was answered, in the right project and region and to its last page, does. A code that
is not in here is shown as it is; one of a product (from 1000 on) is tried in the fallback zones and instance
types where there are any, and a deletion that ends in one is asked for again for a while
([assumptions.md](assumptions.md) says why). Made by `make docs` from `cloud/retcodes.py`.
"""


def main() -> None:
    FILE.write_text(render())


def render() -> str:
    return HEAD.format(count=len(ROWS)) + "".join(_section(each) for each in Meaning)


def _section(meaning: Meaning) -> str:
    groups: dict[tuple[str, str], list[int]] = {}
    for row in ROWS:
        if row.meaning is meaning:
            groups.setdefault((row.page or "none; others saw it", row.remedy), []).append(row.code)
    lines = [
        f"| {', '.join(map(str, sorted(codes)))} | {page} | {remedy} |\n" for (page, remedy), codes in groups.items()
    ]
    title, _, rest = meaning.value.partition(": ")
    head = f"\n## {title[0].upper()}{title[1:]}\n{rest[0].upper()}{rest[1:]}.\n\n" if rest else f"\n## {title}\n\n"
    return f"{head}| RetCode | page | what the error says to do |\n| --- | --- | --- |\n{''.join(lines)}"


if __name__ == "__main__":
    main()
