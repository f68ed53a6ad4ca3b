"""What may be wrong with a template, or with the reader itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ucloud_provider.errors import UCloudImageError


@dataclass(frozen=True)
class Problem:
    """An error or a warning of a template: what, where, and the line itself (its secrets left out)."""

    summary: str
    detail: str = ""
    file: str = ""
    line: int = 0
    column: int = 0
    text: str = ""

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}:{self.column}: " if self.line else f"{self.file}: " if self.file else ""
        told = f"{where}{self.summary}" + (f": {self.detail}" if self.detail else "")
        if not self.text.strip():
            return told
        shown = self.text.replace("\t", " ")
        number = f"{self.line:>5} | "
        pointer = " " * (len(number) + self.column - 1) + "^" if self.column <= len(shown) else ""
        return f"{told}\n{number}{shown}" + (f"\n{pointer}" if pointer else "")


class TemplateError(UCloudImageError):
    """A template that cannot be read: all that is wrong with it, at once, each with its place."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class TemplateReaderMissing(UCloudImageError):
    """The reader of templates, or what runs it, is not installed."""
